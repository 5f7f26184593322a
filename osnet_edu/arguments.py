"""What stands behind the options of a command: texts read as numbers, sizes and paths, within reason.

Each reader raises argparse's own error, so that the command ends with its sentence before any work is begun.
"""

import argparse
import math
from collections.abc import Callable

from .market import MOST_SIDE


class Parser(argparse.ArgumentParser):
    """A parser whose help can end in a list that is made only when somebody asks for help.

    late: () -> the last paragraph of the help.
    """

    late: Callable[[], str] | None = None

    def format_help(self) -> str:
        if self.late:
            self.epilog = self.late()
        return super().format_help()


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


def path(text: str) -> str:
    """The name of a file or folder. An empty one is most often a variable that is not set, and never meant."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a file or folder, got an empty text: is a variable unset?")
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _quoted(text: str) -> str:
    return repr(text if len(text) < 60 else f"{text[:50]}...")
