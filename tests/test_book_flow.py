"""The network at work in a page answers what Python's widget answers: maps, numbers, cells, sentences and refusals."""

from __future__ import annotations

import base64
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from enginepage import opened, packed, served
from PIL import Image

from osnet_edu import explore, widgets
from osnet_edu.book import engine, flow, gallery
from osnet_edu.refused import Refused
from osnet_edu.widgets import records

PAGE = Path(gallery.__file__).parent / "page"
MODELS = (explore.SHIPPED, explore.UNTRAINED)

pytestmark = pytest.mark.browser

BEGIN = """async () => {
    const [{ Flow }, { flowSite }] = await Promise.all(['model', 'site'].map((n) => import(`/kit/page/flow_${n}.js`)));
    const base = new URL('/kit/', location.href);
    window.Flow = Flow;
    window.site = flowSite(base);
    window.made = {};
    window.begun = async (name, start) => {
        const first = await site.json('flow_first.json');
        made[name] = new Flow({ start: { ...first, ...start }, bring: () => site.of(name) });
    };
    const plain = (_, value) => (value instanceof Uint8Array ? { base64: packed(value) } : value);
    window.told = (name) => JSON.stringify(made[name].values, plain);
    window.asked = async (name, set, message) => {
        await made[name].page.ask(set, message);
        return told(name);
    };
    window.brought = async (name, photo, text) => {
        made[name].model.send({ photo }, undefined, [unpacked(text, Uint8Array).buffer]);
        await made[name].page.ask({});
        return told(name);
    };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("flow_site")
    try:
        engine.write(root / "kit", graphs=[explore.SHIPPED])
    except Refused as reason:
        if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
            raise
        pytest.skip(str(reason))
    gallery.write(root / "kit", models=[explore.SHIPPED])
    flow.write(root / "kit")
    shutil.copytree(PAGE, root / "kit" / "page")
    return root


@pytest.fixture(scope="module")
def page(site, playwright, chromium_path):
    with served(site) as address, opened(playwright, chromium_path, address) as page:
        page.evaluate(BEGIN)
        for name in MODELS:
            page.evaluate("(name) => begun(name)", name)
        yield page
        assert [url for url in page.asked if not url.startswith((address, "blob:", "data:"))] == []


@pytest.fixture(scope="module")
def shown():
    return {name: widgets.Flow(explore.shipped()[1].checkpoint(name)) for name in MODELS}


def read(text: str) -> dict:
    return records.from_json(text)


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"), int)


def differs(found, known, where: str = "") -> list[str]:
    """Where a value of the page is not Python's: numbers within 1e-4, colours within one step, words to the letter."""
    if isinstance(known, dict) and isinstance(found, dict):
        lacking = [f"{where}: {set(found) ^ set(known)}"] if set(found) != set(known) else []
        return lacking + [
            one for name in known if name in found for one in differs(found[name], known[name], f"{where}.{name}")
        ]
    if isinstance(known, list) and isinstance(found, list):
        if len(found) != len(known):
            return [f"{where}: {len(found)} and not {len(known)}"]
        return [one for k, both in enumerate(zip(found, known, strict=True)) for one in differs(*both, f"{where}[{k}]")]
    if isinstance(known, bytes):
        near = (
            len(found) == len(known)
            and np.abs(np.subtract(*(np.frombuffer(one, np.uint8).astype(int) for one in (found, known)))).max() <= 1
        )
        return [] if near else [f"{where}: other bytes"]
    if isinstance(known, float | int) and not isinstance(known, bool):
        return [] if abs(found - known) < 1e-4 else [f"{where}: {found} and not {known}"]
    if isinstance(known, str) and known.startswith("data:image/png"):
        return [] if np.abs(pixels(found) - pixels(known)).max() <= 1 else [f"{where}: other colours"]
    return [] if found == known else [f"{where}: {found!r} and not {known!r}"]


def drawn(widget) -> dict:
    """What Python's widget draws, but for where the photos lie."""
    state = records.for_page(widget.drawn())
    return {**state, "pictures": [one["text"] for one in state["pictures"]]}


def both(page, shown, name: str, set_: dict) -> list[str]:
    """Ask both the same.  Returns: what differs."""
    widget = shown[name]
    widget.set_state(set_)
    found = read(page.evaluate("([name, set]) => asked(name, set)", [name, set_]))
    known = drawn(widget)
    found["pictures"] = [one["text"] for one in found["pictures"]]
    return differs({key: found[key] for key in known}, known)


CELLS = (
    ["conv1", 0, 40, 20],
    ["conv3.1 stream 3", 1, 7, 3],
    ["conv4.0 squeeze", 0, 2, 1],
    ["conv5", 1, 5, 2],
    ["maxpool", 1, 9, 9],
)


@pytest.mark.parametrize("name", MODELS)
def test_every_level_is_pythons(page, shown, name):
    widget = shown[name]
    for pair in (3, 0):
        assert (
            both(page, shown, name, {"shown": widget.pairs[pair]["names"], "silenced": [], "cell": [], "at": "network"})
            == []
        )
        for at in (
            "conv1",
            "conv2",
            "conv3.1",
            "conv3.1 squeeze",
            "conv4.0 stream 2",
            "conv2.0 sum",
            "conv5",
            "maxpool",
        ):
            assert both(page, shown, name, {"at": at}) == [], at
    for cell in CELLS:
        assert both(page, shown, name, {"at": cell[0], "cell": cell}) == [], cell
    assert both(page, shown, name, {"silenced": [["conv3.1", 3], ["conv2.0", 1]]}) == []
    assert both(page, shown, name, {"at": "conv3.1 stream 3", "cell": CELLS[1]}) == []
    assert both(page, shown, name, {"shown": widget.pairs[1]["names"][:1]}) == []
    assert both(page, shown, name, {"at": "conv3.1", "silenced": []}) == []


BAD = (
    {"at": "conv9"}, {"at": "conv3.9"}, {"at": "conv3.1 stream 9"}, {"at": "conv3.2 squeeze"}, {"shown": []},
    {"shown": ["nobody.jpg"]}, {"shown": ["", ""]}, {"silenced": [["conv3.1", 9]]}, {"silenced": [["conv9", 1]]},
    {"silenced": ["x"]}, {"cell": ["conv3", 0, 99, 0]}, {"cell": ["network", 0, 0, 0]}, {"cell": ["conv3", 5, 0, 0]},
    {"cell": [1, 2]}, {"at": "conv3", "cell": ["x", 0, 0, 0]},
)  # fmt: skip


def test_what_cannot_be_shown_is_refused_in_the_same_words(page, shown):
    widget = shown[explore.SHIPPED]
    first = {"shown": widget.pairs[0]["names"], "at": "conv3.1", "cell": [], "silenced": []}
    assert both(page, shown, explore.SHIPPED, first) == []
    for bad in BAD:
        assert both(page, shown, explore.SHIPPED, bad) == [], bad
        assert widget.problem and read(page.evaluate("() => told('shipped')"))["problem"] == widget.problem


def test_a_photo_of_ones_own_and_one_that_cannot_be_read(page, shown):
    widget = shown[explore.SHIPPED]
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 90, 3), np.uint8)).save(file, "PNG")
    mine = np.frombuffer(file.getvalue(), np.uint8)
    widget._handle_custom_msg({"photo": 1}, [file.getvalue()])
    found = read(page.evaluate("([text]) => brought('shipped', 1, text)", [packed(mine)]))
    assert found["shown"][1] == "" and np.array_equal(
        pixels(found["pictures"][1]["src"]), pixels(widget.pictures[1]["src"])
    )
    assert both(page, shown, explore.SHIPPED, {"at": "conv2.1"}) == []
    for photo, content, words in (
        (0, mine[:900], "cannot be read as a picture"),
        (0, mine[:0], "empty"),
        (7, mine, "0 or 1, got 7"),
    ):
        found = read(page.evaluate("([photo, text]) => brought('shipped', photo, text)", [photo, packed(content)]))
        assert words in found["problem"] and found["crash"] == ""
        assert both(page, shown, explore.SHIPPED, {"at": "conv2.1"}) == [], "the last good picture stays"


def test_a_network_that_fails_half_way_leaves_the_last_picture(page, shown):
    """The second photo fails, then a cell; after that all is as it was, and the next question is answered."""
    widget = shown[explore.SHIPPED]
    pair, other = widget.pairs[0]["names"], widget.pairs[4]["names"]
    assert both(page, shown, explore.SHIPPED, {"shown": pair, "at": "conv3.1", "cell": []}) == []
    before, problem, after = page.evaluate(
        """async (other) => {
            const { given } = made.shipped, { run } = given;
            let left = 1;
            const fails = () => Promise.reject(new Error('The network could not compute.'));
            given.run = (...asked) => (left-- > 0 ? run(...asked) : fails());
            const before = told('shipped');
            await asked('shipped', { shown: other, silenced: [['conv3.0', 1]] });
            const problems = [made.shipped.values.problem];
            await asked('shipped', { cell: ['conv3.1', 0, 3, 3] });
            problems.push(made.shipped.values.problem);
            const after = told('shipped');
            given.run = run;
            return [before, problems, after];
        }""",
        other,
    )
    assert problem == ["The network could not compute."] * 2
    known, found = (
        {name: value for name, value in read(text).items() if name not in ("problem", "asked", "answered")}
        for text in (before, after)
    )
    assert found == known
    assert both(page, shown, explore.SHIPPED, {"shown": other, "at": "conv4"}) == []


def test_a_recorded_picture_stays_where_a_file_is_missing_and_comes_alive_later(page, site):
    """Nothing but the record is fetched before somebody touches it."""
    data = site / "kit" / "data" / "flow_shipped.json.gzip"
    kept = data.read_bytes()
    data.unlink()
    answers = page.evaluate(
        """async () => {
            const { flowSite } = await import('/kit/page/flow_site.js');
            window.site = flowSite(new URL('/kit/', location.href));
            await begun('shipped', { small: true });
            return [told('shipped'), await asked('shipped', { at: 'conv3', small: false })];
        }"""
    )
    first, failed = map(read, answers)
    assert "flow_shipped.json.gzip is missing" in failed.pop("problem") and len(first["network"]["maps"]) == 5
    assert {**failed, "asked": 0, "answered": 0} == {name: value for name, value in first.items() if name != "problem"}
    data.write_bytes(kept)
    found = read(page.evaluate("() => asked('shipped', { at: 'conv3', small: false })"))
    assert found["problem"] == "" and found["stage"]["name"] == "conv3" and found["network"] == first["network"]


def test_a_newer_question_ends_the_one_under_way(page, shown):
    names = [pair["names"] for pair in shown[explore.SHIPPED].pairs[:3]]
    last = read(
        page.evaluate(
            """async (all) => {
                all.forEach((shown) => made.untrained.page.ask({ shown, at: 'network' }));
                return asked('untrained', { at: 'conv4' });
            }""",
            names,
        )
    )
    assert last["shown"] == names[-1] and last["problem"] == last["crash"] == ""
    assert both(page, shown, explore.UNTRAINED, {"shown": names[-1], "at": "conv4", "cell": [], "silenced": []}) == []
