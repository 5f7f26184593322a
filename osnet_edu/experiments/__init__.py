"""Measurements that a lesson rests on, one file each: from a folder to a record that prints as a table."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..grading import board, exchanged, hard_positives, leaderboard
from ..trials import ablation, ingredients, table, twins
from ..trials import people as overfitting
from . import baselines, clothes, first_figure, gate_parts, gate_scale, gate_variance, oracle, parts

LEADERBOARD = leaderboard.NAME
Progress = Callable[[int, int], None]

EXPERIMENTS: dict[str, Callable[[Path, Progress], object]] = {
    "baselines": baselines.run,
    "oracle": oracle.run,
    "twins": twins.run,
    "parts": parts.run,
    "first-figure": first_figure.run,
    "gate-parts": gate_parts.run,
    "gate-scale": gate_scale.run,
    "gate-variance": gate_variance.run,
    "exchange": exchanged.run,
    "hard-positives": hard_positives.run,
    "clothes": clothes.run,
}

# These can be asked about networks of one's own instead: run(root, weights, progress), a file or a folder of them.
ON_OWN: dict[str, Callable[[Path, Path, Progress], object]] = {
    "gate-parts": gate_parts.run_own,
    "gate-scale": gate_scale.run_own,
    "exchange": exchanged.run_own,
    "hard-positives": hard_positives.run_own,
    "clothes": clothes.run_own,
}

# These take long: run(root, out, progress, workers=, photos=, seeds=) adds runs to OUT/NAME.csv and can go on. All but
# the leaderboard train networks.
RESUMED: dict[str, Callable[..., object]] = {
    ablation.NAME: ablation.run,
    ablation.LONGER: partial(ablation.run, name=ablation.LONGER),
    ingredients.NAME: ingredients.run,
    overfitting.NAME: overfitting.run,
    LEADERBOARD: leaderboard.run,
}


def file_of_runs(name: str, out: Path | str) -> Path:
    """The file in which an experiment of RESUMED keeps its runs.  What is raised: as for `table.file_of_runs`."""
    return table.file_of_runs(name, out, board.Block if name == LEADERBOARD else table.Outcome)
