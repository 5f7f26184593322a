"""Photos: in rows, as a ranking, as a triplet."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from .. import retrieval
from ..photos.market import DISTRACTOR, JUNK, Photo, decode
from ..refused import Refused
from .paper import (
    BLUE,
    MUTED,
    ORANGE,
    OTHER_LABEL,
    SAME_LABEL,
    WIDTH,
    Sheet,
    as_pictures,
    as_sentence,
    fitted,
    plural,
    wide,
)


def photos(
    images: np.ndarray,
    captions: Sequence[str],
    *,
    title: str = "",
    same: Sequence[bool | None] | None = None,
    width: float = 1.33,
    per_row: int | None = None,
) -> Figure:
    """Photos in rows, each with a caption below.

    images: (N, H, W, 3) uint8, RGB.  captions: N texts of one or two lines.  same: N times True (same person), False
    (other person) or None (no frame).  width: of a photo, roughly, in inches.  per_row: None fills the page.
    """
    images = as_pictures(images)
    if len(captions) != len(images) or (same is not None and len(same) != len(images)):
        raise Refused(f"expected one caption and one mark for each of {len(images)} photos")
    w, h = fitted(images[0], width)
    gap, lines = 0.22, max(caption.count("\n") + 1 for caption in captions)
    foot = 0.12 + 0.2 * lines + (0.22 if same is not None else 0) + 0.12
    columns = min(len(images), per_row or max(1, int((WIDTH - 0.1) // (w + gap))))
    rows = -(-len(images) // columns)
    top = 0.45 if title else 0.1
    description = f"{as_sentence(title)}{len(images)} photos. " + "; ".join(
        caption.replace("\n", ", ")
        + ("" if same is None or same[i] is None else f" ({(SAME_LABEL if same[i] else OTHER_LABEL)[2:]})")
        for i, caption in enumerate(captions)
    )
    sheet = Sheet(max(columns * (w + gap), wide(title, 11) + 0.2), top + rows * (h + foot), description + ".")
    if title:
        sheet.text(0.1, 0.08, title, size=11, weight="bold")
    for i, image in enumerate(images):
        x, y = 0.1 + (i % columns) * (w + gap), top + (i // columns) * (h + foot)
        sheet.image(image, x, y, w, h)
        below = y + h + 0.1
        mark = None if same is None else same[i]
        if mark is not None:
            sheet.frame(x, y, w, h, mark)
            sheet.verdict(x, below, mark, size=9.5)
            below += 0.22
        sheet.text(x, below, captions[i], size=9.5, color=MUTED)
    return sheet.figure


def ranking(
    query: np.ndarray,
    gallery: np.ndarray,
    same: Sequence[bool],
    similarities: Sequence[float],
    *,
    first: int = 1,
    left_out: int = 0,
    query_caption: str = "",
    captions: Sequence[str] | None = None,
) -> Figure:
    """A query, and the gallery photos that are closest to it, closest first.

    query: (H, W, 3) uint8, RGB.  gallery: (K, H, W, 3), in the order of the ranking.  same: K times whether it is the
    query's person.  similarities: K numbers.  first: the rank of the first of them.  left_out: photos of the query's
    person by the query's own camera, which do not count.  captions: K short texts, such as the camera.
    """
    gallery = as_pictures(gallery)
    w, h = fitted(query, 1.0)
    k, gap, left = len(gallery), 0.14, 0.1
    start = left + w + 0.42
    hits = [i + first for i in range(k) if same[i]]
    where = f"rank {', '.join(map(str, hits))}" if hits else "none of these ranks"
    description = (
        f"A query and the {k} gallery photos closest to it. The same person stands at {where}. Similarities from "
        f"{similarities[0]:.2f} at rank {first} to {similarities[-1]:.2f} at rank {first + k - 1}."
    )
    rule = f"Left out by the Market rule: {plural(left_out, 'photo')} of this person by the query's own camera."
    sheet = Sheet(start + k * (w + gap), h + 1.42, description + (f" {rule}" if left_out else ""))
    sheet.text(left, 0.08, "query", weight="bold")
    sheet.image(query, left, 0.34, w, h)
    sheet.text(left, 0.34 + h + 0.1, query_caption, size=9, color=MUTED)
    sheet.line([start - 0.22] * 2, [0.1, h + 1.0])
    for i in range(k):
        x = start + i * (w + gap)
        sheet.text(x, 0.08, f"rank {i + first}", weight="bold")
        sheet.image(gallery[i], x, 0.34, w, h)
        sheet.frame(x, 0.34, w, h, bool(same[i]))
        sheet.verdict(x, 0.34 + h + 0.1, bool(same[i]), size=8.5)
        caption = f"similarity {similarities[i]:.2f}" + (f"\n{captions[i]}" if captions else "")
        sheet.text(x, 0.34 + h + 0.3, caption, size=8.5, color=MUTED)
    if left_out:
        sheet.text(start, h + 1.1, rule, size=9, color=MUTED)
    return sheet.figure


def by_number(photo: Photo) -> str:
    """Who is in a photo: "person 12", "a passer-by" or "junk"."""
    return {DISTRACTOR: "a passer-by", JUNK: "junk"}.get(photo.person, f"person {photo.person}")


def ranked(
    queries,
    gallery,
    query: int,
    *,
    k: int = 7,
    size: tuple[int, int] = (128, 64),
    called: Callable[[Photo], str] = by_number,
) -> Figure:
    """The ranking of one embedded query, drawn: `ranking` from records.

    queries, gallery: embed.Embedding.  query: its index.  k: ranks to show.  size: (height, width) to draw photos at.
    called: who is in a photo, in words.
    """
    row = retrieval.distances(queries.features[query : query + 1], gallery.features)[0]
    photo = queries.photos[query]
    order = retrieval.ranking(row, photo.person, photo.camera, gallery.people, gallery.cameras)[:k]
    found = [gallery.photos[i] for i in order]
    images = decode([photo, *found], size).images
    own = (gallery.people == photo.person) & (gallery.cameras == photo.camera)
    return ranking(
        images[0],
        images[1:],
        [other.person == photo.person for other in found],
        1 - row[order],
        left_out=int(own.sum()),
        query_caption=f"{called(photo)}\ncamera {photo.camera}",
        captions=[f"camera {other.camera}" for other in found],
    )


def mined(
    case,
    queries,
    gallery,
    *,
    title: str = "",
    size: tuple[int, int] = (128, 64),
    called: Callable[[Photo], str] = by_number,
) -> Figure:
    """A mined triplet, drawn: `triplet` from records.

    case: mining.Triplet, of cosine distances.  queries, gallery: embed.Embedding.  called: who is in a photo, in words.
    """
    photos = (queries.photos[case.query], gallery.photos[case.positive], gallery.photos[case.negative])
    similarities = (1 - case.positive_distance, 1 - case.negative_distance)
    captions = [f"{called(photo)}, camera {photo.camera}" for photo in photos]
    names = ("query", "hard positive", "hard negative")  # ranked behind all matches, it is not an impostor
    return triplet(decode(photos, size).images, similarities, captions=captions, title=title, names=names)


def triplet(
    images: np.ndarray,
    similarities: Sequence[float],
    *,
    captions: Sequence[str] = ("", "", ""),
    title: str = "",
    names: tuple[str, str, str] = ("query", "match", "impostor"),
) -> Figure:
    """A query with a match (same person) and an impostor (other person).

    images: (3, H, W, 3) uint8, RGB: query, match, impostor.  similarities: of the query to match and impostor.
    names: what to call the three.
    """
    images = as_pictures(images)
    w, h = fitted(images[0], 1.67)
    positive, negative = similarities
    wrong = positive < negative
    description = (
        f"{as_sentence(title)}A query, a photo of the same person at similarity {positive:.2f}, and a photo "
        f"of another person at similarity {negative:.2f}: the {'other' if wrong else 'same'} person is closer."
    )
    top, gap, left = 0.72 if title else 0.42, 1.25, 0.1
    sheet = Sheet(left + 3 * w + 2 * gap + 0.1, top + h + 0.72, description)
    if title:
        sheet.text(left, 0.08, title, size=11, weight="bold")
    places = zip(names, (0, 1, 2), (1, 0, 2), (None, True, False), strict=True)  # the query stands in the middle
    for name, i, column, same in places:
        x = left + column * (w + gap)
        sheet.text(x, top - 0.3, name, size=10.5, weight="bold")
        sheet.image(images[i], x, top, w, h)
        below = top + h + 0.1
        if same is not None:
            sheet.frame(x, top, w, h, same)
            sheet.verdict(x, below, same)
            below += 0.22
        sheet.text(x, below, captions[i], size=9.5, color=MUTED)
    for value, side, same in ((positive, -1, True), (negative, 1, False)):
        color, y = ORANGE if same else BLUE, top + h / 2
        begin = left + (w + gap) + (0 if side < 0 else w)
        near, far = begin + side * 0.12, begin + side * (gap - 0.12)
        sheet.line([near, far - side * 0.1], [y, y], color=color, linewidth=2, linestyle="-" if same else (0, (3, 2)))
        sheet.arrow((far - side * 0.12, y), (far, y), color=color, linewidth=2, mutation_scale=13)
        middle = begin + side * gap / 2
        sheet.text(middle, y - 0.1, f"{value:.2f}", size=17, color=color, weight="bold", ha="center", va="bottom")
        sheet.text(middle, y + 0.1, "similarity", size=9, color=MUTED, ha="center")
    return sheet.figure
