"""The folder of a run: whole checkpoints, each renamed into place, and the log of its steps.

    RUN/checkpoint-0000100/   model.safetensors, optimiser.pt, state.json and photos.txt: what it learned from
    RUN/log.jsonl             one line a step
    RUN/weights.safetensors   at the end

At any moment at least one checkpoint is complete, also where the run is killed or the disk is full.
"""

import io
import json
import os
import re
from pathlib import Path

import torch

from . import weights, whole
from .model import OSNet
from .refused import Refused

MODEL, OPTIMISER, STATE, PHOTOS = "model.safetensors", "optimiser.pt", "state.json", "photos.txt"
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


def read_state(saved: Path) -> dict:
    """What `write` was given as state, and the step.  Raises: Refused where the file is damaged."""
    try:
        return json.loads((saved / STATE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"{saved / STATE} is damaged: {error}") from error


def load_optimiser(optimiser: torch.optim.Optimizer, saved: Path, device: str) -> None:
    """Give an optimiser the state that a checkpoint keeps.  Raises: Refused where the file is damaged."""
    path = saved / OPTIMISER
    try:
        optimiser.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    except OSError:
        raise
    except Exception as error:  # no code of the kit runs here, and a broken pickle raises almost anything
        raise Refused(f"{path} is damaged: {str(error).partition(chr(10))[0] or 'it ends too early'}") from error


def changed_photos(saved: Path, photos: tuple[str, ...]) -> str | None:
    """In words, how these photos differ from those of a checkpoint, or None where they are the same.

    photos: lines that begin with a name; what follows tells whether the picture is the same.
    """
    path = saved / PHOTOS
    before = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
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
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    with whole.file(path, replace=True) as growing:
        growing.write_text("".join(lines[:done]), encoding="utf-8")


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
