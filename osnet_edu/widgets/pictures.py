"""A picture that ships with the kit, put into a notebook with its description."""

import base64
import html

from .. import assets
from ..refused import Refused


def picture(name: str, alt: str, width: int = 860):
    """assets/pictures/NAME.png as one <img> with alt text, wherever the notebook lies.

    alt: what a person who does not see the picture should know.  width: at most, in CSS pixels.
    Returns: IPython.display.HTML.  Raises: Refused without a description; FileNotFoundError where it is missing.
    """
    from IPython.display import HTML

    if not alt.strip():
        raise Refused("a picture needs alt text: say in a sentence or two what there is to see")
    data = base64.b64encode(assets.path(f"pictures/{name}.png").read_bytes()).decode()
    return HTML(
        f'<img alt="{html.escape(alt.strip())}" width="{width}" style="max-width: 100%; height: auto" '
        f'src="data:image/png;base64,{data}">'
    )
