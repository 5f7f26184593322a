"""The explorer as a person meets it: in JupyterLab, in Chromium, by mouse and by keyboard alone, light and dark.

OSNET_EDU_SCREENSHOTS=FOLDER keeps pictures.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

import axe
import numpy as np
import pytest
from labpage import DARK, LIGHT
from PIL import Image
from test_widgets_browser import Bench

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = "from osnet_edu.widgets import Explorer\nw = Explorer()"
WINDOWS = {"1280": {"width": 1280, "height": 720}, "390": {"width": 390, "height": 844}}

# What a browser does with a file that is dropped or pasted.
BRING = """([kind, content, name, type]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type }));
    const box = document.querySelector('.oe-explorer');
    const event = kind === 'drop'
        ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true });
    box.dispatchEvent(event);
}"""


@pytest.fixture(autouse=True)
def patience(page):
    """Once the notebook runs, what does not come in half a minute does not come."""
    yield page.page.set_default_timeout(30_000)


@pytest.fixture
def console(page):
    """What the browser's console calls an error."""
    found: list[str] = []
    page.page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    return found


@pytest.fixture
def portrait(tmp_path) -> Path:
    """A photo of the gallery as a file of one's own, larger and wider than the network needs."""
    from osnet_edu import explore

    _, shelf = explore.shipped()
    rankings = shelf.rankings("shipped")
    image = Image.fromarray(rankings.pictures([rankings.gallery[30]])[0]).resize((256, 512), Image.Resampling.NEAREST)
    wide = Image.new("RGB", (768, 512), (90, 90, 90))
    wide.paste(image, (256, 0))
    wide.save(tmp_path / "<img src=x onerror=alert(1)>.png")
    return tmp_path / "<img src=x onerror=alert(1)>.png"


def look(bench: Bench, name: str) -> None:
    """Both themes and both windows: no serious finding of axe, and a picture of each where they are kept."""
    folder = os.environ.get("OSNET_EDU_SCREENSHOTS")
    for theme in (DARK, LIGHT):
        bench.lab.theme(theme)
        for window, size in WINDOWS.items() if folder else [("1280", WINDOWS["1280"])]:
            bench.page.set_viewport_size({**size, "height": 3400} if folder else size)
            bench.page.wait_for_timeout(1000 if folder else 300)
            if folder:
                shown = bench.page.locator(".oe-explorer").first
                shown.screenshot(path=str(Path(folder) / f"explorer_{name}_{theme.split()[1].lower()}_{window}.png"))
        # Tall: axe does not judge the contrast of what would be scrolled away.
        bench.page.set_viewport_size({**WINDOWS["1280"], "height": 3400})
        bench.page.wait_for_timeout(300)
        assert axe.violations(bench.page, ".oe-explorer") == []
    bench.page.set_viewport_size(WINDOWS["1280"])


def sound(bench: Bench, console: list[str]) -> None:
    assert bench.lab.errors() == []
    assert bench.lab.outside_requests() == []
    assert [line for line in console if "favicon" not in line] == []


def test_all_by_mouse(page, lab_server, console, portrait):
    bench = Bench(page, lab_server.root, "explorer_mouse", CELL)
    page.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    box = bench.page.locator(".oe-explorer")
    first = bench.trait("query")
    box.get_by_label("only failures").check()
    bench.python("failures", True)
    box.get_by_text("26 of 360 queries").wait_for()
    box.locator(".oe-row .oe-item[data-index='1']").click()
    bench.python("query", lambda name: name != first)
    box.get_by_text("Wrong at rank 1").wait_for()

    # A pair, and its three questions.
    box.locator(".oe-grid .oe-item.oe-match").first.click()
    bench.python("opened", lambda name: name != "")
    box.locator(".oe-duel").wait_for()
    box.get_by_label("Method:").select_option("gradient")
    box.get_by_role("button", name="Which scale? The gates").click()
    bench.python("why", "gates")
    box.locator(".oe-theatre").wait_for()
    box.get_by_role("button", name="Where? The correspondence").click()
    bench.python("why", "correspondence")
    box.locator(".oe-matching").wait_for()
    assert box.locator(".oe-child .oe-box").count() == 1
    box.get_by_role("button", name="Why this one? The duel").click()
    box.locator(".oe-duel").wait_for()

    # A second network without a stream; both lists move together.
    box.locator("summary", has_text="Networks").click()
    box.get_by_label("Beside it:").select_option("shipped")
    bench.python("other", "shipped")
    box.locator(".oe-muting").get_by_label("silence stream 3 of conv3.1").click()
    bench.python("silenced", [["conv3.1", 3]])
    box.locator("svg.oe-lines path.oe-match").first.wait_for(state="attached")
    left, right = box.locator(".oe-list.oe-column").all()
    left.hover()
    bench.page.mouse.wheel(0, 700)
    bench.page.wait_for_function(
        "() => { const [a, b] = document.querySelectorAll('.oe-list.oe-column');"
        " return a.scrollTop > 300 && a.scrollTop === b.scrollTop; }"
    )
    look(bench, "beside")
    right.locator(".oe-item").nth(3).click()
    bench.python("side", 1)
    box.get_by_role("button", name="Close the pair").click()
    bench.python("opened", "")
    box.locator(".oe-child .oe-box").wait_for(state="detached")
    box.get_by_label("Beside it:").select_option("")
    bench.python("silenced", [])

    # A photo of one's own: dropped, with markup in its name.
    content = base64.b64encode(portrait.read_bytes()).decode()
    bench.page.evaluate(BRING, ["drop", content, portrait.name, "image/png"])
    bench.python("query", "")
    box.get_by_text("A photo of your own").click()
    box.get_by_text("<img src=x onerror=alert(1)>.png, 768x512 pixels.").wait_for()
    assert bench.page.locator("img[src=x]").count() == 0
    first_item = box.locator(".oe-grid .oe-item[data-index='0']")
    first_item.get_by_text("0.9").or_(first_item.get_by_text("1.00")).first.wait_for()
    box.get_by_label("cut from left to right").fill("0")
    bench.python("at", -1)
    look(bench, "own")
    box.locator(".oe-row .oe-item[data-index='0']").click()
    bench.python("query", lambda name: name != "")
    bench.page.evaluate(BRING, ["paste", content, portrait.name, "image/png"])
    bench.python("query", "")

    # The picture of what is on the screen.
    with bench.page.expect_download() as saved:
        box.get_by_role("button", name="Save as PNG").click()
    with Image.open(saved.value.path()) as image:
        assert saved.value.suggested_filename == "own_photo.png" and image.width > 500
    sound(bench, console)


def tabbed(bench: Bench, wanted: str, most: int = 80) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(most):
        bench.page.keyboard.press("Tab")
        name = bench.page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || ''; }"
        )
        if name.strip().startswith(wanted):
            return
    pytest.fail(f"Tab does not reach {wanted!r}")


def test_all_by_keyboard(page, lab_server, console, portrait):
    # Heard from the start: on a busy page a key may come before Chromium knows that its choosers are to be caught.
    choosers: list = []
    page.page.on("filechooser", lambda one: choosers.append(one))
    bench = Bench(page, lab_server.root, "explorer_keys", CELL)
    box, keys = bench.page.locator(".oe-explorer"), bench.page.keyboard
    first = bench.trait("query")
    box.locator("input[type=search]").focus()
    keys.type("person 188")
    bench.python("search", "person 188")
    box.get_by_text("6 of 360 queries").wait_for()
    tabbed(bench, "More filters")
    keys.press("Enter")
    tabbed(bench, "Order:")
    keys.press("ArrowDown")
    bench.python("sort", "hardest positive")
    tabbed(bench, "Queries")
    keys.press("ArrowRight")
    keys.press("Enter")
    bench.python("query", lambda name: name != first and name.startswith("0188"))
    # The page has the new ranking: a key before that would count in the old one.
    box.locator(".oe-asked .oe-strong", has_text="person 188").wait_for()
    tabbed(bench, "Gallery as ranked by shipped")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Enter")
    bench.python("opened", lambda name: name != "", patience=30)
    box.locator(".oe-duel").wait_for()
    tabbed(bench, "Which scale? The gates")
    keys.press("Enter")
    bench.python("why", "gates")
    box.locator(".oe-theatre").wait_for()

    # Silence a stream of the second network: backwards to its list.
    box.locator("summary", has_text="Networks").focus()
    keys.press("Enter")
    tabbed(bench, "Beside it:")
    keys.press("ArrowDown")
    bench.python("other", "shipped")
    # The theatre below has buttons of the same name.
    box.locator(".oe-muting").get_by_label("silence stream 1 of conv2.0").wait_for()
    tabbed(bench, "silence stream 1 of conv2.0")
    keys.press("Space")
    bench.python("silenced", [["conv2.0", 1]])
    tabbed(bench, "Gallery as ranked by shipped without a stream")
    keys.press("End")
    bench.page.wait_for_function(
        "() => { const [a, b] = document.querySelectorAll('.oe-list.oe-column');"
        " return b.scrollTop > 9000 && a.scrollTop === b.scrollTop; }"
    )
    keys.press("Home")

    # A photo of one's own: the button opens the browser's own list of files.
    box.locator("summary", has_text="A photo of your own").focus()
    keys.press("Enter")
    tabbed(bench, "Choose a photo")
    keys.press("Enter")
    bench.wait(lambda: choosers)
    choosers[0].set_files(str(portrait))
    bench.python("query", "")
    tabbed(bench, "Copy the line")
    keys.press("Enter")
    box.get_by_text("Copied").or_(box.get_by_text("Selected: press Ctrl-C")).wait_for()
    sound(bench, console)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("text.png", "text.png is not a picture that this browser can read"),
        ("empty.jpg", "empty.jpg is empty."),
        ("large.png", "large.png has 10000x10000 pixels, 100 million; at most 50 million are taken."),
        ("moving.gif", "Of the animation, the first picture is taken."),
        ("clear.png", "What was see-through is white."),
        ("held.jpg", "held.jpg, 64x128 pixels."),
    ],
)
def test_files_are_looked_at_before_they_travel(page, lab_server, tmp_path, name, says, request):
    path = tmp_path / name
    grey = Image.new("RGB", (128, 64), (90, 90, 90))
    if name == "text.png":
        path.write_text("no picture")
    elif name == "empty.jpg":
        path.touch()
    elif name == "large.png":
        Image.new("1", (10_000, 10_000)).save(path)
    elif name == "moving.gif":
        grey.save(path, save_all=True, append_images=[Image.new("RGB", (128, 64), (200, 0, 0))], loop=0)
    elif name == "clear.png":
        Image.new("RGBA", (64, 128), (255, 0, 0, 0)).save(path)
    else:
        note = Image.Exif()
        note[0x0112] = 6
        grey.save(path, exif=note)
    bench = Bench(page, lab_server.root, f"explorer_{path.stem}", CELL)
    box = bench.page.locator(".oe-explorer")
    before = bench.trait("query")
    box.get_by_text("A photo of your own").click()
    box.locator("input[type=file]").set_input_files(str(path))
    box.get_by_text(says).wait_for()
    if name in ("text.png", "empty.jpg", "large.png"):
        assert bench.trait("query") == before
        return
    bench.python("query", "")
    shown = box.locator(".oe-asked img[src^='data:']")  # not the query's, which stands there until Python has answered
    shown.wait_for()
    content = base64.b64decode(shown.get_attribute("src").partition(",")[2])
    (tmp_path / "seen.png").write_bytes(content)
    seen = np.asarray(Image.open(tmp_path / "seen.png"))
    if name == "clear.png":
        assert (seen == 255).all()
    elif name == "moving.gif":
        assert (np.abs(seen.astype(int) - 90) < 8).all()


def test_the_camera_takes_a_photo(page, lab_server):
    bench = Bench(page, lab_server.root, "explorer_camera", CELL)
    box = bench.page.locator(".oe-explorer")
    box.get_by_text("A photo of your own").click()
    box.get_by_role("button", name="Use the camera").click()
    # The test's browser has a pretended camera, or none: both end in a plain state.
    taking = box.get_by_role("button", name="Take the photo")
    none = box.get_by_text("There is no camera that this page may use")
    taking.or_(none).wait_for()
    if taking.count():
        taking.click()
        bench.python("query", "")
        assert box.get_by_role("button", name="Use the camera").count() == 1


def test_twice_in_a_notebook_run_again_and_the_kernel_restarted(page, lab_server):
    one, two = "from osnet_edu.widgets import Explorer\nExplorer()", "w = Explorer()"
    bench = Bench(page, lab_server.root, "explorer_twice", one, two)
    boxes = bench.page.locator(".oe-explorer")
    assert boxes.count() == 2
    first, second = (boxes.nth(k).locator(".oe-row .oe-item[aria-selected=true]") for k in (0, 1))
    chosen = [int(one.get_attribute("data-index")) for one in (first, second)]
    assert chosen[0] == chosen[1], "both begin with the same query"
    before = bench.trait("query")
    boxes.nth(0).locator(f".oe-row .oe-item[data-index='{chosen[0] - 1}']").click()
    boxes.nth(0).locator(f".oe-row .oe-item[data-index='{chosen[0] - 1}'][aria-selected=true]").wait_for()
    assert bench.trait("query") == before, "each has a query of its own"
    boxes.nth(1).locator(f".oe-row .oe-item[data-index='{chosen[0] + 2}']").click()
    bench.python("query", lambda name: name != before)
    boxes.nth(0).locator(f".oe-row .oe-item[data-index='{chosen[0] - 1}'][aria-selected=true]").wait_for()

    # The cell again: one widget takes the other's place.
    page.run_all(patience=120)
    bench.python("query", before)
    assert boxes.count() == 2 and page.errors() == []
    boxes.nth(1).locator(f".oe-row .oe-item[data-index='{chosen[0] + 1}']").click()
    bench.python("query", lambda name: name != before)

    # The kernel restarted: the page says so when it is used, and a new run is whole again.
    # Not waited for: the command ends when its dialog has been answered.
    bench.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:restart-kernel')")
    dialog = bench.page.locator(".jp-Dialog button.jp-mod-accept")
    dialog.or_(bench.page.locator("#jp-main-statusbar", has_text=" | Idle")).first.wait_for()
    if dialog.count():
        dialog.first.click()
    bench.page.wait_for_timeout(3000)
    boxes.nth(1).locator(f".oe-row .oe-item[data-index='{chosen[0] - 1}']").click()
    boxes.nth(1).get_by_text("has ended: choose Run > Run All Above").wait_for(timeout=30_000)
    page.run_all(patience=120)
    boxes.nth(1).locator(f".oe-row .oe-item[data-index='{chosen[0] - 1}']").click()
    bench.python("query", lambda name: name != before)
    assert page.errors() == []


def test_thousands_of_photos_scroll(page, lab_server):
    many = """
from dataclasses import replace
from osnet_edu import assets
from osnet_edu.photos import market
from osnet_edu.widgets import Explorer
found = market.read(assets.subset())
# Copies of one photo by many cameras: no more reading is needed to see whether the page keeps up.
w = Explorer(replace(found, gallery=tuple(photo for photo in found.gallery for _ in range(12))))"""
    bench = Bench(page, lab_server.root, "explorer_many", many)
    grid = bench.page.locator(".oe-grid")
    drawn = grid.locator(".oe-item").count()
    assert drawn < 120, "only what is in view is in the page"
    took = bench.page.evaluate(
        """async () => {
            const list = document.querySelector('.oe-list.oe-grid');
            const took = [];
            for (let k = 0; k < 60; k++) {
                const start = performance.now();
                list.scrollTop += 1500;
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                took.push(performance.now() - start);
            }
            return took;
        }"""
    )
    assert len(took) == 60 and grid.locator(".oe-item").count() < 120
    last = grid.locator(".oe-item").last
    assert int(last.get_attribute("aria-setsize")) == 5000
    grid.focus()
    bench.page.keyboard.press("End")
    grid.locator(".oe-item[data-index='4999'] img[src]").wait_for()
