"""The duel as a widget: what differs, what the network makes of it, maps on three photos, and how far to believe them.

Where the folder holds rendered people the parts of each photo are known, and so is how the query's person looks in the
impostor's very view: whether the network notices the difference at all. See `explain.judging`.
"""

from pathlib import Path

import numpy as np
import traitlets

from ..explain import duel, known
from ..figures import greyed, heat_image
from ..grading import judging
from ..refused import Refused
from ..retrieval import mining
from .pictures import outline, uri
from .records import Heated, PartShare, for_page
from .triples import ROLES, Triples
from .widget import checked, one_of

BUTTONS = (duel.DEFAULT, "occlusion", "segment exchange")  # one click away; the other methods stand in a menu
SHOWN = 6  # parts in the table


class Duelling(Triples, script="duelling.js"):
    """Why him and not her? Three photos, three maps on one scale, and how far they may be believed.

    The arguments are those of Triples.

    triple: index in `triples`, the hardest first; may be set, as may method: one of `methods`, question: one of
    `questions`, opacity: of the maps in [0, 1], and outlined: whether the true difference is drawn, where it is known.
    A new triple comes with the question that fits it.
    found: the duel.Duel that is shown.  graded: its badge.  evidence: duel.Evidence, or None without masks.
    judge: what can be asked ahead, such as judge.prepare(triplet).
    """

    buttons = traitlets.List(traitlets.Unicode()).tag(sync=True)  # methods with a button of their own
    methods = traitlets.List().tag(sync=True)  # [name, words]
    method = traitlets.Unicode(duel.DEFAULT).tag(sync=True)
    opacity = traitlets.Float(1.0).tag(sync=True)
    outlined = traitlets.Bool(False).tag(sync=True)
    alone = traitlets.Bool(True).tag(sync=True)  # or opened by the explorer, which chooses the pair
    photos = traitlets.List().tag(sync=True)  # {src, grey, role, mark, who, where, similarity}
    heats = traitlets.List().tag(sync=True)  # Heated of each photo
    scale = traitlets.Unicode("").tag(sync=True)
    truth = traitlets.Unicode("").tag(sync=True)  # an outline as a picture; empty where nothing is known
    column = traitlets.Unicode("").tag(sync=True)  # what the shares on the impostor speak for or against
    shares = traitlets.List().tag(sync=True)  # PartShare
    answer = traitlets.Unicode("").tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    measured = traitlets.Unicode("").tag(sync=True)
    questions = traitlets.List(traitlets.Unicode(), list(judging.QUESTIONS)).tag(sync=True)
    question = traitlets.Unicode(judging.APART).tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    grade = traitlets.Unicode("").tag(sync=True)
    hatched = traitlets.Bool(False).tag(sync=True)

    def _prepare(self, folder: Path | str | known.Folder) -> None:
        self._folder = folder if isinstance(folder, known.Folder) else known.Folder(folder)
        self.judge = judging.Judge(self.rankings, self._folder)
        self._looking = False

    def _first_traits(self) -> dict:
        names = [[name, f"{name} (slow)" if name in duel.SLOW else name] for name in duel.EXPLAINERS]
        return {"methods": names, "buttons": list(BUTTONS), "alone": self._alone}

    # --- what may be set ---------------------------------------------------------------------------------------------

    def _can_show(self, triple: int) -> None:
        self.judge.ask(self._triplets[triple], self.method)

    @checked("method")
    def _check_method(self, method: str) -> None:
        one_of(method, duel.EXPLAINERS, "method")
        if hasattr(self, "found"):
            self.judge.ask(self._triplet, method)

    @checked("question")
    def _check_question(self, question: str) -> None:
        one_of(question, judging.QUESTIONS, "question")

    @checked("opacity")
    def _check_opacity(self, opacity: float) -> None:
        if not 0 <= opacity <= 1:
            raise Refused(f"The opacity must be 0 to 1, got {opacity:g}.")

    # --- what follows ------------------------------------------------------------------------------------------------

    @traitlets.observe("triple")
    def _turned(self, _change) -> None:
        if hasattr(self, "found"):  # else the first look is still to come
            with self.hold_sync():
                self._look()

    @traitlets.observe("method", "question")
    def _changed(self, _change) -> None:
        if hasattr(self, "found") and not self._looking:
            with self.hold_sync():
                self._show(self.judge.ask(self._triplet, self.method, self.question))

    def _look(self) -> None:
        said = self.judge.ask(self._triplet, self.method)
        self._looking = True
        self.question = said.question
        self._looking = False
        self._show(said)

    def _show(self, said: judging.PairVerdict) -> None:
        pair, found, noticing = said.pair, said.duel, said.pair.noticing
        self.found, self.graded, self.evidence = found, said.badge, said.evidence
        similarities = ("", f"{found.match:.3f}", f"{found.impostor:.3f}")
        self.photos = [
            {
                "src": uri(image),
                "grey": uri(greyed(image)),
                "role": role,
                "mark": mark,
                "who": f"person {photo.person}",
                "where": f"camera {photo.camera}",
                "similarity": alike,
            }
            for image, role, mark, (_, photo), alike in zip(
                pair.images, ROLES, ("", "✓", "✗"), self._shown(), similarities, strict=True
            )
        ]
        full = said.scale
        self.heats = [
            for_page(Heated(uri(heat_image(heat, full)), _told(k, heat, pair.masks)))
            for k, heat in enumerate(found.heat)
        ]
        self.scale = f"Full colour: ±{full:.2g} and more, the same in all three." if full else "All maps are blank."
        self.truth = "" if pair.twins is None else uri(outline(pair.twins.truth))
        leads = "The impostor comes first" if found.margin < 0 else "The match comes first"
        apart = abs(found.margin)
        self.verdict = f"{leads}, by {apart:.3f}." if apart >= 0.0005 else f"{leads}, by less than 0.001."
        self.answer, self.measured = ("", "") if noticing is None else (noticing.answer, noticing.measured)
        if noticing is not None and found.margin < 0:
            self.verdict += f" {noticing.account}"
        self._tell_parts(said)
        self.grade, self.hatched = str(said.badge), said.badge.failed

    def _tell_parts(self, said: judging.PairVerdict) -> None:
        alike = said.question == judging.SIMILAR
        self.column = "for the impostor" if alike else "against the impostor"
        evidence = said.evidence
        if evidence is None:
            self.sentence, self.shares = "", []
            return
        self.sentence = evidence.of_likeness if alike else str(evidence)
        self.shares = [for_page(row) for row in _table(evidence, alike)]

    def _titled(self, triplet: mining.Triplet) -> str:
        query, negative = self.rankings.queries[triplet.query], self.rankings.gallery[triplet.negative]
        part = self._folder.part(query, negative)
        first = "impostor" if triplet.margin < 0 else "match"
        twins = f", twins by {part.replace('color', 'colour')}" if part else ""
        return f"person {query.person}, camera {query.camera}: {first} first by {abs(triplet.margin):.2f}{twins}"


def _told(k: int, heat: np.ndarray, masks: np.ndarray | None) -> str:
    """A map in words."""
    if not heat.any():
        return f"The map on the {ROLES[k]} is blank."
    if masks is None:
        row, column = np.unravel_index(np.abs(heat).argmax(), heat.shape)
        return f"The map on the {ROLES[k]} is strongest at row {row}, column {column}."
    said = []
    for sign, words in ((1, "for the match"), (-1, "against it")) if k < 2 else ((1, "for it"), (-1, "against it")):
        shares = duel.on_parts(np.maximum(sign * heat, 0), masks[k], known.NAMES)
        if shares:
            said.append(f"what speaks {words} lies most on the {next(iter(shares))}")
    return f"On the {ROLES[k]}, {' and '.join(said)}."


def _table(evidence: duel.Evidence, alike: bool) -> list[PartShare]:
    """The parts that matter most on either side, the largest first.  alike: on the impostor, what speaks for it."""
    ours, theirs = evidence.speaks_for, evidence.makes_similar if alike else evidence.speaks_against
    order = sorted({*ours, *theirs}, key=lambda name: -max(ours.get(name, 0), theirs.get(name, 0)))
    return [
        PartShare(
            name,
            *(float(side.get(name, 0.0)) for side in (ours, evidence.area_for, theirs, evidence.area_against)),
        )
        for name in order[:SHOWN]
    ]
