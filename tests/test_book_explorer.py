"""The explorer in a page answers what Python's explorer answers: lists, gates, maps and sentences."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from enginepage import POLICY, opened, packed, served, unpacked
from test_book_flow import differs, drawn, read

from osnet_edu import draws, explore
from osnet_edu.book import engine, flow, gallery, pairs
from osnet_edu.book import explorer as book_explorer
from osnet_edu.embed import embedder_for, normalise, onnx_file
from osnet_edu.explain import METHODS, Quick, correspondence, duel, exchange, shapley, similarity
from osnet_edu.refused import Refused
from osnet_edu.widgets import Explorer, explorer_state
from osnet_edu.widgets.duelling import Duelling
from osnet_edu.widgets.gate_theatre import GateTheatre
from osnet_edu.widgets.widget import FOLDER, styles

PAGE = Path(gallery.__file__).parent / "page"
MODELS = (explore.SHIPPED, explore.UNTRAINED)
HTML = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Explore</title>'
    '<meta http-equiv="Content-Security-Policy" content="{}"><script type="module" src="kit/page/explorer.js"></script>'
    '<main id="explorer" aria-label="The explorer"></main>'
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("explorer_site")
    kit = root / "kit"
    try:
        engine.write(kit)
    except Refused as reason:
        if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
            raise
        pytest.skip(str(reason))
    gallery.write(kit)
    book_explorer.write(kit, models=[explore.SHIPPED])
    flow.write(kit, graphs=[explore.SHIPPED])
    pairs.write(kit, pairs=1, methods=(duel.DEFAULT, "occlusion"))
    shutil.copytree(PAGE, kit / "page")
    (kit / "widgets").mkdir()
    for script in FOLDER.glob("*.js"):
        shutil.copy(script, kit / "widgets")
        (kit / "widgets" / f"{script.stem}.css").write_text(styles(script.name))
    (root / "explorer.html").write_text(HTML.format(POLICY.format("'wasm-unsafe-eval'")))
    return root


@pytest.fixture(scope="module")
def page(site, playwright, chromium_path):
    with served(site) as address, opened(playwright, chromium_path, f"{address}explorer.html") as page:
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.evaluate("""async () => {
            window.made = await (await import('/kit/page/explorer.js')).started;
            window.state = await import('/kit/page/explorer_state.js');
            window.start = Object.fromEntries(state.STATE.map((name) => [name, made.values[name]]));
            // A question to the explorer, and these values when it is answered.
            window.asked = async (set, ...names) => {
                await made.page.ask(set);
                return Object.fromEntries(['problem', 'crash', ...names].map((name) => [name, made.values[name]]));
            };
            window.idle = () => made.model.get('asked') === made.model.get('answered');
            window.columns = (one) => ['place', 'similarity', 'kind', 'rank'].map((name) => packed(one[name]));
        }""")
        yield page
        assert faults == []
        assert [url for url in page.asked if not url.startswith((address, "blob:", "data:"))] == []


@pytest.fixture(scope="module")
def explorer():
    made = Explorer()
    made.start = made.query
    yield made
    made.close()


@pytest.fixture(autouse=True)
def as_it_was(request):
    """Both explorers begin each test in the same state."""
    if {"page", "explorer"} <= set(request.fixturenames):
        page, explorer = request.getfixturevalue("page"), request.getfixturevalue("explorer")
        page.evaluate("() => asked({ ...start, opened: '' })")
        explorer.query = explorer.start
        for name in explorer_state.IN_ADDRESS[1:]:
            explorer.set_trait(name, explorer.trait_defaults(name))


def defaults(explorer) -> dict:
    return {name: explorer.trait_defaults(name) for name in explorer_state.IN_ADDRESS}


# ---- the state


STATES = (
    {},
    {"query": "0181_c1s1_018100_01.jpg"},
    {"query": "a b&c=d/é~*'!().jpg", "search": "red t-shirt + 100%", "own_at": 0.0},
    {"model": "untrained", "other": "shipped", "silenced": [["conv2.0", 1], ["conv4.1", 4]], "where": "both"},
    {"failures": True, "left_out": False, "camera": 3, "sort": "smallest margin", "own_at": 0.52},
    {"attribute": "hat: cap", "twin": "bottom color", "opened": "x.jpg", "side": 1, "why": "gates", "own_at": 1.0},
    {"opened": "x.jpg", "why": "flow"},
)
BAD = (
    "hello", "=", "a=1", "query=a&query=b", "failures=2", "camera=x", "silenced=conv2.0", "own_at=left", "x" * 5000,
    "&".join(f"a{k}=1" for k in range(20)), "side=1.5", "silenced=conv2.0:1,conv2.0:b",
)  # fmt: skip


def test_a_state_reads_the_same_in_both(page, explorer):
    known = defaults(explorer)
    for state in STATES:
        values = {**known, **state}
        link, line, back = page.evaluate(
            "(values) => [state.link(values), state.line(values), state.linked(state.link(values))]", values
        )
        assert link == explorer_state.link(values, known)
        assert (
            back
            == {name: values[name] for name in explorer_state.linked(link, known)}
            == explorer_state.linked(link, known)
        )
        shelf = explorer._shelf
        assert line == explorer_state.code_line(values, known, "", shelf, "exact")
    assert page.evaluate("() => state.linked('search=red+t%2Dshirt&camera=+2')") == explorer_state.linked(
        "search=red+t%2Dshirt&camera=+2", known
    )


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:20])
def test_what_is_no_state_is_refused_in_the_same_words(page, explorer, text):
    with pytest.raises(Refused) as reason:
        explorer_state.linked(text, defaults(explorer))
    assert page.evaluate("(text) => told(() => state.linked(text))", text) == str(reason.value)


def test_a_refused_value_is_taken_back(page, explorer):
    before = page.evaluate("() => [made.values.query, made.values.camera]")
    said = page.evaluate("() => asked({ camera: 4, query: 'nobody.jpg' }, 'query', 'camera')")
    assert said["problem"].startswith("There is no query 'nobody.jpg' that can be read; expected a name such as 0181")
    assert [said["query"], said["camera"]] == before
    for value, words in (
        ({"silenced": [["conv2.0", 1]]}, "streams are silenced in the second network; choose one first"),
        ({"model": "other"}, "there is no network 'other' here; expected one of shipped, untrained"),
        ({"sort": "age"}, "there is no order 'age'; expected one of "),
        ({"other": "shipped", "silenced": [["conv9", 1]]}, "there is no block 'conv9'; expected one of conv2.0"),
        ({"query": ""}, "no query is chosen, and no photo of one's own is here"),
    ):
        with pytest.raises(Refused) as reason:
            for name, one in value.items():
                explorer.set_trait(name, one)
        explorer.other = ""
        assert str(reason.value).startswith(words)
        said = page.evaluate("(set) => asked(set, 'other')", value)
        assert said["problem"].startswith(words[0].upper() + words[1:]) and said["other"] == ""


# ---- what is listed


def wishes(explorer) -> list[dict]:
    """Thirty wishes of two parts each."""
    rng, choices = draws.named(23, "wishes"), explorer.choices
    of = {
        "search": [
            *"red|T-SHIRT|person 19|red t-shirt|camera 2 black|twin by hair|0200_c3|boots  olive|photo".split("|")
        ],
        "camera": choices["cameras"],
        "attribute": choices["attributes"][::3],
        "twin": choices["twins"],
        "failures": [True],
        "sort": choices["sorts"],
    }
    parts = [rng.choice(list(of), 2, replace=False).tolist() for _ in range(30)]
    return [{part: of[part][int(rng.integers(len(of[part])))] for part in two} for two in parts]


@pytest.mark.parametrize("model", MODELS)
def test_the_same_queries_fit_a_wish(page, explorer, model):
    album, shelf = explore.shipped()
    photos, hardness = shelf.rankings(model).queries, shelf.hardness(model)
    lengths = set()
    for wish in wishes(explorer):
        whole = {**{name: defaults(explorer)[name] for name in explore.WISHES}, **wish}
        found = unpacked(
            page.evaluate("async (set) => packed((await asked(set, 'found')).found)", {"model": model, **whole}), "<i4"
        )
        known = album.fitting(photos, explore.Wish(**whole), hardness)
        assert found.tolist() == known.tolist(), wish
        lengths.add(len(known))
    assert len(lengths) > 8


def test_the_columns_of_a_ranking_are_the_same(page, explorer):
    rng = draws.named(23, "queries")
    names = [explorer.queries["names"][k] for k in rng.choice(360, 16, replace=False).tolist()]
    explorer.other = "untrained"
    for name in names:
        explorer.query = name
        sides = page.evaluate(
            """async (query) => {
                const found = await asked({ query, other: 'untrained' }, 'left', 'right');
                return [found.left, found.right].map((one) => [...columns(one), one.said, one.title]);
            }""",
            name,
        )
        for found, known in zip(sides, (explorer.left, explorer.right), strict=True):
            check_columns(found, known)


def check_columns(found: list, known: dict) -> None:
    place, kind, rank = (unpacked(found[k], form) for k, form in ((0, "<i4"), (2, "u1"), (3, "<i4")))
    similarity, theirs = unpacked(found[1], "<f4"), np.frombuffer(known["similarity"], "<f4")
    assert np.abs(similarity - theirs).max() < 1e-4
    order = np.frombuffer(known["place"], "<i4")
    # Two photos may change places only where their similarities differ by rounding.
    moved = place != order
    assert moved.mean() < 0.05 and np.abs(np.diff(theirs))[np.flatnonzero(moved[:-1] & moved[1:])].max(initial=0) < 1e-5
    assert (kind == np.frombuffer(known["kind"], np.uint8)).mean() > 0.99
    assert (rank == np.frombuffer(known["rank"], "<i4")).mean() > 0.99
    assert found[4:] == [known["said"], known["title"]]


@pytest.mark.parametrize("where", ["query", "both"])
def test_a_ranking_without_streams_is_the_same(page, explorer, where):
    silenced = [["conv2.1", 1], ["conv4.0", 3]]
    explorer.other, explorer.where, explorer.silenced = "shipped", where, silenced
    for name in explorer.queries["names"][5:300:97]:
        explorer.query = name
        found, said, told = page.evaluate(
            """async ([query, silenced, where]) => {
                const said = [];
                const hear = ({ progress }) => progress && said.push(progress);
                made.shelf.told = (progress) => said.push(progress);
                const found = await asked({ query, other: 'shipped', silenced, where }, 'right', 'source');
                return [[...columns(found.right), found.right.said, found.right.title], said, found.source];
            }""",
            [name, silenced, where],
        )
        check_columns(found, explorer.right)
        assert "the network in this page looks at the query" in told
        assert ("and at the gallery" in told) == (where == "both")
        if where == "both" and name == explorer.queries["names"][5]:
            assert said[0] == "The network shipped looks at 0 of 432 gallery photos without 2 streams."
            assert said[-1] == "" and len(said) > 10


def test_a_newer_question_ends_the_older_one(page, explorer):
    """Both answers are right, and the first of them, which would embed the gallery, is given up."""
    names = explorer.queries["names"]
    found = page.evaluate(
        """async ([query]) => {
            const told = [];
            made.shelf.told = (text) => told.push(text);
            const silenced = [['conv3.0', 2]];
            const older = made.page.ask({ other: 'shipped', silenced, where: 'both' });
            await new Promise((done) => setTimeout(done, 30));
            await Promise.all([older, made.page.ask({ query, where: 'query' })]);
            const [right, where, asked, answered, problem] = ['right', 'where', 'asked', 'answered', 'problem'].map(
                (name) => made.model.get(name));
            const late = told.filter((text) => text.includes(' 416 of '));
            return [right.title, where, asked === answered, problem, late.length];
        }""",
        [names[7]],
    )
    assert found == ["shipped without a stream", "query", True, "", 0]


# ---- an open pair


def opened_pair(page, explorer, query: str, rank: int, why: str):
    """Open the photo of a rank in both.  Returns: the name of the photo."""
    explorer.query = query
    place = np.frombuffer(explorer.left["place"], "<i4")[np.frombuffer(explorer.left["rank"], "<i4") == rank][0]
    name = explorer.gallery["names"][place]
    told = page.evaluate(
        """async (set) => {
            const found = await asked(set, 'asked_of', 'cannot', 'child');
            window.child = found.child && made.children.get(found.child.replace('IPY_MODEL_', ''));
            return [found.problem, found.crash, found.asked_of, found.cannot, Boolean(found.child)];
        }""",
        {"query": query, "opened": name, "why": why},
    )
    assert told[:2] == ["", ""]
    return name, told


def triplet(explorer, rankings, name: str):
    place = explorer._album.find(rankings.gallery, name, "gallery photo")
    return explore.triplet(rankings, explorer.at, place)


@pytest.fixture(scope="module")
def rankings():
    return explore.shipped()[1].rankings(explore.SHIPPED)


def test_the_gate_theatre_is_pythons(page, explorer, rankings):
    name, _ = opened_pair(page, explorer, explorer.queries["names"][40], 3, "gates")
    theatre = GateTheatre(None, explorer._album.folder, rankings=rankings, first=triplet(explorer, rankings, name))
    silenced = [["conv2.0", 2], ["conv3.1", 1], ["conv3.1", 4]]
    traits = ("blocks", "effects", "places", "sentence", "details", "field", "channels", "how", "triples", "triple")
    for set_ in ({}, {"silenced": silenced}, {"chosen": ["conv4.1", 3], "opened": "conv3.0"}, {"where": "both"}):
        for trait, value in set_.items():
            setattr(theatre, trait, value)
        found = page.evaluate(
            """async ([set, names]) => {
                const { page } = child.of;
                await page.ask(set);
                return [page.values.problem, ...names.map((name) => page.values[name])];
            }""",
            [set_, traits],
        )
        assert found[0] == ""
        now = dict(zip(traits, found[1:], strict=True))
        for mine, theirs in zip(now["blocks"], theatre.blocks, strict=True):
            assert mine["leans"] == theirs["leans"] and np.allclose(mine["branch"], theirs["branch"], atol=1e-4)
            for one, other in zip(mine["streams"], theirs["streams"], strict=True):
                assert np.allclose(one["gate"], other["gate"], atol=1e-4)
                assert np.allclose(one["share"], other["share"], atol=1e-4)
        for mine, theirs in zip(now["effects"], theatre.effects, strict=True):
            assert (mine["rank_before"], mine["rank"]) == (theirs["rank_before"], theirs["rank"])
            assert abs(mine["now"] - theirs["now"]) < 1e-4 and abs(mine["before"] - theirs["before"]) < 1e-4
        kept = ("name", "rank", "before", "match", "moved")
        assert [[one[key] for key in kept] for one in now["places"]] == [
            [one[key] for key in kept] for one in theatre.places
        ]
        assert [now[key] for key in ("sentence", "details", "how", "triples", "triple")] == [
            getattr(theatre, key) for key in ("sentence", "details", "how", "triples", "triple")
        ]
        assert {key: now["field"][key] for key in theatre.field} == theatre.field
        assert len(now["channels"]) == len(theatre.channels)
        for mine, theirs in zip(now["channels"], theatre.channels, strict=True):
            assert mine["text"] == theirs["text"] and np.allclose(mine["values"], theirs["values"], atol=2e-3)
    said = page.evaluate("async () => { await child.of.page.ask({ fill: 'mean' }); return child.of.values.problem; }")
    assert "PyTorch" in said and "open the lab" in said
    theatre.close()


def test_what_the_streams_contribute_is_pythons(page, explorer, rankings):
    name, _ = opened_pair(page, explorer, explorer.queries["names"][200], 1, "gates")
    asked = triplet(explorer, rankings, name)
    images = normalise(images_of(rankings, asked)).split(1)
    for block in ("conv2.0", "conv4.1"):
        found = page.evaluate("(block) => child.of.contributions(block, () => {})", block)
        known = shapley.of_margins(rankings.model, *images, block)[:, 0]
        assert np.abs(np.array(found["values"]) - known).max() < 1e-3 and np.abs(known).max() > 2e-3
        assert abs(sum(found["values"]) - (found["all"] - found["none"])) < 1e-6


def images_of(rankings, asked) -> np.ndarray:
    return rankings.pictures(
        [rankings.queries[asked.query], rankings.gallery[asked.positive], rankings.gallery[asked.negative]]
    )


def test_occlusion_arrives_in_tiles_and_is_pythons(page, explorer, rankings):
    name, _ = opened_pair(page, explorer, explorer.queries["names"][41], 6, "duel")
    images = images_of(rankings, triplet(explorer, rankings, name))
    fast = embedder_for(rankings.model, photos=10_000, size=rankings.size)
    maps, sources = page.evaluate("""async () => {
        const { page } = child.of, said = [page.values.source];
        const hear = () => said.push(page.values.source);
        page.model.on('change:source', hear);
        await child.of.settled;
        page.model.off('change:source', hear);
        return [child.of.maps.map((map) => packed(Float64Array.from(map))), said];
    }""")
    found = np.stack([unpacked(one, "<f8") for one in maps]).reshape(3, *rankings.size)
    known = duel.between(rankings.model, images, "occlusion", fast=fast).heat
    assert np.abs(found - known).max() < 1e-4 and np.abs(known).max() > 2e-3
    assert "The network in this page. It looks at 512 of 612 versions of the query." in sources
    assert sources[-1].startswith("The network in this page.") and "without a grade" in sources[-1]
    said = page.evaluate(
        "async () => { await child.of.page.ask({ method: child.of.methods[0] }); return child.of.values.problem; }"
    )
    assert said.startswith("This pair was not computed when this page was built")


def test_the_other_forward_maps_are_pythons(page, explorer, rankings):
    query, other = rankings.pictures([rankings.queries[9], rankings.gallery[300]])
    fast = embedder_for(rankings.model, photos=10_000, size=rankings.size)
    risen, gone = page.evaluate("""async () => {
        const { corrRise, segmentOcclusion } = await import('/kit/page/maps.js');
        const { similarities } = await import('/kit/page/rank.js');
        const network = await made.shelf.find('shipped').engine();
        const look = async (photos, count) => (await network.run(photos, { count })).embedding;
        const [one, two] = [await made.album.queries.pixels(9), await made.album.gallery.pixels(300)];
        const reference = await look(one, 1);
        const target = (features) => similarities(reference, features);
        const photo = { pixels: two, height: 128, width: 64 };
        const maps = [await corrRise(look, photo, target, { masks: 96 }), await segmentOcclusion(look, photo, target)];
        return maps.map(packed);
    }""")
    target = similarity(torch.as_tensor(fast(query[None])))
    known = METHODS["CorrRISE"](Quick(fast), normalise(other[None]), target, masks=96)[0]
    assert np.abs(unpacked(risen, "<f8").reshape(known.shape) - known).max() < 1e-3 and np.abs(known).max() > 0.2

    def alone(photos):  # the page's reference is the query alone
        return fast(photos) if len(photos) != 2 else np.stack([fast(query[None])[0]] * 2)

    known = exchange.without(alone, query, other)
    heat = unpacked(gone, "<f8").reshape(known.shape)
    assert abs(heat.sum() + 1) < 1e-6 and np.abs(heat - known).max() < 0.05 * np.abs(known).max()


def test_the_correspondence_is_pythons(page, explorer, rankings):
    name, _ = opened_pair(page, explorer, explorer.queries["names"][100], 2, "correspondence")
    place = explorer.gallery["names"].index(name)
    two = rankings.pictures([rankings.queries[100], rankings.gallery[place]])
    known = correspondence.matches(rankings.model, *two, stage="conv5")
    cells, best, table, said = page.evaluate("""async () => {
        const { model } = child;
        model.set('cell', [5, 2]);
        await model.save_changes();
        return [model.get('cells'), model.get('best'), packed(model.get('table')), model.get('said')];
    }""")
    rows, columns = known.similarity.shape[:2]
    assert cells == [rows, columns] and best == known.best.reshape(-1, 2).tolist()
    flat = known.similarity.reshape(rows * columns, -1)
    low, high = flat.min(1, keepdims=True), flat.max(1, keepdims=True)
    assert np.abs(unpacked(table, "u1").reshape(flat.shape) - 255 * (flat - low) / (high - low)).max() < 1
    row, column = known.best[5, 2]
    similar = known.similarity[5, 2, row, column]
    assert said == f"Row 6, column 3 finds itself at row {row + 1}, column {column + 1} (similarity {similar:.2f})."


def test_a_hard_pair_has_the_duel_of_the_lab(page, explorer, rankings):
    """What was computed when the site was built is what the widget says.

    Also of a method whose maps the page computes: here it is given the widget's.
    """
    hardest = pairs.hardest_triplets(rankings)[0]
    query = explorer.queries["names"][hardest.query]
    opened_pair(page, explorer, query, 1, "duel")
    assert page.evaluate("() => child.of.values.method") == duel.DEFAULT
    widget = Duelling(None, explorer._album.folder, rankings=rankings, first=hardest)
    traits = ("answer", "measured", "verdict", "question", "sentence", "grade", "hatched", "column", "shares", "scale")
    for method in (duel.DEFAULT, "occlusion"):
        widget.method = method
        heat = [packed(one) for one in widget.found.heat]
        page.evaluate(
            "([name, maps]) => child.of.kept.set(name, maps.map((one) => unpacked(one, Float64Array)))", [method, heat]
        )
        for question in widget.questions:
            widget.question = question
            found, texts, heats, source = page.evaluate(
                """async ([set, names]) => {
                    const { page } = child.of;
                    await page.ask(set);
                    await child.of.settled;
                    const { heats, source } = page.values;
                    const maps = child.of.maps.map((map) => packed(Float64Array.from(map)));
                    return [names.map((name) => page.values[name]), heats.map((one) => one.text), maps, source];
                }""",
                [{"method": method, "question": question}, traits],
            )
            assert dict(zip(traits, found, strict=True)) == {name: getattr(widget, name) for name in traits}
            assert texts == [one["text"] for one in widget.heats]
            maps = np.stack([unpacked(one, "<f8") for one in heats]).reshape(widget.found.heat.shape)
            peaks = np.abs(widget.found.heat).max((1, 2), keepdims=True)
            assert (np.abs(maps - widget.found.heat) <= peaks / 200 + 1e-4).all()
            assert source == (
                "Computed when this page was built."
                if method == duel.DEFAULT
                else "Maps: the network in this page. Grade: computed when this page was built."
            )
    widget.close()


STAGES_TOLD = """() => {
    const { values } = made.openings.kept.get('shipped flow');
    return JSON.stringify(values, (_, value) => (value instanceof Uint8Array ? { base64: packed(value) } : value));
}"""


def check_stages(page, explorer, question: dict) -> None:
    """A pair's stages are asked of both."""
    for name, value in question.items():
        explorer.set_trait(name, value)
    said = page.evaluate("(question) => asked(question, 'asked_of')", question)
    assert said["asked_of"] == explorer.asked_of and said["problem"] == ""
    known = drawn(explorer.child)
    found = read(page.evaluate(STAGES_TOLD))
    found["pictures"] = [one["text"] for one in found["pictures"]]
    assert differs({name: found[name] for name in known}, known) == []


@pytest.mark.parametrize(
    "state",
    [{}, {"side": 1, "other": explore.SHIPPED, "silenced": [["conv3.0", 2]]}],
    ids=["whole", "without a stream"],
)
def test_the_stages_of_a_pair_are_pythons(page, explorer, state):
    """Also of a photo that the rule leaves out."""
    place, rank = (np.frombuffer(explorer.left[name], "<i4") for name in ("place", "rank"))
    for kind in (rank == 1, rank == 0):
        check_stages(page, explorer, {**state, "opened": explorer.gallery["names"][place[kind][0]], "why": "flow"})


def test_a_pair_says_what_it_cannot_answer(page, explorer):
    place, rank = (np.frombuffer(explorer.left[name], "<i4") for name in ("place", "rank"))
    left_out = explorer.gallery["names"][place[rank == 0][0]]
    found = page.evaluate("(opened) => asked({ opened, why: 'duel' }, 'asked_of', 'cannot', 'child')", left_out)
    explorer.opened = left_out
    assert found["asked_of"] == explorer.asked_of and found["child"] is None
    assert found["cannot"] == explorer.cannot
    explorer.opened = ""


# ---- what a person brings


def test_a_photo_and_a_network_of_ones_own(page, explorer, site, rankings, tmp_path):
    photo = rankings.queries[30].path
    page.get_by_text("A photo of your own", exact=True).click()
    page.locator("input[type=file][accept='image/*']").set_input_files(photo)
    page.wait_for_function("() => made.values.at === -1 && idle()")
    explorer.bring(photo)
    found = page.evaluate("() => [...columns(made.values.left), made.values.said, made.values.left.title]")
    check_columns(found, explorer.left)
    assert page.evaluate("() => [made.values.link, made.values.source]") == [
        "", "The network in this page. Your photo stays in this tab.",
    ]  # fmt: skip
    check_stages(page, explorer, {"opened": explorer.gallery["names"][5], "why": "flow"})
    for name, value in {"opened": "", "why": "duel", "query": explorer.queries["names"][30]}.items():
        page.evaluate("(set) => asked(set)", {name: value})
        explorer.set_trait(name, value)

    file = tmp_path / "mine.onnx"
    file.write_bytes(onnx_file(explore.shipped()[1].checkpoint(explore.UNTRAINED).model))
    page.get_by_text("A network of your own", exact=True).click()
    page.locator("input[type=file][accept='.onnx']").set_input_files(file)
    page.wait_for_function("() => made.values.model === 'mine.onnx' && idle()")
    explorer.model = explore.UNTRAINED
    found = page.evaluate("() => [...columns(made.values.left), made.values.said, 'untrained']")
    check_columns(found, explorer.left)
    assert page.evaluate("() => made.values.state").endswith("# without the network 'mine.onnx': it is in no file")
    opened = {"opened": explorer.gallery["names"][0], "why": "flow"}
    said = page.evaluate("(opened) => asked(opened, 'asked_of', 'child', 'cannot')", opened)
    assert said["child"] is None and "The file of a network of your own has no maps" in said["asked_of"]
    page.evaluate("() => asked({ opened: '', why: 'duel' })")
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    page.locator("input[type=file][accept='.onnx']").set_input_files(tmp_path / "bad.onnx")
    page.wait_for_function("() => document.querySelector('.oe-problem').textContent.includes('not an ONNX file')")
    assert page.evaluate("() => made.values.model") == "mine.onnx"
