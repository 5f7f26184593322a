"""What a command says while it works: one voice, a progress bar for anything over a second, what was skipped."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from tqdm import tqdm

from ..machine.distributed import Team
from ..photos import market
from ..refused import plain
from .arguments import say

PICTURES = (".png", ".jpg", ".jpeg")  # files that a command writes a picture to


@contextmanager
def one_voice(team: Team) -> Iterator[None]:
    """Of several processes that do the same, only the one of rank 0 speaks; what is refused, each says for itself."""
    if team.rank == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def tell(text: object) -> None:
    """A line of the answer, escaped alike."""
    print(plain(text, 100_000), flush=True)


@contextmanager
def progress_bar(what: str, unit: str = "photo"):
    """A progress bar for anything over a second, as a function of (done, total)."""
    with tqdm(desc=what, unit=f" {unit}s", delay=1, leave=False, file=sys.stderr) as bar:

        def update(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield update


def say_read(found: market.Market) -> None:
    """What was assumed about a folder, and what was left out of it."""
    say_notes(found)
    say_skipped(found.skipped)


def say_notes(found: market.Market) -> None:
    """What was assumed about a folder, a line each."""
    for note in found.notes:
        say(f"Note: {note}")


def say_skipped(skipped: Sequence[market.Skipped]) -> None:
    """How many files were skipped, with the names and reasons of the first three; nothing if there are none."""
    if skipped:
        some = ", ".join(f"{item.path.name} ({item.reason})" for item in skipped[:3])
        more = " ..." if len(skipped) > 3 else ""
        say(f"Skipped {len(skipped)} file{'s' * (len(skipped) > 1)}: {some}{more}")
