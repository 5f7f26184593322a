"""The network, and ways to look at it, count it, keep it and hand it on.

`model` is the whole network, read from top to bottom. `siblings` has the blocks that it is compared with, `costs`
counts parameters and multiply-adds, `receptive` finds what a cell can see, `probe` looks into a network and leaves no
trace, `weights` reads and writes weights files, strictly, and `export` writes an ONNX graph.
"""

from .model import OSNet, osnet

__all__ = ["OSNet", "costs", "export", "model", "osnet", "probe", "receptive", "siblings", "weights"]
