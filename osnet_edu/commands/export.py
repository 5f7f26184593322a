"""The command `export`: the network as one ONNX file, written, then checked against PyTorch."""

import argparse

import numpy as np

from ..embed import OnnxEmbedder, TorchEmbedder, onnx_file
from ..machine import whole
from ..network import export, weights
from ..refused import Refused
from .speech import say, tell

_CHECKED = (1, 14)  # photos in a batch


def run(options: argparse.Namespace) -> None:
    """Write the ONNX file, and tell how far its features of random photos are from PyTorch's."""
    out = whole.new_file(options.out, (".onnx",))
    checkpoint = weights.shipped() if options.weights is None else weights.open(options.weights)
    with whole.file(out) as growing:
        growing.write_bytes(export.noting_size(onnx_file(checkpoint.model, say), checkpoint.size))
        made = OnnxEmbedder(growing.read_bytes())
        farthest = max(_difference(checkpoint, made, photos) for photos in _CHECKED)
    height, width = checkpoint.size
    blocks, streams, _ = made.layout.shape
    outputs = "embedding, gates, map" if made.layout.gated else "embedding, map"
    tell(f"Wrote {out}: {out.stat().st_size / 1e6:.1f} MB; images (N, H, W, 3) uint8 RGB -> {outputs}.")
    tell(f"A second input, factors ({blocks}, {streams}), may be left out: 0 takes a stream of a block away.")
    checked = " and ".join(map(str, _CHECKED))
    tell(f"Checked by onnxruntime: {checked} photos of {height}x{width}, features within {farthest:.0e} of PyTorch's.")


def _difference(checkpoint: weights.Checkpoint, made: OnnxEmbedder, photos: int) -> float:
    """The largest difference of a feature from PyTorch's.  Raises: Refused where it is more than 1e-4."""
    rng = np.random.Generator(np.random.PCG64(photos))
    images = rng.integers(0, 256, (photos, *checkpoint.size, 3), dtype=np.uint8)
    expected = TorchEmbedder(checkpoint.model)(images)
    difference = float(np.abs(made(images) - expected).max())
    if not difference <= 1e-4 * max(1, np.abs(expected).max()):
        raise Refused(f"the graph's features differ from PyTorch's by {difference:.1e}; nothing was written")
    return difference
