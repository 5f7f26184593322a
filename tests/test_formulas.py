"""FORMULAS.md: its shapes and figures are the library's, and its formulas give what the library computes."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from osnet_edu import osnet, retrieval
from osnet_edu.book.generator import mathml
from osnet_edu.explain import shapley
from osnet_edu.network import costs, receptive
from osnet_edu.network.model import AggregationGate, Lite3x3
from osnet_edu.train import TrainConfig, hardest, learning_rate

TEXT = (Path(__file__).resolve().parent.parent / "FORMULAS.md").read_text(encoding="utf-8")
SECTIONS = {part.partition(" · ")[0]: part for part in TEXT.split("\n## ")}


def table(section: str) -> list[list[str]]:
    """The rows of the first table of a section, without its head."""
    rows = [line.strip("|").split("|") for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def number(cell: str) -> int:
    return int(re.match(r"[\d,]+", cell)[0].replace(",", ""))


def test_every_formula_can_be_drawn_by_the_page():
    formulas = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", TEXT)
    assert len(formulas) > 50
    for block, inline in formulas:
        assert mathml(block or inline, bool(block)).startswith("<math")


def test_each_notebook_from_01_to_10_has_a_section():
    linked = re.findall(r"^## .* · \[notebook (\d\d)\]\(notebooks/(\d\d)_\w+\.ipynb\)$", TEXT, re.MULTILINE)
    assert linked == [(f"{k:02d}", f"{k:02d}") for k in range(1, 11)]


def test_the_shapes_of_the_network_are_the_librarys():
    large, small = costs.table(osnet(width=1.0)), costs.table(osnet(width=0.25), (128, 64))
    *rows, total = table("The whole network")
    assert len(rows) == len(large)
    for row, one, other in zip(rows, large, small, strict=True):
        shape, lean = (" x ".join(map(str, stage.output)) for stage in (one, other))
        assert row == [one.stage, one.operation, shape, f"{one.parameters:,}", f"{one.multiply_adds:,}", lean]
    assert [number(total[3]), number(total[4])] == [2_169_508, 978_878_352]
    assert [number(total[3]), number(total[4])] == [
        costs.parameters(osnet(width=1.0)),
        costs.multiply_adds(osnet(width=1.0), (3, 256, 128)),
    ]
    assert [int(found.replace(",", "")) for found in re.findall(r"[\d,]{4,}", total[5])] == [
        costs.parameters(osnet(width=0.25)),
        costs.multiply_adds(osnet(width=0.25), (3, 128, 64)),
    ]


def test_the_costs_of_one_layer():
    made = {
        "convolution": nn.Conv2d(64, 64, 3, padding=1, bias=False),
        "pointwise": nn.Conv2d(64, 64, 1, bias=False),
        "depthwise": nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False),
        "Lite 3x3": nn.Sequential(Lite3x3(64, 64).conv1, Lite3x3(64, 64).conv2),
        "$g$ groups": nn.Conv2d(64, 64, 3, padding=1, groups=4, bias=False),
    }
    rows = {row[0]: number(row[2]) for row in table("One layer")}
    assert rows == {name: costs.parameters(layer) for name, layer in made.items()}
    for name, layer in made.items():
        assert costs.multiply_adds(layer, (64, 8, 4)) == rows[name] * 8 * 4


def test_the_receptive_fields():
    fields = receptive.receptive_fields(osnet())
    rows = table("Streams and receptive fields")
    assert [row[0] for row in rows] == list(dict.fromkeys(field.block for field in fields))
    for block, step, *sides in rows:
        own = [field for field in fields if field.block == block]
        assert [int(side) for side in sides] == [field.longest for field in own] and int(step) == own[0].step
    assert [int(side) for side in rows[0][2:]] == [11 + 2 * t * 4 for t in (1, 2, 3, 4)]


def test_the_parameters_of_a_gate():
    said = int(re.search(r"parameters, (\d+) for 64 channels", SECTIONS["The gate"])[1])
    c, h = 64, max(1, 64 // 16)
    assert said == 2 * c * h + h + c == costs.parameters(AggregationGate(c, h))


def test_average_precision_and_minp():
    ranks, photos = (1, 4, 6), 8
    distances = np.arange(photos, dtype=float)[None]
    people = np.array([1 if k + 1 in ranks else 2 for k in range(photos)])
    score = retrieval.evaluate(distances, np.array([1]), people, np.array([1]), np.full(photos, 2))
    assert score.mean_ap == pytest.approx(sum(j / r for j, r in enumerate(ranks, start=1)) / 3)
    assert score.mean_inp == pytest.approx(3 / 6)


def test_the_losses_and_the_learning_rate():
    config = TrainConfig()
    said = SECTIONS["Training"]
    assert [float(x) for x in re.findall(r"\((0\.\d+)\)", said)] == [
        config.label_smoothing,
        config.margin,
        config.warmup,
    ]
    scores, right, n = torch.tensor([[2.0, 1.0, 0.0]]), 0, 3
    q = [0.1 / n + 0.9 * (i == right) for i in range(n)]
    p = [math.exp(z) / sum(map(math.exp, (2, 1, 0))) for z in (2, 1, 0)]
    smoothed = nn.functional.cross_entropy(scores, torch.tensor([right]), label_smoothing=0.1)
    assert -sum(a * math.log(b) for a, b in zip(q, p, strict=True)) == pytest.approx(smoothed.item())
    d, who, m = torch.rand(6, 6, dtype=torch.float64), torch.tensor([0, 0, 0, 1, 1, 1]), 0.3
    own = [max(0, max(d[a, :3] if a < 3 else d[a, 3:]) - min(d[a, 3:] if a < 3 else d[a, :3]) + m) for a in range(6)]
    assert hardest(d, who, m).item() == pytest.approx(sum(map(float, own)) / 6)
    w, peak = config.warmup, config.learning_rate
    for step in (config.steps // 50, config.steps // 2, config.steps):
        u = step / config.steps
        rate = peak * u / w if u < w else peak / 2 * (1 + math.cos(math.pi * (u - w) / (1 - w)))
        assert learning_rate(config, step) == pytest.approx(rate)


def test_the_shapley_values():
    worth = np.random.default_rng(0).normal(size=16)
    kept = [frozenset(np.flatnonzero(row).tolist()) for row in shapley.coalitions(4)]
    value = dict(zip(kept, worth, strict=True))
    f = math.factorial
    for t, found in enumerate(shapley.values(worth)):
        others = [frozenset(s) for k in range(4) for s in itertools.combinations(set(range(4)) - {t}, k)]
        share = sum(f(len(s)) * f(3 - len(s)) / f(4) * (value[s | {t}] - value[s]) for s in others)
        assert found == pytest.approx(share)
    assert "Four streams make 16 groups" in TEXT
