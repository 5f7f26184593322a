"""Does what a map points at count? It is painted over, and the similarity is asked again: a check that needs no truth.

The pixels that speak most for the similarity take the colours of the blurred photo. If they count the similarity falls,
and by more than when the same shape lies anywhere else. What speaks against is not checked in this way: blurred, a
garment of the wrong colour has the wrong colour still.
Shapes: H x W pixels.
"""

from dataclasses import dataclass

import numpy as np

from .. import retrieval
from ..embed import Embedder, normalise, pictures
from ..explain import blur
from ..refused import Refused

_SHARE = 0.1  # of the photo that is painted over, at least, where the map says so much
MOVES = (4, 4)  # places down and across to which the shape is moved, the first of which is its own


@dataclass(frozen=True)
class Removal:
    """share: of the photo that was painted over.  fall: of the similarity.  elsewhere: the mean fall for the same shape
    in other places.
    """

    share: float
    fall: float
    elsewhere: float

    @property
    def counts(self) -> bool:
        """Whether the similarity falls, and by more than with the same shape in other places."""
        return self.fall > max(self.elsewhere, 0.0)

    def __str__(self) -> str:
        said = [f"falls by {one:.3f}" if one >= 0 else f"rises by {-one:.3f}" for one in (self.fall, self.elsewhere)]
        return (
            f"Checked: with the most orange {max(1, round(100 * self.share))} % of the photo blurred, the similarity "
            f"{said[0]}. With the same shape elsewhere it {said[1]}."
        )


def measure_removal(embed: Embedder, query: np.ndarray, photo: np.ndarray, heat: np.ndarray) -> Removal | None:
    """Paint over what speaks most for the similarity of a photo to a query.

    query, photo: (H, W, 3) uint8.  heat: (H, W) signed, over the photo.  Returns: None where nothing speaks for it.
    Raises: Refused for shapes that do not fit.
    """
    query, photo, heat = np.asarray(query), np.asarray(photo), np.asarray(heat, float)
    if query.shape != photo.shape or photo.shape[:2] != heat.shape or photo.ndim != 3:
        raise Refused(f"two photos and a map of one size are needed, got {query.shape}, {photo.shape}, {heat.shape}")
    shape = strongest(heat)
    if not shape.any():
        return None
    soft = pictures(blur(normalise(photo[None]), photo.shape[0] / 8))[0]
    rows, columns = ([side * k // many for k in range(many)] for side, many in zip(heat.shape, MOVES, strict=True))
    places = [(down, across) for down in rows for across in columns]
    painted = [np.where(np.roll(shape, place, (0, 1))[..., None], soft, photo) for place in places]
    features = retrieval.unit(np.asarray(embed(np.stack([query, photo, *painted])), float))
    before, own, *others = features[1:] @ features[0]
    return Removal(float(shape.mean()), float(before - own), float(before - np.mean(others)))


def strongest(heat: np.ndarray, share: float = _SHARE) -> np.ndarray:
    """The pixels that speak most for, (H, W) bool: at least this share of all, equal ones together, if any does."""
    least = np.sort(heat, axis=None)[-max(1, round(share * heat.size))]
    return (heat >= least) & (heat > 0)
