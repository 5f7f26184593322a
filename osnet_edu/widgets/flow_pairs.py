"""Pairs of photos that are worth following through a network: twins by each part, one person twice, two strangers."""

from dataclasses import dataclass

import numpy as np

from ..explain import known
from ..explore import Album
from ..photos.market import Photo, decode

# Of the shipped people: the two enter alike, and the shipped network parts them in the middle.
FIRST = ("0195_c5s1_019500_01.jpg", "0196_c5s1_019607_02.jpg")
_MOST = 600  # photos in a menu
_SEARCHED = 4_000  # photos in which pairs are looked for
_COMPARED = 12  # pairs of which the most alike one is taken
_SMALL = (32, 16)  # height, width of photos that are compared


@dataclass(frozen=True)
class Suggested:
    """Two photos, and in words what they are."""

    photos: tuple[Photo, Photo]
    words: str


def suggested(album: Album) -> list[Suggested]:
    """A pair of twins for each part in which twins differ, then one person by two cameras, then two people.

    Where there is a choice, twins are seen by one camera, and the two photos are as alike as can be, pixel by pixel:
    then what differs is the part, and not the background or the pose.
    """
    queries, gallery = album.market.query, album.market.gallery[:_SEARCHED]
    of: dict[int, list[Photo]] = {}
    for photo in gallery:
        of.setdefault(photo.person, []).append(photo)
    twins: dict[str, list[tuple[Photo, Photo]]] = {}
    for query in queries[:_SEARCHED]:
        record, part = album.folder.record(query), album.part(query)
        found = [other for other in of.get(record.twin if record else 0, ()) if other.camera == query.camera]
        if part and found:
            twins.setdefault(known.DIFFERENCES.get(part, part), []).append((query, found[0]))
    pairs = [Suggested(_most_alike(twins[part]), f"twins: {part}") for part in sorted(twins)]
    for query in queries:
        same = [photo for photo in of.get(query.person, ()) if photo.camera != query.camera]
        other = [photo for photo in gallery if photo.person > 0 and photo.person != query.person]
        if same and other:
            return [*pairs, Suggested((query, same[0]), "one person"), Suggested((query, other[-1]), "two people")]
    return pairs


def _most_alike(pairs: list[tuple[Photo, Photo]]) -> tuple[Photo, Photo]:
    """Of the first pairs that can be read, the one whose small photos differ least; FIRST if it is there."""

    def differ(pair: tuple[Photo, Photo]) -> float:
        images = decode(pair, _SMALL).images.astype(float)
        return float(np.abs(images[0] - images[-1]).mean()) if len(images) == 2 else np.inf

    chosen = [pair for pair in pairs if tuple(photo.name for photo in pair) == FIRST]
    return chosen[0] if chosen else min(pairs[:_COMPARED], key=differ)


def menu(album: Album) -> list[list[str]]:
    """[name, words] of queries and gallery photos to choose from, evenly where there are more than 600."""
    photos = [*album.market.query, *album.market.gallery]
    some = photos[:: -(-len(photos) // _MOST)]
    return [[album.name(photo), label] for photo, label in zip(some, album.labels(some), strict=True)]


def described_photo(album: Album, photo: Photo) -> str:
    """Who is on a photo, by which camera, and in which clothes."""
    return ", ".join(filter(None, [album.who(photo), album.looks(photo)]))
