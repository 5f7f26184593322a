"""What the page of the network at work has: graphs that give every map, and what no graph says.

    engine/NAME_flow.onnx        a network with all its maps: see flow_graph
    data/flow_NAME.json.gzip     its places, the colours of its maps, and what their cells can see
    data/flow.json.gzip          pairs to begin with, the menu of photos, and what each photo is called
    data/flow_first.json.gzip    what the widget draws at first, so that the page has it before the network is loaded

A graph takes some fifteen seconds of a core. It is kept in the cache by all that it depends on.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import torch

from .. import explore
from ..explain import flow, gates
from ..network import export, receptive, weights
from ..widgets import Flow, coloured, described_photo, records
from . import flow_graph, kept
from .engine import GRAPHS

_DIGITS = 7  # of a number of a basis: a shade of 255 needs four
_ROOMS, _FILES = ("embed", "explain", "network"), ("book/flow_graph.py",)  # what a graph depends on


def write(folder: Path, progress: Callable[[int, int], None] | None = None, *, graphs: Sequence[str] = GRAPHS) -> None:
    """Write all of it below `folder`.  progress: (done, total) steps.  graphs: names of networks on the shelf."""
    engine, data = folder / "engine", folder / "data"
    for place in (engine, data):
        place.mkdir(parents=True, exist_ok=True)
    album, shelf = explore.shipped()
    first = Flow()
    photos = (*album.market.query, *album.market.gallery)
    shown = {
        "pairs": first.pairs, "choices": first.choices, "colours": first.colours,
        "words": {album.name(photo): described_photo(album, photo) for photo in photos},
    }  # fmt: skip
    _keep(data / "flow.json", records.to_json(shown))
    _keep(data / "flow_first.json", records.to_json(first.drawn()))
    first.close()
    for k, name in enumerate(graphs):
        checkpoint = shelf.checkpoint(name)
        graph = _graph(checkpoint)
        (engine / f"{name}_flow.onnx").write_bytes(graph)
        told = network_told(checkpoint, coloured(checkpoint.model, album.market, checkpoint.size))
        _keep(data / f"flow_{name}.json", json.dumps(told | {"bytes": len(graph)}, separators=(",", ":")))
        if progress:
            progress(k + 1, len(graphs))


def _graph(checkpoint: weights.Checkpoint) -> bytes:
    key = hashlib.sha256(f"{_state()} {export.digest(checkpoint.model)} {checkpoint.size}".encode()).hexdigest()[:16]
    folder, name = kept.folder_of(kept.KEPT_GRAPHS) / key, "graph.onnx"

    def make(growing: Path) -> None:
        (growing / name).write_bytes(flow_graph.graph(checkpoint.model, checkpoint.size))

    kept.made_once(folder, make)
    return (folder / name).read_bytes()


@cache
def _state() -> str:
    package = Path(__file__).parents[1]
    files = [path for room in _ROOMS for path in sorted((package / room).rglob("*.py"))]
    return kept.state([*files, *(package / name for name in _FILES)], [torch.__version__])


def network_told(checkpoint: weights.Checkpoint, palette: flow.Colouring) -> dict:
    """Of a network what flow_model.js cannot compute: places, words, colours, what is usual, what cells can see.

    palette: of this network and a gallery.
    """
    model = checkpoint.model
    fields = {(one.block, one.stream): one for one in receptive.receptive_fields(model)}
    stages, trunk = flow.stages(model), flow.trunk(model)
    blocks = {
        name: {
            "maps": flow.block_maps(model, name),
            "join": block.join.words,
            "gate": "" if block.gate is None else block.gate.words,
            "fields": [_field(fields[name, t]) for t in range(1, len(block.stream_names) + 1)],
        }
        for name, block in model.blocks().items()
    }
    made = flow.passed(model, torch.zeros(1, 3, *checkpoint.size)).maps
    maps = {
        name: {"shape": made[name].shape[1:], "basis": _basis(palette.basis(name)), "reach": _reach(model, name)}
        for name in flow_graph.maps_of(model)
    }
    return {
        "size": checkpoint.size,
        "layout": asdict(export.Layout.of(model)),
        "stages": {stage: flow.stage_maps(model, stage) for stage in stages},
        "trunk": trunk,
        "blocks": blocks,
        "note": gates.limits(model),
        "parted": flow.PARTED,
        "usual": {name: palette.usual(name) for name in (*trunk, flow.END)},
        "unlike": {name: palette.unlike(name) for name in dict.fromkeys([*stages, *trunk])},
        "maps": maps,
    }


def _field(field: receptive.Field) -> dict:
    return {name: getattr(field, name) for name in ("cells", "shortest", "longest")}


def _basis(basis: flow.Basis) -> dict:
    """mean (C), axes (3, C), low and high (3)."""
    numbers = {"mean": basis.mean, "axes": basis.axes.T, "low": basis.low, "high": basis.high}
    return {name: _short(values) for name, values in numbers.items()}


def _reach(model, name: str) -> dict:
    """shortest, longest, step and origin; those of a stream's field are the same."""
    found = asdict(flow.reach_of(model, name))
    return {key: found[key] for key in ("shortest", "longest", "step", "origin")}


def _short(values: np.ndarray) -> list:
    if values.ndim > 1:
        return [_short(row) for row in values]
    return [float(f"{value:.{_DIGITS}g}") for value in values]


def _keep(path: Path, text: str) -> None:
    path.with_name(path.name + kept.PACKED).write_bytes(kept.packed(text.encode()))
