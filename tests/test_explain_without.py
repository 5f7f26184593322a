"""Rankings without some streams: both engines agree, nothing silenced is the plain ranking, the Market rule holds."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from osnet_edu import Refused, assets, osnet, retrieval
from osnet_edu.embed import TorchEmbedder, embed
from osnet_edu.explain import gates
from osnet_edu.explain.without import ALIKE, FILL_MEAN, Ranked, Rankings
from osnet_edu.network import siblings, weights
from osnet_edu.photos import market

SOME = [("conv3.0", 1), ("conv4.1", 2), ("conv4.1", 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six people of the shipped test, as a folder of their own."""
    found = market.read(assets.subset())
    few = sorted({photo.person for photo in found.query})[:6]
    chosen = replace(
        found,
        train=found.train[:40],
        query=tuple(photo for photo in found.query if photo.person in few),
        gallery=tuple(photo for photo in found.gallery if photo.person in few),
    )
    out = tmp_path_factory.mktemp("few") / "market"
    market.write(chosen, out)
    return out


@pytest.fixture(scope="module")
def whole():
    return Rankings(weights.shipped(), assets.subset())


@pytest.fixture(scope="module")
def few(folder):
    return Rankings(weights.shipped(), folder)


def test_the_fast_engine_silences_as_pytorch_does(whole):
    assert whole.engine.name == "onnxruntime"
    images = whole.pictures(whole.queries[:5])
    fast = whole.features(images, SOME)
    with gates.mute(whole.model, 1, "conv3.0"), gates.mute(whole.model, [2, 3], "conv4.1"):
        plain = TorchEmbedder(whole.model)(images)
    assert np.abs(fast - plain).max() <= 1e-5 * max(1, np.abs(plain).max())
    assert np.abs(fast - TorchEmbedder(whole.model)(images)).max() > 0.05


def test_a_mean_is_what_mute_fills_in(few):
    images = few.pictures(few.gallery[:4])
    fill = few.means()
    assert fill.photos == len(few.gallery)
    with gates.mute(few.model, 1, "conv3.0", fill=fill):
        expected = TorchEmbedder(few.model)(images)
    assert np.array_equal(few.features(images, [("conv3.0", 1)], fill=FILL_MEAN), expected)


def test_with_all_streams_on_it_is_the_plain_ranking(few):
    found = market.read(few.queries[0].path.parent.parent)
    query, gallery = (embed(few.model, side, size=few.size) for side in (found.query, found.gallery))
    rows = retrieval.distances(query.features, gallery.features)
    for q in (0, 7):
        ranked = few.ranked(q, where=ALIKE)
        order = retrieval.ranking(rows[q], query.people[q], query.cameras[q], gallery.people, gallery.cameras)
        assert np.array_equal(ranked.order, order)
        assert np.allclose(ranked.similarity, 1 - rows[q], atol=1e-6)
        own = (gallery.people == query.people[q]) & (gallery.cameras == query.cameras[q])
        assert own.any() and not own[ranked.order].any()


def test_query_alone_and_query_and_gallery_alike_are_different_questions(few):
    images = few.pictures([few.queries[3], *few.gallery])
    muted, plain = few.features(images, SOME), few.features(images)
    for where, gallery in (("query", plain[1:]), (ALIKE, muted[1:])):
        ranked = few.ranked(3, SOME, where=where)
        assert np.allclose(ranked.similarity, 1 - retrieval.distances(muted[:1], gallery)[0], atol=1e-5)
    again = few.ranked(3, list(reversed(SOME)), where=ALIKE)
    assert np.array_equal(again.similarity, few.ranked(3, SOME, where=ALIKE).similarity)


def test_silencing_leaves_no_trace(few):
    images = few.pictures(few.queries[:2])
    before = TorchEmbedder(few.model)(images)
    few.ranked(0, SOME, fill=FILL_MEAN, where=ALIKE)
    assert np.array_equal(TorchEmbedder(few.model)(images), before)


def test_a_rank_is_a_place_among_those_that_count():
    ranked = Ranked(np.array([4, 2, 7]), np.zeros(8))
    assert [ranked.rank(photo) for photo in (4, 2, 7, 0)] == [1, 2, 3, 0]


@pytest.mark.parametrize("row", ["addition", "T1", "se", "concatenation"])
def test_any_kind_of_block_can_do_without_a_stream(row, folder):
    torch.manual_seed(0)
    rankings = Rankings(weights.Checkpoint(siblings.build(row, 0.25).eval(), (64, 32)), folder)
    first = next(iter(rankings.streams))
    images = rankings.pictures(rankings.queries[:2])
    with gates.mute(rankings.model, 1, first):
        expected = TorchEmbedder(rankings.model)(images)
    assert np.abs(rankings.features(images, [(first, 1)]) - expected).max() < 1e-5 * max(1, np.abs(expected).max())


def test_what_is_not_there_is_refused(few):
    with pytest.raises(Refused, match=r"no stream 5 in block 'conv3.0'; this network has conv2.0 1 to 4"):
        few.ranked(0, [("conv3.0", 5)])
    with pytest.raises(Refused, match="'zero' or 'mean', got 'noise'"):
        few.ranked(0, fill="noise")
    with pytest.raises(Refused, match="'query' or in 'both', got 'gallery'"):
        few.ranked(0, where="gallery")
    with pytest.raises(Refused, match="queries 0 to"):
        few.ranked(10_000)
    with pytest.raises(Refused, match="no blocks"):
        Rankings(SimpleNamespace(model=_Blockless(), size=(64, 32)), "nowhere")


class _Blockless(torch.nn.Module):
    def blocks(self):
        return {}


def test_a_photo_that_cannot_be_read_is_left_out_and_named(folder, tmp_path):
    import shutil

    copy = tmp_path / "market"
    shutil.copytree(folder, copy)
    bad = sorted((copy / "query").glob("*.jpg"))[2]
    bad.write_bytes(b"no picture")
    torch.manual_seed(0)
    rankings = Rankings(weights.Checkpoint(osnet(0.25).eval(), (64, 32)), copy)
    assert [skip.path.name for skip in rankings.skipped] == [bad.name]
    assert bad.name not in {photo.name for photo in rankings.queries}
    gone = rankings.queries[0].path
    gone.unlink()
    with pytest.raises(Refused, match=gone.name):
        rankings.ranked(0, SOME)
