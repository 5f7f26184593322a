"""The network at work as the page has it: maps as small pictures, gates as bytes. Each is a plain dict.

Shapes: B photos, C channels, H x W cells.
"""

import numpy as np

from ..explain import flow
from .pictures import uri

_GREY = np.array([64, 68, 76])  # of a cell that the other photo has as well
_LOWER = 0.3  # how bright such a cell still is
WORDS = {
    "squeeze": "a 1x1 convolution that leaves fewer channels, cell by cell",
    "sum": "the streams as one map",
    "expansion": "a 1x1 convolution back to all channels",
    "bypass": "what goes around the streams",
}


def map_as_pictures(shown: flow.MapShown, words: str = "") -> dict:
    """{name, words, shape: [B, C, H, W], src: [a picture each], lit: [the same where only what differs has its
    colours]}."""
    lit = [] if shown.lit is None else [uri(_lit(*both)) for both in zip(shown.colours, shown.lit, strict=True)]
    src = [uri(colours) for colours in shown.colours]
    return {"name": shown.name, "words": words or shown.name, "shape": list(shown.shape), "src": src, "lit": lit}


def _lit(colours: np.ndarray, lit: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3) uint8, grey where a cell is not lit (H, W)."""
    dull = _GREY + _LOWER * (colours.mean(2, keepdims=True) - 128)
    return np.round(dull + lit[..., None] * (colours - dull)).clip(0, 255).astype(np.uint8)


def drawn_code(now: flow.Passed) -> list[bytes]:
    """The embedding of each photo as 512 bytes, 255 for its own largest number."""
    rows = now.embedding.double().numpy(force=True).clip(0)
    return [np.round(255 * row / max(row.max(), 1e-12)).astype(np.uint8).tobytes() for row in rows]


def drawn_stage(level: flow.Level, blocks: list[str]) -> dict:
    """{maps, sentence}; a block is called block 1, block 2, and what follows them the transition."""
    maps = []
    for k, shown in enumerate(level.maps):
        pooling = shown.name == "maxpool"
        words = f"block {k + 1}" if shown.name in blocks else "transition" if "." in shown.name else shown.name
        maps.append(map_as_pictures(shown, "max pool" if pooling else words))
    return {"maps": maps, "sentence": level.sentence, "blocks": blocks}


def drawn_block(level: flow.BlockLevel) -> dict:
    """{name, join, gate, note, sentence, parts, streams}."""
    streams = [
        {
            **map_as_pictures(one.shown, f"stream {one.stream}"),
            "stream": one.stream,
            "cells": one.field.cells,
            "shortest": one.field.shortest,
            "longest": one.field.longest,
            "gate": list(one.means),
            "channels": [np.round(255 * row).astype(np.uint8).tobytes() for row in one.gates] if one.means else [],
            "silenced": one.silenced,
        }
        for one in level.streams
    ]
    parts = [map_as_pictures(one, one.name.removeprefix(level.name).strip() or "output") for one in level.parts]
    return {
        "name": level.name, "join": level.join, "gate": level.gate or "", "note": level.note,
        "sentence": level.sentence, "parts": parts, "streams": streams,
    }  # fmt: skip


def drawn_cell(level: flow.CellLevel, name: str, photo: int) -> dict:
    """{map, photo, cell, windows, heat: H * W bytes, holds, match, cosine, sentence}."""
    # The root of the share: what moves a cell falls off like a bell, and its skirt would not be seen.
    shades = np.sqrt(level.heat / max(level.heat.max(), 1e-300)) * 255
    windows = {path: list(window) for path, window in level.windows.items()}
    return {
        "map": name, "photo": photo, "cell": list(level.cell), "windows": windows,
        "heat": shades.round().astype(np.uint8).tobytes(), "holds": level.holds,
        "match": list(level.match or ()), "cosine": level.cosine or 0.0, "sentence": level.sentence,
    }  # fmt: skip


def part_words(shown: flow.MapShown, join: str) -> str:
    """The squeeze, the sum, the expansion or the bypass of a block, in a sentence."""
    _, channels, height, width = shown.shape
    part = shown.name.partition(" ")[2]
    words = f"{WORDS[part]}, joined by {join}" if part == "sum" else WORDS[part]
    return f"{shown.name} has {channels} channels of {height} x {width} cells: {words}."


def stream_words(one: flow.StreamShown, block: str) -> str:
    """What a stream sees, and its gate, in a sentence."""
    field = one.field
    said = (
        f"A cell of stream {one.stream} of {block} sees {field.cells} x {field.cells} cells of the block's input, "
        f"and at most {field.longest} x {field.longest} pixels of the photo"
    )
    if one.means:
        said += f"; its gate is {' and '.join(f'{mean:.2f}' for mean in one.means)} on average"
    return f"{said}{'; it is silenced' if one.silenced else ''}."
