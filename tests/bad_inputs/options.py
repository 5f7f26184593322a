"""What is typed behind a command, and the environment that a command finds."""

import contextlib
import io
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from osnet_edu import Refused, embed, people, retrieval
from osnet_edu import __main__ as cli
from osnet_edu.machine import compute, distributed
from osnet_edu.photos import market
from osnet_edu.train import memory

from . import ground
from .outcome import Case, command, environment

NUMBERS = (
    "0",
    "-1",
    "1.5",
    "ten",
    "",
    " ",
    "1e9",
    "10" * 200,
    "9" * 5000,
    "٣",
    "0x10",
    "1_000",
    "NaN",
    "inf",
    "+5\x1b[2J",
)
SIZES = ("", "x", "64", "64x", "x32", "64x32x3", "0x0", "-64x32", "100000x100000", "64.5x32", "axb", "1" * 5000 + "x1",
         "15x64", "4097x64", "٦٤x٣٢", "64X", "64*32", "\x1b[2Jx3")  # fmt: skip

COUNTS = {
    "render": ("--people", "--unseen", "--photos", "--train-photos", "--workers"),
    "subset": ("--people",),
    "train": ("--photos", "--batch", "--checkpoint-every", "--threads"),
    "experiment": ("--workers", "--photos", "--seeds"),
}
LARGE = {
    ("render", "--people"): 10**9, ("render", "--photos"): 10**12, ("render", "--workers"): 10**6,
    ("render", "--train-photos"): 10**12, ("subset", "--people"): 10**9, ("train", "--photos"): 10**12,
    ("train", "--batch"): 10**9, ("train", "--threads"): 100_000, ("experiment", "--seeds"): 10**9,
    ("experiment", "--workers"): 10**5, ("experiment", "--photos"): 10**30,
}  # fmt: skip
NEEDED = {"render": ["OUT"], "subset": ["DATA", "OUT"], "train": ["DATA", "--out", "OUT"], "experiment": ["baselines"]}


def _typed(name: str, *options: object, needed: Sequence[str] | None = None) -> Callable[[Path], str]:
    """Run a command with these options. Refused, it must not have written anything.

    needed: what stands before them; None means what the command cannot do without.
    """
    before_them = NEEDED.get(name, ()) if needed is None else needed

    def run(work: Path) -> str:
        places = {"OUT": work / "out", "DATA": ground.folder(), "GOOD": work / "w.safetensors"}
        (work / "w.safetensors").write_bytes(ground.safetensors())
        before = sorted(work.rglob("*"))
        given = [places.get(str(one), one) for one in (*before_them, *options)]
        try:
            return command(name, *given)
        finally:
            assert sorted(work.rglob("*")) == before, "something was written"

    return run


EXPLAIN = ("DATA", "--query", "0005_c1s1_000000_01.jpg", "--gallery", "0005_c1s1_000001_01.jpg")
TYPED: dict[str, tuple] = {
    "no command": ("--nothing",),
    "an unknown command": ("paint",),
    "evaluate, DATA empty": ("evaluate", ""),
    "evaluate, DATA a blank": ("evaluate", "  "),
    "evaluate, --weights empty": ("evaluate", "DATA", "--weights", ""),
    "evaluate, weights gone": ("evaluate", "DATA", "--weights", "nowhere.pth"),
    "evaluate, weights a name too long": ("evaluate", "DATA", "--weights", "x" * 5000),
    "evaluate, data gone": ("evaluate", "nowhere"),
    "evaluate, data a name too long": ("evaluate", "x" * 5000),
    "evaluate, data with an escape": ("evaluate", "a\x1b[2J"),
    "evaluate, a device of nobody": ("evaluate", "DATA", "--device", "tpu"),
    "evaluate, a distance of nobody": ("evaluate", "DATA", "--distance", "taxi"),
    "evaluate, cuda": ("evaluate", "DATA", "--device", "cuda"),
    "render, OUT empty": ("render", ""),
    "render, --archive empty": ("render", "OUT", "--archive", ""),
    "render, --preview empty": ("render", "OUT", "--preview", ""),
    "render, too few": ("render", "OUT", "--people", "2"),
    "render, all unseen": ("render", "OUT", "--people", "20", "--unseen", "20"),
    "render, a photo each": ("render", "OUT", "--photos", "1"),
    "render, a photo each to train on": ("render", "OUT", "--train-photos", "1"),
    "render, enormous photos": ("render", "OUT", "--size", "4096x4096"),
    "render, more than the disk": ("render", "OUT", "--people", "100000", "--photos", "10000", "--size", "1024x1024"),
    "render, a seed of text": ("render", "OUT", "--seed", "x"),
    "render, a seed of 10^30": ("render", "OUT", "--seed", str(10**30)),
    "render, a world of nobody": ("render", "OUT", "--world", "mars"),
    "subset, OUT empty": ("subset", "DATA", ""),
    "subset, DATA empty": ("subset", "", "OUT"),
    "subset, a seed below 0": ("subset", "DATA", "OUT", "--people", "8", "--seed", "-1"),
    "subset, more than there are": ("subset", "DATA", "OUT", "--people", "100"),
    "subset, one": ("subset", "DATA", "OUT", "--people", "1"),
    "train, --out empty": ("train", "DATA", "--out", ""),
    "train, no --out": ("train", "DATA"),
    "train, DATA empty": ("train", "", "--out", "OUT"),
    "train, width 0": ("train", "DATA", "--out", "OUT", "--width", "0"),
    "train, width NaN": ("train", "DATA", "--out", "OUT", "--width", "nan"),
    "train, width 10^9": ("train", "DATA", "--out", "OUT", "--width", "1e9"),
    "train, width of text": ("train", "DATA", "--out", "OUT", "--width", "wide"),
    "train, decay infinite": ("train", "DATA", "--out", "OUT", "--weight-decay", "inf"),
    "train, decay below 0": ("train", "DATA", "--out", "OUT", "--weight-decay", "-1"),
    "train, a batch that is odd": ("train", "DATA", "--out", "OUT", "--batch", "7"),
    "train, a batch of one": ("train", "DATA", "--out", "OUT", "--recipe", "published", "--batch", "1"),
    "train, a recipe of nobody": ("train", "DATA", "--out", "OUT", "--recipe", "soup"),
    "train, a layout of nobody": ("train", "DATA", "--out", "OUT", "--layout", "diagonal"),
    "train, a type of nobody": ("train", "DATA", "--out", "OUT", "--dtype", "float8"),
    "train, cuda": ("train", "DATA", "--out", "OUT", "--device", "cuda"),
    "train, --resume of nothing": ("train", "DATA", "--out", "OUT", "--resume"),
    "train, memory": ("train", "DATA", "--out", "OUT", "--size", "4096x4096", "--batch", "1024"),
    "train, a seed of 10^30": ("train", "DATA", "--out", "OUT", "--seed", str(10**30)),
    "explain, --out empty": ("explain", *EXPLAIN, "--out", ""),
    "explain, --query empty": ("explain", "DATA", "--query", "", "--gallery", "x", "--out", "OUT"),
    "explain, a query of nobody": ("explain", "DATA", "--query", "\x1b[2J", "--gallery", "x", "--out", "OUT"),
    "explain, a method of nobody": ("explain", *EXPLAIN, "--out", "OUT", "--method", "tea leaves"),
    "explain, weights empty": ("explain", *EXPLAIN, "--out", "OUT", "--weights", ""),
    "experiment, a name of nobody": ("experiment", "alchemy"),
    "experiment, a name with an escape": ("experiment", "\x1b[2J"),
    "experiment, --out of one that trains nothing": ("experiment", "baselines", "DATA", "--out", "OUT"),
    "experiment, --weights of one with networks of its own": (
        "experiment",
        "gate-variance",
        "DATA",
        "--weights",
        "OUT",
    ),
    "experiment, --weights empty": ("experiment", "gate-scale", "DATA", "--weights", ""),
    "experiment, --weights that are not there": ("experiment", "gate-parts", "DATA", "--weights", "OUT"),
    "experiment, DATA empty": ("experiment", "baselines", ""),
    "experiment, --out empty": ("experiment", "ablation", "DATA", "--out", ""),
    "experiment, a folder without a table": ("experiment", "oracle", "DATA"),
    "experiment, twins without a table": ("experiment", "twins", "DATA"),
}

TEAMS: dict[str, dict[str, str]] = {
    "RANK of text": {"RANK": "zero"},
    "WORLD_SIZE of text": {"WORLD_SIZE": "two"},
    "RANK below 0": {"RANK": "-1", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"},
    "RANK as large as the world": {"RANK": "2", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"},
    "LOCAL_RANK too large": {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "5", "LOCAL_WORLD_SIZE": "2"},
    "a machine larger than the world": {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "4"},
    "a world of 0": {"RANK": "0", "WORLD_SIZE": "0", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "0"},
    "a world of 10^30": {"RANK": "0", "WORLD_SIZE": str(10**30), "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"},
    "an Arabic digit": {"RANK": "٠", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"},
    "no address": {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"},
    "a port of text": {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2",
                       "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "door"},
    "a port of 99999": {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2",
                        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "99999"},
}  # fmt: skip
LAUNCHER = dict.fromkeys(("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"))


def _team(variables: dict[str, str]) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        with environment(**{**LAUNCHER, **variables}):
            return command("evaluate", ground.folder(), "--size", "64x32")

    return run


def _peer_that_never_comes(rank: int) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        team = {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(29700 + os.getpid() % 200 + rank)}  # fmt: skip
        quiet = io.StringIO()
        with environment(**{**LAUNCHER, **team}), contextlib.redirect_stderr(quiet):
            try:
                with distributed.joined("cpu", timedelta(seconds=2)):
                    return "silently-wrong"
            except distributed.PeerLost as error:
                raise Refused(str(error)) from error

    return run


def _homeless(work: Path) -> str:
    def nowhere(*_):
        raise RuntimeError("Could not determine home directory.")

    kept, Path.home = Path.home, nowhere
    try:
        with environment(OSNET_EDU_CACHE=None):
            return command("evaluate")
    finally:
        Path.home = kept


def _cache_is_a_file(work: Path) -> str:
    (work / "cache").write_text("x")
    with environment(OSNET_EDU_CACHE=str(work / "cache")):
        return command("evaluate")


def _ascii_terminal(work: Path) -> str:
    """A terminal that knows ASCII only, and a folder with a name in another script: the scores are still told."""
    root = Path(os.rename(ground.copied(work), work / "мало людей") or work / "мало людей")
    (work / "w.safetensors").write_bytes(ground.safetensors())
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
    kept, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), out, err
    try:
        status = cli.main(["evaluate", str(root), "--weights", str(work / "w.safetensors")])
    finally:
        sys.stdout, sys.stderr = kept
    out.flush()
    text = out.buffer.getvalue().decode("ascii")
    return "correct" if status == 0 and "rank-1" in text and "\\u043c" in text else "silently-wrong"


def _escapes(work: Path) -> str:
    """A file name that would clear the screen is shown escaped, in what is skipped as well."""
    root = ground.copied(work)
    (root / "query" / "\x1b[2Jevil.jpg").write_bytes(b"x")
    (work / "w.safetensors").write_bytes(ground.safetensors())
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        cli.main(["evaluate", str(root), "--weights", str(work / "w.safetensors")])
    said = out.getvalue() + err.getvalue().replace("\r", "")
    return "skip-said" if "\\x1b[2Jevil.jpg" in said and "\x1b[2J" not in said else "silently-wrong"


def _little_memory(work: Path) -> str:
    """A limit on memory is known, and what needs more says so with both figures."""
    kept = resource.getrlimit(resource.RLIMIT_AS)
    limit = 400_000_000_000 if kept[0] == resource.RLIM_INFINITY else kept[0]
    resource.setrlimit(resource.RLIMIT_AS, (limit, kept[1]))
    try:
        assert memory.available() <= limit
    finally:
        resource.setrlimit(resource.RLIMIT_AS, kept)
    (work / "w.safetensors").write_bytes(ground.safetensors())
    there, memory.available = memory.available, lambda device="cpu": 4_000_000_000
    try:
        return command("evaluate", ground.folder(), "--weights", work / "w.safetensors", "--size", "4096x4096")
    except Refused as error:
        assert "GB of memory" in str(error) and "only 4.0 GB is free" in str(error), error
        raise
    finally:
        memory.available = there


def _runs_out(error: BaseException) -> Callable[[Path], str]:
    """Where the memory ends in the middle, a sentence is left."""

    def run(work: Path) -> str:
        def full(*_, **__):
            raise error

        kept, market.read = market.read, full
        try:
            return command("evaluate", ground.folder())
        finally:
            market.read = kept

    return run


def _bug(error: BaseException) -> Callable[[Path], str]:
    """A bug is no bad input: it keeps its traceback."""

    def run(work: Path) -> str:
        try:
            _runs_out(error)(work)
        except Refused:
            return "silently-wrong"
        except type(error):
            return "correct"
        return "silently-wrong"

    return run


def _ways(**arguments: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        compute.Compute(**arguments)
        return "silently-wrong"

    return run


def _pinned(work: Path) -> str:
    ways = compute.candidates("cpu", "float32", 1, True)
    return "correct" if ways == [compute.Compute("cpu", "float32", True, 1)] else "silently-wrong"


def _pictures(images: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        embed.normalise(images)
        return "silently-wrong"

    return run


def _remembered(damage: Callable[[Path], object]) -> Callable[[Path], str]:
    """Features that were remembered and then cut are computed again."""

    def run(work: Path) -> str:
        photos = market.read(ground.folder()).query
        ask = lambda: embed.embed(ground.network(), photos, size=(64, 32), cache=work / "cache")  # noqa: E731
        first = ask()
        damage(next((work / "cache").glob("*.npz")))
        return "correct" if np.array_equal(ask().features, first.features) else "silently-wrong"

    return run


def _scored(*arguments: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        retrieval.evaluate(*arguments)
        return "silently-wrong"

    return run


def _written(**numbers: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        people.write_dataset(work / "out", **numbers)
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for name, options in COUNTS.items():
        for option in options:
            for value in NUMBERS:
                yield Case("options", f"{name} {option} {value!r}"[:70], _typed(name, option, value))
    for (name, option), value in LARGE.items():
        yield Case("options", f"{name} {option} of {value:.0e}", _typed(name, option, value))
    for size in SIZES:
        yield Case("options", f"evaluate --size {size!r}"[:60], _typed("evaluate", "DATA", "--size", size))
    for what, (name, *options) in TYPED.items():
        yield Case("options", what, _typed(name, *options, needed=()))
    for what, variables in TEAMS.items():
        yield Case("environment", what, _team(variables))
    for rank in (0, 1):
        yield Case("environment", f"process {rank}, whose peer never comes", _peer_that_never_comes(rank))
    yield Case("environment", "no home folder", _homeless)
    yield Case("environment", "the cache is a file", _cache_is_a_file)
    yield Case("environment", "a terminal of ASCII", _ascii_terminal, ("correct",))
    yield Case("environment", "escape sequences in a file's name", _escapes, ("skip-said",))
    yield Case("environment", "little memory", _little_memory)
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 10 bytes")):
        yield Case("environment", f"memory ends: {type(error).__name__}", _runs_out(error))
    for error in (
        ValueError("operands could not be broadcast together"),
        KeyError("x"),
        RuntimeError("x"),
        TypeError("x"),
    ):
        yield Case("environment", f"a bug: {type(error).__name__}", _bug(error), ("correct",))
    for given in ({"threads": 0}, {"threads": 10**5}, {"dtype": "float8"}, {"device": "tpu"}):
        yield Case("library", f"Compute({given})", _ways(**given))
    yield Case("library", "a pinned way", _pinned, ("correct",))
    rgb = np.zeros((1, 8, 4, 3), np.uint8)
    others = {
        "floats": rgb.astype(float),
        "no batch": rgb[0],
        "grey": rgb[..., 0],
        "four channels": np.zeros((1, 8, 4, 4), np.uint8),
        "channels first": np.zeros((1, 3, 8, 4), np.uint8),
    }
    for name, images in others.items():
        yield Case("library", f"normalise({name})", _pictures(images))
    none = np.zeros((0, 2))
    damages = {
        "cut": lambda p: p.write_bytes(p.read_bytes()[:200]),
        "emptied": lambda p: p.write_bytes(b""),
        "text": lambda p: p.write_text("features"),
        "another array": lambda p: np.savez(p, features=np.zeros(3)),
        "too few rows": lambda p: np.savez(p, features=np.zeros((1, 512), np.float32), kept=[0], reasons=none),
        "objects": lambda p: np.savez(p, features=np.array([{}], dtype=object), kept=[0], reasons=none),
    }
    for name, damage in damages.items():
        yield Case("library", f"remembered features: {name}", _remembered(damage), ("correct",))
    one = np.array([1]), np.array([1])
    for name, distances in {
        "NaN": [[np.nan]],
        "a vector": [0.5],
        "nothing": np.zeros((0, 0)),
        "text": [["near"]],
    }.items():
        yield Case("library", f"evaluate distances of {name}", _scored(np.array(distances), *one, *one))
    for numbers in ({"people": 10**9}, {"photos": 10**12}, {"size": (10**5, 10**5)}, {"people": -5}, {"photos": 0},
                    {"size": (1, 1)}, {"size": (64,)}, {"world": "mars"}, {"unseen": 10**9}):  # fmt: skip
        yield Case("library", f"write_dataset({numbers})", _written(**numbers))
