"""A checkpoint loads strictly or is refused, and no file runs code."""

import collections
import os
import pickle

import numpy as np
import pytest
import torch

from osnet_edu import osnet
from osnet_edu.network import weights

WIDTHS = [1.0, 0.75, 0.5, 0.25]


def official(tmp_path, model, *, wrap=False, prefix="", legacy=False, extra=None, name="official.pth"):
    state = collections.OrderedDict((prefix + key, value) for key, value in model.state_dict().items())
    content = {"state_dict": state, **(extra or {})} if wrap else state
    torch.save(content, tmp_path / name, _use_new_zipfile_serialization=not legacy)
    return tmp_path / name


@pytest.mark.parametrize("width", WIDTHS)
def test_reference_shapes_load_at_every_width(tmp_path, width):
    model = osnet(width, num_classes=1000)
    path = official(tmp_path, model)
    target = osnet(width, num_classes=1000)
    assert weights.load(target, path).left_out == ()
    assert all(
        torch.equal(a, b) for a, b in zip(model.state_dict().values(), target.state_dict().values(), strict=True)
    )
    found = weights.open(path)
    assert found.size == (256, 128) and found.model.classifier.out_features == 1000 and not found.model.training


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_official_habits_are_understood(tmp_path, legacy, prefix):
    model = osnet(0.25, num_classes=7)
    extra = {"epoch": 150, "rank1": np.float64(0.91), "mAP": np.float32(0.75), "optimizer": {"state": {}, "lr": 0.1}}
    found = weights.open(official(tmp_path, model, wrap=True, prefix=prefix, legacy=legacy, extra=extra))
    assert torch.equal(found.model.fc[0].weight, model.fc[0].weight)


@pytest.mark.parametrize(
    "arguments",
    [
        {"streams": 1},
        {"streams": 3},
        {"ibn": True},
        {"gate_hidden": 4},
        {"gate_hidden": 2, "streams": 6},
        {"width": 0.3},
    ],
)
def test_the_shape_is_read_off_the_file(tmp_path, arguments):
    model = osnet(**{"width": 0.25, "num_classes": 3, **arguments}).eval()
    weights.save(model, tmp_path / "w.safetensors", size=(128, 64), card={"photos": 96000})
    found = weights.open(tmp_path / "w.safetensors")
    x = torch.rand(1, 3, 64, 32)
    assert torch.equal(found.model(x), model(x))
    assert found.size == (128, 64) and found.card["photos"] == 96000


@pytest.mark.parametrize("classes", [0, 5])
def test_only_the_classifier_may_be_left_out_and_is_named(tmp_path, classes):
    path = official(tmp_path, osnet(0.25, num_classes=9))
    model = osnet(0.25, num_classes=classes)
    assert weights.load(model, path).left_out == ("classifier.weight", "classifier.bias")


def test_a_checkpoint_without_classifier_leaves_the_models_own(tmp_path):
    path = official(tmp_path, osnet(0.25))
    model = osnet(0.25, num_classes=5)
    before = model.classifier.weight.clone()
    assert weights.load(model, path).left_out == ("classifier.weight", "classifier.bias")
    assert torch.equal(model.classifier.weight, before)


def test_another_width_is_refused_naming_keys_and_changes_nothing(tmp_path):
    path = official(tmp_path, osnet(0.5))
    model = osnet(0.25)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"conv1.conv.weight \(expected 16x3x7x7, got 32x3x7x7\)"):
        weights.load(model, path)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_missing_and_unknown_keys_are_named(tmp_path):
    state = osnet(0.25).state_dict()
    state["extra.weight"] = state.pop("conv5.conv.weight")
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ValueError, match=r"missing conv5.conv.weight; unknown extra.weight"):
        weights.load(osnet(0.25), tmp_path / "w.pth")
    with pytest.raises(ValueError, match="missing conv5"):
        weights.open(tmp_path / "w.pth")


def test_another_network_is_refused(tmp_path):
    torch.save({"layer1.weight": torch.zeros(3)}, tmp_path / "resnet.pth")
    with pytest.raises(
        ValueError, match=r"not an OSNet checkpoint: expected keys like conv1.conv.weight.* got layer1.weight"
    ):
        weights.open(tmp_path / "resnet.pth")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("how", ["torch", "legacy", "pickle"])
def test_a_pickle_with_code_in_it_is_refused_and_not_run(tmp_path, how):
    path, trace = tmp_path / "evil.pth", tmp_path / "it-ran"
    content = {"state_dict": osnet(0.25).state_dict(), "bomb": Bomb(trace)}
    if how == "pickle":
        path.write_bytes(pickle.dumps({"bomb": Bomb(trace)}))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(ValueError, match="refused"):
        weights.open(path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all" * 40])
def test_files_that_are_no_checkpoints(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        weights.open(tmp_path / name)
    with pytest.raises(ValueError, match="is not a file"):
        weights.open(tmp_path / "missing.pth")


def test_a_truncated_file_is_refused(tmp_path):
    weights.save(osnet(0.25), tmp_path / "w.safetensors", size=(128, 64))
    whole = (tmp_path / "w.safetensors").read_bytes()
    (tmp_path / "w.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a whole"):
        weights.open(tmp_path / "w.safetensors")
