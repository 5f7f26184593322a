"""The board of a training run: what it looks like, and how it goes forward by clicks. Training and Replay fill it.

A run goes forward in slices, in the thread that runs cells and while that is free; a cell that runs makes it wait.
Clicks may come in another thread (JupyterLab gives widgets one of their own): they ask under a lock, and the run obeys
after the slice in hand.
"""

import asyncio
import math
import threading
import time
import traceback
from collections.abc import Sequence

import traitlets

from ..refused import Refused
from .frames import About, Frame
from .widget import Widget, checked, sentence

PAGE, VOICE = 0.3, 6.0  # seconds between what the page shows, and between what a screen reader says

going: list["RunBoard"] = []  # in this kernel: one training at the most, and one replay


class RunBoard(Widget, script="board.js"):
    """What a run looks like: progress, losses, the small test, the gates of one pair. Training and Replay fill it.

    state: "ready", "running", "stopped", "done" or "failed".  step, steps: done, and of the whole run.
    says: where the run stands, in a sentence, now and then.  problem: what went wrong, in a sentence.
    rivals: which other boards a run stops when it begins: those that want the same processor.
    block: whose gates are drawn, or "all" for the mean over blocks.  chosen: which entry of `choices` is.
    frames: what has been seen so far.
    """

    rivals: type["RunBoard"]

    state = traitlets.Unicode("ready").tag(sync=True)
    actions = traitlets.List().tag(sync=True)  # [name, words] of the two buttons; no name: nothing to press
    step = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(1).tag(sync=True)
    line = traitlets.Unicode("").tag(sync=True)
    says = traitlets.Unicode("").tag(sync=True)
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

    def __init__(self, **chosen) -> None:
        super().__init__(**chosen)
        self.frames: list[Frame] = []
        self._shown, self._said = 0.0, 0.0
        self._lock = threading.RLock()
        self._turn = 0  # counts beginnings: whatever goes on for an older one has nothing more to do
        self._asked: str | None = None  # to stop, and why
        self._alone = False  # in a cell of its own, where nobody can watch
        try:
            self._home: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:  # no notebook
            self._home = None
        self.observe(self._block_chosen, "block")

    def set_state(self, sync_data: dict) -> None:
        """As for every widget, but not while a slice of the run is in hand."""
        with self._lock:
            super().set_state(sync_data)

    @checked("block")
    def _check_block(self, block: str) -> None:
        if block not in ("all", *self.blocks):
            raise Refused(f"There are the blocks {', '.join(self.blocks)}, and no {block}.")

    @checked("chosen")
    def _check_chosen(self, chosen: int) -> None:
        if not 0 <= chosen < max(1, len(self.choices)):
            raise Refused(f"The list has {len(self.choices)} entries, and no entry {chosen + 1}.")

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

    def _pressed(self, message: object) -> None:
        buttons = {"start": self.start, "stop": self.stop, "resume": self.resume}
        if str(message) not in buttons:
            super()._pressed(message)
        try:
            buttons[str(message)]()
        except Exception as error:  # a click has nowhere to raise to: the board says it, and shows a fault of the kit
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
        """Take the board: anything else that wants the same processor in this kernel is stopped."""
        for other in [board for board in going if board is not self and isinstance(board, self.rivals)]:
            other.stop(", because another run was started,")
        going[:] = [*(board for board in going if board is not self), self]
        self._asked = None
        with self.hold_sync():
            self.state, self.problem, self.crash = "running", "", ""
            self._know(about, frames)
            self._offer()
            self._draw()
        self._speak("Started." if not frames or frames[-1].step == 0 else f"Going on from step {self.step:,}.")

    def _know(self, about: About, frames: Sequence[Frame]) -> None:
        """What the run is, and what of it has been seen: lines, captions and the pair hang on it."""
        self._about, self.frames = about, list(frames)
        with self.hold_sync():
            self.steps = about.steps
            self.levels = [
                [about.guessing, f"guessing among {about.people} people"],
                [about.least, "least possible"],
            ]
            self.joins, self.test, self.pair = about.joins, about.test, list(about.pair)
            self.grows = [list(one) for one in about.grows]

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
        if self in going:
            going.remove(self)
        with self.hold_sync():
            self.state = state
            self._offer()
            self._draw()
        self._speak(says)

    def _fail(self, error: Exception) -> None:
        self._halt()
        expected = isinstance(error, Refused | FloatingPointError | OSError)
        named = isinstance(error, Refused | FloatingPointError)
        self.problem = sentence(error) if named else f"{type(error).__name__}: {sentence(error)}"
        self.crash = "" if expected else "".join(traceback.format_exception(error))
        self._rest("failed", f"The run ended at step {self._at():,} with an error.")

    def _speak(self, words: str) -> None:
        self.says, self._said = words, time.monotonic()

    def _block_chosen(self, change) -> None:
        with self._lock:
            if self.frames:
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
            parts.insert(1, f"{in_words(left)} left")
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


def in_words(seconds: float) -> str:
    """12 s, 3.4 minutes: as exactly as a forecast can be."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} minutes"
