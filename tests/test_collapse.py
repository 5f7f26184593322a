"""Batch-hard from the first step: the loss on points of a line, and the road to one point."""

import numpy as np
import pytest
import torch

from osnet_edu import train
from osnet_edu.trials import collapse

LINE = torch.tensor([[0.0], [0.4], [0.5], [0.9]])
PEOPLE = torch.tensor([0, 0, 1, 1])


def test_the_loss_on_a_line():
    # to the positive .4 each; to the negative .5, .1, .1, .5
    assert collapse.batch_hard(LINE, PEOPLE, 0.3).item() == pytest.approx((0.2 + 0.6 + 0.6 + 0.2) / 4)


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.1, 0.0])
def test_shrinking_moves_it_towards_the_margin(scale):
    wanted = np.maximum(0, scale * np.array([-0.1, 0.3, 0.3, -0.1]) + 0.3).mean()
    assert collapse.batch_hard(scale * LINE, PEOPLE, 0.3).item() == pytest.approx(wanted, abs=1e-5)


def test_on_unit_vectors_in_units_of_their_mean_it_is_the_loss_that_training_uses():
    torch.manual_seed(0)
    unit = torch.nn.functional.normalize(torch.randn(12, 5))
    labels = torch.arange(12) // 3
    own_units = train.relative(collapse.distances(unit))
    assert train.hardest(own_units, labels, 0.3).item() == pytest.approx(
        train.batch_hard(unit, labels, 0.3).item(), abs=1e-4
    )


@pytest.fixture(scope="module")
def data() -> train.Data:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    return train.Data(images, np.arange(24) // 4, tuple(range(1, 7)), "noise")


def test_a_run_is_a_function_of_its_seed(data):
    config = train.TrainConfig(size=(32, 32), people=4, shots=2, streams=1)
    one, two = (collapse.run(data, config, normalised=False, learning_rate=0.01, steps=3) for _ in range(2))
    assert np.array_equal(one.losses, two.losses) and np.array_equal(one.spreads, two.spreads)
    assert not one.collapsed and one.margin == 0.3
    told = []
    unit = collapse.run(data, config, normalised=True, learning_rate=0.01, steps=2, progress=lambda *a: told.append(a))
    assert told == [(1, 2), (2, 2)] and (unit.spreads <= 2).all()
    assert str(unit).startswith("normalised features, learning rate 0.01: loss")


def test_raw_features_of_noise_become_one_point(data):
    config = train.TrainConfig(size=(32, 32), people=6, shots=4, streams=1)
    found = collapse.run(data, config, normalised=False, learning_rate=0.03, steps=60)
    assert found.collapsed
    assert found.losses[-1] == pytest.approx(found.margin, abs=0.01)
