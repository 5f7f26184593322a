"""osnet_edu: build, train, rank and explain a small re-identification network."""

__version__ = "0.1.0"
