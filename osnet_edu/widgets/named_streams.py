"""Streams that a page names, checked against the network that has them."""

from collections.abc import Mapping, Sequence

from ..refused import Refused
from .widget import one_of


def stream_named(streams: Mapping[str, int], named: object) -> tuple[str, int]:
    """One stream.  streams: how many each block has.  named: [block, stream].  Raises: Refused for anything else."""
    if not isinstance(named, list | tuple) or len(named) != 2:
        raise Refused(f"a stream is named by its block and its number, got {named!r}")
    block, stream = named
    one_of(block, streams, "block")
    one_of(stream, range(1, streams[block] + 1), f"stream of {block}")
    return block, int(stream)


def streams_named(streams: Mapping[str, int], named: Sequence) -> list[list]:
    """Each stream once, in the order of the network."""
    order = list(streams)
    found = {stream_named(streams, one) for one in named}
    return [list(one) for one in sorted(found, key=lambda one: (order.index(one[0]), one[1]))]
