"""One colour means one thing: the table, its contrast on every ground, and who reads it."""

from __future__ import annotations

import colorsys
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from osnet_edu import colours, figures
from osnet_edu.figures import paper

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
        said = dict(re.findall(r"(--oe-(?!own)[a-z0-9-]+): (#[0-9a-f]{6});", body))
        every = colours.VARIABLES | colours.OF_PARTS
        assert said == {name: getattr(colour, theme) for name, colour in every.items()}


def test_the_colours_differ_from_one_another():
    for theme in GROUNDS:
        values = sorted(getattr(colour, theme) for colour in colours.VARIABLES.values())
        assert all(one != other for one, other in pairwise(values))


# Two things that a chart shows beside each other.
PAIRS = {
    "recipes": (colours.KIT, colours.PUBLISHED),
    "trained": (colours.TRAINED, colours.UNTRAINED),
    "times": (colours.BEFORE, colours.AFTER),
    "values": (colours.MEASURED, colours.FITTED),
    "layers": (colours.LITE, colours.FULL),
    "prices": (colours.PARAMETERS, colours.WORK),
}


def lightness(colour: str) -> float:
    """CIE L*, from 0 (black) to 100."""
    return 116 * luminance(colour) ** (1 / 3) - 16


def hue(colour: str) -> float:
    """In degrees: 0 is red, 120 green, 240 blue."""
    return 360 * colorsys.rgb_to_hsv(*(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)))[0]


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", colours.OF_PARTS)
def test_a_mark_of_a_part_is_seen_and_of_a_price_is_readable_as_text(name, theme):
    least = 3 if "stream" in name else 4.5
    found = {ground: contrast(getattr(colours.OF_PARTS[name], theme), ground) for ground in GROUNDS[theme]}
    assert min(found.values()) >= least, found


@pytest.mark.parametrize("theme", GROUNDS)
def test_streams_are_told_apart_by_lightness_and_the_finest_is_the_lightest(theme):
    levels = [lightness(getattr(style.colour, theme)) for style in colours.STREAMS]
    assert len(levels) == 4
    assert all(finer - coarser >= 10 for finer, coarser in pairwise(levels)), levels


@pytest.mark.parametrize("one, other", [*PAIRS.values(), *combinations(colours.STREAMS, 2)])
def test_two_of_a_chart_are_told_apart_without_any_colour(one, other):
    assert one.mark != other.mark and one.dashes != other.dashes and one.hatch != other.hatch


@pytest.mark.parametrize("theme", GROUNDS)
def test_no_part_is_orange_or_blue(theme):
    for colour in (colours.ONE, colours.TWO, *colours.OF_PARTS.values()):
        found = hue(getattr(colour, theme))
        assert not 10 < found < 50 and not 195 < found < 265, (colour, found)


def test_a_chart_and_its_dark_picture_have_the_table_s_colours():
    figure = Figure()
    line = figure.subplots().plot([0, 1], [0, 1], **figures.UNTRAINED.line)[0]
    assert (line.get_color(), line.get_marker(), line.get_markerfacecolor()) == ("#8a3a93", "D", "#ffffff")
    bars = figure.axes[0].bar([0], [1], **figures.WORK.bar)
    assert bars[0].get_hatch() == "...." and to_hex(bars[0].get_facecolor()) == colours.WORK.colour.light
    for style in (*colours.STREAMS, colours.WORK, colours.PARAMETERS):
        assert paper.DARK[style.colour.light] == style.colour.dark


def test_a_widget_s_css_names_no_colour_that_the_table_has():
    """A value copied into a widget would stay behind when the table changes."""
    table = {
        value for colour in (colours.VARIABLES | colours.OF_PARTS).values() for value in (colour.light, colour.dark)
    }
    folder = Path(colours.__file__).parent / "widgets"
    found = [
        (path.name, value) for path in folder.glob("*.css") for value in re.findall("#[0-9a-f]{6}", path.read_text())
    ]
    assert [(name, value) for name, value in found if value in table] == []
