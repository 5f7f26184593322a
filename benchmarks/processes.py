"""Photos a second in training, with two processes and with one.

    torchrun --standalone --nproc_per_node=2 benchmarks/processes.py

The sides take turns in one run: one process with one thread, one process with two threads, and two processes with one
thread each, which train as `train` does. While one process works, the other waits. All sides take steps of 64 photos,
in the sizes to which the photos of the default recipe grow. Ratios compare with one process and one thread: medians of
neighbouring rounds, the fastest round of each side, and the time in which the first process had a core, which other
programs change least. --quick only checks that it runs.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch.distributed
from side_by_side import in_turn, machine, ratio, table

from osnet_edu import train
from osnet_edu.machine import compute, distributed
from osnet_edu.machine.compute import Compute
from osnet_edu.machine.distributed import ONE_PROCESS, Team

BATCH = 64


def training(size: tuple[int, int], way: Compute, team: Team, steps: int) -> Callable[[], object]:
    """`steps` steps of a run, at each call the next ones."""
    config = train.TrainConfig(size=size, growth=(), photos=10_000_000, triplet_from=0.0)
    rng = np.random.Generator(np.random.PCG64(0))
    images = rng.integers(0, 256, (512, *size, 3), dtype=np.uint8)
    data = train.Data(images, np.repeat(np.arange(64), 8), tuple(range(1, 65)), "noise")
    run = train.fit(train.build(config, len(data.people)), data, config, way=way, team=team)
    return lambda: [next(run) for _ in range(steps)]


def together(work: Callable[[], object] | None, busy: list[float]) -> None:
    """Do the work between two meetings of all processes, so that each measures the slowest of them.

    busy: gets the seconds in which this process had a core for it.
    """
    torch.distributed.barrier()
    start = time.process_time()
    if work is not None:
        work()
    busy.append(time.process_time() - start)
    torch.distributed.barrier()


def measured(size: tuple[int, int], steps: int, rounds: int, fastest: Compute, team: Team) -> list[dict]:
    """What each side did, compared with the first one.  size: of the photos, (height, width).

    fastest: how to compute, but for the threads.
    """
    ways = {
        "1 process, 1 thread": (replace(fastest, threads=1), 1),
        f"1 process, {team.size} threads": (replace(fastest, threads=team.size), 1),
        f"{team.size} processes, 1 thread each": (replace(fastest, threads=1), team.size),
    }
    works, busy = {}, {name: [] for name in ways}
    for name, (way, processes) in ways.items():
        own = team if processes > 1 else ONE_PROCESS
        work = training(size, way, own, steps) if processes > 1 or team.rank == 0 else None
        works[name] = partial(together, work, busy[name])
    times = in_turn(works, rounds)
    cores = {name: statistics.median(seconds[1:]) for name, seconds in busy.items()}  # the first call is not counted
    one = next(iter(ways))
    return [
        {
            "size": f"{size[0]}x{size[1]}",
            "side": name,
            "rate": BATCH * steps / statistics.median(times[name]),
            "ratio": ratio(times[one], times[name]),
            "best": min(times[one]) / min(times[name]),
            # A thread that waits for another one keeps its core: with more threads this says nothing.
            "busy": cores[one] / max(cores[name], 1e-9) if way.threads == 1 else math.nan,
        }
        for name, (way, _) in ways.items()
    ]


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="medians are of so many (default 9)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    rounds, steps, sizes, seconds = options.rounds, 2, [(64, 32), (96, 48), (128, 64)], 1.0
    if options.quick:
        rounds, steps, sizes, seconds = 1, 1, sizes[:1], 0.0
    if distributed.launched().size == 1:
        parser.error("expected several processes: torchrun --standalone --nproc_per_node=2 benchmarks/processes.py")

    found = []
    with distributed.joined("cpu") as team:
        config = train.TrainConfig(size=(64, 32), growth=())
        way = distributed.agreed(train.choose(config, 64, compute.candidates(threads=1), seconds)[0].compute, team)
        for size in sizes:
            found += measured(size, steps, rounds, way, team)
    if team.rank == 0:
        names = ("ratio", "best", "busy")
        rows = [
            [f["size"], f["side"], f"{f['rate']:,.0f}", *("" if math.isnan(f[n]) else f"{f[n]:.2f}" for n in names)]
            for f in found
        ]
        title = f"x0.25, {way.dtype}, batches of {BATCH}, {rounds} rounds ({machine()})"
        table(title, ["photos", "side", "photos/s", "ratio", "of the best rounds", "of a core's time"], rows)
    return found


if __name__ == "__main__":
    main()
