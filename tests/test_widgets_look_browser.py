"""How the whole kit looks, in one page of JupyterLab: the colours of what shows a pair, and the contrast of buttons.

OSNET_EDU_SCREENSHOTS=FOLDER keeps a picture of each widget, light and dark, wide and narrow.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import axe
import kitpage
import numpy as np
import pytest
from labpage import DARK, LIGHT
from PIL import Image

from osnet_edu import colours

pytestmark = [pytest.mark.browser, pytest.mark.slow]

THEMES = {LIGHT: "light", DARK: "dark"}
BOXES = (
    "predict", "ranking", "lab", "theatre", "duel", "matching", "explorer", "conv", "field", "costs", "blocks", "mixer",
    "training", "flow", "who", "pick",
)  # fmt: skip
# Where a widget marks the same person and another one: what carries a frame, and what is filled.
FRAMES = {
    "same": (
        ".oe-predict .oe-true", ".oe-ranking .oe-hit", ".oe-lab .oe-first .oe-match img", ".oe-theatre li.oe-hit img",
        ".oe-explorer .oe-item.oe-match img", ".oe-who .oe-option.oe-same", ".oe-pick .oe-hit img",
    ),
    "other": (
        ".oe-predict .oe-false", ".oe-ranking .oe-other", ".oe-lab .oe-first .oe-other img",
        ".oe-theatre li.oe-other img", ".oe-explorer .oe-item.oe-other img", ".oe-training .oe-pair img.oe-second",
        ".oe-who .oe-option.oe-other", ".oe-pick .oe-miss img",
    ),
}  # fmt: skip
FILLED = {
    "same": (".oe-theatre i.oe-p", ".oe-duel .oe-bar.oe-for"),
    "other": (".oe-theatre i.oe-n", ".oe-duel .oe-bar.oe-against"),
}


OUTLINE = """() => {
    const style = getComputedStyle(document.activeElement);
    const rgb = style.outlineColor.match(/\\d+/g).slice(0, 3).map((v) => Number(v).toString(16).padStart(2, '0'));
    return [style.outlineStyle, style.outlineWidth, `#${rgb.join('')}`];
}"""


# Nothing is busy, and pictures and height are what they were a second ago.
AT_REST = """() => {
    const pictures = [...document.querySelectorAll('.oe-box img')].map((one) => one.complete && one.naturalWidth);
    const busy = document.querySelectorAll('.oe-box[aria-busy=true]').length;
    const now = [...pictures, document.querySelector('.jp-Notebook').scrollHeight].join();
    const same = !busy && now === window.oeBefore;
    window.oeBefore = now;
    return same;
}"""


@pytest.fixture(scope="module")
def kit(shared_page, lab_server):
    opened = shared_page.page()
    opened.page.set_default_timeout(60_000)
    kitpage.opened(opened, lab_server.root)
    opened.page.wait_for_function(AT_REST, polling=1000)
    yield opened
    assert opened.errors() == [] and opened.outside_requests() == []


@pytest.fixture(scope="module", params=THEMES)
def themed(kit, request):
    """The page in a theme, with its name: "light" or "dark"."""
    kit.theme(request.param)
    return kit.page, THEMES[request.param]


def test_every_widget_is_there(themed):
    page, theme = themed
    assert [name for name in BOXES if not page.locator(f".oe-box.oe-{name}").count()] == []
    if folder := os.environ.get("OSNET_EDU_SCREENSHOTS"):
        look(page, theme, Path(folder))


def look(page, theme: str, folder: Path) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 1600})
        page.wait_for_timeout(700)
        for box in BOXES:
            page.locator(f".oe-box.oe-{box}").first.screenshot(path=str(folder / f"{box}_{theme}_{width}.png"))
    page.set_viewport_size({"width": 1280, "height": 900})


def near(pixels: np.ndarray, meaning: str, theme: str) -> np.ndarray:
    """Which pixels have the colour of a meaning: (H, W) bool.  pixels: (H, W, 3)."""
    colour = getattr({"same": colours.SAME, "other": colours.OTHER}[meaning], theme)
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return (np.abs(pixels.astype(int) - wanted) <= 28).all(-1)


def placed(locator) -> dict:
    """Where an element is, once it is scrolled into the middle."""
    locator.evaluate("element => element.scrollIntoView({block: 'center', inline: 'center'})")
    return locator.bounding_box()


def pixels_of(page, locator, around: int = 0) -> np.ndarray:
    box = placed(locator)
    clip = {"x": box["x"] - around, "y": box["y"] - around}
    clip |= {"width": box["width"] + 2 * around, "height": box["height"] + 2 * around}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))


def sides(mask: np.ndarray, deep: int = 8) -> list[float]:
    """Of each side of a frame, the share of its length that is coloured, in the row or column that has the most."""
    bands = (mask[:deep], mask[-deep:], mask[:, :deep].T, mask[:, -deep:].T)
    lengths = [band[:, band.shape[1] // 4 : -band.shape[1] // 4] for band in bands]  # without the round corners
    return [float(band.mean(1).max()) for band in lengths]


@pytest.mark.parametrize(("meaning", "selector"), [(m, one) for m, all_ in FRAMES.items() for one in all_])
def test_a_frame_has_the_colour_of_its_meaning(themed, meaning, selector):
    page, theme = themed
    shown = page.locator(f"{selector}:visible").first
    for _ in range(50):  # pictures that come late move it, and then something else is where it was
        pixels = pixels_of(page, shown, around=4)
        found = sides(near(pixels, meaning, theme))
        if min(found) > 0.35:
            break
        page.wait_for_timeout(200)
    opposite = near(pixels, {"same": "other", "other": "same"}[meaning], theme)
    assert max(sides(opposite)) < 0.3, f"{selector} has the colour of the opposite on {max(sides(opposite)):.0%}"
    if meaning == "same":
        assert min(found) > 0.85, f"a solid frame covers its sides, {selector} {found}"
    else:
        assert all(0.35 < share < 0.85 for share in found), f"a dashed frame covers a part of them, {selector} {found}"


@pytest.mark.parametrize(("meaning", "selector"), [(m, one) for m, all_ in FILLED.items() for one in all_])
def test_a_bar_has_the_colour_of_its_meaning(themed, meaning, selector):
    page, theme = themed
    bars = page.locator(f"{selector}:visible")
    widest = max(range(bars.count()), key=lambda k: bars.nth(k).bounding_box()["width"])
    assert near(pixels_of(page, bars.nth(widest)), meaning, theme).mean() > 0.6


def test_figures_have_the_same_colours_in_both_themes(themed):
    page, theme = themed
    photos = pixels_of(page, page.locator('img[alt^="2 photos. a (same person)"]'))
    middle = photos.shape[1] // 2
    for half, meaning, opposite in ((photos[:, :middle], "same", "other"), (photos[:, middle:], "other", "same")):
        assert near(half, meaning, theme).sum() > 400 > 20 > near(half, opposite, theme).sum()
    for alt in ("A query, a photo of the same person", "A query and the 3 gallery photos"):
        pixels = pixels_of(page, page.locator(f'img[alt^="{alt}"]'))
        assert near(pixels, "same", theme).sum() > 400 and near(pixels, "other", theme).sum() > 200


def test_every_button_can_be_read_in_every_state(themed):
    page, _ = themed
    folded = page.evaluate_handle("() => [...document.querySelectorAll('.oe-box details:not([open])')]")
    folded.evaluate("(all) => all.forEach((one) => (one.open = true))")
    assert axe.contrast_in_states(page, ".oe-box button, .oe-box select, .oe-box summary") == {}
    folded.evaluate("(all) => all.forEach((one) => (one.open = false))")


def test_the_focus_is_a_thick_neutral_outline(themed):
    page, theme = themed
    wanted = getattr(colours.SELECT, theme)
    for box in ("predict", "ranking", "lab", "theatre", "mixer", "explorer"):
        page.locator(f".oe-{box} button:visible").first.focus()
        page.keyboard.press("Shift")  # a key, so that the browser shows the focus
        style = page.evaluate(OUTLINE)
        assert style == ["solid", "3px", wanted], box


@pytest.fixture
def narrowed(kit):
    """narrowed(width): the page that wide, until the test is over."""
    yield lambda width: kit.page.set_viewport_size({"width": width, "height": 844})
    kit.page.set_viewport_size({"width": 1280, "height": 900})


def boxes_of(kit, selector: str) -> list[dict]:
    kit.page.locator(selector).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    return [one.bounding_box() for one in kit.page.locator(selector).all()]


def test_the_pictures_of_the_lab_come_first_on_a_phone(kit, narrowed):
    narrowed(390)
    kit.page.wait_for_function("() => document.querySelector('.oe-lab').clientWidth < 400")
    lab = kit.page.locator(".oe-lab").first
    lab.evaluate("element => element.scrollIntoView({block: 'start'})")
    pictures = [one.bounding_box() for one in lab.locator(".oe-main .oe-pictures .oe-stack").all()]
    main, controls = (lab.locator(one).bounding_box() for one in (".oe-main", ".oe-controls"))
    assert len(pictures) == 3 and len({round(one["y"]) for one in pictures}) == 1, "side by side"
    assert pictures[2]["x"] + pictures[2]["width"] <= main["x"] + main["width"] + 1
    assert pictures[0]["y"] + pictures[0]["height"] < min(844, controls["y"]), "in view, above the controls"


@pytest.mark.parametrize("width", [1280, 800, 600, 390])
def test_no_card_stands_alone_in_a_last_row(kit, narrowed, width):
    narrowed(width)
    kit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    cards = boxes_of(kit, ".oe-ranking ol .oe-card")
    for places in ([round(one["y"]) for one in cards[:9]], [round(one["y"]) for one in cards[9:]]):
        rows = [places.count(place) for place in sorted(set(places))]
        assert len(places) == 9 and 2 * rows[-1] >= rows[0], rows
    assert max(one["width"] for one in cards) <= 93
