"""What the commands of `python -m osnet_edu` do and say; __main__ reads their options and answers their errors."""

from .explaining import PICTURES, explain_pair, grade_method
from .exporting import export_graph
from .scoring import data_folder, figures_of, report, say_score, score_by_rule
from .speech import one_voice, progress_bar, say, say_read, say_skipped, tell
from .training import train_network

__all__ = [
    "PICTURES",
    "data_folder",
    "explain_pair",
    "export_graph",
    "figures_of",
    "grade_method",
    "one_voice",
    "progress_bar",
    "report",
    "say",
    "say_read",
    "say_score",
    "say_skipped",
    "score_by_rule",
    "tell",
    "train_network",
]
