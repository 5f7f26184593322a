"""Correspondence as a widget: point at a cell of one photo, see where its feature finds itself in the other.

For two renders of one person the true place is known and drawn beside it, and all cells together give a score.
"""

import numpy as np
import traitlets

from ..explain import correspondence
from ..network.model import OSNet
from ..people import Shot
from ..refused import Refused
from .pictures import uri
from .widget import Widget, checked, one_of

_UNKNOWN = "Not graded: the true places are known only for two renders of one person."
_STAGES = ("conv2.0", "conv2.1", "conv3.0", "conv3.1", "conv4.0", "conv4.1")


class Matching(Widget, script="matching.js"):
    """Two photos, the cells of a stage, and for the chosen cell its similarity to every cell of the other photo.

    model: the network.  one, other: two `people.Shot` of one person, for whom the true place is known; or two photos
    (H, W, 3) uint8, for which it is not.
    Traits to read or set: stage, one of `stages`; cell, [row, column] of the first photo.
    Traits to read: best, [row, column] of each cell's match; true, the same, in parts of a cell, or [] where the place
    is hidden or unknown; score, a sentence; said, a sentence about the chosen cell.
    Raises: Refused for photos of two sizes.
    """

    stages = traitlets.List(traitlets.Unicode()).tag(sync=True)
    stage = traitlets.Unicode("conv3.1").tag(sync=True)
    photos = traitlets.List(traitlets.Unicode()).tag(sync=True)
    size = traitlets.List(traitlets.Int()).tag(sync=True)  # height, width of a photo
    cells = traitlets.List(traitlets.Int()).tag(sync=True)  # rows, columns
    cell = traitlets.List(traitlets.Int()).tag(sync=True)
    table = traitlets.Bytes().tag(sync=True)  # cell by cell by cell: 0 for the least similar, 255 for the most
    best = traitlets.List().tag(sync=True)
    true = traitlets.List().tag(sync=True)
    known = traitlets.Bool(False).tag(sync=True)
    score = traitlets.Unicode("").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, model: OSNet, one: Shot | np.ndarray, other: Shot | np.ndarray, **chosen):
        self._model, self._shots = model, (one, other)
        self._images = [shot.image if isinstance(shot, Shot) else np.asarray(shot) for shot in self._shots]
        known = all(isinstance(shot, Shot) for shot in self._shots)
        names = [name for name in _STAGES if name in dict(model.named_modules())]
        super().__init__(
            stages=names,
            photos=[uri(image) for image in self._images],
            size=list(self._images[0].shape[:2]),
            known=known,
        )
        self.observe(self._match, "stage")
        self.observe(self._point, "cell")
        self._match()
        for name, value in chosen.items():
            setattr(self, name, value)

    @checked("stage")
    def _check_stage(self, stage: str) -> None:
        one_of(stage, self.stages or _STAGES, "stage")

    @checked("cell")
    def _check_cell(self, cell: list) -> list:
        if len(cell) != 2 or not all(0 <= at < many for at, many in zip(cell, self.cells, strict=True)):
            raise Refused(f"There are cells 0 to {self.cells[0] - 1}, 0 to {self.cells[1] - 1}, got {list(cell)}.")
        return list(cell)

    def _match(self, _change=None) -> None:
        found = correspondence.matches(self._model, *self._images, stage=self.stage)
        rows, columns = found.similarity.shape[:2]
        self.similarity = found.similarity
        with self.hold_sync():
            self.cells = [rows, columns]
            self.table = _bytes(found.similarity)
            self.best = found.best.reshape(-1, 2).tolist()
            self.true, self.score = self._graded(found)
            old = self.cell
            self.cell = self._start() if len(old) != 2 or old[0] >= rows or old[1] >= columns else old
            self._point()

    def _graded(self, found: correspondence.Matches) -> tuple[list, str]:
        rows, columns = self.cells
        one, other = self._shots
        if not (isinstance(one, Shot) and isinstance(other, Shot)):
            return [[] for _ in range(rows * columns)], _UNKNOWN
        true = correspondence.truth(one, other, (rows, columns))
        places = [[] if np.isnan(place).any() else place.round(2).tolist() for place in true.reshape(-1, 2)]
        try:
            graded = correspondence.match_score(found, true)
        except Refused as refusal:
            return places, f"Not graded: {refusal}."
        return places, (
            f"{graded.right:.0%} of {graded.cells} cells find their true place, within {correspondence.WITHIN:g} cells "
            f"(by chance {graded.chance:.0%}; if all stayed where they are {graded.same_place:.0%})."
        ).replace("%", " %")

    def _start(self) -> list[int]:
        """A cell in the middle, whose true place is known if there is one."""
        rows, columns = self.cells
        middle = np.array([0.4 * rows, 0.5 * columns])
        known = [k for k, place in enumerate(self.true) if place] or range(rows * columns)
        return list(min((divmod(k, columns) for k in known), key=lambda at: np.abs(np.array(at) - middle).sum()))

    def _point(self, _change=None) -> None:
        if len(self.cell) != 2:
            return
        row, column = self.cell
        index = row * self.cells[1] + column
        best, place = self.best[index], self.true[index]
        alike = float(self.similarity[row, column, best[0], best[1]])
        said = (
            f"Row {row + 1}, column {column + 1} finds itself at row {best[0] + 1}, column {best[1] + 1} "
            f"(similarity {alike:.2f})."
        )
        if place:
            away = float(np.hypot(best[0] - place[0], best[1] - place[1]))
            said += (
                f" Truly it lies {'there' if away <= correspondence.WITHIN else f'{away:.1f} cells away from there'}."
            )
        elif self.known:
            said += " Truly it is hidden in the other photo, or no part of the person."
        self.said = said


def _bytes(similarity: np.ndarray) -> bytes:
    """Of each cell: from its least to its most similar cell, as 0 to 255."""
    rows, columns = similarity.shape[:2]
    flat = similarity.reshape(rows * columns, -1)
    low, high = flat.min(1, keepdims=True), flat.max(1, keepdims=True)
    return np.round(255 * (flat - low) / np.maximum(high - low, 1e-9)).astype(np.uint8).tobytes()
