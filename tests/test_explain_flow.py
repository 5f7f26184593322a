"""The network at work, as numbers: each map, gate, window and match is the library's own."""

import itertools

import numpy as np
import pytest
import torch

from osnet_edu import Refused, explore, osnet
from osnet_edu.embed import normalise
from osnet_edu.explain import correspondence, flow, gates
from osnet_edu.explain.flow.palette import basis_of
from osnet_edu.network import probe, receptive, siblings

SILENCED = [("conv3.0", 1), ("conv4.1", 2)]


@pytest.fixture(scope="module")
def rankings():
    return explore.shipped()[1].rankings(explore.SHIPPED)


@pytest.fixture(scope="module")
def colouring(rankings):
    return flow.Colouring(rankings.model, rankings.pictures(rankings.gallery[:: len(rankings.gallery) // 24]))


@pytest.fixture(scope="module")
def pair(rankings):
    """Two photos, (2, H, W, 3) uint8."""
    return rankings.pictures([rankings.queries[40], rankings.gallery[80]])


@pytest.fixture(scope="module")
def now(rankings, pair):
    return flow.passed(rankings.model, normalise(pair))


def test_every_map_is_what_the_probe_sees(rankings, pair, now):
    model, images = rankings.model, normalise(pair)
    names = [*flow.stages(model), *flow.trunk(model)]
    inner = {"squeeze": "conv1", "sum": "join", "expansion": "conv3"}
    streams = {
        f"{b} stream {t + 1}": f"{b}.{one}" for b, k in model.blocks().items() for t, one in enumerate(k.stream_names)
    }
    paths = {name: name for name in names} | streams
    paths |= {f"{b} {part}": f"{b}.{path}" for b in model.blocks() for part, path in inner.items()}
    with torch.no_grad(), probe.evaluating(model), probe.recorded(model, *paths.values()) as seen:
        embedding = model(images)
    for name, path in paths.items():
        assert torch.equal(now.maps[name], seen[path][-1].output), name
    assert torch.equal(now.embedding, embedding)
    assert torch.equal(now.maps["conv3.1 bypass"], now.maps["conv3.0"])
    assert torch.equal(now.maps["conv3.0 bypass"], model.conv3[0].downsample.eval()(now.maps["conv2"]))
    assert set(now.maps) == set(paths) | {f"{b} bypass" for b in model.blocks()}


def test_gates_are_those_that_gates_reads_also_of_a_silenced_stream(rankings, pair, now):
    model, images = rankings.model, normalise(pair)
    reading = gates.read(model, images)
    for name, own in reading.gates.items():
        assert np.array_equal(now.gates[name].numpy(), own)
    level = flow.block_level(model, now, flow.Colouring(model, pair[[0, 1, 0]]), "conv3.1")
    for t, one in enumerate(level.streams):
        assert one.means == pytest.approx(reading.means["conv3.1"][:, t], abs=1e-6)
        assert one.gates.shape == (2, reading.gates["conv3.1"].shape[2])
    muted = flow.passed(model, images, [("conv3.1", 2)])
    assert np.array_equal(muted.gates["conv3.1"].numpy(), reading.gates["conv3.1"])
    assert torch.equal(muted.maps["conv3.1 stream 2"], now.maps["conv3.1 stream 2"]), "what it would have said"


def test_a_muted_stream_changes_all_that_follows_as_without_says(rankings, pair, now):
    muted = flow.passed(rankings.model, normalise(pair), SILENCED)
    expected = rankings.features(pair, SILENCED)
    assert np.allclose(muted.embedding.numpy(), expected, atol=1e-5 * np.abs(expected).max())
    assert torch.equal(muted.maps["conv3.0 squeeze"], now.maps["conv3.0 squeeze"])
    for name in ("conv3.0 sum", "conv3.0", "conv3", "conv4.0 squeeze", "conv5"):
        assert not torch.equal(muted.maps[name], now.maps[name]), name
    with gates.mute(rankings.model, 1, "conv3.0"):
        single = flow.passed(rankings.model, normalise(pair))
    assert torch.equal(single.maps["conv3.0 sum"], muted.maps["conv3.0 sum"])
    unit = expected.astype(float) / np.linalg.norm(expected.astype(float), axis=1, keepdims=True)
    said = flow.without_words(now, muted)
    assert said == (
        f"Without stream 1 of conv3.0 and stream 2 of conv4.1 the similarity is {unit[0] @ unit[1]:.2f}; "
        f"with all streams it is {flow.pair_cosine(now):.2f}."
    )
    assert flow.without_words(now, now) == ""
    for bad in ([("conv3.0", 5)], [("conv9.0", 1)]):
        with pytest.raises(Refused, match=r"conv3\.0 has streams 1 to 4|no such block: conv9\.0"):
            flow.passed(rankings.model, normalise(pair), bad)


def test_the_colours_are_those_of_a_pca():
    rng = np.random.default_rng(3)
    cells = rng.normal(size=(500, 5)) * (9, 5, 3, 1, 0.1) @ np.linalg.qr(rng.normal(size=(5, 5)))[0] + 4
    found = basis_of(cells)
    from sklearn.decomposition import PCA

    own = PCA(3, svd_solver="full").fit(cells)
    for k in range(3):
        assert abs(found.axes[:, k] @ own.components_[k]) == pytest.approx(1, abs=1e-9)
        assert found.axes[np.abs(found.axes[:, k]).argmax(), k] > 0, "the sign is fixed"
    assert found.share == pytest.approx(own.explained_variance_ratio_.sum())
    maps = torch.tensor(cells[:12].T.reshape(1, 5, 3, 4), dtype=torch.float32)
    colours = found.colours(maps)
    assert colours.shape == (1, 3, 4, 3) and colours.dtype == np.uint8
    shade = (cells[5] - found.mean) @ found.axes
    expected = 255 * ((shade - found.low) / (found.high - found.low)).clip(0, 1)
    assert np.abs(colours[0, 1, 1] - expected).max() < 0.51
    flat = basis_of(np.ones((9, 2)))
    assert (flat.colours(torch.ones(1, 2, 2, 2)) == 128).all() and flat.share == 0, (
        "nothing to tell apart, two channels"
    )


def test_one_colour_means_one_thing_in_both_photos_and_in_every_pass(rankings, colouring, pair, now):
    level = flow.network_level(rankings.model, now, colouring)
    assert [one.name for one in level.maps] == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert level.maps[2].shape == (2, 96, 8, 4) and level.maps[2].colours.shape == (2, 8, 4, 3)
    alone = flow.passed(rankings.model, normalise(pair[1:]))
    for one, both in zip(flow.network_level(rankings.model, alone, colouring).maps, level.maps, strict=True):
        assert np.abs(one.colours[0].astype(int) - both.colours[1]).max() <= 1 and one.lit is None
    twice = flow.passed(rankings.model, normalise(pair[[0, 0]]))
    for one in flow.network_level(rankings.model, twice, colouring).maps:
        assert np.array_equal(*one.colours) and one.lit.max() < 1e-4, "nothing differs"
    again = flow.Colouring(rankings.model, colouring.images)
    assert np.array_equal(again.basis("conv3.1 stream 3").axes, colouring.basis("conv3.1 stream 3").axes)
    assert "above zero" in flow.network_level(rankings.model, alone, colouring).sentence


def test_what_is_lit_is_unlike_every_cell_of_the_other_photo(rankings, pair, now, colouring):
    table = correspondence.matches(rankings.model, *pair, stage="conv3").similarity.reshape(32, 32)
    unlike = correspondence.unlike(now.maps["conv3"])
    assert np.allclose(unlike.reshape(2, -1), 1 - np.stack([table.max(1), table.max(0)]), atol=1e-6)
    lit = colouring.lit(now.maps["conv3"], "conv3")
    inside = lit < 1
    assert np.ptp((lit / unlike)[inside]) < 1e-4 * (lit / unlike)[inside].max() and lit.max() <= 1


@pytest.mark.parametrize("name", ["conv3.1 stream 3", "conv3.1 squeeze", "conv2", "conv4.0", "maxpool"])
def test_a_cell_sees_what_receptive_says_and_matches_as_correspondence_does(rankings, pair, now, name):
    model, images = rankings.model, normalise(pair)
    rows, columns = now.maps[name].shape[2:]
    cell = rows // 2, columns // 3
    seen = flow.cell_level(model, images, now, name, cell, 0)
    top, left, bottom, right = (round(end) for end in seen.windows["longest"])
    inside = np.zeros(seen.heat.shape, bool)
    inside[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    assert seen.heat.sum() == pytest.approx(1) and seen.heat[~inside].sum() == 0
    if " " not in name:
        found = correspondence.matches(model, *pair, stage=name)
        assert seen.match == tuple(found.best[cell])
        assert seen.cosine == pytest.approx(found.similarity[cell].max(), abs=1e-6)
        back = flow.cell_level(model, images, now, name, cell, 1)
        turned = correspondence.matches(model, *pair[::-1], stage=name)
        assert back.match == tuple(turned.best[cell])
    said = f"Row {cell[0] + 1}, column {cell[1] + 1} can see {bottom - top} x {right - left} pixels"
    assert seen.sentence.startswith(said) and f"{seen.holds} x {seen.holds}" in seen.sentence


def test_windows_of_streams_are_the_fields_and_steps_add_up(rankings):
    model = rankings.model
    for field in receptive.receptive_fields(model):
        assert flow.reach_of(model, f"{field.block} stream {field.stream}") == field
    for name, (before, behind) in receptive.reaches(model).items():
        assert behind.longest >= before.longest and flow.reach_of(model, name) == behind
    assert receptive.reaches(model)["conv1"][1] == receptive.Reach(7, 7, 2, 0.0)
    assert flow.reach_of(model, "conv3.0 squeeze") == receptive.reaches(model)["conv2.2"][1]
    last = [field for field in receptive.receptive_fields(model) if field.block == "conv4.1"][-1]
    assert flow.reach_of(model, "conv5").longest == flow.reach_of(model, "conv4.1 sum").longest == last.longest


def test_what_moves_a_cell_is_the_slope_of_its_length(rankings, pair, now):
    """Against finite differences, with the gates as they are: conv2.0 has no gate before its streams."""
    name, cell = "conv2.0 stream 2", (9, 4)
    model, images = rankings.model, normalise(pair[:1]).double()
    seen = flow.cell_level(model, normalise(pair), now, name, cell)
    slopes = []
    for row, column in ((36, 16), (33, 20), (40, 14), (5, 5)):
        total = 0.0
        for c in range(3):
            lengths = []
            for by in (-1e-2, 1e-2):
                moved = images.float().clone()
                moved[0, c, row, column] += by
                lengths.append(float(flow.passed(model, moved).maps[name][0, :, 9, 4].double().norm()))
            total += abs(lengths[1] - lengths[0]) / 2e-2
        slopes.append((total, seen.heat[row, column]))
    slope, heat = np.array(slopes).T
    assert heat[3] == slope[3] == 0 and (heat[:3] > 0).all()
    assert heat[1] / heat[0] == pytest.approx(slope[1] / slope[0], rel=0.05)
    assert heat[2] / heat[0] == pytest.approx(slope[2] / slope[0], rel=0.05)


# ---- where two photos part


def independent(distances: np.ndarray, names: list[str], blocks: list[str]) -> str:
    """The docstring of `Parting`, word for word.  distances: ratios in the order of names, the embedding last."""
    for block in blocks:
        k = names.index(block)
        if all(value >= 0.5 for value in distances[k:]):
            return block
    return ""


def test_the_first_block_in_which_two_part_is_as_defined_on_100_pairs(rankings, colouring):
    model = rankings.model
    sample = normalise(colouring.images)
    steps = [name for name, _ in model.named_modules() if name in flow.trunk(model)]
    with torch.no_grad(), probe.evaluating(model), probe.recorded(model, *steps) as seen:
        ends = model(sample)
        usual = {}
        for name in (*steps, "embedding"):
            pooled = ends if name == "embedding" else seen[name][0].output.mean((2, 3))
            x = torch.nn.functional.normalize(pooled.double())
            pairs = [float(1 - x[i] @ x[j]) for i, j in itertools.combinations(range(len(x)), 2)]
            usual[name] = float(np.median(pairs))
    rng = np.random.default_rng(5)
    queries = rng.integers(0, len(rankings.queries), 100)
    some = rng.integers(0, len(rankings.gallery), 100)
    same = [k for k in range(100) if k % 2]  # every second pair shows one person
    for k in same:
        mates = rankings.sides(int(queries[k]))[0]
        some[k] = mates[k % len(mates)]
    found = []
    for query, other in zip(queries, some, strict=True):
        images = normalise(rankings.pictures([rankings.queries[query], rankings.gallery[other]]))
        parted = flow.parting(model, flow.passed(model, images), colouring)
        with torch.no_grad(), probe.evaluating(model), probe.recorded(model, *steps) as seen:
            ends = model(images)
        ratios = []
        for name in (*steps, "embedding"):
            one, two = (ends if name == "embedding" else seen[name][0].output.mean((2, 3))).double()
            ratios.append(float(1 - one @ two / one.norm() / two.norm()) / usual[name])
        assert list(parted.ratios) == [*steps, "embedding"]
        assert list(parted.ratios.values()) == pytest.approx(ratios, rel=1e-6, abs=1e-9)
        assert parted.block == independent(np.array(ratios), [*steps, "embedding"], list(model.blocks()))
        assert parted.already == (bool(parted.block) and all(one >= 0.5 for one in ratios))
        found.append(parted)
    told = {one.block for one in found}
    assert "" in told and "conv2.0" in told and len(told) >= 3, told
    for one in found:
        end = f"{one.ratios['embedding']:.2f}"
        assert end in one.sentence and (one.block in one.sentence or not one.block)
        starts = "No block keeps" if not one.block and one.ratios["embedding"] < 0.5 else "The two "
        assert one.sentence.startswith(starts)
    twice = rankings.pictures([rankings.queries[0]] * 2)
    same = flow.parting(model, flow.passed(model, normalise(twice)), colouring)
    assert same.block == "" and max(same.distances.values()) < 1e-6


# ---- other networks, other input


def test_a_stage_says_whether_it_moves_two_photos_apart(rankings, now, colouring):
    parted = flow.parting(rankings.model, now, colouring)
    for stage, before in (("conv3", "conv2.2"), ("conv4", "conv3.2"), ("conv5", "conv4.1")):
        level = flow.stage_level(rankings.model, now, colouring, stage, parted)
        one, two = parted.ratios[before], parted.ratios[level.maps[-1].name]
        assert f"from {one:.2f} to {two:.2f}" in level.sentence
        assert ("moves the two photos apart" in level.sentence) == (two > one)
    assert [one.name for one in flow.stage_level(rankings.model, now, colouring, "conv1").maps] == ["conv1", "maxpool"]
    assert (
        flow.stage_level(rankings.model, now, colouring, "conv3").sentence == "conv3 makes 8 x 4 cells of 96 channels."
    )


def test_places_have_names_and_a_trail(rankings):
    model = rankings.model
    here = flow.place_named(model, "conv3.1 stream 3")
    assert (here.level, here.map) == ("stream", "conv3.1 stream 3")
    assert here.trail == (
        ("network", "network"), ("conv3", "conv3"), ("conv3.1", "conv3.1"), ("conv3.1 stream 3", "stream 3"),
    )  # fmt: skip
    assert flow.place_named(model, "network").trail == (("network", "network"),)
    assert flow.place_named(model, "maxpool").stage == "conv1" and flow.place_named(model, "conv2.2").block == "conv2.2"
    for bad in (
        "conv9",
        "",
        "conv3.7",
        "conv3.1 stream 5",
        "conv3.1 stream",
        "conv3.2 squeeze",
        "conv1 sum",
        "conv3 x",
    ):
        with pytest.raises(Refused):
            flow.place_named(model, bad)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: siblings.build("addition", 0.25), "conv2.0 has no gate: a sum alone joins its 4 streams."),
        (lambda: siblings.build("concatenation", 0.25), "conv2.0 has no gate: concatenation and a 1x1 convolution"),
        (lambda: siblings.build("resnext", 0.25), "conv2.0 has no gate: a sum alone joins its 11 streams."),
        (lambda: siblings.build("inception", 0.25), "conv2.0 has no gate: concatenation alone"),
        (lambda: siblings.build("se", 0.25), "conv2.0 has one stream, with a gate."),
        (lambda: siblings.build("stream-wise", 0.25), "The gate of conv2.0 opens widest for"),
        (lambda: osnet(0.25, streams=2, ibn=True), "The gate of conv2.0 opens widest for"),
        (lambda: osnet(1.0), "The gate of conv2.0 opens widest for"),
    ],
    ids=["addition", "concatenation", "resnext", "inception", "se", "stream-wise", "T2", "width1"],
)
def test_other_networks_show_what_they_have_and_say_what_they_lack(rankings, pair, made, said):
    model = made()
    images = normalise(pair)
    colouring = flow.Colouring(model, rankings.pictures(rankings.gallery[:4]))
    now = flow.passed(model, images)
    flow.network_level(model, now, colouring, flow.parting(model, now, colouring))
    level = flow.block_level(model, now, colouring, "conv2.0")
    block = model.blocks()["conv2.0"]
    assert level.sentence.startswith(said) and level.join == block.join.words
    assert len(level.streams) == len(block.stream_names) and level.note == gates.limits(model)
    assert (level.gate is None) == (block.gate is None) == (level.streams[0].means == ())
    last = flow.block_maps(model, "conv2.0")[-5]
    seen = flow.cell_level(model, images, now, last, (3, 2))
    assert seen.match is not None and seen.heat.shape == pair.shape[1:3]
    muted = flow.passed(model, images, [("conv2.0", 1)])
    with gates.mute(model, 1, "conv2.0"), probe.evaluating(model), torch.no_grad():
        assert torch.equal(muted.embedding, model(images))


def test_nothing_is_left_behind_and_bad_input_is_refused(rankings, pair, now):
    model = rankings.model
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.modules())
    with pytest.raises(Refused, match="at least 3 photos"):
        flow.Colouring(model, pair)
    for cell, photo in (((99, 0), 0), ((0, -1), 0), ((0, 0), 2)):
        with pytest.raises(Refused, match=r"no cell|photos 0 to 1"):
            flow.cell_level(model, normalise(pair), now, "conv3", cell, photo)
