"""A recorded run, played on the board of a live one."""

import time
from pathlib import Path

from .. import assets
from ..refused import Refused
from .board import RunBoard, going, in_words
from .frames import Recording

SPEEDS = (1, 10, 30, 100)


class Replay(RunBoard):
    """A recorded run on the board of a live one, at a speed chosen on the page.

    recording: what to play.  speed: times as fast as it was.
    """

    def __init__(self, recording: Recording, *, speed: int = 30):
        if not recording.frames:
            raise Refused("the recording holds no frames")
        super().__init__()
        for other in [board for board in going if isinstance(board, Replay)]:
            other.stop(", because its cell was run again,")
        self.recording = recording
        self._played = 0
        self._speeds = sorted({speed, *SPEEDS})
        self._length = recording.frames[-1].seconds
        self.chooses = "Speed"
        self.choices = [
            f"as it was, {in_words(self._length)}" if s == 1 else f"{s} times as fast, {in_words(self._length / s)}"
            for s in self._speeds
        ]
        self.chosen = self._speeds.index(speed)
        self._know(recording.about, ())
        self._offer()
        self._speak(
            f"A recorded run of {self.steps:,} steps, {in_words(self._length)} of work ({recording.about.compute})."
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
            self._rest("done", f"Played to the end: {self._at():,} steps in {in_words(self._length)}.{scored}")
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


Replay.rivals = Replay  # it computes nothing: a training goes on beside it


def replay(path: Path | str | None = None, *, speed: int = 30) -> Replay:
    """A recorded run to play.  path: of Recording.save; None: the shipped one, of the kit's defaults."""
    return Replay(Recording.read(path or assets.path("results/replay.jsonl")), speed=speed)
