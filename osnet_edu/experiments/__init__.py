"""One question about the network each: the list of all of them, and the files of those that have no other room.

Questions about trainings are answered in `trials`, questions about explanations in `grading`. Each file is loaded when
its experiment runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

__all__ = ["EXPERIMENTS", "LEADERBOARD", "Experiment", "baselines", "clothes", "file_of_runs", "gate_variance"]

LEADERBOARD = "leaderboard"


@dataclass(frozen=True)
class Experiment:
    """name: as typed.  minutes: about, on one core.  run: the function that answers, as room.file.function.

    own: the function for networks of one's own; empty where there is none.  resumed: whether it adds runs to a file of
    its name, and goes on where it was stopped.

    run(root, progress) and own(root, weights, progress) return what prints as a table. A resumed one is called as
    run(root, out, progress, workers=, photos=, seeds=), the leaderboard also with weights_at=.
    """

    name: str
    question: str
    minutes: int
    run: str
    own: str = ""
    resumed: bool = False

    def load(self) -> Callable[..., object]:
        """The function that answers; its file is imported now."""
        return _loaded(self.run)

    def load_own(self) -> Callable[..., object]:
        """The function for networks of one's own; its file is imported now."""
        return _loaded(self.own)


def _loaded(name: str) -> Callable[..., object]:
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"..{module}", __name__), function)


EXPERIMENTS = {
    one.name: one
    for one in (
        Experiment(
            "baselines", "How good are three colour baselines and an untrained network?", 1,
            "experiments.baselines.run",
        ),
        Experiment(
            "oracle", "Could anybody tell these twins apart, if told where to look?", 1,
            "experiments.oracle.run",
        ),
        Experiment(
            "twins", "Does the network tell twins apart?", 1,
            "trials.twins.run",
        ),
        Experiment(
            "parts", "By which part does the network tell twins apart?", 1,
            "experiments.parts.run",
        ),
        Experiment(
            "first-figure", "Does a coarse look find candidates, and a fine look decide?", 1,
            "experiments.first_figure.run",
        ),
        Experiment(
            "gate-parts", "Do small parts need narrow streams, and large parts wide ones?", 10,
            "experiments.gate_parts.run", "experiments.gate_parts.run_own",
        ),
        Experiment(
            "gate-scale", "Does the scale of a difference decide which streams are needed?", 16,
            "experiments.gate_scale.run", "experiments.gate_scale.run_own",
        ),
        Experiment(
            "gate-depth", "Does the last block lean to wide streams, or to deep ones?", 15,
            "experiments.gate_depth.run",
        ),
        Experiment(
            "gate-variance", "Do the gates follow person, camera, direction or background?", 1,
            "experiments.gate_variance.run",
        ),
        Experiment(
            "exchange", "Does segment exchange find what the network saw?", 15,
            "grading.exchanged.run", "grading.exchanged.run_own",
        ),
        Experiment(
            "hard-positives", "Which part makes two photos of one person similar?", 4,
            "grading.hard_positives.run", "grading.hard_positives.run_own",
        ),
        Experiment(
            "clothes", "Does the network know the person or the clothes?", 3,
            "experiments.clothes.run", "experiments.clothes.run_own",
        ),
        Experiment(
            "ablation", "What does each part of the block add, after short trainings?", 70,
            "trials.ablation.run", resumed=True,
        ),
        Experiment(
            "longer", "The same after the kit's default training.", 150,
            "trials.ablation.run_longer", resumed=True,
        ),
        Experiment(
            "decided", "Gate, sum, one number a stream, one stream: the same with more seeds.", 60,
            "trials.decided.run", resumed=True,
        ),
        Experiment(
            "ingredients", "What does each ingredient of the recipe add?", 18,
            "trials.ingredients.run", resumed=True,
        ),
        Experiment(
            "people", "Does a light network overfit less with few people?", 25,
            "trials.people.run", resumed=True,
        ),
        Experiment(
            "hand-made", "Layers that are all alike, or windows made by hand? After short trainings.", 40,
            "trials.hand_made.run", resumed=True,
        ),
        Experiment(
            "hand-made-longer", "The same after the kit's default training.", 95,
            "trials.hand_made.run_many", resumed=True,
        ),
        Experiment(
            LEADERBOARD, "Which method finds where two twins differ?", 100,
            "grading.leaderboard.run", "grading.leaderboard.run", resumed=True,
        ),
    )
}  # fmt: skip


def runs_path(name: str, out: Path | str) -> Path:
    """The file in which a resumed experiment keeps its runs.  What is raised: as for `table.file_of_runs`."""
    from ..grading import board
    from ..trials import table

    return table.file_of_runs(name, out, board.BoardBlock if name == LEADERBOARD else table.Outcome)
