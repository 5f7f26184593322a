"""The processes in which answers run: shut in where the system can do it, else only apart, which has to be allowed."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import assets
from ..refused import Refused
from .inside import wire

_HERE = Path(__file__).resolve().parent
PACKAGE_FOLDER = _HERE.parent  # the package
_STARTING = 180.0  # seconds for PyTorch to be read, on a busy machine
TIMES_LONGER = 3  # times the seconds of an answer, on the wall
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store")


class Cell:
    """One answer's process.  line: to it.  how: after `close`, how it ended: "", "slow" or "crashed".

    refused: why it could not be shut in.
    """

    def __init__(self, line: socket.socket, end: socket.socket | None, seconds: int, child: subprocess.Popen | None):
        self.line, self._end, self._seconds, self._child = wire.Speaking(line), end, seconds, child
        self.how = self.refused = ""
        self._closed = False

    def start_clock(self) -> None:
        """From now on the answer's own time is counted on the wall, as often as TIMES_LONGER says."""
        self.line.until = time.monotonic() + TIMES_LONGER * self._seconds

    def close(self, *, gone: bool = False) -> None:
        """End the process with all that it started.  gone: whether it was it that broke off."""
        if self._closed:
            return
        self._closed = True
        late = time.monotonic() >= self.line.until
        with contextlib.suppress(OSError):
            self.line.end.close()
        ended: dict = {}
        if self._end is not None:
            with contextlib.suppress(OSError, ValueError):
                if not gone:
                    self._end.shutdown(socket.SHUT_WR)
                self._end.settimeout(10)
                ended = json.loads(self._end.recv(1000) or b"{}")
            self._end.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self.refused = str(ended.get("refused", ""))
        if late or ended.get("seconds", 0) >= self._seconds - 0.1:
            self.how = "slow"
        elif gone:
            self.how = "crashed"


class Apart:
    """Processes that are only processes of their own: what a student's code may do is what you may do."""

    shut_in = False

    def __init__(self, seconds: int):
        self._seconds = seconds

    def open(self, *, whole: bool = False) -> Cell:
        """A process for one answer.  Raises: Refused where none can be started."""
        token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(_STARTING)
            child = _python("single", str(server.getsockname()[1]), token)
            try:
                while True:
                    line, _ = server.accept()
                    line.settimeout(_STARTING)
                    if secrets.compare_digest(line.recv(len(token), socket.MSG_WAITALL), token.encode()):
                        break
                    line.close()
            except TimeoutError:
                child.kill()
                raise Refused("the process of an answer did not start") from None
        cell = Cell(line, None, self._seconds, child)
        cell.line.send(json.dumps({"seconds": self._seconds}).encode())
        return cell


class ShutIn:
    """Processes that see Python and its libraries, write only to a scratch folder and have no network (Linux)."""

    shut_in = True

    def __init__(self, control: socket.socket, base: str, seconds: int):
        self._control, self._base, self._seconds = control, base, seconds
        self._view = {whole: _visible(whole) for whole in (False, True)}

    def open(self, *, whole: bool = False) -> Cell:
        """A process for one answer.  whole: it sees the kit, without its exercises.

        Raises: Refused where the system does not let one be shut in.
        """
        line, theirs = socket.socketpair()
        end, their_end = socket.socketpair()
        folders, hidden = self._view[whole]
        asked = {"folders": folders, "hidden": hidden, "base": self._base, "seconds": self._seconds}
        asked |= {"cache": str(assets.cache())} if whole else {}
        socket.send_fds(self._control, [json.dumps(asked).encode()], [theirs.fileno(), their_end.fileno()])
        theirs.close()
        their_end.close()
        cell = Cell(line, end, self._seconds, None)
        cell.line.until = time.monotonic() + _STARTING
        try:
            said = cell.line.receive().decode(errors="replace")
        except (EOFError, OSError, wire.Broken):
            said = ""
        if said != "ready":
            cell.close(gone=True)
            raise Refused(cell.refused or said or "the process did not start")
        return cell


@contextmanager
def processes(seconds: int, *, trust: bool) -> Iterator[Apart | ShutIn]:
    """Where answers are run.  seconds: of the processor, for each answer.

    trust: go on where the system cannot shut a process in.  Raises: Refused there without it.
    """
    with contextlib.ExitStack() as stack:
        try:
            where = stack.enter_context(_nursery(seconds))
            where.open().close()
        except Refused as reason:
            if not trust:
                raise Refused(
                    f"this system cannot shut a student's code in ({reason}). The code would run in a process of its "
                    "own and no more: it could read and write your files and use the network. Add --trust if you "
                    "accept that"
                ) from None
            yield Apart(seconds)
        else:
            yield where


@contextmanager
def _nursery(seconds: int) -> Iterator[ShutIn]:
    """A process that has read PyTorch and starts the others.  Raises: Refused where it cannot be started."""
    if sys.platform != "linux":
        raise Refused("that takes Linux")
    control, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory(prefix="osnet_edu-") as base, control:
        os.chmod(base, 0o755)
        child = _python("fork", str(theirs.fileno()), pass_fds=(theirs.fileno(),))
        theirs.close()
        try:
            control.settimeout(_STARTING)
            try:
                ready = control.recv(5)
            except TimeoutError:
                ready = b""
            if ready != b"ready":
                raise Refused("no process could be started that reads PyTorch")
            yield ShutIn(control, base, seconds)
        finally:
            child.kill()
            child.wait()


def _python(*arguments: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen:
    """A Python that knows `inside/` and nothing else of the kit."""
    code = f"import sys; sys.path.insert(0, {str(_HERE)!r}); from inside import nursery; del sys.path[0]; "
    one = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", code + "nursery.main(*sys.argv[1:])", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
        env={**os.environ, **one},
        pass_fds=pass_fds,
    )


def _visible(whole: bool) -> tuple[list[str], list[str]]:
    """The folders that Python and its libraries need, and those among them that are hidden.

    whole: the kit is there, and its exercises are hidden; else the kit is hidden.
    """
    homes = {sys.prefix, sys.base_prefix, *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))}
    homes |= {path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")}
    found = [*_SYSTEM, *sorted(os.path.realpath(home) for home in homes if home)]
    if whole:
        found += [
            str(PACKAGE_FOLDER),
            os.path.realpath(assets.path(assets.SUBSET).parent),
            os.path.realpath(assets.subset()),
        ]
    # A link on the way to Python (/home/me/env -> /data/env) leads nowhere there: the real folder has its own name.
    kept: list[str] = []
    for folder in found:
        if os.path.lexists(folder) and folder != "/" and not any(_within(folder, other) for other in kept):
            kept.append(folder)
    hidden = str(PACKAGE_FOLDER / "exercises" if whole else PACKAGE_FOLDER)
    return kept, [hidden] if any(_within(hidden, folder) for folder in kept) else []


def _within(folder: str, other: str) -> bool:
    return not os.path.islink(other) and Path(folder).is_relative_to(other)
