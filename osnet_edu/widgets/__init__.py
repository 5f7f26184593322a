"""What a student touches: a Python file that computes and a plain .js beside it that draws, for each widget."""

from importlib import import_module

# Name -> file. Loaded on demand: a notebook waits only for the widget that it shows.
_HOME = {
    "Predict": "predict",
    "ask": "predict",
    "asked_in": "predict",
    "Explorer": "explorer",
    "Flow": "flow",
    "WhoIsIt": "who_is_it",
    "PickQuery": "pick_query",
    "coloured": "flow",
    "described_photo": "flow_pairs",
    "PedestrianLab": "pedestrian_lab",
    "Ranking": "ranking",
    "GateMixer": "gate_mixer",
    "GateTheatre": "gate_theatre",
    "Duelling": "duelling",
    "MapGrader": "map_grader",
    "Matching": "matching",
    "Convolution": "convolution",
    "ReceptiveField": "receptive_field",
    "NetworkCosts": "network_costs",
    "CompareBlocks": "compare_blocks",
    "Training": "training",
    "Replay": "replaying",
    "replay": "replaying",
    "Watch": "watch",
    "Recording": "frames",
    "picture": "pictures",
    "Widget": "widget",
}
__all__ = [
    "CompareBlocks", "Convolution", "Duelling", "Explorer", "Flow", "GateMixer", "GateTheatre", "MapGrader",
    "Matching", "NetworkCosts", "PedestrianLab", "PickQuery", "Predict", "Ranking", "ReceptiveField", "Recording",
    "Replay", "Training", "Watch", "WhoIsIt", "Widget", "ask", "asked_in", "coloured",
    "described_photo", "picture", "records", "replay", "widget",
]  # fmt: skip


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
