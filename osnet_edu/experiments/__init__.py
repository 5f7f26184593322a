"""Measurements that a lesson rests on, one file each: from a folder to a record that prints as a table."""

from collections.abc import Callable
from pathlib import Path

from . import baselines, first_figure, oracle, twins

Progress = Callable[[int, int], None]

EXPERIMENTS: dict[str, Callable[[Path, Progress], object]] = {
    "baselines": baselines.run,
    "oracle": oracle.run,
    "twins": twins.run,
    "first-figure": first_figure.run,
}
