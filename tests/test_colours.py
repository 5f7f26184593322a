"""One colour means one thing: the table, its contrast on every ground, and who reads it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from osnet_edu import colours

# Grounds of text: JupyterLab's --jp-layout-color1 and 2, Voila's and the figures' paper, and the sketches' surfaces.
GROUNDS = {
    "light": ("#ffffff", "#eeeeee", "#f5f6f8", "#eef2f7"),
    "dark": ("#111111", "#212121", "#12161c", "#1b212a", "#222a33", "#424242"),
}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_as_wcag_defines_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", colours.VARIABLES)
def test_text_in_a_colour_is_readable(name, theme):
    found = {ground: contrast(getattr(colours.VARIABLES[name], theme), ground) for ground in GROUNDS[theme]}
    assert min(found.values()) >= 4.5, found


def test_css_has_the_light_values_and_the_dark_ones_on_dark_pages():
    rules = re.findall(r"(.*?) \{ (.*?) \}\n", colours.css(".oe-box"))
    assert [selector for selector, _ in rules] == [".oe-box", colours.on_dark(".oe-box")]
    for (_, body), theme in zip(rules, ("light", "dark"), strict=True):
        said = dict(re.findall(r"(--oe-[a-z]+): (#[0-9a-f]{6});", body))
        assert said == {name: getattr(colour, theme) for name, colour in colours.VARIABLES.items()}


def test_the_colours_differ_from_one_another():
    for theme in GROUNDS:
        values = sorted(getattr(colour, theme) for colour in colours.VARIABLES.values())
        assert all(one != other for one, other in pairwise(values))
