"""How this machine multiplies fastest: number type, memory layout and threads, found by measuring for three seconds.

A CPU with a bfloat16 unit trains nearly twice as fast in bfloat16 with channels last; one without is slower in it than
in float32; and beside a busy neighbour one thread can beat two. No table knows all machines, so the kit measures.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ..refused import Refused
from . import limits

DEVICES = ("cpu", "cuda", "mps")
DTYPES = {name: getattr(torch, name) for name in limits.DTYPE_NAMES}


@dataclass(frozen=True)
class Compute:
    """A way to compute.  dtype: "float32" or "bfloat16", of convolutions; parameters and losses stay float32.

    channels_last: memory layout.  threads: on the CPU.  device: "cpu", "cuda" or "mps".
    """

    device: str = "cpu"
    dtype: str = "float32"
    channels_last: bool = False
    threads: int = 1

    def __post_init__(self):
        for name, allowed in {"device": DEVICES, "dtype": tuple(DTYPES)}.items():
            if getattr(self, name) not in allowed:
                raise Refused(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        if not 1 <= self.threads <= limits.MOST_THREADS:
            raise Refused(f"threads must be 1 to {limits.MOST_THREADS}, got {self.threads}")

    def __str__(self) -> str:
        layout = "channels last" if self.channels_last else "contiguous"
        threads = f", {self.threads} thread{'s' * (self.threads > 1)}" if self.device == "cpu" else ""
        return f"{self.device}, {self.dtype}, {layout}{threads}"

    @property
    def memory_format(self) -> torch.memory_format:
        """How the maps lie in memory, for `to` and `contiguous`."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def autocast(self) -> torch.autocast:
        """A context in which PyTorch computes in this type; without effect for float32."""
        return torch.autocast(self.device, DTYPES[self.dtype], enabled=self.dtype != "float32")


@dataclass(frozen=True)
class Timing:
    """A way to compute and its speed, in calls a second."""

    compute: Compute
    rate: float


def candidates(
    device: str = "cpu", dtype: str | None = None, threads: int | None = None, channels_last: bool | None = None
) -> list[Compute]:
    """The ways worth measuring on a device, plainest first.  dtype, threads, channels_last: only these, where given.

    Raises: Refused for a device or a type that is not there.
    """
    check_device(device)
    if dtype is not None and dtype not in DTYPES:
        raise Refused(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
    counts = [1] if device != "cpu" else [threads] if threads else sorted({1, available_threads()})
    ways = [("float32", False), ("float32", True), ("bfloat16", True)]
    if channels_last is not None:
        ways = [(way, channels_last) for way in DTYPES]
    return [
        Compute(device, way, layout, count) for count in counts for way, layout in ways if dtype is None or way == dtype
    ]


def check_device(device: str) -> None:
    """Raises: Refused, in a sentence, for a device that this machine or this PyTorch lacks."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device not in there:
        raise Refused(f"device must be one of {', '.join(there)}, got {device!r}")
    if not there[device]:
        raise Refused(f"device {device!r} was asked for, but PyTorch finds none on this machine; expected cpu")


def available_threads() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def threads_each(processes: int) -> int | None:
    """Threads for each of so many processes that compute beside one another here; None, to be measured, for one."""
    return None if processes == 1 else max(1, available_threads() // processes)


def fastest_first(
    trial: Callable[[Compute], Callable[[], object]],
    ways: Sequence[Compute],
    seconds: float = 3.0,
    hopeless: float = math.inf,
) -> list[Timing]:
    """Time each way on real work, in turn, and return them fastest first.

    trial: given a way, prepares the work and returns a function that does it once.  seconds: for all ways together.
    hopeless: a way whose first call takes so many times as long as the best way so far is not tried again.
    """
    timings: list[Timing] = []
    for way in ways:
        with using(way):
            work = trial(way)
            start = time.perf_counter()
            work()  # the first call also allocates and picks kernels
            _wait(way)
            first = time.perf_counter() - start
            lost = bool(timings) and first > hopeless / max(timing.rate for timing in timings)
            times: list[float] = [first] if lost else []
            while not times or (not lost and sum(times) < seconds / len(ways) and len(times) < 50):
                start = time.perf_counter()
                work()
                _wait(way)
                times.append(time.perf_counter() - start)
        timings.append(Timing(way, 1 / sorted(times)[len(times) // 2]))
    return sorted(timings, key=lambda timing: -timing.rate)


@contextmanager
def using(way: Compute) -> Iterator[None]:
    """Compute with this number of threads inside the block, and as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(way.threads if way.device == "cpu" else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


HOPELESS = 5.0  # times as slow: threads that wait for busy cores; more calls would cost as much and change nothing
STALE = 30.0  # seconds after which a neighbour may have come or gone


class Steady:
    """Whether one thread or all are faster now.

    A second thread that waits for a busy core can cost twenty times what it saves. So both are tried, and again when
    the last time is long ago. There are never more than PyTorch may use here.
    """

    def __init__(self) -> None:
        self._found, self._most, self._when = 1, 1, -math.inf

    def threads(self, work: Callable[[int], object], seconds: float = 0.3, stale: float = STALE) -> int:
        """The faster number of threads.

        work: does a small part of the work with so many threads.  seconds: for all trials together.  stale: seconds
        for which an answer holds.
        """
        most = torch.get_num_threads()
        if most == 1:
            return 1
        if self._most != most or time.monotonic() - self._when > stale:
            ways = [Compute(threads=1), Compute(threads=most)]
            found = fastest_first(lambda way: lambda: work(way.threads), ways, seconds, HOPELESS)
            self._found, self._most, self._when = found[0].compute.threads, most, time.monotonic()
        return self._found


_steady = Steady()  # of all that is computed by `steadily`


@contextmanager
def steadily(trial: Callable[[], object], seconds: float = 0.3, stale: float = STALE) -> Iterator[None]:
    """Compute with one thread or with all, whichever is faster now, inside the block.

    trial: a small part of the work.  seconds, stale: see Steady.
    """
    with using(Compute(threads=_steady.threads(lambda _: trial(), seconds, stale))):
        yield


def _wait(way: Compute) -> None:
    if way.device == "cuda":
        torch.cuda.synchronize()
    elif way.device == "mps":
        torch.mps.synchronize()
