"""The folder of a run: whole checkpoints, each renamed into place, and the log of its steps.

    RUN/checkpoint-0000100/   model.safetensors, optimiser.pt, state.json and photos.txt: what it learned from
    RUN/log.jsonl             one line a step
    RUN/weights.safetensors   at the end

At any moment at least one checkpoint is complete, also where the run is killed or the disk is full.
"""

import io
import json
import math
import os
import re
import types
import typing
from dataclasses import fields
from pathlib import Path

import torch

from ..machine import whole
from ..network import weights
from ..network.model import OSNet
from ..network.weights import OPTIMISER
from ..refused import Refused, plain

Record = typing.TypeVar("Record")
_REAL = {int, float}
MODEL, STATE, PHOTOS = "model.safetensors", "state.json", "photos.txt"
LOG = "log.jsonl"


def write(
    out: Path,
    step: int,
    model: OSNet,
    optimiser: torch.optim.Optimizer,
    size: tuple[int, int],
    state: dict,
    photos: tuple[str, ...],
) -> None:
    """Write a whole folder beside the last one, rename it into place, and only then remove the last one.

    state: JSON values.  photos: a line for each photo that is learned from.
    """
    with whole.folder(out / f"checkpoint-{step:07d}") as made:
        weights.save(model, made / MODEL, size=size)
        # Through bytes: on a full disk torch.save raises a RuntimeError, and a file the system's own sentence.
        kept = io.BytesIO()
        torch.save(optimiser.state_dict(), kept)
        (made / OPTIMISER).write_bytes(kept.getbuffer())
        (made / PHOTOS).write_text("".join(f"{line}\n" for line in photos), encoding="utf-8")
        (made / STATE).write_text(json.dumps({"step": step, **state}), encoding="utf-8")
    for old in _all(out)[:-1]:
        whole.remove(old)
    whole.sweep(out)


def latest(out: Path | str) -> Path | None:
    """The last whole checkpoint of a run, or None."""
    return next(iter(reversed(_all(Path(out)))), None)


def damaged(saved: Path, what: str) -> Refused:
    """What to raise for a checkpoint that was edited or cut.  what: FIELD and what is wrong with it."""
    earlier = [path for path in _all(saved.parent) if path < saved]
    if earlier:
        offer = f"{earlier[-1].name} is there too: move {saved.name} away, and --resume goes on from the earlier one"
    else:
        offer = "there is no earlier one, so the run starts over in a new folder"
    return Refused(f"{saved}: this checkpoint is damaged: {what}; {offer}")


def read_state(saved: Path) -> dict:
    """What `write` was given as state, and the step: a whole number that fits the folder's name.

    Raises: Refused naming the field, where the file is not as it was written.
    """
    try:
        state = json.loads((saved / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(saved, f"{STATE} cannot be read ({weights.first_line(error)})") from error
    if not isinstance(state, dict):
        raise damaged(saved, f"{STATE} is not a JSON object")
    for name, kind, words in (("step", int, "a whole number"), ("config", dict, "an object"), ("data", str, "a text"),
                              ("compute", dict, "an object")):  # fmt: skip
        if type(state.get(name)) is not kind:
            raise damaged(saved, f"{name} in {STATE} must be {words}, got {weights.brief(state.get(name))}")
    if f"checkpoint-{state['step']:07d}" != saved.name:
        raise damaged(saved, f"step in {STATE} is {state['step']}, and the folder is named {saved.name}")
    return state


def read_record(saved: Path, name: str, kind: type[Record]) -> Record:
    """A field of the state as the record that it was written from.

    kind: a frozen dataclass whose fields are numbers, texts, truth values and tuples of numbers, with defaults.
    Raises: Refused naming the field that is missing, unknown, of another type or of no allowed value.
    """
    given, known = read_state(saved)[name], {field.name: field for field in fields(typing.cast(typing.Any, kind))}
    for key, value in given.items():
        if key not in known:
            raise damaged(saved, f"{name} in {STATE} has an unknown field {plain(key, 60)}")
        if not _fits(value, known[key].type):
            raise damaged(saved, f"{key} of {name} in {STATE} cannot be {weights.brief(value)}")
    try:
        return kind(**given)
    except Refused as error:
        raise damaged(saved, f"{name} in {STATE}: {error}") from error


def _fits(value: object, annotation: object) -> bool:
    """Whether a JSON value can stand for a field: int, float, bool, str, X | None or a tuple of such."""
    if isinstance(annotation, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        kinds = typing.get_args(annotation)
        if not isinstance(value, list):
            return False
        kinds = kinds[:1] * len(value) if kinds[-1] is Ellipsis else kinds
        return len(value) == len(kinds) and all(map(_fits, value, kinds))
    if annotation is float:
        return isinstance(value, (int, float)) and type(value) is not bool and math.isfinite(value)
    return value is None if annotation is types.NoneType else type(value) is annotation


def load_optimiser(saved: Path, optimiser: torch.optim.Optimizer, device: str) -> None:
    """Give an optimiser back what it had.  Raises: Refused if the file is not a state of this optimiser."""
    try:
        state = torch.load(saved / OPTIMISER, map_location=device, weights_only=True)
    except Exception as error:  # a cut or random file makes PyTorch's reader raise nearly anything
        raise damaged(saved, f"{OPTIMISER} cannot be read ({weights.first_line(error)})") from error
    problem = _other_state(state, optimiser.state_dict())
    if problem:
        raise damaged(saved, f"{OPTIMISER} {problem}")
    shapes = [parameter.shape for group in optimiser.param_groups for parameter in group["params"]]
    for key, values in state["state"].items():
        if type(key) is not int or not 0 <= key < len(shapes) or not isinstance(values, dict):
            raise damaged(saved, f"{OPTIMISER} has a state for no parameter of this network")
        for name, value in values.items():
            if isinstance(value, torch.Tensor) and (weights.odd(value) or (value.dim() and value.shape != shapes[key])):
                raise damaged(saved, f"{OPTIMISER} has {name} of another shape than parameter {key}")
    optimiser.load_state_dict(state)


def _other_state(state: object, ours: dict) -> str | None:
    """In words, how an optimiser's state differs in kind from our own, or None."""
    if not isinstance(state, dict) or not isinstance(state.get("state"), dict):
        return "holds no state of an optimiser"
    groups = state.get("param_groups")
    if not isinstance(groups, list) or len(groups) != len(ours["param_groups"]):
        return "has other groups of parameters"
    for group, own in zip(groups, ours["param_groups"], strict=True):
        if not isinstance(group, dict) or group.get("params") != own["params"]:
            return "has other parameters"
        for name, value in own.items():
            if name not in group or not (type(group[name]) is type(value) or {type(group[name]), type(value)} <= _REAL):
                return f"has {name} {weights.brief(group.get(name))}"
    return None


def changed_photos(saved: Path, photos: tuple[str, ...]) -> str | None:
    """In words, how these photos differ from those of a checkpoint, or None where they are the same.

    photos: lines that begin with a name; what follows tells whether the picture is the same.
    """
    path = saved / PHOTOS
    try:
        before = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    except UnicodeDecodeError as error:
        raise damaged(saved, f"{PHOTOS} is not text ({error.reason})") from error
    if not before or not photos or before == list(photos):
        return None
    was, now = (dict(line.partition(" ")[::2] for line in lines) for lines in (before, photos))
    firsts = {
        "missing": next((name for name in was if name not in now), None),
        "new": next((name for name in now if name not in was), None),
        "another picture": next((name for name in was if name in now and was[name] != now[name]), None),
    }
    told = [f"{name} is {what}" for what, name in firsts.items() if name]
    counts = f"was {_counted(was)}, is {_counted(now)}" if list(was) != list(now) else f"still {_counted(now)}"
    return f"{counts}; for one, {', '.join(told)}" if told else f"{counts}, in another order"


def check_new(out: Path | str) -> None:
    """Whether a run can begin in a folder, to be asked before the work starts; nothing is touched.

    A folder that holds no more than what a run left that ended before its first checkpoint is as good as an empty one.
    Raises: Refused where anything else is there.
    """
    out = whole.given(out)
    if out.is_dir():
        ours = set(whole.left(out))
        others = [path for path in out.iterdir() if path not in ours and not (path == out / LOG and _is_log(path))]
    else:
        others = [out] if os.path.lexists(out) else []
    if others:
        raise Refused(
            f"{out} exists and is not empty; expected a new folder, or --resume (resume=True) to go on with a run in it"
        )


def start_over(out: Path) -> None:
    """Remove what `check_new` lets pass: the log of a run that has no checkpoint."""
    (out / LOG).unlink(missing_ok=True)
    whole.sweep(out)


def log(out: Path, record: dict) -> None:
    """Add a line to the log."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / LOG, "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def cut_log(out: Path, done: int) -> None:
    """Forget the steps after the checkpoint: they will be taken again. A line cut short by a kill goes too."""
    path = out / LOG
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    with whole.file(path, replace=True) as growing:
        growing.write_bytes(b"".join(lines[:done]))


def _all(out: Path) -> list[Path]:
    if not out.is_dir():
        return []
    return sorted(path for path in out.iterdir() if re.fullmatch(r"checkpoint-\d{7,}", path.name))


def _is_log(path: Path) -> bool:
    """Whether all whole lines of a file are steps of a run."""
    if not path.is_file() or path.is_symlink():
        return False
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        steps = [json.loads(line) for line in lines if line.endswith("\n")]
    except ValueError:
        return False
    return all(isinstance(step, dict) and {"step", "loss", "learning_rate"} <= set(step) for step in steps)


def _counted(names: dict[str, str]) -> str:
    people = {name.partition("_")[0] for name in names}
    return f"{len(names)} photos of {len(people)} people"
