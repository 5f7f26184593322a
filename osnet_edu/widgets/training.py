"""Training as it happens: started, stopped and gone on with by a click; and a recorded run played on the same board.

A run goes forward in slices of one step, in the thread that runs cells and while that is free; a cell that runs makes
the training wait. Clicks may come in another thread (JupyterLab gives widgets one of their own): they ask under a lock,
and the run obeys after the step in hand. What is watched moves nothing: the weights are those of `train.fit` alone, to
the last bit.
"""

import asyncio
import json
import math
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anywidget
import traitlets

from .. import assets, compute, market, train
from ..train import Data, TrainConfig
from .watching import About, Frame, Recording, Watch, frame, written

BUDGETS = (3_200, 9_600, 32_000, 96_000, 192_000)  # photos seen
SPEEDS = (1, 10, 30, 100)
PAGE, VOICE = 0.3, 6.0  # seconds between what the page shows, and between what a screen reader says
CHECKPOINT = 10  # steps: all that a stopped run can lose

_going: list["Board"] = []  # the one run that goes on in this kernel


class Board(anywidget.AnyWidget):
    """What a run looks like: progress, losses, the small test, the gates of one pair. Training and Replay fill it.

    state: "ready", "running", "stopped", "done" or "failed".  step, steps: done, and of the whole run.
    says: where the run stands, in a sentence, now and then.  problem: what went wrong, in a sentence.
    block: whose gates are drawn, or "all" for the mean over blocks.  chosen: which entry of `choices` is.
    frames: what has been seen so far.
    """

    _esm = Path(__file__).with_suffix(".js")

    state = traitlets.Unicode("ready").tag(sync=True)
    actions = traitlets.List().tag(sync=True)  # [name, words] of the two buttons; no name: nothing to press
    step = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(1).tag(sync=True)
    line = traitlets.Unicode("").tag(sync=True)
    says = traitlets.Unicode("").tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    chooses = traitlets.Unicode("").tag(sync=True)
    choices = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    locked = traitlets.Bool(False).tag(sync=True)
    losses = traitlets.List().tag(sync=True)  # [step, cross-entropy, triplet or None]
    levels = traitlets.List().tag(sync=True)  # [loss, words]
    joins = traitlets.Int(-1).tag(sync=True)
    grows = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)  # [step, rank-1, mAP]
    test = traitlets.Unicode("").tag(sync=True)
    pair = traitlets.List().tag(sync=True)
    blocks = traitlets.List().tag(sync=True)
    block = traitlets.Unicode("all").tag(sync=True)
    gate_means = traitlets.List().tag(sync=True)  # [step, of the query (T,), of the other person (T,)]
    texts = traitlets.List().tag(sync=True)  # the three charts in words

    def __init__(self, **chosen):
        super().__init__(**chosen)
        self.frames: list[Frame] = []
        self._shown, self._said = 0.0, 0.0
        self._lock = threading.RLock()
        self._turn = 0  # counts beginnings: whatever goes on for an older one has nothing more to do
        self._asked: str | None = None  # to stop, and why
        self._alone = False  # in a cell of its own, where nobody can watch
        try:
            self._home = asyncio.get_running_loop()
        except RuntimeError:  # no notebook
            self._home = None
        self.on_msg(lambda _widget, content, _buffers: self._pressed(content))
        self.observe(self._block_chosen, "block")

    # ---- what a person does, by a button or in Python ----

    def start(self) -> None:
        """Begin from nothing, and go on while the kernel is free.  Needs a notebook; elsewhere `finish` does."""
        self._go(None)

    def resume(self) -> None:
        """Go on from where the run stopped."""
        self._go(self._at())

    def stop(self, because: str = "") -> None:
        """Stop after the step in hand."""
        if self.state == "running":
            self._asked = because
            with self._lock:
                self._obey()

    def finish(self) -> None:
        """Run to the end now, in this cell: begin or go on where that is needed.

        An interrupt stops the run as the button does.  Raises: what the run raises.
        """
        with self._lock:
            if self.state in ("ready", "stopped", "failed"):
                self._begin(self._at() if self.state == "stopped" else None)
            self._turn += 1
            self._alone = True
        try:
            while self.state == "running":
                self._advance()
        except KeyboardInterrupt:
            self.stop()
        finally:
            self._alone = False

    # ---- going ----

    def _pressed(self, content: object) -> None:
        try:
            {"start": self.start, "stop": self.stop, "resume": self.resume}[str(content)]()
        except Exception as error:  # a click has nowhere to raise to: it becomes a sentence
            self._fail(error)

    def _go(self, at: int | None) -> None:
        loop = self._home if self._home and self._home.is_running() else asyncio.get_running_loop()
        with self._lock:
            if self.state == "running":
                return
            self._begin(at)
            self._turn += 1
            asyncio.run_coroutine_threadsafe(self._run_on(self._turn), loop)

    async def _run_on(self, turn: int) -> None:
        while self.state == "running" and self._turn == turn:
            try:
                pause = self._advance()
            except Exception:  # told on the page by now
                return
            await asyncio.sleep(pause)

    def _advance(self) -> float:
        """One slice.  Returns: seconds to leave to the kernel."""
        with self._lock:
            if self.state != "running":
                return 0.0
            try:
                pause = self._slice()
            except Exception as error:
                self._fail(error)
                raise
            self._obey()
            return pause

    def _obey(self) -> None:
        if self.state == "running" and self._asked is not None:
            because, self._asked = self._asked, None
            self._halt()
            self._rest("stopped", f"Stopped{because} at step {self._at():,} of {self.steps:,}. {self._kept()}")

    def _began(self, about: About, frames: Sequence[Frame]) -> None:
        """Take the board: whoever else trains in this kernel is stopped."""
        for other in [board for board in _going if board is not self]:
            other.stop(", because another run was started,")
        _going[:] = [self]
        self._asked = None
        self._about, self.frames = about, list(frames)
        with self.hold_sync():
            self.state, self.problem, self.steps = "running", "", about.steps
            self.levels = [
                [about.guessing, f"guessing among {about.people} people"],
                [about.least, "the least" + (", with smoothed labels" if about.label_smoothing else "")],
            ]
            self.joins, self.test, self.pair = about.joins, about.test, list(about.pair)
            self.grows = [list(one) for one in about.grows]
            self._offer()
            self._draw()
        self._speak("Started." if not frames or frames[-1].step == 0 else f"Going on from step {self.step:,}.")

    def _show(self, now: bool = False) -> None:
        """Bring the page up to date, where it is time to."""
        if now or time.monotonic() - self._shown > PAGE:
            self._shown = time.monotonic()
            with self.hold_sync():
                self._draw()
            if time.monotonic() - self._said > VOICE:
                self._speak(self._summary())

    def _draw(self) -> None:
        frames = self.frames
        self.step = self._at()
        self.losses = [
            [f.step, round(f.cross_entropy, 4), None if math.isnan(f.triplet) else round(f.triplet, 4)]
            for f in frames
            if f.step
        ]
        looks = [(f.step, f.look) for f in frames if f.look]
        self.scores = [[step, look.rank1, look.mean_ap] for step, look in looks]
        if looks:
            self.blocks = list(looks[-1][1].gates)
        of = self.blocks if self.block == "all" else [self.block]
        self.gate_means = [
            [step, *([sum(col) / len(of) for col in zip(*(look.gates[b][i] for b in of), strict=True)] for i in (0, 1))]
            for step, look in looks
        ]
        self.line, self.texts = self._where(), self._charts()

    def _rest(self, state: str, says: str) -> None:
        if self in _going:
            _going.remove(self)
        with self.hold_sync():
            self.state = state
            self._offer()
            self._draw()
        self._speak(says)

    def _fail(self, error: Exception) -> None:
        self._halt()
        told = " ".join(str(error).split()) or "without a word"
        plain = isinstance(error, ValueError | FloatingPointError)
        self.problem = f"{told[:1].upper()}{told[1:]}." if plain else f"{type(error).__name__}: {told}"
        self._rest("failed", f"The run ended at step {self._at():,} with an error.")

    def _speak(self, words: str) -> None:
        self.says, self._said = words, time.monotonic()

    def _block_chosen(self, change) -> None:
        with self._lock:
            if self.block not in ("all", *self.blocks):
                self.problem = f"There are the blocks {', '.join(self.blocks)}, and no {self.block}."
                self.block = "all"
            elif self.frames:
                self._draw()

    # ---- in words ----

    def _where(self) -> str:
        last = next((f for f in reversed(self.frames) if f.step), None)
        parts = [f"step {self.step:,} of {self.steps:,}"]
        if last:
            parts.append(f"{self.step * self._about.batch:,} photos seen")
            parts.append(f"{last.accuracy:.0%} of the batch named rightly")
            parts.append(f"learning rate {last.learning_rate:.2g}")
        if self.state == "running" and (left := self._seconds_left()) is not None:
            parts.insert(1, f"{_time(left)} left")
        return " · ".join(parts)

    def _summary(self) -> str:
        last, look = next((f for f in reversed(self.frames) if f.step), None), self._last_look()
        words = f"Step {self.step:,} of {self.steps:,}."
        if last:
            words += f" Cross-entropy {last.cross_entropy:.2f}."
        if look:
            words += f" Small test: rank-1 {look.rank1:.0%}, mAP {look.mean_ap:.0%}."
        return words

    def _last_look(self):
        return next((f.look for f in reversed(self.frames) if f.look), None)

    def _charts(self) -> list[str]:
        over = f"over {self.steps:,} steps, {self.step:,} done"
        if self.losses:
            first, last = self.losses[0], self.losses[-1]
            loss = f"Losses {over}: cross-entropy from {first[1]:.2f} to {last[1]:.2f}"
            joined = [row for row in self.losses if row[2] is not None]
            loss += f", triplet from {joined[0][2]:.2f} to {joined[-1][2]:.2f}." if joined else "."
        else:
            loss = "Losses: nothing yet."
        if self.scores:
            (_, *first), (_, *last) = self.scores[0], self.scores[-1]
            score = f"Small test {over}: rank-1 from {first[0]:.0%} to {last[0]:.0%}, mAP from {first[1]:.0%} to "
            score += f"{last[1]:.0%}."
        else:
            score = "Small test: nothing yet."
        if self.gate_means:
            now = self.gate_means[-1]
            who = "mean over all blocks" if self.block == "all" else self.block
            gate = f"Mean gates, {who}, of the query: " + ", ".join(
                f"stream {t} {value:.3f}" for t, value in enumerate(now[1], start=1)
            )
            gate += "; of the other person: " + ", ".join(f"{value:.3f}" for value in now[2]) + "."
        else:
            gate = "Gates: nothing yet."
        return [loss, score, gate]

    # ---- what a run must say for itself ----

    def _begin(self, at: int | None) -> None:
        """Make ready to run; at: the step to go on from, None to begin from nothing."""
        raise NotImplementedError

    def _slice(self) -> float:
        """Go forward a little.  Returns: seconds to leave to the kernel."""
        raise NotImplementedError

    def _halt(self) -> None:
        """Let go of what runs."""

    def _at(self) -> int:
        """The step that is done."""
        raise NotImplementedError

    def _kept(self) -> str:
        return ""

    def _seconds_left(self) -> float | None:
        return None

    def _offer(self) -> None:
        """Name the buttons, and what can be chosen."""
        raise NotImplementedError


class Training(Board):
    """A run of `train.fit`, live, with checkpoints to go on from.

    data, config, watch: what to train on, how, and what to look at meanwhile.  The budget is chosen on the page.
    out: a folder; each run gets a new one in it, and the last is gone on with, also by another kernel. None: a
    temporary folder.  timing: of `train.choose`, for the forecast; None measures for three seconds.
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
    ):
        super().__init__()
        for other in list(_going):  # the cell was run again: nobody sees the old run any more
            other.stop(", because its cell was run again,")
        self._data, self._config, self._watch = data, config, watch
        self._timing = timing or train.choose(config, len(data.people), compute.candidates())[0]
        self._kept_here = None if out else tempfile.TemporaryDirectory(prefix="osnet_edu_")
        self._out = Path(out or self._kept_here.name)
        self._budgets = sorted({config.photos, *BUDGETS})
        self._run, self._iterator, self._done, self.model = self._latest(), None, 0, None
        self._running, self._work, self._worked = config, 0.0, 0
        self.chooses = "Budget"
        works = [replace(config, photos=photos).work() / self._timing.rate for photos in self._budgets]
        self.choices = [
            f"{photos:,} photos, about {_time(work)}" for photos, work in zip(self._budgets, works, strict=True)
        ]
        self.chosen = self._budgets.index(config.photos)
        if self._run:
            self._found()
        else:
            self._offer()
            self._speak("Nothing has been trained yet.")

    @property
    def config(self) -> TrainConfig:
        """What a new run would be: the config with the budget that is chosen."""
        return replace(self._config, photos=self._budgets[self.chosen])

    @property
    def folder(self) -> Path | None:
        """The folder of the last run: checkpoints, log and, at its end, weights.safetensors."""
        return self._run

    def recording(self) -> Recording:
        """The last run, as far as it went.  Raises: ValueError where there is none."""
        if not self.frames:
            raise ValueError("nothing has been trained yet, so there is nothing to record")
        return Recording(self._about, tuple(self.frames))

    def close(self) -> None:
        """Stop, and leave the page."""
        self.stop()
        super().close()

    def _found(self) -> None:
        """Show the run that was left in the folder."""
        try:
            self._done, config = _checkpoint(self._run), self._saved()
        except ValueError:
            self._run = None
            self._offer()
            return
        self._about = About.of(config, self._data, self._watch, self._timing.compute)
        self.frames, self.steps = self._read_frames(), config.steps
        state = "done" if self._done == config.steps else "stopped"
        self._rest(state, f"A run of {config.photos:,} photos was found at step {self._done:,} of {config.steps:,}.")

    def _latest(self) -> Path | None:
        runs = _runs(self._out)
        return runs[-1] if runs else None

    def _saved(self) -> TrainConfig:
        """The config with the saved run's budget, so that `fit` names whatever else was changed."""
        return replace(self._config, photos=train.read_config(self._run).photos)

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
        self._running, self._work, self._worked = config, 0.0, 0
        if not frames:
            with compute.using(self._timing.compute):
                frames = [Frame(0, 0.0, look=self._watch.look(self.model))]
        self._began(about, frames)

    def _slice(self) -> float:
        started = time.perf_counter()
        try:
            record = next(self._iterator)
        except StopIteration:
            self._iterator = None
            took = self.frames[-1].seconds
            look = self._last_look()
            self._rest(
                "done",
                f"Done: {self.steps:,} steps, {self.steps * self._about.batch:,} photos, in {_time(took)} of work. "
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
        self._work += time.perf_counter() - started
        self._worked += 1
        self._show()
        return 0.01

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
        first = len(self.frames) == 1 and self.frames[0].step == 0
        with open(self._run / "frames.jsonl", "a", encoding="utf-8") as file:
            file.write("".join(map(written, [*self.frames, made] if first else [made])))
        self.frames.append(made)

    def _read_frames(self) -> list[Frame]:
        """The frames of the run up to its checkpoint; the file is cut to them, since the rest will come again."""
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
        left = self._running.work(self._done)
        if self._worked < 3:
            return left / self._timing.rate
        return left * self._work / self._running.work(self._done - self._worked, self._done)

    def _offer(self) -> None:
        kept = _checkpoint(self._run) if self._run else 0
        if self.state == "running":
            self.actions = [["stop", "Stop"], ["", ""]]
        elif self.state in ("stopped", "failed") and kept:
            self.actions = [["resume", f"Go on from step {kept:,}"], ["start", "Start anew"]]
        else:
            self.actions = [["start", "Start" if self.state == "ready" else "Start anew"], ["", ""]]
        self.locked = self.state == "running"


class Replay(Board):
    """A recorded run on the board of a live one, at a speed chosen on the page.

    recording: what to play.  speed: times as fast as it was.
    """

    def __init__(self, recording: Recording, *, speed: int = 30):
        if not recording.frames:
            raise ValueError("the recording holds no frames")
        super().__init__()
        for other in [board for board in _going if isinstance(board, Replay)]:
            other.stop(", because its cell was run again,")
        self.recording = recording
        self._played = 0
        self._speeds = sorted({speed, *SPEEDS})
        self._length = recording.frames[-1].seconds
        self.chooses = "Speed"
        self.choices = [
            f"as it was, {_time(self._length)}" if s == 1 else f"{s} times as fast, {_time(self._length / s)}"
            for s in self._speeds
        ]
        self.chosen = self._speeds.index(speed)
        self.steps = recording.about.steps
        self._offer()
        self._speak(
            f"A recorded run of {self.steps:,} steps, {_time(self._length)} of work ({recording.about.compute})."
        )

    def _begin(self, at: int | None) -> None:
        if at is None:
            self._played = 0
        self._elapsed, self._last = self._frame_seconds(), time.monotonic()
        self._began(self.recording.about, self.recording.frames[: max(1, self._played)])
        self._played = max(1, self._played)

    def _slice(self) -> float:
        frames = self.recording.frames
        if self._played >= len(frames):
            look = self._last_look()
            scored = f" Small test: rank-1 {look.rank1:.0%}, mAP {look.mean_ap:.0%}." if look else ""
            self._rest("done", f"Played to the end: {self._at():,} steps in {_time(self._length)}.{scored}")
            return 0.0
        now = time.monotonic()
        self._elapsed += (now - self._last) * self._speeds[self.chosen]
        self._last = now
        while self._played < len(frames) and (self._alone or frames[self._played].seconds <= self._elapsed):
            self.frames.append(frames[self._played])
            self._played += 1
        self._show()
        return 0.05

    def _frame_seconds(self) -> float:
        return self.recording.frames[self._played - 1].seconds if self._played else 0.0

    def _at(self) -> int:
        return self.recording.frames[self._played - 1].step if self._played else 0

    def _seconds_left(self) -> float | None:
        return (self._length - self._frame_seconds()) / self._speeds[self.chosen]

    def _offer(self) -> None:
        if self.state == "running":
            self.actions = [["stop", "Stop"], ["", ""]]
        elif self.state in ("stopped", "failed"):
            self.actions = [["resume", f"Go on from step {self._at():,}"], ["start", "Start anew"]]
        else:
            self.actions = [["start", "Play" if self.state == "ready" else "Play again"], ["", ""]]


def replay(path: Path | str | None = None, *, speed: int = 30) -> Replay:
    """A recorded run to play.  path: of Recording.save; None: the shipped one, of the kit's defaults."""
    return Replay(Recording.read(path or assets.path("results/replay.jsonl")), speed=speed)


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


def _checkpoint(run: Path) -> int:
    """The step of the run's last whole checkpoint, 0 where there is none."""
    found = [re.fullmatch(r"checkpoint-(\d{7,})", path.name) for path in run.iterdir()] if run.is_dir() else []
    return max((int(match.group(1)) for match in found if match), default=0)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 5)


def _time(seconds: float) -> str:
    """12 s, 3.4 minutes: as exactly as a forecast can be."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} minutes"
