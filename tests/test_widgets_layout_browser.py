"""The look of the widgets on a page without Python: what stands where, wide and on a phone, and one scale of type.

The page is the widgets' own, in a real Chromium; a stand-in of the model answers from records.
"""

from __future__ import annotations

import json
from base64 import b64encode

import axe
import numpy as np
import pytest
from labpage import CHROMIUM_FLAGS

from osnet_edu import colours, people, widgets
from osnet_edu.embed import Embedding
from osnet_edu.widgets import records
from osnet_edu.widgets.pictures import thumbnail

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
SCALE = (12.5, 15, 19, 30, 52)
SECONDS = 30_000

# record, pairs: {question: {state, code}}, other: the ranking of another network, photos: base64 of JPEGs.
PAGE = """
class Model {
  constructor(state, more = {}) {
    Object.assign(this, { state: { asked: 0, answered: 0, ...state }, heard: [] }, more);
  }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; }
  on(event, act) { this.heard.push([event, act]); }
  off() {}
  tell(event, ...what) { this.heard.filter(([name]) => name === event).forEach(([, act]) => act(...what)); }
  save_changes() {
    const answered = this.state.asked;
    setTimeout(() => {
      if (window.held) return;
      const now = { ...this.answer?.(this.state), answered };
      for (const [name, value] of Object.entries(now)) {
        this.state[name] = value;
        this.tell(`change:${name}`);
      }
    });
  }
  send(message) { this.sent?.(message); }
}
const load = async (code) =>
  (await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })))).default;
window.show = async (code, state) =>
  (await load(code)).render({ model: new Model(state), el: document.body.appendChild(document.createElement("div")) });
window.explore = async (code, record, pairs, other, photos) => {
  const model = new Model(record, {
    answer: (state) => ({
      child: state.opened && !window.refused ? `IPY_MODEL_${state.why}` : null,
      asked_of: state.opened ? `two people ${window.refused || ""}` : "",
      cannot: window.refused && state.opened ? { duel: window.refused, gates: window.refused } : {},
      left: state.model === "untrained" ? other : record.left,
    }),
    sent(message) {
      for (const what of ["queries", "gallery"]) {
        if (!message[what]) continue;
        const jpeg = Uint8Array.from(atob(photos[what]), (letter) => letter.charCodeAt(0));
        const texts = message[what].map(() => "a person");
        const pictures = texts.map(() => new DataView(jpeg.buffer));
        setTimeout(() => model.tell("msg:custom", { [what]: message[what], texts }, pictures));
      }
    },
    widget_manager: {
      get_model: async (id) => pairs[id],
      async create_view({ code, state }) {
        const el = document.createElement("div");
        const end = await (await load(code)).render({ model: new Model(state), el });
        return { el, remove: () => (end?.(), el.remove()) };
      },
    },
  });
  window.model = model;
  (await load(code)).render({ model, el: document.body.appendChild(document.createElement("div")) });
};
"""

INSIDE = """(selector) => [...document.querySelectorAll(selector)].map((one) => {
    const box = one.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
})"""

# The computed size of every element that has words of its own, drawings apart.
SIZES = """() => {
    const found = {};
    for (const one of document.querySelectorAll('.oe-box, .oe-box *')) {
        const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        const field = one.matches('select, input:is([type=text], [type=search], [type=number])');
        if (!one.closest('svg') && (words || field)) {
            found[getComputedStyle(one).fontSize] ??= one.outerHTML.slice(0, 120);
        }
    }
    return found;
}"""

WIDER = """() => [...document.querySelectorAll('.oe-box')]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.className)"""

INKS = """(box) => ['color', 'backgroundColor'].map((name) => {
    const parts = getComputedStyle(box)[name].match(/\\d+/g).slice(0, 3);
    return '#' + parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('');
})"""

SWIPE = """(down) => {
    const head = document.querySelector('.oe-head');
    const touch = (name, y) => {
        const at = [{ clientY: y }];
        head.dispatchEvent(Object.assign(new Event(name, { bubbles: true }), { touches: at, changedTouches: at }));
    };
    touch('touchstart', 100);
    touch('touchmove', 100 + down / 2);
    touch('touchend', 100 + down);
}"""


def drawn(widget: widgets.widget.Widget) -> dict:
    return json.loads(records.to_json(widget.drawn()))


@pytest.fixture(scope="module")
def kit():
    """What a page shows: {"explorer": its arguments, "others": [code, state] of every other widget, "css"}."""
    explorer = widgets.Explorer(query="0188_c2s1_018800_01.jpg", left_out=False)
    rankings, record = explorer._rankings, drawn(explorer)
    place, rank = (np.frombuffer(explorer.left[name], "<i4") for name in ("place", "rank"))
    first = place[(rank >= 1) & (rank <= 6)].tolist()
    explorer.opened = explorer.gallery["names"][first[0]]
    pairs, shown = {}, []
    for why in ("duel", "gates", "correspondence", "edit", "flow"):
        explorer.why = why
        state = drawn(explorer.child)
        pairs[why] = {"code": explorer.child._esm, "state": state}
        shown.append((explorer.child, state))
    turned = {**record["left"], "place": {"base64": b64encode(np.r_[place[11::-1], place[12:]].tobytes()).decode()}}
    photos = {"queries": rankings.pictures(rankings.queries[:1]), "gallery": rankings.pictures(rankings.gallery[:1])}
    small = {what: b64encode(thumbnail(one[0])).decode() for what, one in photos.items()}
    told = [record, pairs, turned, small]
    picture = people.render(people.draw_identity(3, 0), people.draw_view(3, 0, 1, 0)).image
    predict = widgets.Predict(question="What is `1 + 1`?", answers=["one", "two"], truth=1, because="So it is.")
    predict.set_state({"chosen": 0})
    own = [
        widgets.Ranking([rankings.queries[explorer.at]], [rankings.gallery[k] for k in first]),
        widgets.Convolution(picture[::4, ::4]),
    ]
    own += [predict, widgets.NetworkCosts(), widgets.replay()]
    own.append(widgets.Flow(at="conv3.1 stream 3", cell=["conv3.1 stream 3", 0, 7, 3], silenced=[["conv3.1", 1]]))
    sides = [(rankings.query_features, rankings.queries), (rankings.gallery_features, rankings.gallery)]
    game = widgets.WhoIsIt()
    game.set_state({"answers": [0]})
    own += [game, widgets.PickQuery(*(Embedding(*side) for side in sides))]
    shown += [(one, drawn(one)) for one in own]
    css = "\n".join({one._css for one in [explorer, *(one for one, _ in shown)]})
    yield {
        "explorer": [explorer._esm, *told],
        "others": [[one._esm, state] for one, state in shown],
        "css": css,
        "last": explorer._css,
    }
    explorer.close()


@pytest.fixture(scope="module")
def browser(playwright, chromium_path):
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def blank(browser, kit):
    """blank(size, theme): an empty page of the site with the widgets' styles; a crash of the page is an error."""
    crashes: list[str] = []
    pages = []

    def opened(size, theme="light", **context):
        page = browser.new_page(viewport=size, **context)
        pages.append(page)
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: crashes.append(str(error)))
        head = f"<title>a page</title><style>{kit['css']}</style><style>body {{ margin: 4px }}</style>"
        page.set_content(f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}</head><body></body></html>')
        page.add_script_tag(content=PAGE)
        return page

    yield opened
    for page in pages:
        page.close()
    assert crashes == []


@pytest.fixture
def explorer(blank, kit):
    """explorer(size): a page with the explorer, its ranking drawn."""

    def opened(size, theme="light", **context):
        page = blank(size, theme, **context)
        page.evaluate("(all) => window.explore(...all)", kit["explorer"])
        page.locator(".oe-grid .oe-item img[src]").first.wait_for()
        return page

    return opened


def test_a_pair_opens_beside_its_ranking_and_in_view(explorer):
    page = explorer(WIDE)
    page.evaluate("() => { window.held = true; }")
    page.locator(".oe-grid .oe-item").nth(2).click()
    page.locator(".oe-two img[src]").nth(1).wait_for()
    assert page.evaluate(INSIDE, ".oe-pair > [role=status], .oe-two img") == [True] * 3, "before the answer"
    page.evaluate("() => { window.held = false; window.model.save_changes(); }")
    page.locator(".oe-duel .oe-lead").first.wait_for()
    pair, ranking = (page.locator(one).bounding_box() for one in (".oe-pair", ".oe-ranking"))
    assert pair["x"] >= ranking["x"] + ranking["width"] and abs(pair["y"] - ranking["y"]) < 8
    page.wait_for_function(f"() => ({INSIDE})('.oe-duel .oe-stack').every(Boolean)")
    assert page.evaluate(INSIDE, ".oe-duel .oe-lead")[0]
    assert page.evaluate(INSIDE, ".oe-grid .oe-item[aria-selected=true] img") == [True], "the ranking stays in view"
    for question, box in (("Which scale?", "theatre"), ("Where?", "matching"), ("What if?", "lab")):
        page.get_by_role("button", name=question).click()
        page.locator(f".oe-child .oe-{box} .oe-lead").first.wait_for()
        assert page.evaluate(INSIDE, ".oe-child .oe-lead")[0], question


def test_a_pair_without_an_answer_is_still_two_photos(explorer):
    page = explorer(PHONE)
    page.locator(".oe-grid .oe-item").nth(1).click()
    page.locator(".oe-duel .oe-lead").first.wait_for()
    page.evaluate("() => { window.refused = 'The rule leaves this photo out.'; }")
    page.get_by_role("button", name="Which scale?").click()
    page.locator(".oe-pair > [role=status]", has_text="two people The rule").wait_for()
    assert page.locator(".oe-two img[src]:visible").count() == 2 and page.locator(".oe-child > *").count() == 0
    assert page.locator(".oe-two.oe-waits, .oe-cannot:visible").count() == 0, "the reason stands once"
    assert page.get_by_role("button", name="Why this one?").get_attribute("aria-disabled") == "true"


def test_a_pair_covers_the_list_on_a_phone_and_goes_away_again(explorer):
    page = explorer(PHONE)
    pair, item = page.locator(".oe-pair"), page.locator(".oe-grid .oe-item").nth(1)
    covered = """() => {
        const list = document.querySelector('.oe-grid').getBoundingClientRect();
        const x = list.left + list.width / 2;
        return [list.top + 9, (list.top + list.bottom) / 2, list.bottom - 9].filter((y) => y > 0 && y < innerHeight)
            .map((y) => Boolean(document.elementFromPoint(x, y)?.closest('.oe-pair')));
    }"""

    def opened():
        item.click()
        page.locator(".oe-duel .oe-lead").first.wait_for()
        page.wait_for_function(f"() => (({covered})()).every(Boolean)")
        page.wait_for_function(f"() => ({INSIDE})('.oe-duel .oe-stack').every(Boolean)")

    opened()
    page.get_by_role("button", name="Close the pair").click()
    pair.wait_for(state="hidden")
    assert page.evaluate("() => document.activeElement.matches('.oe-grid')"), "back in the list"
    opened()
    page.evaluate(SWIPE, 30)
    assert pair.is_visible(), "a short touch is not a swipe"
    page.evaluate(SWIPE, 120)
    pair.wait_for(state="hidden")
    # By the keyboard: what has the focus is never under the pair.
    page.locator(".oe-grid").focus()
    page.keyboard.press("Enter")
    page.locator(".oe-duel .oe-lead").first.wait_for()
    page.wait_for_function(f"() => ({covered})()[0]")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(f"() => !({covered})()[0]")
    page.get_by_role("button", name="Which scale?").focus()
    page.wait_for_function(f"() => ({covered})()[0]")


def test_every_widget_has_one_scale_of_type_and_fits_a_phone(blank, explorer, kit):
    page = explorer(PHONE)
    page.locator(".oe-grid .oe-item").first.click()
    page.locator(".oe-duel .oe-lead").first.wait_for()
    for one in kit["others"]:
        page.evaluate("([code, state]) => window.show(code, state)", one)
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => (one.open = true))")
    boxes = page.locator(".oe-box").count()
    assert boxes == len(kit["others"]) + 2
    assert page.evaluate(WIDER) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    sizes = page.evaluate(SIZES)
    assert {size: where for size, where in sizes.items() if float(size[:-2]) not in SCALE} == {}
    assert len(sizes) >= 3
    # In JupyterLab, whose text a person may have made larger.
    page.evaluate("() => document.documentElement.style.setProperty('--jp-content-font-size1', '28px')")
    twice = {float(size[:-2]) for size in page.evaluate(SIZES)}
    assert twice == {2 * float(size[:-2]) for size in sizes}


def test_the_sites_dark_theme_reaches_every_widget(explorer, kit):
    page = explorer(WIDE, "dark")
    page.locator(".oe-grid .oe-item").first.click()
    page.locator(".oe-duel .oe-lead").first.wait_for()
    page.evaluate("([code, state]) => window.show(code, state)", kit["others"][3])
    ink, paper = (colours.GROUND[f"--oe-own-{name}"].dark for name in ("ink", "paper"))
    for box in (".oe-explorer", ".oe-lab"):
        assert page.locator(box).first.evaluate(INKS) == [ink, paper]
    page.set_viewport_size({"width": 1280, "height": 3000})
    assert axe.violations(page, ".oe-box") == []
    page.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")
    assert axe.violations(page, ".oe-box") == []


@pytest.mark.parametrize(("motion", "glides"), [("no-preference", True), ("reduce", False)])
def test_a_photo_glides_to_its_new_rank_unless_a_person_asked_for_no_motion(explorer, motion, glides):
    page = explorer(WIDE, reduced_motion=motion)
    page.locator("summary", has_text="Networks").click()
    page.evaluate("() => { window.held = true; }")
    page.get_by_label("Network:", exact=True).select_option("untrained")
    found = page.evaluate(
        """async () => {
            const before = document.querySelector('.oe-grid .oe-item').dataset.moves;
            window.held = false;
            window.model.save_changes();
            for (let k = 0; k < 120; k++) {
                await new Promise(requestAnimationFrame);
                if (document.querySelector('.oe-grid .oe-item').dataset.moves !== before) break;
            }
            const all = document.querySelector('.oe-grid').getAnimations({ subtree: true });
            return [...new Set(all.map((one) => one.effect.getTiming().duration))];
        }"""
    )
    assert found == ([200] if glides else [])


def test_a_widget_in_the_explorer_looks_as_it_does_alone_whatever_style_comes_last(explorer, kit):
    """A notebook may hold a duel before it holds an explorer."""
    page = explorer(WIDE)
    page.locator(".oe-grid .oe-item").first.click()
    page.locator(".oe-duel .oe-bar").first.wait_for()
    read = """() => ['.oe-main', '.oe-bar', '.oe-photos'].map((name) => {
        const style = getComputedStyle(document.querySelector(`.oe-duel ${name}`));
        return [style.display, style.padding, style.position, style.gridTemplateColumns.split(' ').length];
    })"""
    before = page.evaluate(read)
    assert before[0][3] == 1, "a narrow panel is laid out as a phone"
    page.add_style_tag(content=kit["last"])
    assert page.evaluate(read) == before
