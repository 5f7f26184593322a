"""All or nothing: a file or folder grows under a hidden name beside its place, and takes it only when it is whole.

    out = whole.new_file(options.out)      # before the work: refused where something is there
    with whole.file(out) as growing:       # at its end
        figure.savefig(growing)

After an error, Ctrl-C or a request to end (SIGTERM) nothing is left. What a process left that was killed without a
warning (SIGKILL, power) is removed when the same thing is written again, where the process was of this machine.
"""

import os
import platform
import re
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..refused import Refused


class Ended(SystemExit):
    """The program was asked to end (SIGTERM).  code: 128 + the signal's number, as a shell tells it."""

    code: int


# --- growing and taking the place -------------------------------------------------------------------------------------


@contextmanager
def file(path: Path | str, *, replace: bool = False) -> Iterator[Path]:
    """A hidden path to write a file at, with the same suffix; at the end of the block the file takes its place.

    replace: an older file may be there and is replaced; else one that is there is refused, at the start and at the end.
    Raises: Refused for a path that is taken.
    """
    path = given(path) if replace else new_file(path)
    with _growing(path) as growing:
        yield growing
        with open(growing, "rb") as written:
            os.fsync(written.fileno())
        if not replace:
            new_file(path)
        _heed()
        os.replace(growing, path)


@contextmanager
def folder(path: Path | str) -> Iterator[Path]:
    """A hidden folder to fill; at the end of the block it becomes `path`, which may be there and empty.

    Folders above it are made.  Raises: Refused for a path that is taken.
    """
    path = new_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _growing(path) as growing:
        growing.mkdir()
        yield growing
        _heed()
        if path.exists():
            path.rmdir()
        growing.rename(path)


@contextmanager
def _growing(path: Path) -> Iterator[Path]:
    sweep(path.parent, path.name)
    with ending():
        growing = _hidden(path)
        try:
            yield growing
        finally:  # where all went well, nothing is there any more
            remove(growing)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


# --- hidden names, and what killed processes left ---------------------------------------------------------------------

_MOST = 100  # bytes of the name that a hidden name keeps: file systems take 255 in all


def _hidden(path: Path) -> Path:
    """A new hidden name beside a path: it says what grows, on which machine and in which process."""
    return path.with_name(f"{_mark(path.name)}{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")


def _mark(name: str) -> str:
    stem = os.fsencode(Path(name).stem)[:_MOST].decode(errors="ignore")
    return f".{stem}.osnet_edu-{_machine()}-"


def _machine() -> str:
    return re.sub(r"\W", "_", platform.node())[:64]


def left(where: Path, name: str | None = None) -> list[Path]:
    """Hidden things in a folder that this room made on this machine, finished or not.  name: only for this one."""
    mark = re.escape(_mark(name)) if name else rf"\..+\.osnet_edu-{re.escape(_machine())}-"
    suffix = re.escape(Path(name).suffix) if name else r"(\.[^.]*)?"
    pattern = re.compile(rf"{mark}\d+-[0-9a-f]{{8}}{suffix}")
    return sorted(path for path in where.iterdir() if pattern.fullmatch(path.name)) if where.is_dir() else []


def sweep(where: Path, name: str | None = None) -> None:
    """Remove what processes of this machine left in a folder that have ended; leave all else alone.

    name: only what was to become this one; None means whatever it was to become.
    """
    for path in left(where, name):
        if not _lives(_process(path)):
            remove(path)


def _process(path: Path) -> int:
    (process,) = re.findall(r"-(\d+)-[0-9a-f]{8}(?:\.[^.]*)?$", path.name)
    return int(process)


def _lives(process: int) -> bool:
    """Whether a process runs; True where asking is not possible."""
    if os.name != "posix":  # elsewhere signal 0 does not ask
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


@contextmanager
def claimed(where: Path) -> Iterator[None]:
    """Keep a folder for this process while the block lasts; folders above it are made.

    Raises: Refused where another process of this machine that still runs has claimed it.
    """
    where.mkdir(parents=True, exist_ok=True)
    sweep(where, "claim")
    mark = _hidden(where / "claim")
    try:
        mark.touch()  # first, so that of two that come at once no more than one goes on
        others = [_process(path) for path in left(where, "claim") if _process(path) != os.getpid()]
        if others:
            raise Refused(f"process {others[0]} is at work in {where}; expected another folder, or wait for it")
        yield
    finally:
        mark.unlink(missing_ok=True)


# --- what exists is refused -------------------------------------------------------------------------------------------


def given(path: Path | str) -> Path:
    """A path as it was given.  Raises: Refused for an empty one, as an unset variable leaves it."""
    if not os.fspath(path):
        raise Refused("the name is empty; expected one to write to")
    if "\0" in os.fspath(path):
        raise Refused(f"{os.fspath(path)!r} is not a name of a file or folder")
    return Path(path)


def ends_in(path: Path | str, endings: Sequence[str]) -> Path:
    """A path whose name ends in one of some ways, such as (".png",).  Raises: Refused for any other."""
    path = given(path)
    if path.suffix.lower() not in endings:
        raise Refused(f"{path} does not say what to write; expected a name that ends in {' or '.join(endings)}")
    return path


def new_file(path: Path | str, endings: Sequence[str] = ()) -> Path:
    """A path at which a file can be written, to be asked before the work starts.

    endings: those that the name may have, such as (".png",); none means any.
    Raises: Refused, in a sentence, where something is there already, also a link that leads nowhere, where the folder
    is not there, and for a name of another ending.
    """
    path = ends_in(path, endings) if endings else given(path)
    if not path.parent.is_dir():
        raise Refused(f"{path.parent} is not a folder; expected one that is there to write {path.name} to")
    try:
        os.lstat(path)
    except FileNotFoundError:
        _check_writable(path.parent)
        return path
    raise Refused(f"{path} exists already: choose another name, or remove it first")


def new_folder(path: Path | str) -> Path:
    """A path that a new folder can take, to be asked before the work starts.  An empty folder may be there.

    Raises: Refused, in a sentence, where something is there already, for a link, for the folder that one is in, and
    for a place where other disks are joined in: their empty folder cannot be replaced by another.
    """
    path = given(path)
    if path.is_symlink():
        raise Refused(f"{path} is a link to {os.readlink(path)}; expected a new or empty folder")
    if path.exists():
        if not path.is_dir() or any(path.iterdir()):
            raise Refused(f"{path} exists and is not empty: choose another folder, or empty it first")
        if path.resolve() == Path.cwd():
            raise Refused(f"{path} is the folder that you are in; expected a new folder, such as {path / 'out'}")
        if path.name == ".." or os.path.ismount(path):
            raise Refused(f"{path} cannot be replaced; expected a new folder, such as {path / 'out'}")
    above = next((folder for folder in path.absolute().parents if os.path.lexists(folder)), Path("/"))
    if not above.is_dir():
        raise Refused(f"{above} is not a folder; expected one to make {path} in")
    _check_writable(above)
    return path


def _check_writable(where: Path) -> None:
    if not os.access(where, os.W_OK | os.X_OK):
        raise Refused(f"{where} may not be written to; expected a folder of your own")


# --- requests to end --------------------------------------------------------------------------------------------------

_asked: list[int] = []  # signals that came while `ending` listened


@contextmanager
def ending() -> Iterator[None]:
    """Let SIGTERM unwind the program as Ctrl-C does (it raises Ended), unless somebody else answers it already."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    _asked.clear()
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _asked.clear()


def _end(number: int, _frame: object) -> None:
    _asked.append(number)
    raise Ended(128 + number)


def _heed() -> None:
    """Nothing takes its place after a request to end: in a finaliser Python swallows what the signal raised."""
    if _asked:
        raise Ended(128 + _asked[-1])
