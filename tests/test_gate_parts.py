"""Which streams carry the margin for small and for large parts: the lean, the intervals, the triples, the networks."""

import numpy as np
import pytest
import torch
from test_explain_gates import of

from osnet_edu import Refused, intervals, people
from osnet_edu.embed import normalise
from osnet_edu.experiments import EXPERIMENTS, gate_parts
from osnet_edu.experiments.gate_parts import LARGE_PARTS, SMALL_PARTS, PartTriples
from osnet_edu.explain import untrained
from osnet_edu.network import weights
from osnet_edu.trials import alike


@pytest.fixture(scope="module")
def triples():
    return gate_parts.render_triples((128, 64), families=1)


def test_the_lean_is_where_the_contributions_lie():
    values = np.array([[1, 0, 1, 0, -1], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 2, 1, 0, 0]], float)
    np.testing.assert_allclose(gate_parts.lean_of(values), [-1.5, 1.5, 0, 0, 1.5])


def test_a_difference_over_families_and_networks():
    first, second = np.zeros((8, 3)), np.ones((6, 3))
    np.testing.assert_allclose(intervals.crossed(first, second), 1)
    # Columns alone vary: the draws are means of 4 draws out of 0, 1, 2, 3, whose variance is 1.25 / 4.
    columns = np.broadcast_to(np.arange(4.0), (5, 4))
    drawn = intervals.crossed(np.zeros((5, 4)), columns, draws=20_000)
    assert abs(drawn.mean() - 1.5) < 0.02 and abs(drawn.var() - 1.25 / 4) < 0.02
    # Rows alone vary, in both: the variances of their means add up.
    rows = np.array([0.0, 1.0])[:, None].repeat(3, 1)
    drawn = intervals.crossed(rows, 2 * rows, draws=20_000)
    assert abs(drawn.mean() - 0.5) < 0.02 and abs(drawn.var() - (0.25 / 2 + 1 / 2)) < 0.02


def planted(small: int, large: int, networks: int = 3) -> list[dict[str, np.ndarray]]:
    """Contributions of one stream for small parts and of another for large ones, with a little noise."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(networks):
        values = rng.normal(0, 0.01, (4, 40))
        values[small - 1, :20] += 1
        values[large - 1, 20:] += 1
        found.append({"conv2.0": values, "conv4.0": rng.normal(0, 1, (4, 40))})
    return found


def test_what_is_planted_is_found_in_its_block_alone():
    part = np.array([SMALL_PARTS[0]] * 20 + [LARGE_PARTS[0]] * 20)
    some = PartTriples(*[np.zeros((40, 1, 1, 3), np.uint8)] * 3, part, np.arange(40) // 2)
    lean = gate_parts._leans(planted(1, 4), some)
    assert lean["conv2.0"].verdict == "as stated" and lean["conv4.0"].verdict == "open"
    assert lean["conv2.0"].small < -1.4 and lean["conv2.0"].large > 1.4
    assert lean["conv2.0"].low < lean["conv2.0"].difference < lean["conv2.0"].high
    assert gate_parts._leans(planted(4, 1), some)["conv2.0"].verdict == "against it"


def test_a_twin_differs_from_the_positive_in_her_part_alone(triples):
    assert triples.part.tolist() == [part for part in (*SMALL_PARTS, *LARGE_PARTS) for _ in gate_parts.TRIPLE_CAMERAS]
    changed = (np.abs(triples.positive.astype(int) - triples.negative) > 15).any(3).mean((1, 2))
    assert (changed > 0.001).all() and (changed < 0.3).all()
    large = np.isin(triples.part, LARGE_PARTS)
    assert changed[large].min() > changed[~large].max()
    again = gate_parts.render_triples((128, 64), families=1)
    np.testing.assert_array_equal(again.negative, triples.negative)


def test_the_people_are_in_no_folder_that_ships():
    from osnet_edu import assets

    known = {record.identity for record in people.read_people(assets.subset())}
    for number, part in enumerate((*SMALL_PARTS, *LARGE_PARTS)):
        one = people.prepare(people.draw_identity(gate_parts.SEED, 1 + 1000 * number), part, gate_parts.SEED)
        assert one not in known


def test_an_untrained_network_is_built_alike_and_knows_its_means(triples):
    like = weights.shipped().model
    photos = normalise(triples.query)
    model = untrained.like(like, 0, photos)
    assert {k: v.shape for k, v in model.state_dict().items()} == {k: v.shape for k, v in like.state_dict().items()}
    entering = []
    model.fc[1].register_forward_hook(lambda _m, inputs, _o: entering.append(inputs[0]))
    with torch.no_grad():
        model.train()(photos)
    np.testing.assert_allclose(model.fc[1].running_mean.numpy(), entering[0].mean(0).numpy(), atol=1e-5)


def test_the_five_networks_that_ship_are_of_five_seeds():
    found = alike.all_trained()
    assert [checkpoint.card["config"]["seed"] for checkpoint in found] == list(alike.SEEDS)
    assert {checkpoint.size for checkpoint in found} == {(128, 64)}
    heads = {checkpoint.model.conv1.conv.weight.detach().numpy().tobytes() for checkpoint in found}
    assert len(heads) == len(alike.SEEDS)
    with pytest.raises(Refused, match="seed must be one of 0, 1, 2, 3, 4, got 5"):
        alike.trained(5)


def test_networks_without_a_common_size_are_refused(tmp_path):
    assert EXPERIMENTS["gate-parts"].load() is gate_parts.run
    with pytest.raises(Refused, match="networks of one size of photos are needed, got none"):
        gate_parts.measure_leans(tmp_path, [])
    two = [weights.Checkpoint(of("primary"), size) for size in ((128, 64), (256, 128))]
    with pytest.raises(Refused, match="networks of one size"):
        gate_parts.measure_leans(tmp_path, two)
