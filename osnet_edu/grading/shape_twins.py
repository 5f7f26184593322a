"""A second grading set: twins of shape, who wear the same colours in another form.

The twins of `frozen` are recoloured, so a method that looks for new colours on pieces has an easy time. Here a cap
becomes a beanie, a backpack a handbag, long sleeves short ones. q, n, c and p are as in `frozen`, and so are the
cameras and the noise. The truth is where the part that changed is seen in n or in c, and where they differ clearly.
"""

from collections.abc import Callable

from .. import people
from . import frozen
from .frozen import FAMILIES, FROZEN, Cases

PARTS = people.SHAPE_PARTS
FAINTEST = 0.1  # of the strongest difference of the pair: another form also changes the light on what lies beside it
_NUMBER = 20  # of the first part, so that nobody here is in `frozen`

_Job = tuple[int, str, int, tuple[int, int], int]


def render(
    seed: int = FROZEN,
    size: tuple[int, int] = (128, 64),
    families: int = FAMILIES,
    progress: Callable[[int, int], None] | None = None,
) -> Cases:
    """The cases of a seed, by part, then by family.  progress: (families done, families in all).

    Raises: Refused for no family.
    """
    frozen.check_families(families)
    jobs = [(_NUMBER + at, part, k, size, seed) for at, part in enumerate(PARTS) for k in range(families)]
    return frozen.rendered(_family, jobs, progress)


def _family(job: _Job) -> tuple:
    number, part, k, size, seed = job
    person = 1 + 1000 * number + k
    one = people.prepare_shape(people.draw_identity(seed, person), part, seed)
    other = people.shape_twin(one, part, seed)
    pictures = frozen.taken((person, one, other), seed, k, size, sham=(number + k) % 2, faintest=FAINTEST)
    described = frozen.hashed(frozen.RENDERER, "shape", part, size, one, other, frozen.views_of(seed, person, k))
    return *pictures, part, person, described
