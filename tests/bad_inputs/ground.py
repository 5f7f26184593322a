"""What bad inputs are made from: a small market, a small network and its files, a short run."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from osnet_edu import osnet, train
from osnet_edu.machine.compute import Compute
from osnet_edu.network import weights
from osnet_edu.photos import market

SPLITS = market.SPLITS
CONFIG = train.TrainConfig(width=0.1, size=(64, 32), photos=32, people=4, growth=(), gate_hidden=2)


@cache
def home() -> Path:
    """A folder for what is made once; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="bad-ground-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def photo(seed: int = 0, height: int = 64, width: int = 32) -> Image.Image:
    rng = np.random.default_rng(seed)
    look = np.kron(rng.integers(0, 256, (4, 2, 3)), np.ones((height // 4, width // 2, 1)))
    return Image.fromarray(look.astype(np.uint8))


@cache
def folder() -> Path:
    """Four people to train on and four to find, in two cameras."""
    root = home() / "market"
    for name in SPLITS.values():
        (root / name).mkdir(parents=True)
    for person in range(1, 9):
        for camera in (1, 2):
            for frame in range(2):
                split = "train" if person <= 4 else ("query" if frame == 0 else "gallery")
                name = market.format_name(person, camera, 1, frame, 1)
                photo(person).save(root / SPLITS[split] / name, "JPEG", quality=90)
    return root


def copied(into: Path) -> Path:
    return Path(shutil.copytree(folder(), into / "market"))


@cache
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return osnet(0.1, gate_hidden=2).eval()


@cache
def safetensors() -> bytes:
    path = home() / "good.safetensors"
    weights.save(network(), path, size=(64, 32))
    return path.read_bytes()


@cache
def data() -> train.Data:
    return train.load(market.read(folder()).train, CONFIG.size)


@cache
def run() -> Path:
    """A run that stopped after two of its four steps."""
    out = home() / "run"
    steps = train.fit(train.build(CONFIG, 4), data(), CONFIG, way=Compute(), out=out, checkpoint_every=1)
    next(steps), next(steps)
    steps.close()
    return out
