"""What stands behind the options of a command: texts read as numbers, sizes and paths, within reason.

Each reader raises argparse's own error, so that the command ends with its sentence before any work is begun.
"""

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from ..experiments import EXPERIMENTS
from ..machine.limits import MOST_SIDE
from ..refused import Refused, plain

LAYOUTS = CONTIGUOUS, CHANNELS_LAST = "contiguous", "channels-last"
RECIPES = ("kit", "published", "first", "shipped", "market", "market-scratch")
METHOD_NAMES = (
    "gradient", "input x gradient", "SmoothGrad", "integrated gradients", "DeepLift", "Grad-CAM",
    "gradient x activation", "gradient x activation on pieces", "point decomposition", "occlusion", "CorrRISE",
)  # fmt: skip


def experiments() -> str:
    """What each experiment asks, and how long it takes: lines for the help."""
    lines = []
    for head, resumed in (
        ("NAMEs that print a table, with minutes on one core:", False),
        ("NAMEs that need --out FOLDER, and go on where they were stopped:", True),
    ):
        some = (one for one in EXPERIMENTS.values() if one.resumed == resumed)
        lines += [head, *(f"  {one.name:<15} {one.minutes:>3} min  {one.question}" for one in some)]
    return "\n".join(lines)


def say(*words: object) -> None:
    """A line beside the answer; control characters in names that come from elsewhere are shown escaped."""
    print(*(plain(word, 4000) for word in words), file=sys.stderr, flush=True)


def check_options(options: argparse.Namespace) -> None:
    """What can be said before PyTorch is loaded.  Raises: Refused for an unknown experiment and an absent folder."""
    if options.command == "experiment" and options.name not in EXPERIMENTS:
        raise Refused(f"experiment must be one of {', '.join(EXPERIMENTS)}, got {options.name!r}")
    folder = getattr(options, "data", None) or getattr(options, "market", None)
    if folder is not None and not os.path.isdir(folder):
        from ..photos import market  # brings NumPy along

        market.read(folder)  # it says what is expected


class Parser(argparse.ArgumentParser):
    """A parser that takes the names of Market's junk photos for values."""

    def parse_known_args(self, args=None, namespace=None):
        return super().parse_known_args(_joined(sys.argv[1:] if args is None else args), namespace)


def _joined(texts: Sequence[str]) -> list[str]:
    """--gallery -1_c1s1_000401_03.jpg as one text: names of Market's junk photos begin with a minus and are not
    options."""
    joined: list[str] = []
    for text in texts:
        if re.match(r"-1_c\d", text) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={text}"
        else:
            joined.append(text)
    return joined


def size(text: str) -> tuple[int, int]:
    """HEIGHTxWIDTH in pixels, each within what photos are resized to."""
    height, _, width = text.lower().partition("x")
    sides = [int(side) if _is_number(side) and len(side) < 10 else 0 for side in (height, width)]
    if not all(16 <= side <= MOST_SIDE for side in sides):
        raise argparse.ArgumentTypeError(
            f"expected HEIGHTxWIDTH in pixels, such as 256x128, each from 16 to {MOST_SIDE}, got {_quoted(text)}"
        )
    return sides[0], sides[1]


def up_to(most: int) -> Callable[[str], int]:
    """A reader of whole numbers from 1 to `most`."""

    def count(text: str) -> int:
        if not _is_number(text) or int(text[:40]) < 1:
            raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {_quoted(text)}")
        if int(text[:40]) > most:
            raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {most:,}, got {_quoted(text)}")
        return int(text[:40])

    return count


def seed(text: str) -> int:
    """A whole number that 64 bits hold, as PyTorch's seeds must be."""
    if not _is_number(text.removeprefix("-")) or not -(2**63) <= int(text[:40]) < 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number of at most 63 bits, got {_quoted(text)}")
    return int(text)


def real(text: str) -> float:
    """A finite number."""
    try:
        value = float(text[:400])
    except ValueError:
        value = float("nan")
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got {_quoted(text)}")
    return value


def moment(text: str) -> datetime:
    """A day and a time as ISO 8601 writes them, in this machine's time unless it says another."""
    try:
        return datetime.fromisoformat(text[:40]).astimezone()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"expected a day and a time, such as 2026-11-30T10:30, got {_quoted(text)}"
        ) from None


def path_text(text: str) -> str:
    """The name of a file or folder. An empty one is most often a variable that is not set, and never meant."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a file or folder, got an empty text: is a variable unset?")
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _quoted(text: str) -> str:
    return repr(text if len(text) < 60 else f"{text[:50]}...")
