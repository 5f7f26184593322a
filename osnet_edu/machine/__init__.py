"""This computer: how it multiplies fastest, processes side by side and across machines, and files that are whole.

`compute` measures number type, memory layout and threads; `pool` runs a function in several processes; `distributed`
trains with several; `whole` writes a file or a folder completely or not at all; `limits` has the numbers that the
command line checks; `apart` asks what somebody else wrote in a process of its own, and `within` is that process. Each
loads what it needs by itself: rendering people does not wait for PyTorch.
"""

__all__ = ["apart", "compute", "distributed", "limits", "pool", "whole", "within"]
