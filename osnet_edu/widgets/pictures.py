"""Pictures on a page: one that ships with the kit, with its description, and pixels as the address of a picture."""

import io

import numpy as np
from PIL import Image

from .. import assets, colours
from ..refused import Refused

_SMALL = (128, 64)  # height, width of a picture in a list


def picture(name: str, alt: str, width: int = 860):
    """assets/pictures/NAME.png, or NAME_dark.png on a dark page, as one <img> with alt text.

    alt: what a person who does not see the picture should know.  width: at most, in CSS pixels.
    Returns: IPython.display.HTML.  Raises: Refused without a description; FileNotFoundError where it is missing.
    """
    from IPython.display import HTML

    if not alt.strip():
        raise Refused("a picture needs alt text: say in a sentence or two what there is to see")
    light, dark = (assets.data_uri(assets.path(f"pictures/{name}{kind}.png").read_bytes()) for kind in ("", "_dark"))
    return HTML(colours.two_themes(light, dark, alt.strip(), width))


def uri(image: np.ndarray, form: str = "PNG") -> str:
    """Pixels as a data URI.  image: (H, W, 3) uint8, RGB.  form: "PNG" for exact pixels, "JPEG" for small photos."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, form, **({"quality": 88} if form == "JPEG" else {}))
    return assets.data_uri(file.getvalue(), f"image/{form.lower()}")


def thumbnail(image: np.ndarray) -> bytes:
    """A photo as a small JPEG of 128 x 64 pixels.  image: (H, W, 3) uint8, RGB."""
    file = io.BytesIO()
    Image.fromarray(image).resize((_SMALL[1], _SMALL[0])).save(file, "JPEG", quality=85)
    return file.getvalue()


def outline(truth: np.ndarray) -> np.ndarray:
    """The edge of a region, white within black, four times as large.

    truth: (H, W) bool.  Returns: (4 H, 4 W, 4) uint8, RGBA.
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    large = np.kron(truth, np.ones((4, 4), bool))
    edge, around = large & ~binary_erosion(large), binary_dilation(large, iterations=2) & ~large
    drawn = np.zeros((*large.shape, 4), np.uint8)
    drawn[around | binary_dilation(edge)] = (0, 0, 0, 255)
    drawn[edge] = (255, 255, 255, 255)
    return drawn
