"""Pictures that ship with the kit: small, described, found from anywhere; and the questions of the layer notebooks."""

import re
from pathlib import Path

import nbformat
import pytest

from osnet_edu import assets
from osnet_edu.widgets import ask, picture
from osnet_edu.widgets.predict import questions

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def sources(number: str) -> list[str]:
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("number", ["02", "03", "05", "06", "07"])
def test_the_first_picture_ships_and_is_small(number):
    (name,) = re.findall(r'picture\(\s*"([^"]+)"', "\n".join(sources(number)))
    assert assets.path(f"pictures/{name}.png").stat().st_size < 200_000


def test_a_picture_is_one_described_image():
    shown = picture("05_rows", 'bars, "quoted" & more').data
    assert shown.count("<img") == 1 and 'alt="bars, &quot;quoted&quot; &amp; more"' in shown
    assert "data:image/png;base64,iVBORw0KGgo" in shown


def test_a_picture_needs_words_and_a_file():
    with pytest.raises(ValueError, match="needs alt text"):
        picture("05_rows", "  ")
    with pytest.raises(FileNotFoundError, match=r"lacks assets/pictures/nothing\.png"):
        picture("nothing", "a picture that is not there")


@pytest.mark.parametrize("number", ["02", "03", "05", "06", "07"])
def test_every_question_is_asked_once_and_can_be_answered(number):
    asked = re.findall(r'ask\("(\d\d\.[\w-]+)"\)', "\n".join(sources(number)))
    assert sorted(asked) == sorted(f"{number}.{name}" for name in questions(number))
    for name in asked:
        box = ask(name)
        box.set_state({"chosen": 1})
        assert 1 <= box.shown_truth <= len(box.answers) and len(box.shown_because) > 40
