"""Pairs of photos that are worth following through a network: twins by each part, one person twice, two strangers."""

from dataclasses import dataclass

from ..explain import known
from ..explore import Album
from ..photos.market import Photo

_MOST = 600  # photos in a menu
SEARCHED = 4_000  # photos of a gallery in which a partner is looked for


@dataclass(frozen=True)
class Suggested:
    """Two photos, and in words what they are."""

    photos: tuple[Photo, Photo]
    words: str


def suggested(album: Album) -> list[Suggested]:
    """A pair of twins for each part in which twins differ, then one person by two cameras, then two people.

    Where there is a choice, twins are seen by one camera: then the background differs little.
    """
    queries, gallery = album.market.query, album.market.gallery[:SEARCHED]
    found: dict[str, Suggested] = {}
    for query in queries:
        record, part = album.folder.record(query), album.part(query)
        if not part or record is None:
            continue
        words = f"twins: {known.DIFFERENCES.get(part, part)}"
        others = [photo for photo in gallery if photo.person == record.twin]
        alike = [photo for photo in others if photo.camera == query.camera]
        if others and (words not in found or (alike and _cameras(found[words]) == 2)):
            found[words] = Suggested((query, (alike or others)[0]), words)
    rest = []
    for query in queries:
        same = [photo for photo in gallery if photo.person == query.person and photo.camera != query.camera]
        other = [photo for photo in gallery if photo.person > 0 and photo.person != query.person]
        if same and other:
            rest = [Suggested((query, same[0]), "one person"), Suggested((query, other[-1]), "two people")]
            break
    return [*sorted(found.values(), key=lambda pair: pair.words), *rest]


def menu(album: Album) -> list[list[str]]:
    """[name, words] of queries and gallery photos to choose from, evenly where there are more than 600."""
    photos = [*album.market.query, *album.market.gallery]
    some = photos[:: -(-len(photos) // _MOST)]
    return [[album.name(photo), label] for photo, label in zip(some, album.labels(some), strict=True)]


def _cameras(pair: Suggested) -> int:
    return len({photo.camera for photo in pair.photos})
