"""The folder of a run, edited or cut, and then resumed."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from osnet_edu import Refused, train
from osnet_edu.machine.compute import Compute
from osnet_edu.train import checkpoints

from . import ground
from .outcome import Case, command

WRONG = {
    "width": ("wide", None, -1, 0, 10**9, [0.25]),
    "gate_hidden": ("x", 1.5, [1]),
    "streams": ("four", 0, 10**6, None),
    "size": ("64x32", 64, [64], [64, 32, 3], [0, 0], [10**9, 10**9], [64.5, 32], [None, 32], ["64", "32"]),
    "growth": ("x", 5, [[0.5]], [[0.5, "x"]], [["x", 0.5]], [[2, 2]], {"a": 1}),
    "photos": ("many", -1, 0, 1.5, 10**30, None, True),
    "people": (-1, "x", 10**9),
    "shots": (0, "x", None),
    "optimiser": ("lion", 5, None),
    "learning_rate": ("fast", None, [1], -1),
    "schedule": ("never", 3),
    "milestones": ("x", [["x"]], {"a": 1}),
    "flip": ("yes", 1, None),
    "relative": ("no", 0),
    "seed": ("x", 10**30, 1.5, None),
    "triplet": ("x", None),
    "colour": ("red", 10**9, -1),
    "unknown_field": (1,),
    "\x1b[2J": (1,),
}
COMPUTE = {
    "device": ("tpu", 5, None),
    "dtype": ("float8", 5, None),
    "channels_last": ("yes", 1, None),
    "threads": (0, -1, 10**6, "x", 1.5, None),
    "unknown": (1,),
}
STATES: dict[str, Callable[[dict], object]] = {
    "no config": lambda s: s.pop("config"),
    "no step": lambda s: s.pop("step"),
    "no data": lambda s: s.pop("data"),
    "no compute": lambda s: s.pop("compute"),
    "step -1": lambda s: s.update(step=-1),
    "step 0": lambda s: s.update(step=0),
    "step 999": lambda s: s.update(step=999),
    "step as text": lambda s: s.update(step="2"),
    "step null": lambda s: s.update(step=None),
    "step 2.0": lambda s: s.update(step=2.0),
    "step true": lambda s: s.update(step=True),
    "step 10^30": lambda s: s.update(step=10**30),
    "config null": lambda s: s.update(config=None),
    "config a list": lambda s: s.update(config=[]),
    "config a text": lambda s: s.update(config="x"),
    "data a number": lambda s: s.update(data=5),
    "data null": lambda s: s.update(data=None),
    "other data": lambda s: s.update(data="0" * 16),
    "compute null": lambda s: s.update(compute=None),
    "compute a list": lambda s: s.update(compute=[1]),
    "everything gone": lambda s: s.clear(),
}
TEXTS = ("", "null", "[]", "5", "{", "\x00", "{" * 5000, "[" * 100_000, '{"step": 2', "NaN", '{"step": ' + "1" * 5000)


def _resumed(change: Callable[[Path], object]) -> Callable[[Path], str]:
    """Change the last checkpoint, and resume. What goes on has to end as the run that was never stopped."""

    def run(work: Path) -> str:
        out = Path(shutil.copytree(ground.run(), work / "run"))
        change(checkpoints.latest(out))
        config = train.read_config(out)
        way = train.read_compute(out)
        for _ in train.fit(train.build(config, 4), ground.data(), config, way=way, out=out, resume=True):
            pass
        return "correct" if len(train.read_log(out)) == config.steps else "silently-wrong"

    return run


def _state(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def edit(saved: Path) -> None:
        path = saved / checkpoints.STATE
        state = json.loads(path.read_text())
        change(state)
        path.write_text(json.dumps(state))

    return edit


def _field(part: str, name: str, value: object) -> Callable[[Path], object]:
    return _state(lambda state: state[part].update({name: value}))


def _optimiser(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def edit(saved: Path) -> None:
        state = torch.load(saved / checkpoints.OPTIMISER, weights_only=True)
        changed = change(state)
        torch.save(state if changed is None else changed, saved / checkpoints.OPTIMISER)

    return edit


OPTIMISERS: dict[str, Callable[[dict], object]] = {
    "no groups": lambda s: s.pop("param_groups") and None,
    "no state": lambda s: s.pop("state") and None,
    "groups empty": lambda s: s["param_groups"].clear(),
    "one group too few": lambda s: s["param_groups"].pop() and None,
    "a group of numbers": lambda s: s["param_groups"].__setitem__(0, 5),
    "fewer parameters": lambda s: s["param_groups"][0]["params"].pop() * 0 or None,
    "decay as text": lambda s: s["param_groups"][0].update(weight_decay="x"),
    "betas gone": lambda s: s["param_groups"][0].pop("betas") and None,
    "eps null": lambda s: s["param_groups"][0].update(eps=None),
    "a moment of another shape": lambda s: s["state"][0].update(exp_avg=torch.zeros(5)),
    "a sparse moment": lambda s: s["state"][0].update(exp_avg=s["state"][0]["exp_avg"].to_sparse()),
    "a moment of petabytes": lambda s: s["state"][0].update(exp_avg=torch.zeros(1).expand(10**5, 10**5, 10**5)),
    "a state of nobody": lambda s: s["state"].update({10**6: s["state"][0]}),
    "a state that is a number": lambda s: s["state"].update({0: 5}),
    "a tensor": lambda s: torch.zeros(3),
    "a list": lambda s: [s],
    "None": lambda s: {"state": None, "param_groups": None},
}


def _cut(name: str, share: float) -> Callable[[Path], object]:
    def edit(saved: Path) -> None:
        content = (saved / name).read_bytes()
        (saved / name).write_bytes(content[: int(len(content) * share)])

    return edit


def _filled(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda saved: (saved / name).write_bytes(content)


def _offered(work: Path) -> str:
    """Where an earlier whole checkpoint is there, the sentence names it."""
    out = Path(shutil.copytree(ground.run(), work / "run"))
    saved = checkpoints.latest(out)
    earlier = Path(shutil.copytree(saved, out / "checkpoint-0000001"))
    _state(lambda state: state.update(step=1))(earlier)
    _filled(checkpoints.STATE, b"{")(saved)
    try:
        train.read_config(out)
    except Refused as error:
        assert "checkpoint-0000001 is there too" in str(error) and "damaged: state.json" in str(error)
        raise
    return "silently-wrong"


def _other_recipe(work: Path) -> str:
    out = Path(shutil.copytree(ground.run(), work / "run"))
    return command("train", ground.folder(), "--out", out, "--resume", "--recipe", "published")


def _finished(work: Path) -> str:
    """Resuming what is finished trains nothing and does not say that it wrote."""
    out = work / "run"
    steps = train.fit(train.build(ground.CONFIG, 4), ground.data(), ground.CONFIG, way=Compute(), out=out)
    assert len(list(steps)) == ground.CONFIG.steps
    before = (out / "weights.safetensors").read_bytes()
    import contextlib

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        ended = _plain(out)
    same = before == (out / "weights.safetensors").read_bytes()
    return ended if same and "Wrote" not in said.getvalue() else "silently-wrong"


def _plain(out: Path) -> str:
    from osnet_edu import __main__ as cli

    with_nothing = io.StringIO()
    import contextlib

    with contextlib.redirect_stderr(with_nothing):
        status = cli.main(["train", str(ground.folder()), "--out", str(out), "--resume"])
    return "correct" if status == 0 else "silently-wrong"


def _bad_config(changes: dict) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        train.TrainConfig(**{**asdict(ground.CONFIG), **changes})
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    for name, values in WRONG.items():
        for value in values:
            yield Case("resume", f"config {name!r} {value!r}"[:70], _resumed(_field("config", name, value)))
    for name, values in COMPUTE.items():
        for value in values:
            yield Case("resume", f"compute {name} {value!r}", _resumed(_field("compute", name, value)))
    for name, change in STATES.items():
        yield Case("resume", f"state: {name}", _resumed(_state(change)))
    for number, text in enumerate(TEXTS):
        yield Case("resume", f"state {number}: {text[:12]!r}", _resumed(_filled(checkpoints.STATE, text.encode())))
    yield Case("resume", "state that is no text", _resumed(_filled(checkpoints.STATE, b"\xff\xfe\x00")))
    yield Case("resume", "state gone", _resumed(lambda saved: (saved / checkpoints.STATE).unlink()))
    for name, change in OPTIMISERS.items():
        yield Case("resume", f"optimiser: {name}", _resumed(_optimiser(change)))
    for name in (checkpoints.OPTIMISER, checkpoints.MODEL):
        for share in (0.0, 0.01, 0.5, 0.95):
            yield Case("resume", f"{name} cut to {share:.0%}", _resumed(_cut(name, share)))
        yield Case("resume", f"{name} of zeros", _resumed(_filled(name, b"\0" * 500)))
        yield Case("resume", f"{name} of text", _resumed(_filled(name, b"hello")))
        yield Case("resume", f"{name} gone", _resumed(lambda saved, name=name: (saved / name).unlink()))
    yield Case("resume", "photos.txt that is no text", _resumed(_filled(checkpoints.PHOTOS, b"\xff\xfe\x00")))
    yield Case("resume", "photos.txt of others", _resumed(_filled(checkpoints.PHOTOS, b"0001_x.jpg 00000000\n")))
    yield Case("resume", "a log that is no text", _resumed(lambda saved: (saved.parent / "log.jsonl").write_bytes(
        b"\xff\xfe\n\x00\n")), ("sentence",))  # fmt: skip
    yield Case("resume", "no folder", _plain_fit)
    yield Case("resume", "an earlier checkpoint is offered", _offered)
    yield Case("resume", "another recipe", _other_recipe)
    yield Case("resume", "a finished run", _finished, ("correct",))
    for changes in ({"photos": 10**12}, {"photos": 10**400}, {"size": (10**5, 10**5)}, {"weight_decay": float("nan")},
                    {"learning_rate": float("inf")}, {"width": float("nan")}, {"people": 10**9}, {"seed": 2**64},
                    {"erasing": 2.0}, {"shots": 1.5}):  # fmt: skip
        yield Case("config", str(changes)[:60], _bad_config(changes))


def _plain_fit(work: Path) -> str:
    train.read_config(work / "gone")
    return "silently-wrong"
