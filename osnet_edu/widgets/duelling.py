"""The duel as a widget: maps on a query, a hard positive and a hard negative, the evidence by part, and the badge.

Where the folder holds rendered people the parts of each photo are known, and where the hard negative is the query's
twin, so is the place where the two differ: the map on the negative is graded by it.
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import traitlets

from .. import mining
from ..explain import badge, controls, duel, known
from ..figures import heat_image
from ..refused import Refused
from .pictures import uri
from .records import Heated, PartShare, plain
from .triples import ROLES, Triples
from .widget import checked, one_of

SLOW = ("occlusion", "CorrRISE", duel.OWN)  # ask hundreds of forward passes
SHOWN = 6  # parts in the table
REMEMBERED = 64  # duels


class Duelling(Triples, script="duelling.js"):
    """Why him and not her? Three photos, three maps on one scale, and how far they may be believed.

    The arguments are those of Triples.

    triple: index in `triples`, the hardest first; may be set, as may method: one of `methods`, opacity: of the maps in
    [0, 1], and outlined: whether the true difference is drawn, where it is known.
    found: the duel.Duel that is shown.  graded: its badge.  evidence: duel.Evidence, or None without masks.
    """

    methods = traitlets.List().tag(sync=True)  # [name, words]
    method = traitlets.Unicode(duel.DEFAULT).tag(sync=True)
    opacity = traitlets.Float(0.75).tag(sync=True)
    outlined = traitlets.Bool(False).tag(sync=True)
    photos = traitlets.List().tag(sync=True)  # {src, role, who, text}
    heats = traitlets.List().tag(sync=True)  # Heated of each photo
    scale = traitlets.Unicode("").tag(sync=True)
    truth = traitlets.Unicode("").tag(sync=True)  # an outline as a picture; empty where nothing is known
    shares = traitlets.List().tag(sync=True)  # PartShare
    sentence = traitlets.Unicode("").tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    grade = traitlets.Unicode("").tag(sync=True)
    pale = traitlets.Bool(False).tag(sync=True)

    def _prepare(self, folder: Path | str | known.Folder) -> None:
        self._controls = controls.of(self.rankings)
        self._fast = self._controls.fast
        self._folder = folder if isinstance(folder, known.Folder) else known.Folder(folder)
        self._found: OrderedDict[tuple[mining.Triplet, str], tuple] = OrderedDict()

    def _first_traits(self) -> dict:
        return {"methods": [[name, f"{name} (slow)" if name in SLOW else name] for name in duel.EXPLAINERS]}

    # --- what may be set ---------------------------------------------------------------------------------------------

    def _can_show(self, triple: int) -> None:
        self._ask(triple, self.method)

    @checked("method")
    def _check_method(self, method: str) -> None:
        one_of(method, duel.EXPLAINERS, "method")
        if hasattr(self, "found"):
            self._ask(self.triple, method)

    @checked("opacity")
    def _check_opacity(self, opacity: float) -> None:
        if not 0 <= opacity <= 1:
            raise Refused(f"The opacity must be 0 to 1, got {opacity:g}.")

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe("triple", "method")
    def _changed(self, _change) -> None:
        if not hasattr(self, "found"):  # the first look is still to come
            return
        with self.hold_sync():
            self._look()

    def _look(self) -> None:
        images, masks, truth, found, graded = self._ask(self.triple, self.method)
        self.found, self.graded = found, graded
        self.evidence = None if masks is None else duel.evidence(found, masks, known.NAMES)
        shown = self._shown(self.triple)
        self.photos = [
            {"src": uri(image), "role": role, "who": f"person {photo.person}, camera {photo.camera}", "text": role}
            for image, (role, photo) in zip(images, shown, strict=True)
        ]
        self.heats = [
            plain(Heated(uri(heat_image(heat, found.scale)), self._told(k, heat, masks)))
            for k, heat in enumerate(found.heat)
        ]
        self.scale = (
            f"Full colour: ±{found.scale:.2g}, the same in all three." if found.scale else "All maps are blank."
        )
        self.truth = "" if truth is None else uri(_outline(truth))
        self.sentence = "" if self.evidence is None else str(self.evidence)
        self.shares = [] if self.evidence is None else [plain(row) for row in _table(self.evidence)]
        before = "The impostor comes first" if found.margin < 0 else "The match comes first"
        self.verdict = f"{before}: match {found.match:.3f}, impostor {found.impostor:.3f}."
        self.grade, self.pale = str(graded), graded.pale

    def _ask(self, triple: int, method: str) -> tuple:
        """Photos, masks or None, truth or None, the duel and its badge."""
        key = self._triplets[triple], method
        if key not in self._found:
            shown = [photo for _, photo in self._shown(triple)]
            images = self.rankings.pictures(shown)
            masks = known.masks(shown, self.rankings.size)
            twins = self._folder.twins(shown[0], shown[2], self.rankings.size)
            noticed = None
            if twins is not None and self._controls.limit:
                noticed = known.noticed(self._fast, images[0], images[2], twins.same), self._controls.limit
            truth = None if twins is None else twins.truth
            found = duel.between(self.rankings.model, images, method, fast=self._fast)
            untrained = self._controls.untrained
            beside = duel.between(untrained.model, images, method, fast=untrained.fast if method in SLOW else None)
            graded = badge.award(
                found.heat[2], truth=truth, noticed=noticed, missed=found.missed, random=beside.heat[2]
            )
            self._found[key] = images, masks, truth, found, graded
            if len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        return self._found[key]

    def _told(self, k: int, heat: np.ndarray, masks: np.ndarray | None) -> str:
        if not heat.any():
            return f"The map on the {ROLES[k]} is blank."
        if masks is None:
            row, column = np.unravel_index(np.abs(heat).argmax(), heat.shape)
            return f"The map on the {ROLES[k]} is strongest at row {row}, column {column}."
        said = []
        for sign, words in ((1, "for the match"), (-1, "against it")):
            shares = duel.on_parts(np.maximum(sign * heat, 0), masks[k], known.NAMES)
            if shares:
                said.append(f"what speaks {words} lies most on the {next(iter(shares))}")
        return f"On the {ROLES[k]}, {' and '.join(said)}."

    def _titled(self, triplet: mining.Triplet) -> str:
        query, negative = self.rankings.queries[triplet.query], self.rankings.gallery[triplet.negative]
        part = self._folder.part(query, negative)
        return super()._titled(triplet) + (f", twins by {part}" if part else "")


def _table(evidence: duel.Evidence) -> list[PartShare]:
    """The parts that matter most on either side, the largest first."""
    names = {*evidence.speaks_for, *evidence.speaks_against}
    ours, theirs = evidence.speaks_for, evidence.speaks_against
    order = sorted(names, key=lambda name: -max(ours.get(name, 0), theirs.get(name, 0)))
    return [
        PartShare(
            name,
            *(float(side.get(name, 0.0)) for side in (ours, evidence.area_for, theirs, evidence.area_against)),
        )
        for name in order[:SHOWN]
    ]


def _outline(truth: np.ndarray) -> np.ndarray:
    """The edge of a region, white within black, four times as large: (4 H, 4 W, 4) RGBA."""
    from scipy.ndimage import binary_dilation, binary_erosion

    large = np.kron(truth, np.ones((4, 4), bool))
    edge, around = large & ~binary_erosion(large), binary_dilation(large, iterations=2) & ~large
    drawn = np.zeros((*large.shape, 4), np.uint8)
    drawn[around | binary_dilation(edge)] = (0, 0, 0, 255)
    drawn[edge] = (255, 255, 255, 255)
    return drawn
