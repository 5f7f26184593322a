"""Maps graded against the truth: choose a method and the part by which twins differ, and see whether to believe it.

The pairs are those of `grading.frozen`: a query, its twin, and the query's person in exactly the twin's view.
"""

import numpy as np
import traitlets

from ..embed import MANY, embedder_for, normalise
from ..explain import METHODS, TABLE, completeness, duel, embed, known, similarity, untrained
from ..figures import greyed, heat_image
from ..grading import badge, frozen, marks
from ..network.model import OSNet
from .pictures import outline, uri
from .records import GradeBar, Heated, for_page
from .widget import Widget, checked, one_of

METHODS_ASKED = tuple(name for name in METHODS if name not in duel.SLOW)  # each answers in about a second


class MapGrader(Widget, script="map_grader.js"):
    """One method on one pair: the map, the truth, two grades beside those of a random map, and the badge.

    model: a network of omni-scale blocks.  cases: frozen.Cases; of each part its first case is shown.

    part: one of `parts`; may be set, as may method: one of `methods`, and outlined: whether the truth is drawn.
    heat: (H, W), the map that is shown.  graded: its badge.Badge.
    """

    parts = traitlets.List().tag(sync=True)  # [name, words]
    part = traitlets.Unicode("").tag(sync=True)
    methods = traitlets.List(traitlets.Unicode(), list(METHODS_ASKED)).tag(sync=True)
    method = traitlets.Unicode(duel.DEFAULT).tag(sync=True)
    outlined = traitlets.Bool(False).tag(sync=True)
    photos = traitlets.List().tag(sync=True)  # {src, role, mark, text}: query, twin, the query's person in its view
    grey = traitlets.Unicode("").tag(sync=True)
    drawn_map = traitlets.Dict().tag(sync=True)  # Heated
    truth = traitlets.Unicode("").tag(sync=True)  # an outline as a picture
    answer = traitlets.Unicode("").tag(sync=True)
    measured = traitlets.Unicode("").tag(sync=True)
    grades = traitlets.List().tag(sync=True)  # GradeBar
    verdict = traitlets.Unicode("").tag(sync=True)
    hatched = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: OSNet, cases: frozen.Cases, **chosen):
        self._cases, self._model = cases, model
        self._places = {str(part): k for k, part in reversed(list(enumerate(cases.part)))}
        self._random = untrained.like(model, 0, normalise(cases.query))
        size = cases.query.shape[1], cases.query.shape[2]
        self._noticed = frozen.noticed(embedder_for(model, photos=MANY, size=size), cases)
        self._known: dict[tuple[str, str], tuple[np.ndarray, badge.Badge]] = {}
        names = list(dict.fromkeys(map(str, cases.part)))
        super().__init__(parts=[[name, known.DIFFERENCES.get(name, name)] for name in names], part=names[0])
        self.observe(self._look, "part")
        self.observe(self._ask, "method")
        self._look()
        for name, value in chosen.items():
            setattr(self, name, value)

    @checked("part")
    def _check_part(self, part: str) -> None:
        one_of(part, list(self._places), "part")

    @checked("method")
    def _check_method(self, method: str) -> None:
        one_of(method, METHODS_ASKED, "method")

    def _look(self, _change=None) -> None:
        """Another pair."""
        k, cases = self._places[self.part], self._cases
        said = known.Noticing(self.part, float(self._noticed.difference[k]), 0.0, self._noticed.limit)
        with self.hold_sync():
            shown = (
                ("query", "", cases.query),
                ("impostor", "✗", cases.negative),
                ("right person, same view", "✓", cases.same),
            )
            self.photos = [
                {"src": uri(photos[k]), "role": role, "mark": mark, "text": f"The {role}."}
                for role, mark, photos in shown
            ]
            self.grey, self.truth = uri(greyed(cases.negative[k])), uri(outline(cases.truth[k]))
            self.answer, self.measured = said.answer, said.measured
            self._ask()

    def _ask(self, _change=None) -> None:
        """Another map of this pair."""
        k, key = self._places[self.part], (self.part, self.method)
        if key not in self._known:
            self._known[key] = self._worked_out(k)
        self.heat, self.graded = self._known[key]
        found = marks.grade(self.heat, self._cases.truth[k], against=True)
        with self.hold_sync():
            full = float(np.quantile(np.abs(self.heat), 0.995)) or float(np.abs(self.heat).max())
            told = f"Map by {self.method} on the impostor's photo, rank accuracy {found.rank:.2f}."
            self.drawn_map = for_page(Heated(uri(heat_image(self.heat, full)), told))
            self.grades = [
                for_page(GradeBar(name, value, found.chance))
                for name, value in (("rank accuracy", found.rank), ("mass", found.mass))
            ]
            self.verdict, self.hatched = str(self.graded), self.graded.failed

    def _worked_out(self, k: int) -> tuple[np.ndarray, badge.Badge]:
        cases, method = self._cases, METHODS[self.method]
        query, image = (normalise(photos[k : k + 1]) for photos in (cases.query, cases.negative))
        target, beside = (similarity(embed(net, query)) for net in (self._model, self._random))
        heat = method(self._model, image, target)
        missed = completeness(self._model, image, target, heat).missed[0] if TABLE[self.method].adds_up else np.nan
        graded = badge.award(
            heat[0],
            truth=cases.truth[k],
            noticed=(float(self._noticed.difference[k]), self._noticed.limit),
            missed=float(missed),
            random=method(self._random, image, beside)[0],
        )
        return heat[0], graded
