"""Pieces of a photo that follow the edges of garments, and ways to give a piece another look.

A tree of pieces is grown by Ward's method on Lab colours and places, neighbours only. A piece can take the colour of a
piece of another photo, or its pixels, or what lies around it.
Shapes: H x W pixels; photos are (H, W, 3) uint8, RGB.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..refused import Refused

_LEAVES, _COARSEST = 96, 6  # finest pieces, and pieces at which joining stops
JOINED = 1500 / (128 * 64)  # largest share of the photo that a piece across gaps takes
AROUND = 4 / 128  # of the height: how far the colours around a piece reach into it
_ROWS, _COLUMNS, _SMALL = 12 / 128, 14 / 64, 40 / (128 * 64)  # what counts as far, in heights and widths; and as tiny
_KEPT = 256  # trees that are remembered, each of some 100 kB: the costly part of a map on pieces
PLACE = 0.1  # of a pixel's row and column against its Lab colour, for photos of 128 rows
_TEXTURES = 48  # finest pieces of one texture
TEXTURE = 3 / 128  # of the height: how far around a pixel its texture is measured
TEXTURE_PLACE = 0.3  # as PLACE, for textures; of a row of every other row


@dataclass(frozen=True)
class PhotoPiece:
    """A piece of a photo.  pixels: flat indices.  colour: mean RGB.  row, column: of its middle, in [0, 1]."""

    pixels: np.ndarray
    colour: np.ndarray
    row: float
    column: float


_Tree = tuple[list[tuple[int, int]], list[np.ndarray]]  # which two are joined, step by step; the pixels of each leaf


def nested(photo: np.ndarray) -> list[PhotoPiece]:
    """Small and large pieces: those of the tree from the finest to the coarsest, and those joined across gaps."""
    from scipy.cluster.hierarchy import linkage

    found = colour_tree(photo)
    leaves, kept = found[1], _grown_up(found)
    colours, height, width = lab(photo).reshape(-1, 3), *photo.shape[:2]
    places = [np.divmod(pixels, width) for pixels in leaves]
    scale = 128 / height
    look = [
        [*colours[pixels].mean(0), scale * rows.mean(), 0.25 * scale * columns.mean()]
        for pixels, (rows, columns) in zip(leaves, places, strict=True)
    ]
    joined = dict(enumerate(leaves))
    for step, (one, other, *_) in enumerate(linkage(np.array(look), "average")):
        joined[_LEAVES + step] = np.concatenate([joined[int(one)], joined[int(other)]])
        if len(joined[_LEAVES + step]) <= JOINED * height * width:
            kept.append(joined[_LEAVES + step])
    return [piece_of(photo, pixels) for pixels in kept]


def textured(photo: np.ndarray) -> list[PhotoPiece]:
    """Small and large pieces of one texture: a striped shirt is one piece, where `nested` takes each stripe apart."""
    return [piece_of(photo, pixels) for pixels in _grown_up(_tree_of_textures(photo))]


def cut(photo: np.ndarray, count: int) -> list[PhotoPiece]:
    """Pieces of one colour that cover the photo, without overlap.  count: how many, 96 at most."""
    return [piece_of(photo, pixels) for pixels in _joined_to(colour_tree(photo), count)]


def cut_textures(photo: np.ndarray, count: int) -> list[PhotoPiece]:
    """Pieces of one texture that cover the photo, without overlap.  count: how many, 48 at most."""
    return [piece_of(photo, pixels) for pixels in _joined_to(_tree_of_textures(photo), count)]


def _grown_up(found: _Tree) -> list[np.ndarray]:
    """The leaves, and each piece that two are joined to, down to the coarsest."""
    steps, leaves = found
    kept = list(leaves)
    for one, other in steps[: len(leaves) - _COARSEST]:
        kept.append(np.concatenate([kept[one], kept[other]]))
    return kept


def _joined_to(found: _Tree, count: int) -> list[np.ndarray]:
    steps, leaves = found
    members = dict(enumerate(leaves))
    for step, (one, other) in enumerate(steps[: len(leaves) - count]):
        members[len(leaves) + step] = np.concatenate([members.pop(one), members.pop(other)])
    return list(members.values())


def colour_tree(photo: np.ndarray) -> _Tree:
    """Ward's tree of the pixels by their colours, from 96 pieces on."""
    return _by_colour(photo.tobytes(), *photo.shape[:2])


@lru_cache(_KEPT)
def _by_colour(content: bytes, height: int, width: int) -> _Tree:
    """`colour_tree` by the bytes of a photo, so that a photo is cut only once."""
    from scipy.ndimage import gaussian_filter

    photo = np.frombuffer(content, np.uint8).reshape(height, width, 3)
    rows, columns = np.divmod(np.arange(height * width), width)
    colours = gaussian_filter(lab(photo), (0.4, 0.4, 0)).reshape(-1, 3)
    scale = PLACE * 128 / height
    return _ward(np.column_stack([colours, scale * rows, scale * columns]), height, width, _LEAVES)


def _tree_of_textures(photo: np.ndarray) -> _Tree:
    """Ward's tree by the mean colour around each pixel and how much it varies there, on every other row and column."""
    from scipy.ndimage import gaussian_filter

    (height, width), sigma = photo.shape[:2], (TEXTURE * len(photo),) * 2 + (0,)
    colours = lab(photo)
    mean = gaussian_filter(colours, sigma)
    spread = np.sqrt(np.maximum(gaussian_filter((colours - mean) ** 2, sigma), 0))
    features = np.concatenate([mean, spread], 2)[1::2, 1::2]
    down, across = features.shape[:2]
    rows, columns = np.divmod(np.arange(down * across), across)
    scale = TEXTURE_PLACE * 128 / down
    steps, leaves = _ward(
        np.column_stack([features.reshape(-1, 6), scale * rows, scale * columns]), down, across, _TEXTURES
    )
    leaf = np.empty(down * across, int)
    for k, cells in enumerate(leaves):
        leaf[cells] = k
    row, column = (np.minimum(np.arange(side) // 2, most - 1) for side, most in ((height, down), (width, across)))
    of_pixel = leaf.reshape(down, across)[np.ix_(row, column)].ravel()
    return steps, [np.flatnonzero(of_pixel == k) for k in range(len(leaves))]


def _ward(features: np.ndarray, height: int, width: int, leaves: int) -> _Tree:
    """features: (height * width, D), of each cell of a grid."""
    from sklearn.cluster import ward_tree
    from sklearn.feature_extraction.image import grid_to_graph

    children = ward_tree(features, connectivity=grid_to_graph(height, width))[0]
    count = height * width
    group = {k: [k] for k in range(count)}
    for step, (one, other) in enumerate(children[: count - leaves]):
        group[count + step] = group.pop(one) + group.pop(other)
    name = {node: k for k, node in enumerate(group)}
    steps = []
    for step, (one, other) in enumerate(children[count - leaves :]):
        steps.append((name[one], name[other]))
        name[count + count - leaves + step] = leaves + step
    return steps, [np.array(pixels) for pixels in group.values()]


def piece_of(photo: np.ndarray, pixels: np.ndarray) -> PhotoPiece:
    """The piece of some pixels.  pixels: flat indices."""
    height, width = photo.shape[:2]
    rows, columns = np.divmod(pixels, width)
    return PhotoPiece(pixels, photo.reshape(-1, 3)[pixels].mean(0), rows.mean() / height, columns.mean() / width)


def apart(piece: PhotoPiece, source: PhotoPiece, shape: tuple[int, ...]) -> float:
    """How far a piece of q lies from a piece of n; a tiny piece of q counts as farther."""
    share = len(source.pixels) / (shape[0] * shape[1])
    apart = ((piece.row - source.row) / _ROWS) ** 2 + ((piece.column - source.column) / _COLUMNS) ** 2
    return float(apart + np.exp(-share / _SMALL))


# --- fills ------------------------------------------------------------------------------------------------------------


def recoloured(photo: np.ndarray, piece: PhotoPiece, colour: np.ndarray) -> np.ndarray:
    """The piece with another mean colour and its own texture."""
    filled = photo.copy()
    flat = filled.reshape(-1, 3)
    flat[piece.pixels] = np.clip(flat[piece.pixels] + (colour - piece.colour), 0, 255).round()
    return filled


def with_pixels(photo: np.ndarray, piece: PhotoPiece, moved: np.ndarray, source: PhotoPiece) -> np.ndarray:
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


def varied(photo: np.ndarray, piece: PhotoPiece, moved: np.ndarray, source: PhotoPiece) -> np.ndarray:
    """The piece with the mean and the spread of another piece's colours: its own texture, fainter or stronger."""
    own, other = (image.reshape(-1, 3)[one.pixels].astype(float) for image, one in ((photo, piece), (moved, source)))
    ratio = np.clip(other.std(0) / np.maximum(own.std(0), 2), 0.1, 10)
    filled = photo.copy()
    filled.reshape(-1, 3)[piece.pixels] = np.clip((own - own.mean(0)) * ratio + other.mean(0), 0, 255).round()
    return filled


def removed(photo: np.ndarray, piece: PhotoPiece) -> np.ndarray:
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


def toned(query: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The query's colours with the mean and the deviation of the photo's, channel by channel."""
    one, other = (image.reshape(-1, 3).astype(float) for image in (query, photo))
    ratio = other.std(0) / np.maximum(one.std(0), 1e-6)
    return np.clip((query - one.mean(0)) * ratio + other.mean(0), 0, 255).round().astype(np.uint8)


def lab(image: np.ndarray) -> np.ndarray:
    """sRGB (H, W, 3) uint8 -> CIE Lab, white D65 (IEC 61966-2-1, CIE 15)."""
    value = image / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / matrix.sum(1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def checked_pair(query: np.ndarray, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two photos of one size.  Raises: Refused for others, and as `checked_photo` does."""
    query, photo = checked_photo(query), checked_photo(photo)
    if query.shape != photo.shape:
        raise Refused(f"a query and a photo of one size are needed, got {query.shape} and {photo.shape}")
    return query, photo


def checked_photo(image: np.ndarray) -> np.ndarray:
    """A photo of 32 x 16 pixels or larger.  Raises: Refused for anything else."""
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.shape[0] < 32 or image.shape[1] < 16:
        raise Refused(f"expected a photo (H, W, 3) of uint8, 32 x 16 or larger, got {image.shape} of {image.dtype}")
    return image
