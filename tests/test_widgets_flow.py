"""The widget of the network at work without a browser: what it draws is the room's own."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from osnet_edu import Refused, assets, explore, osnet, widgets
from osnet_edu.embed import normalise
from osnet_edu.explain import flow
from osnet_edu.network import siblings, weights
from osnet_edu.widgets import flow_colours, records

MOST = 300_000  # bytes of a message


@pytest.fixture(scope="module")
def shown():
    return widgets.Flow()


@pytest.fixture(scope="module")
def few(shown):
    """Some of the shipped people, so that colours take no time."""
    found = shown._album.market
    return explore.Album(replace(found, query=found.query[:6], gallery=found.gallery[:6]))


def two(album: explore.Album) -> list[str]:
    return [album.name(photo) for photo in album.market.query[:2]]


@pytest.fixture(autouse=True)
def at_first(shown):
    yield
    shown.shown, shown.silenced, shown.cell, shown.at = shown.pairs[0]["names"], [], [], "network"


def state(widget) -> dict:
    """What is drawn, but for what was refused or went wrong."""
    return {name: value for name, value in widget.drawn().items() if name not in ("problem", "crash")}


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"))


def test_pictures_are_the_colours_of_the_maps(shown):
    shown.at = "conv3.1"
    now, colouring = shown._now, shown._colouring
    level = flow.network_level(shown.model, now, colouring, flow.parting(shown.model, now, colouring))
    for drawn, own in zip(shown.network["maps"], level.maps, strict=True):
        assert drawn["shape"] == list(now.maps[own.name].shape)
        for k in (0, 1):
            assert np.array_equal(pixels(drawn["src"][k]), own.colours[k])
            same = pixels(drawn["lit"][k])[own.lit[k] == 1]
            assert np.array_equal(same, own.colours[k][own.lit[k] == 1]), "what differs keeps its colours"
    assert shown.network["sentence"] == level.sentence
    for k, code in enumerate(shown.network["code"]):
        features = now.embedding[k].double().numpy()
        assert np.array_equal(np.frombuffer(code, np.uint8), np.round(255 * features / features.max()))
    block = flow.block_level(shown.model, now, colouring, "conv3.1")
    for drawn, own in zip(shown.block["streams"], block.streams, strict=True):
        assert drawn["gate"] == list(own.means) and np.array_equal(pixels(drawn["src"][1]), own.shown.colours[1])
        assert np.allclose(np.frombuffer(drawn["channels"][0], np.uint8) / 255, own.gates[0], atol=0.002)
        assert (drawn["cells"], drawn["longest"]) == (own.field.cells, own.field.longest)
    assert [one["words"] for one in shown.stage["maps"]] == ["block 1", "block 2", "transition"]
    assert shown.said == block.sentence and shown.trail[-1] == ["conv3.1", "conv3.1"]


def test_the_kept_colours_are_what_the_shipped_network_gives(shown, monkeypatch):
    found = explore.shipped()[0].market
    with np.load(assets.path(flow_colours.kept_name(flow_colours.sampled(found))), allow_pickle=False) as file:
        kept = dict(file)
    own = flow_colours.coloured(shown.model, found, tuple(shown.size)).everything()
    assert kept.keys() == own.keys()
    for name, values in own.items():
        assert kept[name].shape == values.shape, name
        same = np.allclose(kept[name], values, rtol=1e-3, atol=1e-5) if values.dtype == float else None
        assert np.array_equal(kept[name], values) if same is None else same, name
    again = flow.Colouring(shown.model, shown._colouring.images, kept)
    assert np.array_equal(again.basis("conv3.1 stream 3").axes, shown._colouring.basis("conv3.1 stream 3").axes)
    monkeypatch.setattr(flow_colours, "kept_name", lambda photos: "colours/none.npz")
    measured = flow_colours.shipped_colouring.__wrapped__()
    assert measured.usual("conv3.1") == pytest.approx(shown._colouring.usual("conv3.1"), rel=1e-4), "without the file"


def test_a_cell_is_drawn_while_its_map_is_open(shown):
    shown.set_state({"cell": ["conv3.1 stream 3", 1, 7, 3], "at": "conv3.1 stream 3"})
    images = normalise(shown._images(shown.shown))
    own = flow.cell_level(shown.model, images, shown._now, "conv3.1 stream 3", (7, 3), 1)
    assert shown.seen["match"] == list(own.match) and shown.seen["windows"]["longest"] == list(own.windows["longest"])
    heat = np.frombuffer(shown.seen["heat"], np.uint8).reshape(own.heat.shape)
    assert np.abs(heat / 255 - np.sqrt(own.heat / own.heat.max())).max() < 0.003
    assert shown.said == own.sentence
    shown.at = "conv3"
    assert shown.seen == {} and "conv3 makes 8 x 4 cells" in shown.said
    shown.at = "conv3.1 squeeze"
    assert shown.said.startswith("conv3.1 squeeze has 24 channels of 16 x 8 cells")
    shown.at = "conv3.1 stream 1"
    assert shown.said.startswith("A cell of stream 1 of conv3.1 sees 3 x 3 cells of the block's input")


def test_a_muted_stream_is_followed_to_the_end(shown):
    before = shown.network
    shown.set_state({"silenced": [["conv3.1", 3], ["conv2.0", 1]]})
    assert shown.silenced == [["conv2.0", 1], ["conv3.1", 3]]
    changed = [a["src"] != b["src"] for a, b in zip(before["maps"], shown.network["maps"], strict=True)]
    assert changed == [False, True, True, True, True]
    unit = [one / np.linalg.norm(one) for one in shown._now.embedding.double().numpy()]
    assert shown.network["similarity"] == pytest.approx(unit[0] @ unit[1])
    assert (
        f"the similarity is {unit[0] @ unit[1]:.2f}; with all streams it is {before['similarity']:.2f}" in shown.effect
    )
    shown.silenced = []
    assert shown.network == before and shown.effect == ""


def test_the_pairs_are_what_their_words_say(shown):
    album = shown._album
    assert len(shown.pairs) >= 11
    for pair in shown.pairs:
        one, two = (shown._photos[name] for name in pair["names"])
        kind, _, part = pair["words"].partition(": ")
        if kind == "twins":
            assert album.folder.record(one).twin == two.person and one.camera == two.camera
            assert album.part(one) in part or part.startswith("colour of the")
        else:
            assert (one.person == two.person) == (kind == "one person") and one.camera != two.camera
    assert shown.said.startswith("The two part in conv3.0"), "the first pair parts in the middle"


def test_one_photo_two_photos_and_ones_own(shown):
    shown.set_state({"shown": shown.pairs[3]["names"][:1]})
    assert len(shown.pictures) == 1 and shown.ratios == {} and "512 numbers" in shown.said
    mine = np.random.default_rng(0).integers(0, 255, (200, 90, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(mine).save(file, "PNG")
    shown._handle_custom_msg({"photo": 1}, [file.getvalue()])
    assert shown.problem == "" and shown.shown[1] == "" and shown.pictures[1]["text"] == "your photo"
    assert pixels(shown.pictures[1]["src"]).shape == (128, 64, 3)
    before = state(shown)
    for message, files in (({"photo": 0}, [b"no picture"]), ({"photo": 7}, [file.getvalue()]), ("photo", [b""])):
        shown._handle_custom_msg(message, files)
        assert shown.problem.endswith(".")
        assert state(shown) == before, "the last good picture stays"
    again = widgets.Flow(photos=[mine, shown.pairs[0]["names"][1]], at="conv2.0")
    assert again.shown == ["", shown.pairs[0]["names"][1]] and again.block["name"] == "conv2.0"
    assert widgets.Flow(photos=shown.pairs[0]["names"][0]).shown == shown.pairs[0]["names"][:1]


@pytest.mark.parametrize(
    "values",
    [
        {"at": "conv9"}, {"at": "conv3.1 stream 9"}, {"shown": ["nobody.jpg"]}, {"shown": []}, {"shown": ["", ""]},
        {"silenced": [["conv3.1", 9]]}, {"silenced": ["x"]}, {"cell": ["conv3", 0, 99, 0]},
        {"cell": ["network", 0, 0, 0]}, {"cell": ["conv3", 5, 0, 0]}, {"cell": [1, 2]}, {"cell": ["conv3", 0, True, 0]},
        {"at": "conv3", "cell": ["x"] * 4},
    ],
    ids=str,
)  # fmt: skip
def test_a_refused_value_changes_nothing(shown, values):
    before = state(shown)
    shown.set_state(values)
    assert shown.problem.endswith(".") and len(shown.problem) > 20
    assert state(shown) == before
    with pytest.raises(Refused):
        for name, value in values.items():
            setattr(shown, name, value)
    shown.problem = ""


def test_a_network_that_fails_half_way_leaves_the_last_picture(shown, monkeypatch):
    before = state(shown)
    with monkeypatch.context() as broken:
        broken.setattr(flow, "network_level", lambda *_: 1 / 0)
        for values in ({"shown": shown.pairs[2]["names"]}, {"silenced": [["conv2.0", 1]]}):
            with pytest.raises(ZeroDivisionError):
                shown.set_state(values)
            assert "ZeroDivisionError" in shown.crash and state(shown) == before
    shown.set_state({"shown": shown.pairs[2]["names"]})
    assert shown.crash == "" and shown.network != before["network"]


def test_no_message_is_large(shown, monkeypatch):
    code, first = shown.network["code"][0], records.to_json(shown.drawn())
    places = ("conv1", "maxpool", "conv3", "conv2.0", "conv2.0 stream 4", "conv2.0 squeeze", "conv2.0 expansion")
    sizes = messages(shown, monkeypatch)
    for values in ({"shown": shown.shown[::-1]}, {"silenced": [["conv2.0", 1]]}):
        shown.set_state(values)
    open_all(shown, *places)
    assert len(sizes) >= 2 * len(places) + 2 and shown.problem == ""
    assert len(first) < MOST and 10_000 < max(sizes) < MOST, (len(first), sizes)
    assert records.from_json(first)["network"]["code"][0] == code


def messages(widget, monkeypatch) -> list[int]:
    """Bytes of each message from now on."""
    sizes: list[int] = []

    def send(data=None, buffers=None, **_):
        sizes.append(len(json.dumps(data, default=lambda _: "")) + sum(map(len, buffers or [])))

    monkeypatch.setattr(widget.comm, "send", send)
    return sizes


def open_all(widget, *places: str) -> None:
    """Each place, and a cell of the second photo there."""
    for place in places:
        widget.set_state({"at": place})
        widget.set_state({"cell": [place, 1, 2, 2]})
        assert widget.seen["map"] == place and widget.seen["match"]


@pytest.mark.slow
def test_the_full_width_in_its_own_size_has_all_levels_and_no_large_message(few, monkeypatch):
    wide = widgets.Flow(weights.Checkpoint(osnet(1.0), (256, 128)), few, photos=two(few), choose=False)
    assert wide.network["maps"][1]["shape"] == [2, 256, 32, 16] and len(wide.network["code"][0]) == 512
    sizes = messages(wide, monkeypatch)
    sizes.append(len(records.to_json(wide.drawn())))
    open_all(wide, "conv2.0 stream 4")
    assert len(sizes) >= 3 and max(sizes) < MOST, sizes
    assert len(wide.block["streams"][0]["channels"][0]) == 64, "a gate for each channel"


def test_a_block_that_raises_leaves_the_last_picture(shown, monkeypatch):
    before, own = state(shown), list(shown._own)
    with monkeypatch.context() as broken:
        broken.setattr(shown.model.conv4[1], "forward", lambda *_: 1 / 0)
        for values in ({"shown": shown.pairs[2]["names"]}, {"silenced": [["conv2.0", 1]]}):
            with pytest.raises(ZeroDivisionError):
                shown.set_state(values)
            assert shown.crash.startswith("Traceback") and state(shown) == before
        for act in (lambda: shown.point(shown.pairs[3]["names"]), lambda: shown.bring(np.zeros((64, 32, 3), np.uint8))):
            with pytest.raises(ZeroDivisionError):
                act()
            assert state(shown) == before and all(a is b for a, b in zip(shown._own, own, strict=True))
    shown.set_state({"at": "conv4.1", "cell": ["conv4.1", 1, 0, 0]})
    assert shown.crash == "" and shown.seen["map"] == "conv4.1"


def test_a_photo_that_has_become_unreadable_is_refused_and_the_last_picture_stays(tmp_path):
    for k in range(4):
        (tmp_path / "people" / f"{k:04d}").mkdir(parents=True)
        for camera in (1, 2):
            pixels = np.random.default_rng(10 * k + camera).integers(0, 255, (128, 64, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "people" / f"{k:04d}" / f"{k:04d}_c{camera}s1_000001_00.png")
    own = widgets.Flow(folder=tmp_path / "people")
    before, name = state(own), next(one for one, _ in own.choices if one not in own.shown)
    own._photos[name].path.write_bytes(b"no picture any more")
    own.set_state({"shown": [name]})
    assert own.problem.startswith(name) and "cannot be read" in own.problem and state(own) == before
    with pytest.raises(Refused, match="cannot be read"):
        own.point([own.shown[0], name], [["conv2.0", 1]])
    assert state(own) == before


@pytest.mark.parametrize("kind", ["T1", "T2", "concatenation", "addition", "stream-wise", "inception", "se"])
def test_another_network_shows_what_it_has(few, kind):
    """Fewer streams, and siblings of the lesson about them, by each kind of join and gate."""
    model = siblings.build(kind, 0.25)
    own = widgets.Flow(model, few, photos=two(few), at="conv2.0", small=True, choose=False)
    block = model.blocks()["conv2.0"]
    assert len(own.block["streams"]) == len(block.stream_names) and own.small
    assert (own.block["gate"] == "") == (block.gate is None)
    assert all(bool(one["gate"]) == (block.gate is not None) for one in own.block["streams"])
    assert ("has no gate" in own.said or "one stream" in own.said) or block.gate is not None
    for place in ("conv2.0 stream 1", "conv2.0 sum", "conv2.2"):
        own.set_state({"at": place, "cell": [place, 0, 1, 1]})
        assert own.problem == own.crash == "" and own.seen["map"] == place
    records.to_json(own.drawn())


def test_bad_arguments_are_refused():
    for arguments in (
        {"model": 3}, {"photos": ["a", "b", "c"]}, {"photos": "nobody.jpg"}, {"photos": b"no picture"}, {"zoom": 1},
        {"at": "conv7"}, {"folder": "/nowhere/at/all"},
    ):  # fmt: skip
        with pytest.raises(Refused):
            widgets.Flow(**arguments)
