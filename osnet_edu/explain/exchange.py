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

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .. import retrieval
from ..embed import Embedder
from ..refused import Refused

_LEAVES, _COARSEST, _PIECES = 96, 6, 32  # finest pieces of n, and pieces at which joining stops; pieces of q
JOINED = 1500 / (128 * 64)  # largest share of the photo that a piece across gaps takes
NEAREST = 4  # pieces of q that a piece of n is given
GONE = 0.5  # of the rise when a piece is gone
AROUND = 4 / 128  # of the height: how far the colours around a piece reach into it
_SHARP = 0.01  # of similarity: by how much a rise may stay below the highest and still count
_ROWS, _COLUMNS, _SMALL = 12 / 128, 14 / 64, 40 / (128 * 64)  # what counts as far, in heights and widths; and as tiny
NEARNESS = 0.25  # how much distance counts
_KEPT = 256  # trees that are remembered, each of some 100 kB: the costly part of a map on pieces
PLACE = 0.1  # of a pixel's row and column against its Lab colour, for photos of 128 rows


@dataclass(frozen=True)
class _Piece:
    """A piece of a photo.  pixels: flat indices.  colour: mean RGB.  row, column: of its middle, in [0, 1]."""

    pixels: np.ndarray
    colour: np.ndarray
    row: float
    column: float


def against(embed: Embedder, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What in a photo speaks against its match with a query.

    embed: photos to features, such as an embedder; it is called with about 1,600 photos.
    query, photo: (H, W, 3) uint8, RGB.  Returns: (H, W) float, 0 or below; the sum over all pixels is -1.
    Raises: Refused for photos of other shapes or smaller than 32 x 16.
    """
    query, photo = _pair(query, photo)
    moved = _moved(query, photo)
    pieces = _pieces(photo)
    sources = _cut(moved, _PIECES)
    filled, gone, owner, distance = [], [], [], []
    for k, piece in enumerate(pieces):
        far = np.array([_distance(piece, source, photo.shape) for source in sources])
        near = np.argsort(far, kind="stable")[:NEAREST]
        for source in near:
            filled.append(_recoloured(photo, piece, sources[source].colour))
        filled.append(_pasted(photo, piece, moved, sources[near[0]]))
        gone.append(_gone(photo, piece))
        owner += [k] * (len(near) + 1)
        distance += [*far[near], far[near[0]]]
    similarity = _features(embed, [photo, *gone, *filled]) @ _reference(embed, query)
    taken, exchanged = np.split(similarity[1:] - similarity[0], [len(pieces)])
    rise = exchanged + GONE * taken[owner]
    return _heat(pieces, owner, rise, np.array(distance), photo.shape)


def without(embed: Embedder, query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Segment occlusion on the same pieces: each is only taken away. The nearest rival, to see what the exchange adds.

    embed, query, photo, the result and what is raised: as for `against`; about 260 photos.
    """
    query, photo = _pair(query, photo)
    pieces = _pieces(photo)
    similarity = _features(embed, [photo, *(_gone(photo, piece) for piece in pieces)]) @ _reference(embed, query)
    return _heat(pieces, range(len(pieces)), similarity[1:] - similarity[0], np.zeros(len(pieces)), photo.shape)


def novelty(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What colours a photo has that the query lacks, without any network: a floor for every method about colours.

    query, photo: as for `against`.  Returns: (H, W), 0 or above: the distance in Lab of each pixel to the nearest
    colour of the query, which is moved to the photo's camera.
    """
    from scipy.spatial import cKDTree

    query, photo = _pair(query, photo)
    known = _lab(_moved(query, photo)).reshape(-1, 3)
    away, _ = cKDTree(known).query(_lab(photo).reshape(-1, 3))
    return away.reshape(photo.shape[:2])


def cut_now(photo: np.ndarray) -> None:
    """Cut a photo now, so that a map on its pieces comes at once later.  photo: as for `against`."""
    _tree(_checked(photo))


def averaged(photo: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A map, averaged over the pieces of the photo: no relevance is made, it only follows the edges of garments.

    photo: (H, W, 3) uint8.  heat: (H, W).  Returns: (H, W), with the same sum.
    """
    photo, heat = _checked(photo), np.asarray(heat, float)
    if heat.shape != photo.shape[:2]:
        raise Refused(f"a map must be {photo.shape[:2]} for this photo, got {heat.shape}")
    flat = heat.ravel().copy()
    for piece in _cut(photo, _PIECES):
        flat[piece.pixels] = flat[piece.pixels].mean()
    return flat.reshape(heat.shape)


def _heat(pieces: list[_Piece], owner, rise: np.ndarray, distance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """owner, rise, distance: of each exchange."""
    area = np.array([len(pieces[k].pixels) for k in owner])
    weight = np.exp((rise - rise.max()) / _SHARP - NEARNESS * distance) / area
    heat = np.zeros(shape[0] * shape[1])
    for k, one in zip(owner, weight, strict=True):
        heat[pieces[k].pixels] += one
    return -(heat / heat.sum()).reshape(shape[:2])


def _reference(embed: Embedder, query: np.ndarray) -> np.ndarray:
    """The direction of the query and of its mirror image together, (D,)."""
    both = _features(embed, [query, query[:, ::-1]]).sum(0)
    return retrieval.unit(both[None])[0]


def _features(embed: Embedder, photos: list[np.ndarray]) -> np.ndarray:
    """Of length 1, (N, D), in float64."""
    return retrieval.unit(np.asarray(embed(np.stack(photos)), float))


# --- pieces -----------------------------------------------------------------------------------------------------------


def _pieces(photo: np.ndarray) -> list[_Piece]:
    """The pieces of n: those of the tree from the finest to the coarsest, and those that are joined across gaps."""
    from scipy.cluster.hierarchy import linkage

    children, leaves = _tree(photo)
    members = dict(enumerate(leaves))
    kept = list(leaves)
    for step, (one, other) in enumerate(children[: _LEAVES - _COARSEST]):
        members[_LEAVES + step] = np.concatenate([members[one], members[other]])
        kept.append(members[_LEAVES + step])
    lab, height, width = _lab(photo).reshape(-1, 3), *photo.shape[:2]
    places = [np.divmod(pixels, width) for pixels in leaves]
    scale = 128 / height
    look = [
        [*lab[pixels].mean(0), scale * rows.mean(), 0.25 * scale * columns.mean()]
        for pixels, (rows, columns) in zip(leaves, places, strict=True)
    ]
    joined = dict(enumerate(leaves))
    for step, (one, other, *_) in enumerate(linkage(np.array(look), "average")):
        joined[_LEAVES + step] = np.concatenate([joined[int(one)], joined[int(other)]])
        if len(joined[_LEAVES + step]) <= JOINED * height * width:
            kept.append(joined[_LEAVES + step])
    return [_piece(photo, pixels) for pixels in kept]


def _cut(photo: np.ndarray, count: int) -> list[_Piece]:
    children, leaves = _tree(photo)
    members = dict(enumerate(leaves))
    for step, (one, other) in enumerate(children[: _LEAVES - count]):
        members[_LEAVES + step] = np.concatenate([members.pop(one), members.pop(other)])
    return [_piece(photo, pixels) for pixels in members.values()]


def _tree(photo: np.ndarray) -> tuple[list[tuple[int, int]], list[np.ndarray]]:
    """Ward's tree of the pixel grid from 96 pieces on: which two are joined, step by step; the pixels of each."""
    return _grown(photo.tobytes(), *photo.shape[:2])


@lru_cache(_KEPT)
def _grown(content: bytes, height: int, width: int) -> tuple[list[tuple[int, int]], list[np.ndarray]]:
    """`_tree` by the bytes of a photo, so that a photo is cut only once."""
    from scipy.ndimage import gaussian_filter
    from sklearn.cluster import ward_tree
    from sklearn.feature_extraction.image import grid_to_graph

    photo = np.frombuffer(content, np.uint8).reshape(height, width, 3)
    rows, columns = np.divmod(np.arange(height * width), width)
    lab = gaussian_filter(_lab(photo), (0.4, 0.4, 0)).reshape(-1, 3)
    scale = PLACE * 128 / height
    features = np.column_stack([lab, scale * rows, scale * columns])
    children = ward_tree(features, connectivity=grid_to_graph(height, width))[0]
    count = height * width
    group = {k: [k] for k in range(count)}
    for step, (one, other) in enumerate(children[: count - _LEAVES]):
        group[count + step] = group.pop(one) + group.pop(other)
    name = {node: k for k, node in enumerate(group)}
    steps = []
    for step, (one, other) in enumerate(children[count - _LEAVES :]):
        steps.append((name[one], name[other]))
        name[count + count - _LEAVES + step] = _LEAVES + step
    return steps, [np.array(pixels) for pixels in group.values()]


def _piece(photo: np.ndarray, pixels: np.ndarray) -> _Piece:
    height, width = photo.shape[:2]
    rows, columns = np.divmod(pixels, width)
    return _Piece(pixels, photo.reshape(-1, 3)[pixels].mean(0), rows.mean() / height, columns.mean() / width)


def _distance(piece: _Piece, source: _Piece, shape: tuple[int, ...]) -> float:
    """How far a piece of q lies from a piece of n; a tiny piece of q counts as farther."""
    share = len(source.pixels) / (shape[0] * shape[1])
    apart = ((piece.row - source.row) / _ROWS) ** 2 + ((piece.column - source.column) / _COLUMNS) ** 2
    return float(apart + np.exp(-share / _SMALL))


# --- fills ------------------------------------------------------------------------------------------------------------


def _recoloured(photo: np.ndarray, piece: _Piece, colour: np.ndarray) -> np.ndarray:
    """The piece with another mean colour and its own texture."""
    filled = photo.copy()
    flat = filled.reshape(-1, 3)
    flat[piece.pixels] = np.clip(flat[piece.pixels] + (colour - piece.colour), 0, 255).round()
    return filled


def _pasted(photo: np.ndarray, piece: _Piece, moved: np.ndarray, source: _Piece) -> np.ndarray:
    """The piece with the pixels of a piece of q: each takes the one that lies nearest when the middles are aligned."""
    from scipy.spatial import cKDTree

    width = photo.shape[1]
    there = np.column_stack(np.divmod(source.pixels, width)).astype(float)
    here = np.column_stack(np.divmod(piece.pixels, width)).astype(float)
    aligned = here + there.mean(0) - here.mean(0)
    _, nearest = cKDTree(there).query(aligned)
    filled = photo.copy()
    filled.reshape(-1, 3)[piece.pixels] = moved.reshape(-1, 3)[source.pixels[nearest]]
    return filled


def _gone(photo: np.ndarray, piece: _Piece) -> np.ndarray:
    """The piece in the colours of what lies around it; far inside, those of the nearest pixel outside."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    inside = np.zeros(photo.shape[:2], bool)
    inside.reshape(-1)[piece.pixels] = True
    sigma = AROUND * len(photo)
    known = gaussian_filter((~inside).astype(float), sigma)[..., None]
    blurred = gaussian_filter(np.where(inside[..., None], 0.0, photo), (sigma, sigma, 0)) / np.maximum(known, 1e-3)
    row, column = distance_transform_edt(inside, return_distances=False, return_indices=True)
    around = np.where(known > 0.02, blurred, photo[row, column])
    filled = photo.copy()
    filled[inside] = np.clip(around[inside], 0, 255).round()
    return filled


def _moved(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The query's colours with the mean and the deviation of the photo's, channel by channel."""
    one, other = (image.reshape(-1, 3).astype(float) for image in (query, photo))
    ratio = other.std(0) / np.maximum(one.std(0), 1e-6)
    return np.clip((query - one.mean(0)) * ratio + other.mean(0), 0, 255).round().astype(np.uint8)


def _lab(image: np.ndarray) -> np.ndarray:
    """sRGB (H, W, 3) uint8 -> CIE Lab, white D65 (IEC 61966-2-1, CIE 15)."""
    value = image / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / matrix.sum(1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _pair(query: np.ndarray, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    query, photo = _checked(query), _checked(photo)
    if query.shape != photo.shape:
        raise Refused(f"a query and a photo of one size are needed, got {query.shape} and {photo.shape}")
    return query, photo


def _checked(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.shape[0] < 32 or image.shape[1] < 16:
        raise Refused(f"expected a photo (H, W, 3) of uint8, 32 x 16 or larger, got {image.shape} of {image.dtype}")
    return image
