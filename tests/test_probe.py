"""Looking into a network: modes given back module by module, every call kept, and no trace after an error."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from osnet_edu import Refused, embed, osnet
from osnet_edu.network import costs, probe, receptive


class Twice(nn.Module):
    """3 * (3 * x) + 1: one layer that runs twice and bears two names."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Linear(1, 1, bias=False)
        self.again = self.scale
        self.rest = nn.Sequential(nn.Identity(), nn.BatchNorm1d(1))
        nn.init.constant_(self.scale.weight, 3.0)

    def forward(self, x):
        return self.again(self.scale(x)) + 1


def modes(model: nn.Module) -> dict[str, bool]:
    return {name: module.training for name, module in model.named_modules()}


def hooks(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_every_module_gets_its_own_mode_back(data):
    model = Twice()
    for module in model.modules():
        module.training = data.draw(st.booleans())
    before = modes(model)
    with probe.evaluating(model) as same:
        assert same is model
        assert not any(modes(model).values())
    assert modes(model) == before


def test_the_modes_come_back_after_an_error():
    model = Twice().train()
    model.rest[1].eval()
    before = modes(model)
    with pytest.raises(RuntimeError, match="mat1 and mat2"), probe.evaluating(model):
        model(torch.ones(1, 2))
    assert modes(model) == before


def test_a_frozen_normalisation_stays_frozen_when_photos_are_embedded():
    model = osnet(0.25).train()
    model.conv1.bn.eval()
    before = modes(model)
    embed.embed_images(model, np.zeros((2, 64, 32, 3), np.uint8))
    assert modes(model) == before
    assert not model.conv1.bn.training and model.conv5.bn.training


def test_every_call_is_kept_with_its_input_and_output_under_each_name():
    model = Twice()
    with probe.recorded(model, "scale", "again", "rest.0", "") as seen:
        model(torch.ones(1, 1))
    assert [(call.inputs[0].item(), call.output.item()) for call in seen["scale"]] == [(1.0, 3.0), (3.0, 9.0)]
    assert [call.output.item() for call in seen["again"]] == [3.0, 9.0]
    assert seen["rest.0"] == []  # it did not run
    assert seen[""][0].output.item() == 10.0
    assert hooks(model) == 0
    model(torch.ones(1, 1))
    assert len(seen["scale"]) == 2


def test_what_a_hook_returns_takes_the_place_of_the_output():
    model = Twice()
    with probe.hooked((model.scale, lambda _module, _inputs, output: output * 0 + 5)):
        assert model(torch.ones(1, 1)).item() == 6.0
    assert model(torch.ones(1, 1)).item() == 10.0
    with probe.hooked((model.scale, lambda _module, _inputs, _output: None)):
        assert model(torch.ones(1, 1)).item() == 10.0


def test_no_hook_stays_after_an_error_in_the_network_in_a_hook_or_in_the_list():
    model = Twice()
    with pytest.raises(RuntimeError), probe.recorded(model, "scale"):
        model(torch.ones(1, 2))
    assert hooks(model) == 0

    def breaks(_module, _inputs, _output):
        raise KeyError("planted")

    with pytest.raises(KeyError, match="planted"), probe.hooked((model.scale, breaks)):
        model(torch.ones(1, 1))
    assert hooks(model) == 0
    with pytest.raises(AttributeError), probe.hooked((model.scale, breaks), (None, breaks)):
        pass
    assert hooks(model) == 0


def test_a_part_is_found_by_its_path_or_refused_with_what_is_there():
    model = Twice()
    assert probe.part(model, "rest.1") is model.rest[1]
    assert probe.part(model, "again") is model.scale
    with pytest.raises(Refused, match=r"no part 'rest\.2'; rest has 0, 1$"):
        probe.part(model, "rest.2")
    with pytest.raises(Refused, match=r"no part 'conv9'; it has scale, again, rest$"):
        probe.part(model, "conv9")
    with pytest.raises(Refused, match=r"no part 'scale\.a\.b'; scale has no parts$"):
        probe.part(model, "scale.a.b")
    with pytest.raises(Refused, match="no part"), probe.recorded(model, "scale", "conv9"):
        pass
    assert hooks(model) == 0


def test_a_measured_field_and_a_count_leave_the_network_as_it_was():
    model = osnet(0.25).train()
    model.conv1.bn.eval()
    before = modes(model)
    receptive.effective_field(model, torch.randn(1, 3, 64, 32), "conv2.0", 2)
    costs.multiply_adds(model, (3, 64, 32))
    assert modes(model) == before and hooks(model) == 0
