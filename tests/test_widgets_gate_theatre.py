"""The gate theatre without a browser: its numbers are those of the rooms below, and its sentences are true."""

import numpy as np
import pytest
import torch
from test_explain_without import folder  # noqa: F401  a fixture

from osnet_edu import Refused, osnet
from osnet_edu.embed import normalise
from osnet_edu.explain import gates
from osnet_edu.network import siblings, weights
from osnet_edu.widgets import GateTheatre
from osnet_edu.widgets import theatre_words as words


@pytest.fixture(scope="module")
def shown(folder):  # noqa: F811
    return GateTheatre(weights.shipped(), folder)


@pytest.fixture(autouse=True)
def all_on(shown):
    yield
    shown.silenced, shown.fill, shown.where, shown.opened, shown.triple = [], "zero", "query", "", 0


def test_bars_are_what_gates_reads(shown):
    triplet = shown._triplet
    rankings = shown.rankings
    photos = [rankings.queries[triplet.query], *(rankings.gallery[i] for i in (triplet.positive, triplet.negative))]
    reading = gates.read(rankings.model, normalise(rankings.pictures(photos)))
    for block in shown.blocks:
        for t, stream in enumerate(block["streams"]):
            assert np.allclose(stream["gate"], reading.means[block["name"]][:, t], atol=1e-6)
            assert np.allclose(stream["share"], reading.shares[block["name"]][:, t], atol=1e-5)
    shown.opened = "conv3.1"
    assert len(shown.channels) == 12
    second = next(row for row in shown.channels if row["stream"] == 2 and row["photo"] == "impostor")
    assert np.allclose(second["values"], reading.gates["conv3.1"][2, 1], atol=1e-3)
    assert f"from {min(second['values']):.2f}" in second["text"]


def test_the_list_is_that_of_the_rankings(shown):
    shown.silenced = [["conv4.0", 3], ["conv2.0", 1], ["conv4.0", 3]]
    assert shown.silenced == [["conv2.0", 1], ["conv4.0", 3]]
    before, now = (shown.rankings.ranked(shown._triplet.query, s) for s in ([], [("conv2.0", 1), ("conv4.0", 3)]))
    assert [place["rank"] for place in shown.places] == list(range(1, 11))
    person = shown.rankings.queries[shown._triplet.query].person
    for place, photo in zip(shown.places, now.order, strict=False):
        one = shown.rankings.gallery[photo]
        assert (place["name"], place["match"]) == (one.name, one.person == person)
        assert place["before"] == before.rank(photo)
        assert (place["moved"] == "") == (place["before"] == place["rank"])
    for effect, photo in zip(shown.effects, (shown._triplet.positive, shown._triplet.negative), strict=True):
        assert effect["before"] == pytest.approx(before.similarity[photo])
        assert effect["now"] == pytest.approx(now.similarity[photo])
        assert (effect["rank_before"], effect["rank"]) == (before.rank(photo), now.rank(photo))


def test_the_sentence_says_what_the_numbers_say_for_every_single_stream(shown):
    for block, count in shown.rankings.streams.items():
        for stream in range(1, count + 1):
            shown.silenced = [[block, stream]]
            match, impostor = (effect["now"] for effect in shown.effects)
            first, second = ("the match", "the impostor") if match > impostor else ("the impostor", "the match")
            assert shown.sentence.startswith(f"Without stream {stream} in {block} {first} ")
            assert shown.sentence.endswith(f"before {second}: {match:.3f} against {impostor:.3f}.")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ((0.7, 0.6), (0.69, 0.71), "the impostor comes before the match: 0.690 against 0.710."),
        ((0.7, 0.6), (0.8, 0.7), "the match still comes before the impostor: 0.800 against 0.700."),
        ((0.5, 0.6), (0.8, 0.7), "the match comes before the impostor: 0.800 against 0.700."),
        ((0.5, 0.6), (0.6, 0.7), "the impostor still comes before the match: 0.600 against 0.700."),
        ((0.5, 0.6), (0.6, 0.6), "the match and the impostor are equally near: 0.600 against 0.600."),
    ],
)
def test_a_verdict_names_who_comes_first(before, now, said):
    assert words.verdict([("conv3.0", 1)], before, now) == f"Without stream 1 in conv3.0 {said}"


def test_silenced_streams_are_named_and_many_are_counted():
    assert words.verdict([], (0.7, 0.6), (0.7, 0.6)).startswith("All streams are on. The match comes before")
    assert words.without_streams([("a", 1), ("a", 3), ("a", 4)]) == "Without streams 1, 3 and 4 in a"
    assert words.without_streams([("a", 2), ("b", 1)]) == "Without stream 2 in a and stream 1 in b"
    assert words.without_streams([(block, 2) for block in "abcdef"]) == "Without stream 2 in 6 blocks"
    assert words.without_streams([("a", 1), ("a", 2), ("b", 1), ("b", 3)]) == "Without 4 streams in 2 blocks"
    assert (words.moved_words(2, 5), words.moved_words(5, 2), words.moved_words(3, 3)) == (
        "up, was 5",
        "down, was 2",
        "",
    )


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([0.05, 0.1, 0.61, 0.24], "Block b leans on streams 3 and 4: 85 %."),
        ([0.24, 0.26, 0.25, 0.25], "Block b uses its 4 streams about alike."),
        ([0.9, -0.1, 0.1, 0.1], "Block b leans on streams 1 and 3: 100 %."),
        ([1.0], "Block b has one stream."),
        ([0.7, 0.3], "Block b leans on stream 1: 70 %."),
        ([float("nan")] * 4, "Block b is silent for this photo: all its streams are zero."),
    ],
)
def test_a_block_leans_on_its_largest_shares(shares, said):
    assert words.leaning("b", shares) == said


def test_the_field_is_that_of_the_stream_and_says_where_it_is_wider(shown):
    shown.chosen = ["conv2.0", 4]
    assert "Longest path: 43 pixels." in shown.field["says"]
    shown.chosen = ["conv4.1", 4]
    assert "Longest path: 471 pixels, wider and taller than the photo." in shown.field["says"]
    top, left, bottom, right = shown.field["longest"]
    assert bottom - top == right - left == 471
    assert shown.details.startswith("Stream 4 of conv4.1, 9 x 9 cells")


def test_it_says_which_way_it_silences(shown):
    assert shown.how == ""
    shown.silenced = [["conv3.0", 2]]
    assert shown.how == "A silenced stream becomes zero, in the query alone; the gallery has all its streams."
    alone = shown.sentence
    shown.set_state({"where": "both", "fill": "mean"})
    assert shown.how == "A silenced stream becomes its mean over the gallery, in query and gallery."
    assert shown.sentence != alone


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"silenced": [["conv9.0", 1]]}, "no block 'conv9.0'"),
        ({"silenced": [["conv3.0", 7]]}, "no stream of conv3.0 7"),
        ({"silenced": ["conv3.0"]}, "named by its block and its number"),
        ({"fill": "noise"}, "no filling 'noise'"),
        ({"where": "nowhere"}, "no place 'nowhere'"),
        ({"triple": 10_000}, "triples 0 to"),
        ({"opened": "conv1"}, "no block 'conv1'"),
    ],
)
def test_a_bad_value_from_the_page_is_refused_and_the_last_good_state_stays(shown, sent, said):
    shown.silenced = [["conv3.0", 1]]
    before = shown.sentence
    shown.set_state(sent)
    assert said in shown.problem
    assert (shown.silenced, shown.sentence) == ([["conv3.0", 1]], before)
    shown.set_state({"silenced": []})
    assert shown.problem == ""


def test_a_photo_that_has_gone_leaves_the_last_triple(folder, tmp_path):  # noqa: F811
    import shutil

    shutil.copytree(folder, tmp_path / "market")
    torch.manual_seed(0)
    shown = GateTheatre(weights.Checkpoint(osnet(0.25, gate_hidden=4).eval(), (64, 32)), tmp_path / "market")
    before = shown.photos
    shown.rankings.queries[shown._triplets[1].query].path.write_bytes(b"no picture")
    shown.set_state({"triple": 1})
    assert "cannot be read" in shown.problem and shown.triple == 0 and shown.photos == before


def test_photos_are_named_or_mined(folder, shown):  # noqa: F811
    rankings, mined = shown.rankings, shown._triplets[4]
    name = rankings.queries[mined.query].name
    again = GateTheatre(weights.shipped(), folder, query=name)._triplet
    assert (again.query, again.positive, again.negative) == (mined.query, mined.positive, mined.negative)
    person = rankings.queries[mined.query].person
    others = [i for i, photo in enumerate(rankings.gallery) if photo.person != person and i != mined.negative]
    other = others[0]
    own = GateTheatre(weights.shipped(), folder, query=name, negative=rankings.gallery[other].name)
    assert (own._triplet.positive, own._triplet.negative) == (mined.positive, other)
    with pytest.raises(Refused, match=r"there is no query .nobody\.jpg."):
        GateTheatre(weights.shipped(), folder, query="nobody.jpg")
    with pytest.raises(Refused, match="need their query"):
        GateTheatre(weights.shipped(), folder, positive=name)
    with pytest.raises(Refused, match="the positive must show person"):
        GateTheatre(weights.shipped(), folder, query=name, positive=rankings.gallery[other].name)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (siblings.build("addition", 0.25), "no gate"),
        (siblings.build("T1", 0.25), "one stream"),
        (siblings.build("stream-wise", 0.25), "one number a stream"),
        (osnet(0.25), "one number a stream"),
    ],
    ids=["addition", "T1", "stream-wise", "one hidden unit"],
)
def test_a_network_says_what_its_gates_cannot_show(model, said, folder):  # noqa: F811
    shown = GateTheatre(weights.Checkpoint(model.eval(), (64, 32)), folder)
    assert said in shown.note and shown.note == gates.limits(model)
    for block in shown.blocks:
        assert all(
            sum(stream["share"][i] for stream in block["streams"]) == pytest.approx(1, abs=1e-3) for i in range(3)
        )
        assert all(bool(stream["gate"]) == (said != "no gate") for stream in block["streams"])
    shown.silenced = [["conv4.1", 1]]
    assert shown.sentence.startswith("Without stream 1 in conv4.1 ")
