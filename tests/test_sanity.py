"""Sanity checks: what depends on the weights changes with them, what does not stays."""

import numpy as np
import pytest
import torch
from test_explain import BIG, photos, small

from osnet_edu.explain import METHODS, embed, guided_backprop, similarity
from osnet_edu.grading import sanity


@pytest.fixture(scope="module")
def case():
    return small().float(), photos(8, **BIG).float()


def test_stages_become_random_from_the_last_to_the_first(case):
    model, images = case
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = list(sanity.cascade(model, images))
    assert [stage for stage, _ in found] == ["none", *sanity.STAGES]
    for k, (_, network) in enumerate(found):
        for stage in sanity.STAGES:
            same = torch.equal(
                next(network.get_submodule(stage).parameters()), next(model.get_submodule(stage).parameters())
            )
            assert same == (stage not in sanity.STAGES[:k]), (k, stage)
        assert not network.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    again = list(sanity.cascade(model, images))
    assert torch.equal(again[-1][1](images), found[-1][1](images))  # the same seed, the same weights
    # The normalisations know these photos: the features behind the last one are spread, and not all zero.
    assert (found[-1][1](images).std(0) > 0).float().mean() > 0.5


def test_a_map_of_the_photo_stays_and_a_map_of_the_network_does_not(case):
    model, images = case

    def edges(_model, x, _target):
        return np.abs(np.diff(x.mean(1).numpy(), axis=2, prepend=0))

    assert sanity.kept(edges, model, images.flip(0), images) == dict.fromkeys(("none", *sanity.STAGES), 1.0)
    kept = sanity.kept(METHODS["gradient"], model, images.flip(0), images)
    assert kept["none"] == pytest.approx(1) and abs(kept["conv1"]) < 0.2
    with pytest.raises(ValueError, match="at least 8 photos"):
        next(sanity.cascade(model, images[:4]))


def test_guided_backprop_lets_nothing_below_zero_through_a_relu(case):
    """relu(x - 1) - relu(-x - 1): the plain slope is 1 where |x| > 1; guided, what comes back below zero is cut."""

    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.down = torch.nn.ReLU(), torch.nn.ReLU()

        def forward(self, x):
            both = (self.up(x - 1) - self.down(-x - 1)).flatten(1).sum(1, keepdim=True)
            return torch.cat([both, torch.ones_like(both)], 1)

    x = torch.tensor([2.0, 0.0, -2.0]).reshape(1, 1, 1, 3).expand(1, 3, 1, 3)
    plain = METHODS["gradient"](Both(), x, lambda f: f[:, 0])
    np.testing.assert_allclose(plain, [[[3, 0, 3]]])
    np.testing.assert_allclose(guided_backprop(Both(), x, lambda f: f[:, 0]), [[[3, 0, 0]]])
    model, images = case
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
    heat = guided_backprop(model, images[:1], similarity(embed(model, images[1:2])))
    assert heat.shape == (1, 32, 16) and np.abs(heat).max() > 0
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
