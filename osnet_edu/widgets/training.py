"""Training as it happens: started, stopped and gone on with by a click, on the board that replays share.

A slice of the run is one step of `train.fit`. Monitoring does not change the training: the weights are those of `fit`
alone, to the last bit.
"""

import json
import math
import re
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from .. import assets, train
from ..machine import compute
from ..network.model import OSNet
from ..photos import market
from ..refused import Refused
from ..train import Data, TrainConfig
from .board import RunBoard, going, in_words
from .frames import About, Frame, Recording, frame, written
from .watch import Watch

BUDGETS = (3_200, 9_600, 32_000, 96_000, 192_000)  # photos seen
_MEASURED = 5  # steps done, from which on they are the forecast
CHECKPOINT = 10  # steps: all that a stopped run can lose


class Training(RunBoard):
    """A run of `train.fit`, live, with checkpoints to go on from.

    data, config, watch: what to train on, how, and what to look at meanwhile.  The budget is chosen on the page.
    out: a folder; each run gets a new one in it, and the last is gone on with, also by another kernel. None: a
    temporary folder.  timing: of `train.choose`, for the forecast; None measures for three seconds.
    full: the recipe of the larger budgets on the page, where config is a small one to try things out; None: config.
    model: the network, of the last run.  recording(): that run, to save and play again.
    """

    def __init__(
        self,
        data: Data,
        config: TrainConfig,
        watch: Watch,
        *,
        out: Path | str | None = None,
        timing: compute.Timing | None = None,
        full: TrainConfig | None = None,
    ):
        super().__init__()
        for other in [
            board for board in going if isinstance(board, Training)
        ]:  # the cell was run again: nobody sees the old run any more
            other.stop(", because its cell was run again,")
        self._data, self._config, self._watch, self._full = data, config, watch, full or config
        self._timing = timing or train.choose(config, len(data.people), compute.candidates())[0]
        if not out:
            self._kept_here = tempfile.TemporaryDirectory(prefix="osnet_edu_")  # deleted with this object
            out = self._kept_here.name
        self._out = Path(out)
        self._budgets = sorted({config.photos, *BUDGETS})
        self._run, self._done = self._latest(), 0
        self._iterator: Generator[train.Step, None, None] | None = None
        self.model: OSNet | None = None
        self._before: float | None = None
        self._running, self._work, self._worked = config, 0.0, 0
        self.chooses = "Budget"
        self._forecast()
        self.chosen = self._budgets.index(config.photos)
        if self._run:
            self._found()
        else:
            self._offer()
            self._speak("Nothing has been trained yet.")

    @property
    def config(self) -> TrainConfig:
        """What a new run would be: the config with the budget that is chosen."""
        return self._with(self._budgets[self.chosen])

    @property
    def folder(self) -> Path | None:
        """The folder of the last run: checkpoints, log and, at its end, weights.safetensors."""
        return self._run

    def recording(self) -> Recording:
        """The last run, as far as it went.  Raises: Refused where there is none."""
        if not self.frames:
            raise Refused("nothing has been trained yet, so there is nothing to record")
        return Recording(self._about, tuple(self.frames))

    def close(self) -> None:
        """Stop, and leave the page."""
        self.stop()
        super().close()

    def _with(self, photos: int) -> TrainConfig:
        return replace(self._config if photos <= self._config.photos else self._full, photos=photos)

    def _forecast(self) -> None:
        """Name the budgets, with the minutes they take at the rate that is known by now."""
        self.choices = [
            f"{config.photos:,} photos, about {in_words(config.work() / self._rate())}"
            + (f", {config.people} people a batch" if config.people != self._config.people else "")
            for config in map(self._with, self._budgets)
        ]

    def _found(self) -> None:
        """Show the run that was left in the folder."""
        try:
            self._done, config = _checkpoint(self._run), self._saved()
        except (Refused, json.JSONDecodeError):
            self._run = None
            self._offer()
            return
        self._know(About.of(config, self._data, self._watch, self._timing.compute), self._read_frames())
        if config.photos in self._budgets:
            self.chosen = self._budgets.index(config.photos)
        state = "done" if self._done == config.steps else "stopped"
        self._rest(state, f"A run of {config.photos:,} photos was found at step {self._done:,} of {config.steps:,}.")

    def _latest(self) -> Path | None:
        runs = _runs(self._out)
        return runs[-1] if runs else None

    def _saved(self) -> TrainConfig:
        """The config with the saved run's budget, so that `fit` names whatever else was changed."""
        assert self._run is not None  # it was found, or is gone on with
        return self._with(train.read_config(self._run).photos)

    def _begin(self, at: int | None) -> None:
        self._halt()
        if not at or not _checkpoint(self._run):
            config, frames = self.config, []
            numbers = [int(run.name[4:]) for run in _runs(self._out)]
            self._run, self._done = self._out / f"run-{max(numbers, default=0) + 1:03d}", 0
        else:
            config, frames = self._saved(), self._read_frames()
            self._done = _checkpoint(self._run)
            if config.photos in self._budgets:
                self.chosen = self._budgets.index(config.photos)
        self.model = train.build(config, len(self._data.people))
        going_on = self._done > 0
        about = About.of(config, self._data, self._watch, self._timing.compute)
        self._iterator = train.fit(
            self.model,
            self._data,
            config,
            way=None if going_on else self._timing.compute,  # None: as the run was begun
            out=self._run,
            resume=going_on,
            checkpoint_every=CHECKPOINT,
        )
        self._bin: list[train.Step] = []
        self._seconds = frames[-1].seconds if frames else 0.0
        self._running, self._work, self._worked, self._before = config, 0.0, 0, None
        if not frames:
            with compute.using(self._timing.compute):
                frames = [Frame(0, 0.0, look=self._watch.look(self.model))]
        self._began(about, frames)

    def _slice(self) -> float:
        assert self._iterator is not None and self.model is not None  # `_begin` makes both
        started = time.perf_counter()
        try:
            record = next(self._iterator)
        except StopIteration:
            self._iterator = None
            took = self.frames[-1].seconds
            look = self._last_look()
            self._rest(
                "done",
                f"Done: {self.steps:,} steps, {self.steps * self._about.batch:,} photos, in {in_words(took)} of work. "
                f"Small test: rank-1 {look.rank1:.0%}, mAP {look.mean_ap:.0%}.",
            )
            return 0.0
        self._done = record.step
        self._bin.append(record)
        about = self._about
        if record.step % about.every == 0 or about.looks_at(record.step):
            look = None
            if about.looks_at(record.step):
                with compute.using(self._timing.compute):
                    look = self._watch.look(self.model)
            self._keep(look, time.perf_counter() - started - record.seconds)
        self._count(started)
        self._show()
        return 0.01

    def _count(self, started: float) -> None:
        """A step is done: what it took, and what the kernel took since the one before, but no long wait for a cell."""
        now = time.perf_counter()
        waited = started - self._before if self._before else 0.0
        self._work += now - started + min(waited, now - started)
        self._worked += 1
        self._before = now

    def _rate(self) -> float:
        """Photos of the full size a second: of the steps done, once there are some."""
        if self._worked < _MEASURED:
            return self._timing.rate
        return self._running.work(self._done - self._worked, self._done) / self._work

    def _keep(self, look, more: float) -> None:
        """Make a frame of the steps since the last one.  more: seconds that went into looking."""
        steps, self._bin = self._bin, []
        self._seconds += sum(step.seconds for step in steps) + more
        triplets = [step.triplet for step in steps if not math.isnan(step.triplet)]
        made = Frame(
            steps[-1].step,
            round(self._seconds, 2),
            _mean([step.cross_entropy for step in steps]),
            _mean(triplets) if triplets else math.nan,
            _mean([step.accuracy for step in steps]),
            round(steps[-1].learning_rate, 6),
            look,
        )
        assert self._run is not None  # `_begin` names it
        first = len(self.frames) == 1 and self.frames[0].step == 0
        with open(self._run / "frames.jsonl", "a", encoding="utf-8") as file:
            file.write("".join(map(written, [*self.frames, made] if first else [made])))
        self.frames.append(made)

    def _read_frames(self) -> list[Frame]:
        """The frames of the run up to its checkpoint; the file is cut to them, since the rest will come again."""
        assert self._run is not None  # as in `_saved`
        path = self._run / "frames.jsonl"
        frames = []
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
            try:
                frames.append(frame(line))
            except (json.JSONDecodeError, TypeError, KeyError):  # a line cut short by a kill
                break
        kept = [one for one in frames if one.step <= _checkpoint(self._run)]
        path.write_text("".join(map(written, kept)), encoding="utf-8")
        return kept

    def _halt(self) -> None:
        if self._iterator is not None:
            self._iterator.close()
            self._iterator = None

    def _at(self) -> int:
        return self._done

    def _kept(self) -> str:
        kept = _checkpoint(self._run)
        return f"The checkpoint is of step {kept:,}." if kept else "No checkpoint was written yet."

    def _seconds_left(self) -> float | None:
        return self._running.work(self._done) / self._rate()

    def _offer(self) -> None:
        kept = _checkpoint(self._run)
        if self.state == "running":
            self.actions = [["stop", "Stop"], ["", ""]]
        elif self.state in ("stopped", "failed") and kept:
            self.actions = [["resume", f"Go on from step {kept:,}"], ["start", "Start anew"]]
        else:
            self.actions = [["start", "Start" if self.state == "ready" else "Start anew"], ["", ""]]
        self.locked = self.state == "running"
        if not self.locked:
            self._forecast()


Training.rivals = Training


def record(
    path: Path | str,
    *,
    config: TrainConfig | None = None,
    root: Path | str | None = None,
    out: Path | str | None = None,
    way: compute.Compute | None = None,
) -> Path:
    """Train without a page and write the recording that `replay` plays.  Returns: the path.

    config: None, the kit's defaults.  root: a Market-1501 folder; None, the shipped people.  out: a folder for
    checkpoints, by which a run that was cut off goes on.  way: to compute; None measures.
    """
    config = config or TrainConfig()
    found = market.read(root or assets.subset())
    data = train.load(found.train, config.size)
    ways = [way] if way else compute.candidates()
    timing = train.choose(config, len(data.people), ways)[0]
    run = Training(data, config, Watch.of(found, config.size), out=out, timing=timing)
    run.finish()
    return run.recording().save(path)


def _runs(out: Path) -> list[Path]:
    if not out.is_dir():
        return []
    return sorted(path for path in out.iterdir() if re.fullmatch(r"run-\d{3,}", path.name))


def _checkpoint(run: Path | None) -> int:
    """The step of the run's last whole checkpoint, 0 where there is none."""
    found = [re.fullmatch(r"checkpoint-(\d{7,})", path.name) for path in run.iterdir()] if run and run.is_dir() else []
    return max((int(match.group(1)) for match in found if match), default=0)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 5)
