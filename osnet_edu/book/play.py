"""The tour: pairs of photos to guess, what the network and a count of colours say, and the clothes.

    data/play/tour.json       the questions, the answers, the figures
    data/play/NAME.jpg        maps on grey photos, and people in other clothes
    data/photos/SPLIT/NAME    the shipped photos that it shows

Everything is computed here, by the shipped network on the shipped photos; the page asks no network.
"""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .. import explore, people, retrieval
from ..experiments import baselines
from ..explain import duel, known, without
from ..figures import overlay
from ..photos.market import Photo

_HISTOGRAM = "HSV histogram in six stripes"  # the colour histogram that plays too
QUALITY = 85  # of the maps
DRESSED = 3  # people in other clothes
_AROUND = ("background", "obstacle")  # what is not the person


@dataclass(frozen=True)
class QuestionKind:
    """One kind of question.  in_a_game: how many of the five.  rule: which pairs, and which of them come first."""

    name: str
    in_a_game: int
    rule: str


# In this order people are taken, and nobody stands in two questions.
MISSED_BY_NETWORK, TWIN_PAIR, LOOK_ALIKE = QUESTION_KINDS = (
    QuestionKind("missed", 2, "The network is wrong. The pairs whose difference shows on most pixels come first."),
    QuestionKind("twin", 1, "Twins: one thing differs. The network is right. The plainest differences come first."),
    QuestionKind("alike", 2, "The network is right and the colours are wrong. The closest decisions come first."),
)
RULE = (
    "Each question is a query of the shipped photos, its most similar photo of the same person by another camera, and "
    "the most similar photo of somebody else. Nothing stands in front of them."
)


@dataclass(frozen=True)
class Question:
    """Places of a query, its best match and the nearest other person.

    network, colours: similarity to the match and to the other one.  part: by which twins differ, or an empty text.
    shown: pixels of this part in the photo that shows least of it.
    """

    query: int
    match: int
    other: int
    network: tuple[float, float]
    colours: tuple[float, float]
    part: str
    shown: int

    @property
    def kind(self) -> QuestionKind | None:
        """None for a pair that no kind wants."""
        if self.network[0] <= self.network[1]:
            return MISSED_BY_NETWORK
        if self.part:
            return TWIN_PAIR
        return LOOK_ALIKE if self.colours[0] < self.colours[1] else None

    @property
    def order(self) -> float:
        """The lowest comes first among its kind."""
        return self.network[0] - self.network[1] if self.kind is LOOK_ALIKE else -self.shown


@dataclass(frozen=True)
class Contest:
    """What is asked: the shipped people, ranked by the network and by their colours."""

    album: explore.Album
    rankings: without.Rankings
    colours: np.ndarray  # (Q, G) similarity of the histograms

    def photos(self, question: Question) -> tuple[Photo, Photo, Photo]:
        """Query, match, other."""
        gallery = self.rankings.gallery
        return self.rankings.queries[question.query], gallery[question.match], gallery[question.other]


def contest() -> Contest:
    """The shipped people and the shipped network."""
    album, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    sides = (rankings.pictures(photos) for photos in (rankings.queries, rankings.gallery))
    asked, among = (retrieval.unit(baselines.COLOURS[_HISTOGRAM](images)) for images in sides)
    return Contest(album, rankings, asked @ among.T)


def tour_questions(found: Contest, games: int = 2) -> list[Question]:
    """The questions of some games, by QUESTION_KINDS and their rules.  games: without a question in common."""
    every: dict[QuestionKind, list[Question]] = {kind: [] for kind in QUESTION_KINDS}
    for one in _all(found):
        if one.kind:
            every[one.kind].append(one)
    taken: set[int] = set()
    chosen = []
    for kind in QUESTION_KINDS:
        left = games * kind.in_a_game
        for one in sorted(every[kind], key=lambda one: one.order):
            shown = {photo.person for photo in found.photos(one)}
            if left and not shown & taken:
                chosen.append(one)
                taken |= shown
                left -= 1
    return chosen


def _all(found: Contest) -> list[Question]:
    made = []
    for k in range(len(found.rankings.queries)):
        same, others = found.rankings.sides(k)
        if not same or not others:
            continue
        similarity = found.rankings.ranked(k).similarity
        pair = same[0], others[0]
        photos = found.rankings.queries[k], *(found.rankings.gallery[place] for place in pair)
        records = [found.album.folder.record(photo) for photo in photos]
        if any(record is None or record.view.occluder != "none" for record in records):
            continue
        part = found.album.folder.part(photos[0], photos[2])
        shown = min(record.visible for record in records if record) if part else 0
        network, colours = ((float(of[pair[0]]), float(of[pair[1]])) for of in (similarity, found.colours[k]))
        made.append(Question(k, *pair, network, colours, part, shown))
    return made


def right_at_rank_1(found: Contest) -> tuple[int, int]:
    """Of all queries, how many have the same person first: by the network, by their colours."""
    who = [np.array([photo.person for photo in some]) for some in (found.rankings.queries, found.rankings.gallery)]
    where = [np.array([photo.camera for photo in some]) for some in (found.rankings.queries, found.rankings.gallery)]
    score = retrieval.evaluate(1 - found.colours, who[0], who[1], where[0], where[1])
    return int((explore.hardness(found.rankings).first_hit == 1).sum()), int((score.first_hit == 1).sum())


def clearest(album: explore.Album, rankings: without.Rankings) -> list[int]:
    """Queries to show people by: of everybody whom the network knows the clearest view, the clearest first."""
    first = explore.hardness(rankings).first_hit
    best: dict[int, tuple[float, int]] = {}
    for k, photo in enumerate(rankings.queries):
        record = album.folder.record(photo)
        if record and first[k] == 1 and record.view.occluder == "none":
            found = explore.unclear(record.view), k
            best[photo.person] = min(found, best.get(photo.person, found))
    return [k for _, k in sorted(best.values())]


def write(
    folder: Path, progress: Callable[[int, int], None] | None = None, *, games: int = 2, dressed: int = DRESSED
) -> None:
    """Write the tour below `folder`/data.

    progress: (done, total) questions and people.  games: how many have no question in common.  dressed: people in other
    clothes.
    """
    found = contest()
    chosen = tour_questions(found, games)
    out = folder / "data" / "play"
    out.mkdir(parents=True, exist_ok=True)
    told: list[dict] = []
    clothes: list[dict] = []
    for question in chosen:
        told.append(_told(found, question, folder / "data"))
        if progress:
            progress(len(told), len(chosen) + dressed)
    for query in clearest(found.album, found.rankings):
        if len(clothes) == dressed:
            break
        if one := _clothes(found, query, folder / "data"):
            clothes.append(one)
            if progress:
                progress(len(told) + len(clothes), len(chosen) + dressed)
    network, colours = right_at_rank_1(found)
    record = {
        "games": games,
        "kinds": [asdict(kind) for kind in QUESTION_KINDS],
        "rule": RULE,
        "all": {"queries": len(found.rankings.queries), "network": network, "colours": colours},
        "questions": told,
        "clothes": clothes,
        "measured": {name: asdict(share) for name, share in explore.measured_clothes().items()},
    }
    (out / "tour.json").write_text(json.dumps(record, separators=(",", ":")), encoding="utf-8")


def shipped_photo(album: explore.Album, photo: Photo, data: Path) -> dict:
    """Copy a photo below `data`/photos.  Returns: its address below `data`, its looks and its camera."""
    where = f"photos/{'query' if photo in album.market.query else 'gallery'}/{photo.name}"
    (data / where).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(photo.path, data / where)
    return {"src": where, "looks": album.looks(photo), "camera": photo.camera}


def _told(found: Contest, question: Question, data: Path) -> dict:
    photos = found.photos(question)
    pictures = found.rankings.pictures(photos)
    held = duel.between(found.rankings.model, pictures)
    masks = known.masks(photos, found.rankings.size)
    assert masks is not None and question.kind  # the shipped photos have masks
    evidence = duel.evidence(held, masks, known.NAMES)
    options = []
    for k, shares in enumerate((evidence.speaks_for, evidence.makes_similar)):
        part = next((name for name in shares if name not in _AROUND), "")
        name = f"play/{photos[0].path.stem}_{k}.jpg"
        _save(overlay(pictures[k + 1], held.heat[k + 1], held.scale), data / name)
        options.append(
            shipped_photo(found.album, photos[k + 1], data)
            | {"same": k == 0, "network": round(question.network[k], 4), "colours": round(question.colours[k], 4)}
            | {"map": name, "part": part, "share": round(shares.get(part, 0), 4)}
            | {"around": round(sum(shares.get(name, 0) for name in _AROUND), 4)}
        )
    return {
        "kind": question.kind.name,
        "query": shipped_photo(found.album, photos[0], data),
        "options": options,
        "differs": known.DIFFERENCES.get(question.part, question.part),
    }


def _clothes(found: Contest, query: int, data: Path) -> dict | None:
    """One person in a stranger's clothes and a stranger in hers; None where some of the clothes cannot be worn."""
    editor = explore.Editor(found.rankings, found.album.folder, query)
    pair = explore.dressed(editor, found.album.folder)
    if not all(one.changed for one in pair):
        return None
    photo = found.rankings.queries[query]
    shown = []
    for k, one in enumerate(pair):
        name = f"play/{photo.path.stem}_dressed_{k}.jpg"
        (data / name).write_bytes(people.jpeg(one.identity, editor.record.view, size=found.rankings.size))
        shown.append({"src": name, "words": one.words, "network": round(one.similarity, 4), "rank": one.seen.rank})
    best = editor.best_match()
    return {
        "query": shipped_photo(found.album, photo, data),
        "match": shipped_photo(found.album, found.rankings.gallery[best], data),
        "network": round(float(found.rankings.ranked(query).similarity[best]), 4),
        "dressed": shown,
    }


def _save(picture: np.ndarray, path: Path) -> None:
    """picture: (H, W, 3) in [0, 1]. Colours keep their edges: the map is only a few cells wide."""
    file = io.BytesIO()
    Image.fromarray(np.round(picture * 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY, subsampling=0)
    path.write_bytes(file.getvalue())
