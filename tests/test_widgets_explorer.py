"""The explorer without a browser: its lists are those of the rooms below, and a refusal leaves the last good state."""

import io
import json
import re
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image
from test_explain_without import folder  # noqa: F401  a fixture
from test_explore import plain_folder

from osnet_edu import assets, explore, osnet
from osnet_edu.explain import flow
from osnet_edu.network import siblings, weights
from osnet_edu.photos import market
from osnet_edu.refused import Refused
from osnet_edu.widgets import Duelling, Explorer, Flow, GateTheatre, Matching, PedestrianLab, records


@pytest.fixture
def shown():
    return Explorer()


def numbers(columns, name, kind="<i4"):
    return np.frombuffer(columns[name], kind)


def test_the_list_is_the_ranking(shown):
    _, shelf = explore.shipped()
    rankings = shelf.rankings("shipped")
    for query in (3, 200):
        shown.query = rankings.queries[query].name
        ranked = rankings.ranked(query)
        place, rank = numbers(shown.left, "place"), numbers(shown.left, "rank")
        assert len(place) == len(rankings.gallery)
        assert place[rank > 0].tolist() == ranked.order.tolist()
        assert np.allclose(numbers(shown.left, "similarity", "<f4"), ranked.similarity[place])
    assert shown.gallery["who"][int(place[0])].startswith("person ")


def test_it_begins_with_a_colourful_photo_of_a_hard_query_that_is_won(shown):
    assert shown.said.startswith("Rank 1 is the same person.") and shown.state == f"Explorer(query={shown.query!r})"
    rankings, hardness = shown._rankings, shown._shelf.hardness("shipped")
    images = rankings.pictures(rankings.queries).astype(int)
    colours = (images.max(-1) - images.min(-1)).mean((1, 2))
    assert hardness.first_hit[shown.at] == 1 and (colours < colours[shown.at]).mean() > 0.95
    margin = (hardness.positive - hardness.negative)[hardness.first_hit == 1]
    assert (margin < (hardness.positive - hardness.negative)[shown.at]).sum() < 64


def test_filters_list_queries_and_leave_the_query_alone(shown):
    query = shown.query
    shown.set_state({"failures": True, "camera": 1})
    found = numbers({"found": shown.found}, "found")
    assert 0 < len(found) < 26 and all("camera 1" in shown.queries["who"][k] for k in found)
    shown.search = "nobody at all"
    assert shown.found == b"" and shown.query == query and shown.problem == ""


def test_the_second_network_does_without_streams(shown):
    _, shelf = explore.shipped()
    rankings = shelf.rankings("shipped")
    shown.set_state({"query": rankings.queries[10].name, "other": "shipped"})
    assert shown.right["place"] == shown.left["place"] and [b for b, _ in shown.blocks] == list(rankings.streams)
    shown.set_state({"silenced": [["conv4.1", 3], ["conv3.0", 1], ["conv3.0", 1]]})
    assert shown.silenced == [["conv3.0", 1], ["conv4.1", 3]]
    ranked = rankings.ranked(10, [("conv3.0", 1), ("conv4.1", 3)])
    place, rank = numbers(shown.right, "place"), numbers(shown.right, "rank")
    assert place[rank > 0].tolist() == ranked.order.tolist()
    assert shown.right["title"] == "shipped without 2 streams"
    shown.where = "both"
    again = rankings.ranked(10, [("conv3.0", 1), ("conv4.1", 3)], where="both")
    place, rank = numbers(shown.right, "place"), numbers(shown.right, "rank")
    assert place[rank > 0].tolist() == again.order.tolist()
    shown.other = ""
    assert shown.silenced == [] and shown.right == {} and shown.blocks == []


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"query": "nobody.jpg"}, "There is no query 'nobody.jpg'"),
        ({"query": ""}, "No query is chosen"),
        ({"model": "resnet"}, "There is no network 'resnet' here; expected one of shipped, untrained"),
        ({"other": "resnet"}, "There is no network 'resnet'"),
        ({"silenced": [["conv2.0", 1]]}, "choose one first"),
        ({"opened": "nobody.jpg"}, "There is no gallery photo"),
        ({"why": "because"}, "There is no question 'because'"),
        ({"sort": "beauty"}, "There is no order 'beauty'"),
        ({"where": "nowhere"}, "There is no place 'nowhere'"),
        ({"side": 2}, "There is no side 2"),
        ({"own_at": 1.5}, "0 (left) to 1 (right), got 1.5"),
        ({"camera": "one"}, "camera"),
    ],
)
def test_a_refusal_is_a_sentence_and_the_last_good_state_stays(shown, bad, says):
    before = {name: getattr(shown, name) for name in ("query", "model", "other", "left", "found", "opened", "state")}
    shown.set_state(bad)
    assert says in shown.problem and shown.problem.endswith(".")
    assert {name: getattr(shown, name) for name in before} == before


def test_a_pair_is_asked_three_questions(shown):
    place, kind = numbers(shown.left, "place"), numbers(shown.left, "kind", np.uint8)
    match = int(place[np.flatnonzero(kind == explore.MATCH)[0]])
    shown.opened = shown.gallery["names"][match]
    assert isinstance(shown.child, Duelling)
    triplet = shown.child._triplet
    assert (triplet.query, triplet.positive) == (shown.at, match)
    assert shown.child.triples[shown.child.triple].startswith(f"{shown.queries['who'][shown.at]}: match first by 0.")
    assert shown.cannot == {}
    first = shown.child
    other = int(place[np.flatnonzero(kind == explore.OTHER_PERSON)[1]])
    shown.opened = shown.gallery["names"][other]
    assert shown.child is first and first._triplet.negative == other, "the widget stays and shows the new pair"
    shown.why = "gates"
    assert isinstance(shown.child, GateTheatre) and shown.child._triplet.negative == other
    shown.why = "correspondence"
    assert isinstance(shown.child, Matching) and not shown.child.known
    shown.opened = shown.gallery["names"][match]
    assert shown.child.known, "two renders of one person have a true place"
    shown.why = "edit"
    lab = shown.child
    assert isinstance(lab, PedestrianLab) and (lab.photo, lab.against) == (shown.query, shown.opened)
    shown.query = shown.queries["names"][0]
    assert shown.child is lab and lab.photo == shown.query, "the lab is kept, and shows the new person"
    shown.opened = ""
    assert shown.child is None and shown.asked_of == ""


def test_a_photo_that_is_left_out_cannot_win_a_duel(shown):
    place, rank = numbers(shown.left, "place"), numbers(shown.left, "rank")
    shown.opened = shown.gallery["names"][int(place[rank == 0][0])]
    assert shown.child is None and "The Market rule leaves this photo out" in shown.asked_of and shown.problem == ""
    assert list(shown.cannot) == ["duel", "gates"] and shown.cannot["duel"] in shown.asked_of


def test_the_second_side_asks_the_second_network(shown):
    place, rank = numbers(shown.left, "place"), numbers(shown.left, "rank")
    shown.set_state({"other": "untrained", "opened": shown.gallery["names"][int(place[rank == 2][0])], "side": 1})
    assert shown.asked_of.endswith("asked of the network untrained.")
    assert shown.child.rankings is shown._shelf.rankings("untrained")


def test_a_pair_is_followed_stage_by_stage(shown):
    place, rank = numbers(shown.left, "place"), numbers(shown.left, "rank")
    first, second = (shown.gallery["names"][int(place[rank == k][0])] for k in (1, 2))
    left_out = shown.gallery["names"][int(place[rank == 0][0])]
    shown.set_state({"opened": first, "why": "flow"})
    pair = shown.child
    assert isinstance(pair, Flow) and pair.shown == [shown.query, first] and pair.choices == pair.pairs == []
    assert pair.model is shown._rankings.model
    similarity = float(numbers(shown.left, "similarity", "<f4")[rank == 1][0])
    assert pair.network["similarity"] == pytest.approx(similarity, abs=2e-3)
    assert pair.said == flow.parting(pair.model, pair._now, pair._colouring).sentence
    pair.at = "conv3.1"
    for name in (second, left_out):
        shown.opened = name
        assert shown.child is pair and pair.shown == [shown.query, name], "one is kept, and shows the next pair"
        assert pair.block["name"] == "conv3.1" and "flow" not in shown.cannot
    shown.other = "shipped"
    shown.set_state({"silenced": [["conv3.1", 3]], "side": 1, "opened": first})
    assert shown.child is pair and pair.silenced == [["conv3.1", 3]], "what the list does without, the picture does too"
    assert shown.asked_of.endswith("Here both photos do without the silenced streams, in the list the query alone.")
    shown.where = "both"
    assert "Here both" not in shown.asked_of and pair.effect.startswith("Without stream 3 of conv3.1 the similarity is")
    there = numbers(shown.right, "place") == place[rank == 1][0]
    similarity = float(numbers(shown.right, "similarity", "<f4")[there][0])
    assert pair.network["similarity"] == pytest.approx(similarity, abs=2e-3)
    shown.silenced = []
    assert pair.silenced == [] and pair.effect == ""
    image = shown._rankings.pictures([shown._rankings.gallery[30]])[0]
    shown._handle_custom_msg({"photo": "own"}, [memoryview(as_file(image))])
    shown.set_state({"why": "flow", "opened": first})
    assert shown.child.shown == ["", first] and np.array_equal(shown.child._own[0], image)


def test_the_stages_of_networks_that_have_less(folder):  # noqa: F811
    """Real photos: a folder that nobody rendered.  Without gates, with two streams, as a sibling of the lesson."""
    models = {"T2": osnet(0.25, streams=2), "no gates": siblings.build("addition", 0.25)}
    shown = Explorer(folder, models=models, why="flow")
    shown.opened = shown.gallery["names"][0]
    for name, model in models.items():
        shown.model = name
        pair, block = shown.child, model.blocks()["conv2.0"]
        assert shown.problem == shown.crash == "" and pair.pictures[1]["text"].startswith("person ")
        pair.at = "conv2.0"
        assert len(pair.block["streams"]) == len(block.stream_names)
        assert all(bool(one["gate"]) == (block.gate is not None) for one in pair.block["streams"])
    assert "has no gate" in pair.said


def test_a_network_that_fails_on_a_pair_says_so_and_the_rest_goes_on(shown, monkeypatch):
    first, second = shown.gallery["names"][:2]
    shown.set_state({"opened": first, "why": "flow"})
    pair, before = shown.child, shown.child.drawn()
    with monkeypatch.context() as broken:
        broken.setattr(shown._rankings.model.conv4[1], "forward", lambda x: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shown.set_state({"opened": second})
    assert "ZeroDivisionError" in shown.crash and shown.child is None and shown.opened == second
    assert "asked of the network shipped" in shown.asked_of and pair.drawn() == before
    shown.set_state({"opened": first})
    assert shown.child is pair and shown.crash == "" and pair.shown == [shown.query, first]


# --- a photo of one's own ---------------------------------------------------------------------------------------------


def as_file(image, form="PNG"):
    file = io.BytesIO()
    Image.fromarray(image).save(file, form)
    return file.getvalue()


def test_a_photo_of_ones_own_is_ranked_and_marks_nobody(shown):
    rankings = shown._rankings
    image = rankings.pictures([rankings.gallery[30]])[0]
    shown._handle_custom_msg({"photo": "own"}, [memoryview(as_file(image))])
    assert (shown.query, shown.at, shown.problem) == ("", -1, "")
    place = numbers(shown.left, "place")
    assert place[0] == 30 and numbers(shown.left, "similarity", "<f4")[0] == pytest.approx(1, abs=1e-4)
    assert "right and wrong are not marked" in shown.said and not shown.own["wide"]
    assert shown.why == "correspondence", "the one question that needs no right answer"
    shown.opened = shown.gallery["names"][30]
    assert isinstance(shown.child, Matching)
    assert set(shown.cannot) == {"duel", "gates", "edit"} and len(set(shown.cannot.values())) == 1
    shown.why = "duel"
    assert shown.child is None and shown.asked_of.endswith(shown.cannot["duel"])
    shown.query = shown.queries["names"][0]
    assert shown.cannot == {} and isinstance(shown.child, Duelling)


def test_the_line_and_the_link_say_what_they_cannot_hold(shown):
    shown.bring(np.full((64, 32, 3), 90, np.uint8))
    assert shown.state == "Explorer(why='correspondence')  # without your photo: bring it again" and shown.link == ""
    again = eval(shown.state, {"Explorer": Explorer})
    assert again.why == "correspondence" and again.query, "a comment is no code"
    other = Explorer(models={"mine": osnet(0.25, gate_hidden=4)}, query=again.query, model="mine")
    assert other.state.endswith("model='mine')  # without the network 'mine': it is in no file")


@pytest.mark.parametrize("kind", ["path", "name", "bytes", "bytearray", "file", "Pillow", "array", "tensor"])
def test_a_photo_comes_as_people_have_it(shown, tmp_path, kind):
    import torch

    image = shown._rankings.pictures([shown._rankings.gallery[30]])[0]
    path = tmp_path / "mine.png"
    path.write_bytes(as_file(image))
    content = {
        "path": lambda: path, "name": lambda: str(path), "bytes": path.read_bytes,
        "bytearray": lambda: bytearray(path.read_bytes()), "file": lambda: io.BytesIO(path.read_bytes()),
        "Pillow": lambda: Image.fromarray(image), "array": lambda: image, "tensor": lambda: torch.tensor(image),
    }[kind]()  # fmt: skip
    shown.bring(content)
    assert numbers(shown.left, "place")[0] == 30


def test_a_wide_photo_can_be_cut_elsewhere(shown):
    wide = np.zeros((128, 256, 3), np.uint8)
    wide[:, :64] = shown._rankings.pictures([shown._rankings.gallery[5]])[0]
    shown.bring(wide)
    assert shown.own["wide"]
    shown.own_at = 0
    assert numbers(shown.left, "place")[0] == 5


@pytest.mark.parametrize(
    ("message", "files", "says"),
    [
        ({"photo": "own"}, [b"<svg onload=alert(1)>"], "Cannot be read as a picture"),
        ({"photo": "own"}, [as_file(np.zeros((3, 3, 3), np.uint8))], "at least 16 a side"),
        ({"photo": "own"}, [b"x", b"y"], "Expected one photo"),
        ({"video": "own"}, [b"x"], "Expected one photo"),
        ("text", [b"x"], "Expected one photo"),
    ],
)
def test_what_is_no_photo_is_a_sentence_and_the_query_stays(shown, message, files, says):
    before = shown.query, shown.left
    shown._handle_custom_msg(message, files)
    assert says in shown.problem and (shown.query, shown.left) == before


def test_a_photo_of_100_megapixels_is_refused_before_it_is_decoded(shown):
    small = as_file(np.zeros((16, 16, 3), np.uint8))
    # Width and height of a PNG stand at bytes 16 to 24; their checksum follows the header.
    import struct
    import zlib

    head = b"IHDR" + struct.pack(">II", 10_000, 10_000) + small[24:29]
    large = small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]
    shown._handle_custom_msg({"photo": "own"}, [large])
    assert "10000x10000, larger than the limit of 50 million pixels" in shown.problem and shown.query


# --- networks ---------------------------------------------------------------------------------------------------------


def test_a_network_of_ones_own_joins_and_one_that_does_not_load_changes_nothing(shown, tmp_path):
    weights.save(osnet(0.25, gate_hidden=4).eval(), tmp_path / "mine.safetensors", size=(64, 32))
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    shown._handle_custom_msg({"weights": str(tmp_path / "bad.pth")}, [])
    assert "bad.pth" in shown.problem and shown.model == "shipped" and shown.models == ["shipped", "untrained"]
    shown._handle_custom_msg({"weights": str(tmp_path / "mine.safetensors")}, [])
    assert (shown.problem, shown.model) == ("", "mine")
    assert f"models={{'mine': {str(tmp_path / 'mine.safetensors')!r}}}, query=" in shown.state


def test_results_follow_the_network_and_not_its_name(tmp_path):
    def trained(where, seed):
        torch.manual_seed(seed)
        where.parent.mkdir(parents=True, exist_ok=True)
        weights.save(osnet(0.25, gate_hidden=4).eval(), where, size=(64, 32))
        return where

    import torch

    found = explore.open_folder(assets.subset())
    known = [photo for photo in found.gallery if photo.person in (found.query[0].person, found.query[-1].person)]
    few = market.Market(found.root, (), found.query[:6], tuple(known))
    shown = Explorer(few)
    file = trained(tmp_path / "one/run/weights.safetensors", 0)
    shown.add(file)
    other = next(k for k, photo in enumerate(known) if photo.person == found.query[-1].person)
    shown.set_state({"why": "gates", "opened": shown.gallery["names"][other]})
    first, child = shown.left["similarity"], shown.child
    shown.add(file)
    assert shown.left["similarity"] == first and shown.child is child, "what is the same is not embedded again"
    trained(file, 1)
    shown.add(file)
    assert shown.models[2:] == [shown.model] == ["run/weights"]
    assert shown.left["similarity"] != first and shown.child is not child
    assert shown.child.rankings is shown._shelf.rankings("run/weights")
    second = shown.left["similarity"]
    other = trained(tmp_path / "two/run/weights.safetensors", 2)
    shown.add(other)
    assert shown.model == "two/run/weights" and shown.left["similarity"] not in (first, second)
    assert str(other) in shown.state
    assert eval(shown.state, {"Explorer": lambda _, **state: Explorer(few, **state)}).left == shown.left
    shown.set_state({"model": "run/weights", "other": "two/run/weights"})
    assert (shown.left["similarity"], shown.right["title"]) == (second, "two/run/weights")
    trained(other, 0)
    shown.add(other)
    assert shown.right["similarity"] == shown.left["similarity"] == first, "one content has one ranking"


def test_a_network_itself_is_taken_as_it_is_now():
    network = osnet(0.25, gate_hidden=4).train()
    shown = Explorer(models={"mine": network}, model="mine")
    start, before = shown.query, shown.left["similarity"]
    assert network.training
    for value in network.parameters():
        value.data.zero_()
    shown.query = next(name for name in shown.queries["names"] if name != start)
    shown.query = start
    assert shown.left["similarity"] == before, "what is trained on afterwards is another network"


def test_the_line_of_python_makes_the_same_state(shown, tmp_path):
    weights.save(osnet(0.25, gate_hidden=4).eval(), tmp_path / "mine.safetensors", size=(64, 32))
    shown.add(tmp_path / "mine.safetensors")
    shown.set_state({"model": "shipped", "other": "mine", "failures": True, "sort": "smallest margin", "twin": "logo"})
    shown.silenced = [["conv2.1", 4]]
    shown.opened = shown.gallery["names"][40]
    again = eval(shown.state, {"Explorer": Explorer})
    assert again.state == shown.state and again.right == shown.right and again.found == shown.found
    told = parse_qs(shown.link)
    assert told["silenced"] == ["conv2.1:4"] and told["failures"] == ["1"] and told["sort"] == ["smallest margin"]


def test_an_address_makes_the_same_state(shown):
    wanted = Explorer(query=shown.queries["names"][9], other="untrained", sort="smallest margin", why="gates")
    wanted.set_state(
        {"silenced": [["conv2.1", 4], ["conv4.0", 1]], "left_out": False, "own_at": 0.25, "failures": True}
    )
    wanted.opened = wanted.gallery["names"][40]
    shown._handle_custom_msg({"link": wanted.link}, [])
    assert (shown.problem, shown.state) == ("", wanted.state) and shown.right == wanted.right
    before = shown.state
    shown._handle_custom_msg({"link": f"model=untrained&query={shown.queries['names'][3]}&opened=nobody.jpg"}, [])
    assert "There is no gallery photo 'nobody.jpg'" in shown.problem and shown.state == before
    assert (Explorer().plain, wanted.plain) == (True, False), "only where no state was given, an address gives one"


def test_words_that_cannot_be_set_are_refused():
    with pytest.raises(Refused, match="colour is nothing that can be set here; expected query, model, other"):
        Explorer(colour="red")
    with pytest.raises(Refused, match="no query 'x'"):
        Explorer(query="x")


# --- what the page asks for -------------------------------------------------------------------------------------------


def heard(widget, monkeypatch):
    sent = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    return sent


def test_small_pictures_come_when_they_are_asked_for(shown, monkeypatch):
    sent = heard(shown, monkeypatch)
    shown._handle_custom_msg({"gallery": [3, 1]}, [])
    (content, buffers), *_ = sent
    assert content["gallery"] == [3, 1] and len(buffers) == 2
    image = np.asarray(Image.open(io.BytesIO(buffers[1])).convert("RGB")).astype(int)
    wanted = shown._rankings.pictures([shown._rankings.gallery[1]])[0].astype(int)
    assert image.shape == (128, 64, 3) and np.abs(image - wanted).mean() < 8
    for bad in ({"gallery": [9999]}, {"queries": "all"}, {"sauce": [1]}, "save", {"save": {"first": "a", "count": 1}}):
        shown._handle_custom_msg(bad, [])
        assert shown.problem.endswith(".") and shown.crash == ""


def test_the_picture_shows_the_ranks_that_are_asked_for(shown, monkeypatch):
    sent = heard(shown, monkeypatch)
    shown._handle_custom_msg({"save": {"first": 2, "count": 4, "view": "abc"}}, [])
    (content, (png,)), *_ = sent
    assert content == {"png": f"{shown.query[:-4]}.png", "view": "abc"}
    one = Image.open(io.BytesIO(png))
    shown.other = "untrained"
    two = Image.open(io.BytesIO(shown.picture(2, 4)[1]))
    assert two.height == 2 * one.height
    shown.bring(np.full((64, 64, 3), 90, np.uint8))
    assert Image.open(io.BytesIO(shown.picture()[1])).width > 300


def test_markup_in_names_stays_text(tmp_path):
    shown = Explorer(plain_folder(tmp_path / "<img src=x onerror=alert(1)>"))
    assert all(re.fullmatch(r"<b>who\d<b>/\d\.png", name) for name in shown.queries["names"])
    json.loads(records.to_json({key: value for key, value in shown.drawn().items()}))
    assert "onerror" in shown.state and eval(shown.state, {"Explorer": Explorer}).query == shown.query


def test_two_explorers_share_what_is_embedded_and_nothing_else(shown):
    other = Explorer()
    assert other._shelf.rankings("shipped") is shown._shelf.rankings("shipped")
    other.query = other.queries["names"][7]
    assert shown.query != other.query and shown.left != other.left
    other.add(assets.path(assets.WEIGHTS))
    assert "osnet_x0_25" not in shown.models


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_the_explorer_does_not_care_which_index_searches(shown, kind):
    other = Explorer(index=kind, query=shown.query)
    ours, theirs = (numbers(one.left, "place")[:20].tolist() for one in (shown, other))
    assert len(set(ours) & set(theirs)) >= 18, "an index may miss a neighbour"
    assert f"index={kind!r}" in other.state
    with pytest.raises(Refused, match="no index of kind 'tree'; expected one of exact, flat"):
        Explorer(index="tree")


# --- before anybody asks ----------------------------------------------------------------------------------------------


def test_what_is_prepared_while_the_page_rests_is_what_a_pair_needs(shown, monkeypatch):
    import asyncio

    from osnet_edu.explain import known, untrained
    from osnet_edu.widgets import at_rest, openings

    monkeypatch.setattr(at_rest, "QUIET", 0.05)
    steps, done = shown._openings.steps(shown._rankings, shown.at), []

    def counted():
        for step in steps:
            done.append(step)
            yield

    monkeypatch.setattr(openings.Openings, "steps", lambda *_: counted())

    async def page():
        shown._handle_custom_msg({"gallery": [0]}, [])  # the first view
        assert done == []
        while shown._rest._steps is not None:
            await asyncio.sleep(0.05)
            if len(done) == 3:
                shown._handle_custom_msg({"gallery": [1]}, [])
                assert len(done) == 3, "a message comes between two steps"

    asyncio.run(page())
    assert len(done) > 15
    made = {name: [] for name in ("limit", "random_model")}

    def heard(name, make):
        return lambda *given, **more: made[name].append(given) or make(*given, **more)

    monkeypatch.setattr(known, "limit", heard("limit", known.limit))
    monkeypatch.setattr(untrained, "like", heard("random_model", untrained.like))
    shown.opened = shown.gallery["names"][int(numbers(shown.left, "place")[numbers(shown.left, "rank") == 1][0])]
    assert isinstance(shown.child, Duelling) and made == {"limit": [], "random_model": []}


def test_nothing_is_prepared_outside_a_page(shown):
    shown._handle_custom_msg({"gallery": [0]}, [])
    assert shown._rest._next is None
    shown.close()


def test_the_shipped_features_are_those_that_the_network_makes(shown):
    from osnet_edu.embed import embed
    from osnet_edu.explore import embedded

    found = explore.open_folder(assets.subset())
    kept = embedded.shipped_features(found)
    network = weights.shipped()
    made = embed(network.model, kept.photos, size=network.size)
    assert made.photos == kept.photos == (*found.query, *found.gallery)
    assert np.abs(made.features - kept.features).max() < 1e-3 * np.abs(made.features).max()
    assert np.array_equal(shown._rankings.gallery_features, kept.features[len(found.query) :])
    assert embedded.shipped_features(market.Market(found.root, (), found.query[:5], found.gallery)) is None
