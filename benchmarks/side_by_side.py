"""Code that the benchmarks share: sides measured in turn, a plain loop to compare with, a table, a file of records.

A machine's speed changes from minute to minute, with its temperature and its neighbours. So the sides take turns,
round by round, and medians of neighbouring rounds are compared.
"""

import csv
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from osnet_edu.machine import compute, whole
from osnet_edu.machine.compute import Compute
from osnet_edu.network.model import OSBlock, OSNet


def in_turn(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round, after one call of each that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for counted in range(-1, rounds):
        for name, work in sides.items():
            start = time.perf_counter()
            work()
            if counted >= 0:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """How many times faster: the median over rounds of the two sides' ratio in the same round."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in which every column is as wide as it needs to be."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        print(
            "  "
            + "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
        )


def machine() -> str:
    """The machine of the measurement, as far as it can tell."""
    words = f"{compute.available_threads()} cores, {platform.machine()}, PyTorch {torch.__version__}"
    capability = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")()
    return f"{words}, {capability}" if capability else words


class PlainBlock(OSBlock):
    """The omni-scale block as it is published: the gate is called once for each stream, on the whole map."""

    def mix(self, streams: list[Tensor]) -> Tensor:
        first, *others = (self.gate(x) * x for x in streams)
        return sum(others, start=first)


def plain(model: OSNet) -> OSNet:
    """The same network and the same numbers, computed as in the published code.

    ReLU works in place and each stream has a call of the gate.  The model is changed, and returned.
    """
    for module in model.modules():
        if isinstance(module, OSBlock):
            module.__class__ = PlainBlock
        elif isinstance(module, nn.ReLU):
            module.inplace = True
    return model


PLAIN = Compute()  # float32, contiguous; threads are set by who measures


def threads_to_measure() -> list[int]:
    """One thread, and all threads if there are more."""
    return sorted({1, compute.available_threads()})


def finished(out: Path, word: str) -> list[dict]:
    """The records of a file that `save` wrote; none if there is no file.  word: the column of text."""
    if not out.exists():
        return []
    with open(out, newline="", encoding="utf-8") as file:
        return [{k: v if k == word else float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def save(records: list[dict], out: Path, columns: Sequence[str]) -> None:
    """Write records anew, whole or not at all."""
    with whole.file(out, replace=True) as growing, open(growing, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(records)
