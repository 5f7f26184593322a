"""A progress line for a cell that takes longer than a second: it comes late, and goes when the work is done."""

import sys
from collections.abc import Callable

from tqdm import tqdm


def progress(what: str, unit: str = "photo") -> Callable[[int, int], None]:
    """A function of (done, total) that shows how far the work is, for functions that take `progress=...`.

    what: is being done, such as "embedding".  Nothing is shown in the first second, and nothing is left at the end.
    """
    line: list[tqdm] = []

    def update(done: int, total: int) -> None:
        if not line:
            line.append(tqdm(total=total, desc=what, unit=f" {unit}s", delay=1, leave=False, file=sys.stdout, ncols=88))
        line[0].update(done - line[0].n)
        if done >= total:
            line.pop().close()

    return update
