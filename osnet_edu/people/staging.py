"""All or nothing: a folder grows under a hidden name beside its place, and takes its place only when it is whole."""

import os
import platform
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A hidden folder to fill; at the end of the block it becomes `out`, which may be there and empty.

    After an error, Ctrl-C or a request to end (SIGTERM) neither is left.  What runs of the same name left that were
    killed without a warning (SIGKILL, power) is removed first, where their process was of this machine.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    sweep(out)
    with _ending() as asked:
        folder = Path(tempfile.mkdtemp(prefix=f"{_mark(out)}{os.getpid()}.", dir=out.parent))
        try:
            yield folder
            if asked:  # in a finaliser or a callback of the collector Python swallows what a signal raises
                raise SystemExit(128 + asked[-1])
            folder.chmod(0o755)
            if out.exists():
                out.rmdir()
            os.replace(folder, out)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def sweep(out: Path) -> None:
    """Remove hidden folders for `out` whose process on this machine has ended; leave all others alone."""
    for folder in sorted(out.parent.iterdir()):
        pid = folder.name.removeprefix(_mark(out)).partition(".")[0]
        if folder.name.startswith(_mark(out)) and pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _mark(out: Path) -> str:
    """How hidden folders for `out` made on this machine begin; process number and a random word follow."""
    return f".{out.name}.{platform.node().replace('.', '-')}."


def _lives(pid: int) -> bool:
    """Whether a process runs; True where asking is not possible."""
    if os.name != "posix":  # elsewhere signal 0 is no question
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _ending() -> Iterator[list[int]]:
    """Let SIGTERM unwind the program as Ctrl-C does, unless somebody else answers it already.  Yields: what came."""
    asked: list[int] = []

    def end(number: int, frame: object) -> None:
        asked.append(number)
        raise SystemExit(128 + number)

    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield asked
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
