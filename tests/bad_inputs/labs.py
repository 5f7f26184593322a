"""What is typed behind lab.py, remotes and caches of all kinds, and environments that print."""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lab
from osnet_edu import Refused, assets
from osnet_edu.lab import badge, needs, programs

from .outcome import Case, environment

PORTS = ("-5", "-1", "0", "65536", "99999", "1" + "0" * 30, "ten", "", " ", "1.5", "0x50", "1e3", "NaN")
REMOTES: dict[str, str] = {
    "": "no host", "/": "a path", "./kit": "a path beside", "file:///kit": "a file", "https://gitlab.com/a/b": "GitLab",
    "https://github.com.evil.org/a/b": "a name that begins alike", "https://evil-github.com/a/b": "one that ends alike",
    "https://www.www.github.com/a/b": "www twice", "https://github.com/": "no owner",
    "https://github.com/a": "no repository",
    "https://github.com/a/b/c": "three parts", "https://github.com/_a/b": "an owner that begins with _",
    "https://github.com/a/..": "two dots", "https://github.com/a/b?x=1": "a question",
    "https://github.com/a b/c": "a blank",
    "https://github.com/a/b\nrm -rf": "two lines", "https://github.com/ä/b": "an umlaut",
    "javascript:alert(1)": "a script",
}  # fmt: skip
READ: dict[str, tuple[str, str]] = {
    "https://github.com/name_company/kit": ("name_company", "kit"),
    "HTTPS://GITHUB.COM/me/kit": ("me", "kit"),
    "https://www.github.com/me/kit.git": ("me", "kit"),
    "http://WWW.GitHub.com/me/kit/": ("me", "kit"),
    "git@github.com:some_one/the.kit.git": ("some_one", "the.kit"),
    "SSH://git@GitHub.com:22/me/kit": ("me", "kit"),
    "https://user:secret@github.com/A_b-C/k_i-t.x": ("A_b-C", "k_i-t.x"),
}


def _said(work: Callable[[], object]) -> str:
    """What lab.py refuses, and what its parser does."""
    err = io.StringIO()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        try:
            work()
        except SystemExit as end:
            assert end.code == 2, end.code
            raise Refused(err.getvalue().strip().splitlines()[-1]) from None
    return "silently-wrong"


def _port(verb: list[str], port: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        kept = lab.Setup.make
        lab.Setup.make = lambda *_: (_ for _ in ()).throw(AssertionError("it went on"))
        try:
            return _said(lambda: lab.main([*verb, "--no-browser", f"--port={port}"]))
        finally:
            lab.Setup.make = kept

    return run


def _remote(address: str) -> Callable[[Path], str]:
    return lambda work: _said(lambda: badge.github_name(address))


def _read(address: str, wanted: tuple[str, str]) -> Callable[[Path], str]:
    return lambda work: "correct" if badge.github_name(address) == wanted else "silently-wrong"


def _doctor(cache: str, words: str, status: bool) -> Callable[[Path], str]:
    """The doctor's line about the cache.  status: whether it is content with it."""

    def run(work: Path) -> str:
        (work / "file").write_text("x")
        (work / "home").mkdir()
        out, there = io.StringIO(), sorted(work.rglob("*"))
        kept = programs.answer_of, needs.find_chromium
        programs.answer_of = lambda *_: ""
        try:
            with environment(OSNET_EDU_CACHE=cache.format(work), HOME=str(work / "home")):
                with contextlib.redirect_stdout(out):
                    lab.doctor()
        finally:
            programs.answer_of, needs.find_chromium = kept
        line = next(line for line in out.getvalue().splitlines() if line.startswith("  photos"))
        assert sorted(work.rglob("*")) == there, "the doctor made something"
        return "correct" if (" ok " in line) == status and words.format(work) in line else "silently-wrong"

    return run


def _cache(named: str, ends: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        with environment(OSNET_EDU_CACHE=named, HOME=str(work)):
            return "correct" if assets.cache() == work / ends else "silently-wrong"

    return run


def _asks(start: str, code: str, wanted: str) -> Callable[[Path], str]:
    """A Python whose environment prints as it starts and as it ends still gives its own answer."""

    def run(work: Path) -> str:
        (work / "sitecustomize.py").write_text(start)
        kept = programs.quiet_environment
        programs.quiet_environment = lambda: {**kept(), "PYTHONPATH": str(work)}
        try:
            return "correct" if programs.answer_of(sys.executable, code) == wanted else "silently-wrong"
        finally:
            programs.quiet_environment = kept

    return run


def _badge(beside: str) -> Callable[[Path], str]:
    """A file of one's own beside README.md stays; a link to it stays a link."""

    def run(work: Path) -> str:
        readme = work / "README.md"
        target = work / "real.md" if beside == "a link" else readme
        target.write_text("# Title\n\nwords\n")
        if beside == "a link":
            readme.symlink_to(target)
        else:
            (work / beside).write_text("mine")
        answers = {
            "rev-parse --git-dir": ".git",
            "remote get-url": "https://github.com/some_one/kit",
            "for-each-ref": "v1",
        }
        kept = badge.ask_git
        badge.ask_git = lambda _, *words: next((a for k, a in answers.items() if " ".join(words).startswith(k)), "")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                badge.write_badges(str(work))
        finally:
            badge.ask_git = kept
        left = {path.name for path in work.iterdir()} - {"README.md", "real.md", beside}
        fine = not left and "mybinder.org/v2/gh/some_one/kit/v1" in target.read_text()
        mine = readme.is_symlink() if beside == "a link" else (work / beside).read_text() == "mine"
        return "correct" if fine and mine else "silently-wrong"

    return run


def _refused(*words: str) -> Callable[[Path], str]:
    """lab.py with these words, {} for the case's folder, in which a file, an empty folder and a full one lie."""

    def run(work: Path) -> str:
        (work / "file").write_text("mine")
        (work / "empty").mkdir()
        (work / "full").mkdir()
        (work / "full" / "thesis.txt").write_text("ten years")
        before = sorted(work.rglob("*"))
        said = _said(lambda: lab.main([word.format(work) for word in words]))
        assert sorted(work.rglob("*")) == before and (work / "file").read_text() == "mine"
        return said

    return run


NAMES = (
    "77",
    "",
    " ",
    "0",
    "00 ",
    "who",
    "..",
    "../..",
    "/etc/passwd",
    "notebooks",
    "00_start_here.ipynb.ipynb",
    "ä",
    "*",
)
FIT = {
    "a wheelhouse and a GPU": ("setup", "--gpu", "--wheelhouse", "{}/empty"),
    "a wheelhouse for the doctor": ("doctor", "--wheelhouse", "{}/empty"),
    "a GPU for a reset": ("reset", "00", "--gpu"),
    "no lesson": ("reset",),
    "no folder": ("wheelhouse",),
    "two folders": ("wheelhouse", "{}/a", "{}/b"),
    "a name for the app": ("app", "00"),
    "from a folder that is not there": ("setup", "--wheelhouse", "{}/absent"),
    "from a file": ("setup", "--wheelhouse", "{}/file"),
    "from an empty folder": ("setup", "--wheelhouse", "{}/empty"),
    "from another folder": ("setup", "--wheelhouse", "{}/full"),
    "into a file": ("wheelhouse", "{}/file"),
    "into another folder": ("wheelhouse", "{}/full"),
}


def cases() -> Iterator[Case]:
    for port in PORTS:
        for verb in ([], ["app"], ["setup"]):
            yield Case("lab", f"{' '.join(verb)} --port {port!r}"[:60], _port(verb, port))
    for name in NAMES:
        yield Case("lab", f"reset {name!r}", _refused("reset", name))
    for name, words in FIT.items():
        yield Case("lab", f"words: {name}", _refused(*words))
    for address, name in REMOTES.items():
        yield Case("lab", f"a remote: {name}", _remote(address))
    for address, wanted in READ.items():
        yield Case("lab", f"a remote: {address}", _read(address, wanted), ("correct",))
    doctors = {
        "a file": ("{}/file", "{}/file is not a folder", False),
        "below a file": ("{}/file/deep/er", "{}/file is not a folder", False),
        "of nobody": ("~nobody-here/x", "no such user", False),
        "a device": ("/dev/null", "/dev/null is not a folder", False),
        "new": ("{}/new/er", "made by the first notebook", True),
        "at home": ("~/kept", "{}/home/kept (made", True),
    }
    for name, given in doctors.items():
        yield Case("lab", f"a cache: {name}", _doctor(*given), ("correct",))
    for named, ends in {"~": "", "~/photos": "photos", "~/a b/~": "a b/~"}.items():
        yield Case("cache", f"named {named}", _cache(named, ends), ("correct",))
    yield Case("cache", "named ~nobody-here", _cache("~nobody-here/x", "x"))
    starts = {
        "a line": "print('Welcome')",
        "JSON": "print('{}')",
        "no text": "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')",
        "half a line": "print('Welcome', end='')",
        "a line at its end": "import atexit; atexit.register(print, 'Goodbye')",
    }
    for name, start in starts.items():
        yield Case("lab", f"an environment that prints: {name}", _asks(start, "print(6 * 7)", "42"), ("correct",))
    yield Case("lab", "a Python that fails", _asks("", "raise ValueError", ""), ("correct",))
    for beside in ("README.md.part", "README.md.tmp", ".README.md", "README.md~", "a link"):
        yield Case("lab", f"badge, beside README.md: {beside}", _badge(beside), ("correct",))
