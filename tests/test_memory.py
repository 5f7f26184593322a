"""What training needs in memory: sums that can be worked out by hand, held against a run that was measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

from osnet_edu import osnet
from osnet_edu.train import memory

ROOT = Path(__file__).parents[1]


def test_what_a_layer_keeps_by_hand():
    """conv keeps its input, batch normalisation its input, ReLU its output: maps of 3, 8 and 8 channels."""
    tiny = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    assert memory.kept_for_backward(tiny, (10, 6)) == 4 * 10 * 6 * (3 + 8 + 8)
    # A second convolution keeps the ReLU's output, which is kept already, and max pooling eight bytes an index.
    more = nn.Sequential(*tiny, nn.Conv2d(8, 8, 1), nn.MaxPool2d(2))
    assert memory.kept_for_backward(more, (10, 6)) == 4 * 10 * 6 * (3 + 8 + 8 + 8) + 8 * 8 * 5 * 3


def test_the_pieces_of_the_sum():
    model = osnet(0.25, num_classes=100)
    parameters = sum(p.numel() for p in model.parameters())
    one = memory.training(model, (128, 64), photos=1000, batch=32, optimiser="adamw", dtype="float32")
    assert one.photos == 1000 * 128 * 64 * 3 and one.network == parameters * 4 * 4
    two = memory.training(model, (128, 64), photos=1000, batch=64, optimiser="amsgrad", dtype="float32")
    assert two.kept == 2 * one.kept and two.network == parameters * 5 * 4
    half = memory.training(model, (128, 64), photos=1000, batch=64, optimiser="sgd", dtype="bfloat16")
    assert half.kept == one.kept and half.network == parameters * 3 * 4
    assert one.total == one.photos + one.network + one.kept + one.passing + one.program
    # A picture of twice the height and width keeps four times as much, but for the last linear layers.
    assert memory.kept_for_backward(model, (256, 128)) == pytest.approx(
        4 * memory.kept_for_backward(model, (128, 64)), 0.01
    )


def test_more_than_there_is_says_what_to_lower():
    need = memory.Need(photos=1e9, network=1e8, kept=5e9, passing=2e9, program=4e8)
    memory.check_fits(need, 1, 9_000_000_000)
    memory.check_fits(need, 8, None)
    with pytest.raises(
        ValueError, match=r"needs about 17\.0 GB of memory; only 9\.0 GB is free: lower --batch, --size"
    ):
        memory.check_fits(need, 2, 9_000_000_000)


MEASURED = """
import json, resource, sys
import numpy as np
from osnet_edu import train
from osnet_edu.machine import compute
from osnet_edu.train import memory

dtype = sys.argv[1]
config = train.TrainConfig(width=0.25, size=(128, 64), people=0, shots=64, triplet=0, photos=128)
data = train.Data(np.zeros((500, 128, 64, 3), np.uint8), np.arange(500) % 50, tuple(range(1, 51)), "x")
model = train.build(config, 50)
need = memory.training(model, config.size, photos=500, batch=64, optimiser="adamw", dtype=dtype)
for _ in train.fit(model, data, config, way=compute.Compute(dtype=dtype, threads=1)):
    pass
unit = 1 if sys.platform == "darwin" else 1024
try:  # getrusage would count this process from its parent's size
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps([need.total, peak]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the program's own share was measured on Linux")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_estimate_is_within_thirty_per_cent_of_a_measured_run(dtype):
    command = [sys.executable, "-c", MEASURED, dtype]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    estimate, peak = json.loads(done.stdout)
    assert 0.7 < estimate / peak < 1.3, (estimate, peak)


def test_the_memory_that_is_there():
    there = memory.available()
    assert there is None or 2**28 < there < 2**46
