"""osnet_edu: build, train, rank and explain a small re-identification network."""

__version__ = "0.1.0"
__all__ = ["Refused", "osnet"]

from .refused import Refused


def __getattr__(name: str):
    # On demand, so that rendering people does not wait for PyTorch.
    if name == "osnet":
        from .network import osnet

        return osnet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
