"""Pictures that ship with the kit: small, described, found from anywhere; and the questions of the layer notebooks."""

import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from osnet_edu import assets
from osnet_edu.widgets import ask, picture
from osnet_edu.widgets.predict import asked_in

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def sources(number: str) -> list[str]:
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("number", ["01", "02", "03", "04", "05", "06", "07"])
def test_the_first_picture_ships_small_on_light_and_on_dark_paper(number):
    (name,) = re.findall(r'picture\(\s*"([^"]+)"', "\n".join(sources(number)))
    paths = [assets.path(f"pictures/{name}{kind}.png") for kind in ("", "_dark")]
    assert all(path.stat().st_size < 200_000 for path in paths)
    light, dark = (Image.open(path).convert("RGB") for path in paths)
    assert light.size == dark.size
    assert light.getpixel((1, 1)) == (255, 255, 255) and dark.getpixel((1, 1)) == (17, 17, 17)


def test_a_picture_is_one_described_image():
    shown = picture("05_rows", 'bars, "quoted" & more').data
    assert shown.count("<img") == 1 and 'alt="bars, &quot;quoted&quot; &amp; more"' in shown
    light, dark = re.findall(r"data:image/png;base64,(iVBORw0KGgo[^\")]+)", shown)
    assert light != dark and '[data-jp-theme-light="false"] img' in shown


def test_a_picture_needs_words_and_a_file():
    with pytest.raises(ValueError, match="needs alt text"):
        picture("05_rows", "  ")
    with pytest.raises(FileNotFoundError, match=r"lacks assets/pictures/nothing\.png"):
        picture("nothing", "a picture that is not there")


@pytest.mark.parametrize("number", ["02", "03", "05", "06", "07"])
def test_every_question_is_asked_once_and_can_be_answered(number):
    asked = re.findall(r'ask\("(\d\d\.[\w-]+)"\)', "\n".join(sources(number)))
    assert sorted(asked) == sorted(f"{number}.{name}" for name in asked_in(number))
    for name in asked:
        box = ask(name)
        box.set_state({"chosen": 1})
        assert 1 <= box.shown_truth <= len(box.answers) and len(box.shown_because) > 40
