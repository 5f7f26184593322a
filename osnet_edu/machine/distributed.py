"""One run on several processes, as PyTorch's own launcher starts them: torchrun --nproc_per_node=2 -m osnet_edu ...

Every process holds the whole network and draws the same global batch, because a draw is a function of the seed and the
step alone. Each then takes its share of the photos, and the gradients are averaged. The loss is that of the whole
batch: each process looks for the hardest photos among the features of all. Batch normalisation looks at the whole batch
on GPUs; what is learned then does not depend on the number of processes, up to rounding. On CPUs each process
normalises its share by itself, as PyTorch does it there.
Shapes: B photos of the global batch, D features.
"""

import os
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..refused import Refused
from . import limits

_PATIENCE = timedelta(minutes=limits.PATIENCE)

Value = TypeVar("Value")


class PeerLost(ConnectionError):
    """Another process of the run ended or fell silent."""


@dataclass(frozen=True)
class Team:
    """The processes of one run, as one of them sees it.

    rank: its own number, 0 ... size - 1; the one of rank 0 writes and speaks.  local_rank, local_size: the same among
    the processes of its machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    def __str__(self) -> str:
        return f"process {self.rank + 1} of {self.size}"

    def share(self, count: int) -> slice:
        """This process's part of `count` things: contiguous, and equal to the others' within one."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)


ONE_PROCESS = Team()


def launched() -> Team:
    """The team that torchrun started this process in, by the environment; ONE_PROCESS where it did not.

    Raises: Refused for numbers that make no team.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    given = {name: os.environ[name] for name in names if os.environ.get(name)}
    for name, text in given.items():
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            raise Refused(f"{name} is {text[:40]!r} in the environment; expected a whole number, {_UNSET}")
    if len(given) < len(names):
        return ONE_PROCESS
    team = Team(*(int(given[name]) for name in names))
    if not (team.rank < team.size and team.local_rank < team.local_size <= team.size):
        told = ", ".join(f"{name}={text}" for name, text in given.items())
        raise Refused(f"the environment says {told}, which makes no team; expected ranks below the sizes, {_UNSET}")
    return team if team.size > 1 else ONE_PROCESS


_UNSET = "as torchrun sets them; where no launcher is meant, unset them"


@contextmanager
def joined(device: str, patience: timedelta = _PATIENCE) -> Iterator[Team]:
    """Meet the other processes of the run, work with them inside the block, and part after it.

    device: "cpu" (gloo) or "cuda" (nccl, each process with the GPU of its local rank).  Alone it does nothing.
    Raises: Refused where there is no such device for each process; PeerLost where the others do not come, or where
    the launcher tells this process to stop, which it does when another one has ended.
    """
    team = launched()
    if team.size == 1:
        yield team
        return
    missing = [name for name in ("MASTER_ADDR", "MASTER_PORT") if not os.environ.get(name)]
    port = os.environ.get("MASTER_PORT", "")
    if missing or not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        told = f"{' and '.join(missing)} missing" if missing else f"MASTER_PORT is {port[:40]!r}"
        raise Refused(f"WORLD_SIZE is {team.size}, but where the processes meet is unknown: {told}, {_UNSET}")
    if device not in ("cpu", "cuda"):
        raise Refused(f"several processes train on cpu or cuda, got {device!r}")
    if device == "cuda":
        if team.local_size > torch.cuda.device_count():
            raise Refused(
                f"{team.local_size} processes were started on a machine with {torch.cuda.device_count()} GPUs; "
                "expected at most one process a GPU"
            )
        torch.cuda.set_device(team.local_rank)
    with _stop_is_an_error(), guarded():
        # Objects travel by gloo in any case; what the network computes travels on its own device.
        dist.init_process_group("gloo" if device == "cpu" else "cpu:gloo,cuda:nccl", timeout=patience)
        yield team
        dist.barrier()
        dist.destroy_process_group()  # after an error it could wait for who is gone: then the end of the process does


@contextmanager
def guarded() -> Iterator[None]:
    """Turn what the transport says of a lost process into PeerLost; every other error passes."""
    try:
        yield
    except RuntimeError as error:
        words = str(error)
        transport = isinstance(error, dist.DistError) or any(
            sign in words for sign in ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer")
        )
        if not transport:
            raise
        raise PeerLost(f"another process of this run ended or fell silent ({words.partition(chr(10))[0]})") from error


@contextmanager
def _stop_is_an_error() -> Iterator[None]:
    """While the block lasts, the launcher's request to stop (SIGTERM) is an exception that can be told in words."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise PeerLost("this process was told to stop, as the launcher does when another process of the run has ended")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def wrap(network: nn.Module, device: str, team: Team) -> nn.Module:
    """The network with its gradients averaged over the team: DistributedDataParallel; alone, the network itself.

    Batch normalisation works on the whole global batch on GPUs, by PyTorch's SyncBatchNorm. PyTorch has none for CPUs:
    there each process normalises its share by itself. Parameter names do not change.
    """
    if team.size == 1:
        return network
    if device == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    with warnings.catch_warnings():
        # Training does not read the running statistics: to send them around at each step only costs time. Newer PyTorch
        # calls the option by another name, which older PyTorch does not know.
        warnings.simplefilter("ignore", FutureWarning)
        return nn.parallel.DistributedDataParallel(
            network, device_ids=[team.local_rank] if device == "cuda" else None, broadcast_buffers=False
        )


class _Gather(torch.autograd.Function):
    """All shares on every process.  Backwards each keeps the gradient of its own rows, times the number of processes.

    Every process computes the same loss from the same rows, so that the gradient of its own rows needs no second
    exchange. The factor undoes the average that follows, which is right for a loss of the share but not for this one.
    """

    @staticmethod
    def forward(ctx, rows: Tensor, counts: Sequence[int], team: Team) -> Tensor:
        start = sum(counts[: team.rank])
        ctx.own, ctx.factor = slice(start, start + counts[team.rank]), team.size
        padded = rows.new_zeros(max(counts), *rows.shape[1:])
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return gradient[ctx.own] * ctx.factor, None, None


def gather(rows: Tensor, count: int, team: Team) -> Tensor:
    """The rows of all processes in the order of the global batch, with gradients: (share, D) -> (B, D).

    rows: this process's `team.share(count)`.  count: B.  For a loss that every process computes alike from all rows
    and whose gradients are then averaged over the team.
    """
    if team.size == 1:
        return rows
    shares = [Team(rank, team.size).share(count) for rank in range(team.size)]
    return _Gather.apply(rows, [share.stop - share.start for share in shares], team)


def team_mean(values: Sequence[float], device: str, team: Team) -> list[float]:
    """The mean over the team of each value, the same to the last bit on every process."""
    if team.size == 1:
        return list(values)
    total = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return (total / team.size).tolist()


def collected(value: Value, team: Team) -> list[Value]:
    """Every process's value, by rank, on every process."""
    if team.size == 1:
        return [value]
    found: list[Value] = [value] * team.size
    dist.all_gather_object(found, value)
    return found


def agreed(value: Value, team: Team) -> Value:
    """Rank 0's value, on every process."""
    if team.size == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box)
    return box[0]


def level(network: nn.Module, team: Team) -> None:
    """Give every process rank 0's buffers, such as the running statistics: then all hold the same network."""
    if team.size > 1:
        for buffer in network.buffers():
            dist.broadcast(buffer, 0)
