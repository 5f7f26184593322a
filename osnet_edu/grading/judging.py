"""What the duel says of a triple, step by step. Each step can be asked for alone, before anybody needs its answer.

    limit     what an edit without meaning moves: 256 photos through the network
    random    a network of the same kind that was never trained, whose map the badge compares
    pair      photos, masks, where twins differ, and whether the network notices it
    ask       the maps of a method, the question that they answer, and their badge

Answers are kept by their content: the weights, and the pixels that went in. So a `Judge` that prepares a triple, or
another one of the same network and folder, spares the next one the work. Two threads may ask at once; the second waits.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock

import numpy as np
from torch import nn

from ..embed import MANY, Embedder, embedder_for, normalise
from ..explain import duel, exchange, known, untrained
from ..explain.duel import Evidence
from ..explain.known import Folder, Noticing, Twins
from ..explain.without import Rankings
from ..retrieval.mining import Triplet
from . import badge, removal

_SHAMS = 128  # photos by which is measured what a network notices
_ENOUGH = 20  # photos without which it is not
REMEMBERED = 256  # answers
SIMILAR, APART = "What makes the impostor so similar?", "What tells them apart?"
QUESTIONS = (SIMILAR, APART)


@dataclass(frozen=True)
class JudgedPair:
    """What is known of a query, a match and an impostor before any map.

    images: (3, H, W, 3) uint8, in that order.  masks: (3, H, W), or None.  twins, noticing: None where nobody knows.
    """

    images: np.ndarray
    masks: np.ndarray | None
    twins: Twins | None
    noticing: Noticing | None


@dataclass(frozen=True)
class PairVerdict:
    """The maps of one method.  question: SIMILAR or APART.  badge: of the map on the impostor, for that question."""

    pair: JudgedPair
    duel: duel.Duel
    question: str
    badge: badge.Badge

    @property
    def scale(self) -> float:
        """The heat to draw in full colour in all three maps; where the question is the impostor's, its strongest."""
        own = float(np.abs(self.duel.heat[2]).max())
        return own if self.question == SIMILAR and own else self.duel.scale

    @property
    def evidence(self) -> Evidence | None:
        """Which parts of the person the maps point at; None for photos without masks."""
        return None if self.pair.masks is None else duel.evidence(self.duel, self.pair.masks, known.NAMES)


class _Kept:
    """Answers by their key: each is worked out once, also where two threads ask for it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple, object] = OrderedDict()
        self._making: dict[tuple, Lock] = {}
        self._lock = Lock()

    def get(self, key: tuple, make: Callable[[], object]):
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            if key not in self._answers:
                answer = make()
                with self._lock:
                    self._answers[key] = answer
                    while len(self._answers) > REMEMBERED:
                        self._making.pop(self._answers.popitem(last=False)[0], None)
            return self._answers[key]


_kept = _Kept()


class Judge:
    """A network's rankings of a folder, and what is known of the folder.

    rankings: of the network.  folder: its records; without records nothing is known, and there are no grades.
    """

    def __init__(self, rankings: Rankings, folder: Folder):
        self._rankings, self._folder = rankings, folder
        self._fast = embedder_for(rankings.model, photos=MANY, size=rankings.size)
        self._network = _digest(*(value.numpy(force=True) for value in rankings.model.state_dict().values()))

    def prepare(self, triplet: Triplet | None = None) -> None:
        """Work out ahead what takes time: what every triple needs, and for one triple all but its maps."""
        self.limit()
        self.random()
        if triplet is not None:
            for image in self.pair(triplet).images:
                exchange.cut_now(image)

    def limit(self) -> float:
        """What an edit without meaning moves; nan for a gallery of fewer than 20 photos."""
        photos, content = self._some
        if len(photos) < _ENOUGH:
            return np.nan
        return _kept.get(("limit", self._network, content), lambda: known.limit(self._fast, photos))

    def random(self) -> tuple[nn.Module, Embedder]:
        """A network that was never trained, and the same for forward passes."""
        photos, content = self._some

        def make() -> tuple:
            model = untrained.like(self._rankings.model, 0, normalise(photos[: untrained.NORM_PHOTOS]))
            return model, embedder_for(model, photos=MANY, size=self._rankings.size)

        return _kept.get(("random", self._network, content), make)

    @cached_property
    def _some(self) -> tuple[np.ndarray, str]:
        """The first photos of the gallery, and their digest."""
        photos = self._rankings.pictures(self._rankings.gallery[:_SHAMS])
        return photos, _digest(photos)

    def pair(self, triplet: Triplet) -> JudgedPair:
        """What is known of a triple."""
        rankings, folder = self._rankings, self._folder
        shown = (
            rankings.queries[triplet.query], rankings.gallery[triplet.positive], rankings.gallery[triplet.negative]
        )  # fmt: skip
        images = rankings.pictures(shown)
        records = [repr(folder.record(photo)) for photo in (shown[0], shown[2])]

        def make() -> JudgedPair:
            twins = folder.twins(shown[0], shown[2], rankings.size)
            same = folder.in_view(shown[0], shown[2], rankings.size) if twins is None else twins.same
            limit, noticing = self.limit(), None
            if same is not None and not np.isnan(limit):
                part = "" if twins is None else twins.part
                noticing = known.noticing(self._fast, images, same, part, limit)
            return JudgedPair(images, known.masks(shown, rankings.size), twins, noticing)

        return _kept.get(("pair", self._network, _digest(images), *records), make)

    def ask(self, triplet: Triplet, method: str = duel.DEFAULT, question: str | None = None) -> PairVerdict:
        """The maps of a method, and how far they may be believed.

        question: SIMILAR or APART; None takes the one that fits the pair.  Raises: Refused as `duel.between`.
        """
        pair = self.pair(triplet)
        found, beside, taken = self._maps(pair, method)
        question = question or fitting(found, pair)
        award = partial(badge.award, found.heat[2], missed=found.missed, random=beside)
        if question == SIMILAR:
            return PairVerdict(pair, found, question, award(against=False, removal=taken))
        truth = None if pair.twins is None else pair.twins.truth
        noticed = None if pair.noticing is None else (pair.noticing.gain, pair.noticing.limit)
        return PairVerdict(pair, found, question, award(truth=truth, noticed=noticed))

    def _maps(self, pair: JudgedPair, method: str) -> tuple[duel.Duel, np.ndarray, removal.Removal | None]:
        """The maps, the random network's on the impostor, and what painting over what speaks for the impostor does."""

        def make() -> tuple:
            found = duel.between(self._rankings.model, pair.images, method, fast=self._fast)
            model, fast = self.random()
            beside = duel.on_negative(model, pair.images, method, fast=fast)
            return found, beside, removal.measure_removal(self._fast, pair.images[0], pair.images[2], found.heat[2])

        return _kept.get(("maps", self._network, _digest(pair.images), method), make)


def fitting(found: duel.Duel, pair: JudgedPair) -> str:
    """The question that fits a pair: an impostor who leads is similar, unless it is known where a noticed twin differs;
    and so is one whose difference the network does not notice.
    """
    seen = pair.noticing is None or pair.noticing.kind == known.NOTICED
    return APART if seen and (found.margin >= 0 or pair.twins is not None) else SIMILAR


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
