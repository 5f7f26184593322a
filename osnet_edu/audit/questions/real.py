"""How much of an audit may not carry over to real photos: what was measured of networks that were asked both."""

from .. import scenes
from ..record import Answer
from .ask import Inquiry

# Rank-1 in per cent, measured once: the shipped weights on 854 photos of 100 real people, and the official x0.25
# weights, which learned from real photos, on the shipped rendered test.
_NOTES = (
    "The photos are rendered: their people have fewer kinds of clothes, hair and build than a street has, and their "
    "light and noise are simpler.",
    "The kit's shipped weights find 93 % at home here, and found 53 % of 100 real people. They never saw a real one.",
    "Official OSNet x0.25 weights, which learned from real photos, find 36 % (from Market-1501) and 47 % (from MSMT17) "
    "of the rendered people. A network from real photos is asked about photos that are strange to it.",
    "So compare two networks, or one network with itself: which part counts, what moves a photo, which map is right. "
    "Do not take a rank-1 from here for a rank-1 in a street.",
)


def carried(asked: Inquiry) -> Answer:
    """Sentences alone: nothing is asked."""
    return Answer("real", scenes.scene_name("real"), (), _NOTES)
