"""What the commands of `python -m osnet_edu` do and say; __main__ reads their options and answers their errors."""

from .exporting import export_graph
from .scoring import data_folder, figures_of, report, score_by_rule
from .speech import one_voice, progress_bar, say, say_skipped
from .training import RECIPES, train_network

__all__ = [
    "RECIPES",
    "data_folder",
    "export_graph",
    "figures_of",
    "one_voice",
    "progress_bar",
    "report",
    "say",
    "say_skipped",
    "score_by_rule",
    "train_network",
]
