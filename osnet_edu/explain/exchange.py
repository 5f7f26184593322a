"""Segment exchange: what if this piece of her looked like the query's? What speaks against a match, the kit's own way.

The photo n is cut into pieces of one colour, small and large ones, and each piece is given the colours of a piece of
the query q that lies about where it lies. Where the similarity to q rises most, the difference was. Pieces follow the
edges of garments, as a difference does; and what is put in comes from q, so that nothing strange enters the photo.

    1  n is cut into a tree of pieces (Ward's method on Lab colours and places, neighbours only), and its 96 finest
       pieces are also joined by colour and height across gaps, so that two shoes are one piece.
    2  q, its colours moved to n's camera, is cut into 32 pieces.
    3  Each piece of n takes the mean colour of each of the 4 pieces of q that lie nearest, its texture kept, and once
       the nearest one's pixels: five photos to embed. In a sixth it takes the colours around it, as if it were gone.
    4  The rise of each exchange, and half the rise when the piece is gone, add up. An exchange gets a weight that falls
       with how far this sum stays below the highest of all, with the distance of the piece of q, and with its own
       area. A pixel's heat is the sum over the pieces that hold it.

It sees two photos and an embedder, and nothing else: no mask, no label, no other photo of these people.
Shapes: H x W pixels.
"""

import numpy as np

from .. import retrieval
from ..embed import Embedder
from ..refused import Refused
from .pieces import (
    PhotoPiece,
    apart,
    checked_pair,
    checked_photo,
    colour_tree,
    cut,
    lab,
    nested,
    recoloured,
    removed,
    toned,
    with_pixels,
)

PIECES = 32  # pieces of q
NEAREST = 4  # pieces of q that a piece of n is given
GONE = 0.5  # of the rise when a piece is gone
_SHARP = 0.01  # of similarity: by how much a rise may stay below the highest and still count
NEARNESS = 0.25  # how much distance counts


def against(embed: Embedder, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What in a photo speaks against its match with a query.

    embed: photos to features, such as an embedder; it is called with about 1,600 photos.
    query, photo: (H, W, 3) uint8, RGB.  Returns: (H, W) float, 0 or below; the sum over all pixels is -1.
    Raises: Refused for photos of other shapes or smaller than 32 x 16.
    """
    query, photo = checked_pair(query, photo)
    moved = toned(query, photo)
    pieces = nested(photo)
    sources = cut(moved, PIECES)
    filled, gone, owner, distance = [], [], [], []
    for k, piece in enumerate(pieces):
        far = np.array([apart(piece, source, photo.shape) for source in sources])
        near = np.argsort(far, kind="stable")[:NEAREST]
        for source in near:
            filled.append(recoloured(photo, piece, sources[source].colour))
        filled.append(with_pixels(photo, piece, moved, sources[near[0]]))
        gone.append(removed(photo, piece))
        owner += [k] * (len(near) + 1)
        distance += [*far[near], far[near[0]]]
    similarity = unit_features(embed, [photo, *gone, *filled]) @ direction_of(embed, query)
    taken, exchanged = np.split(similarity[1:] - similarity[0], [len(pieces)])
    rise = exchanged + GONE * taken[owner]
    return _heat(pieces, owner, rise, np.array(distance), photo.shape)


def without(embed: Embedder, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Segment occlusion on the same pieces: each is only taken away. The nearest rival, to see what the exchange adds.

    embed, query, photo, the result and what is raised: as for `against`; about 260 photos.
    """
    query, photo = checked_pair(query, photo)
    pieces = nested(photo)
    similarity = unit_features(embed, [photo, *(removed(photo, piece) for piece in pieces)]) @ direction_of(
        embed, query
    )
    return _heat(pieces, range(len(pieces)), similarity[1:] - similarity[0], np.zeros(len(pieces)), photo.shape)


def novelty(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What colours a photo has that the query lacks, without any network: a floor for every method about colours.

    query, photo: as for `against`.  Returns: (H, W), 0 or above: the distance in Lab of each pixel to the nearest
    colour of the query, which is moved to the photo's camera.
    """
    from scipy.spatial import cKDTree

    query, photo = checked_pair(query, photo)
    known = lab(toned(query, photo)).reshape(-1, 3)
    away, _ = cKDTree(known).query(lab(photo).reshape(-1, 3))
    return away.reshape(photo.shape[:2])


def cut_now(photo: np.ndarray) -> None:
    """Cut a photo now, so that a map on its pieces comes at once later.  photo: as for `against`."""
    colour_tree(checked_photo(photo))


def averaged(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A map, averaged over the pieces of the photo: no relevance is made, it only follows the edges of garments.

    photo: (H, W, 3) uint8.  heat: (H, W).  Returns: (H, W), with the same sum.
    """
    photo, heat = checked_photo(photo), np.asarray(heat, float)
    if heat.shape != photo.shape[:2]:
        raise Refused(f"a map must be {photo.shape[:2]} for this photo, got {heat.shape}")
    flat = heat.ravel().copy()
    for piece in cut(photo, PIECES):
        flat[piece.pixels] = flat[piece.pixels].mean()
    return flat.reshape(heat.shape)


def _heat(
    pieces: list[PhotoPiece], owner, rise: np.ndarray, distance: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """owner, rise, distance: of each exchange."""
    area = np.array([len(pieces[k].pixels) for k in owner])
    weight = np.exp((rise - rise.max()) / _SHARP - NEARNESS * distance) / area
    heat = np.zeros(shape[0] * shape[1])
    for k, one in zip(owner, weight, strict=True):
        heat[pieces[k].pixels] += one
    return -(heat / heat.sum()).reshape(shape[:2])


def direction_of(embed: Embedder, query: np.ndarray) -> np.ndarray:
    """The direction of the query and of its mirror image together, (D,)."""
    both = unit_features(embed, [query, query[:, ::-1]]).sum(0)
    return retrieval.unit(both[None])[0]


def unit_features(embed: Embedder, photos: list[np.ndarray]) -> np.ndarray:
    """Of length 1, (N, D), in float64."""
    return retrieval.unit(np.asarray(embed(np.stack(photos)), float))
