"""Takes the README's picture of the site: python assets/pictures/front/make_site.py SITE

SITE is what `python3 lab.py book SITE` has built. The explorer of its page is opened at a query that the network gets
wrong, with the pair of the query and her twin, in the light theme. The picture is 1000 pixels wide, with a palette.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WINDOW, SIZE = {"width": 1240, "height": 760}, 1000
FOUND = "0188_c2s1_018800_01.jpg"  # ranked wrongly: her twin comes first


def main(site: Path) -> None:
    from bookpage import hosted
    from labpage import CHROMIUM_FLAGS

    from osnet_edu.lab import needs

    with sync_playwright() as playwright, hosted(site) as address:
        browser = playwright.chromium.launch(executable_path=needs.find_chromium(), args=list(CHROMIUM_FLAGS))
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.goto(f"{address}explorer.html#query={FOUND}")
        page.locator(".oe-grid .oe-item[aria-label^='Rank 1,']:has(img[src])").click()
        page.locator(".oe-duel .oe-stack img[src]").first.wait_for()
        page.mouse.move(0, 0)
        page.evaluate("() => scrollTo(0, 0)")
        page.wait_for_timeout(1500)
        shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    small = shown.resize((SIZE, round(shown.height * SIZE / shown.width)), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(HERE / "site.png", optimize=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    main(Path(sys.argv[1]))
