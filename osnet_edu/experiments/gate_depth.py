"""Does the last block lean to streams that see wider, or to streams that are deeper?

In `gate_scale`, the wider a look a pair needs, the more conv4.1 leans to its last streams: +0.071 [+0.016, +0.130] for
each doubling of the needed scale, with 40 people of its own (results/gate_scale_again.txt). In the omni-scale block
stream t is t Lite 3x3 layers, so the stream that sees wider is also deeper. Two siblings keep the two apart:

    equal views: stream t has t layers, and all streams reach over 9x9 cells.  They differ in depth.
    equal depths: stream t is one layer that reaches over (2t + 1) x (2t + 1) cells.  They differ in width of view.

Stated before any of their leans was measured:

    - If the lean is one to width, its slope on log2 k in conv4.1 is above 0 in equal depths and not in equal views. If
      it is one to depth, it is the other way round. p is corrected for two questions by Holm. The difference of the two
      slopes, networks of one seed in pairs, says whether the one is really larger than the other.
    - If both slopes are above 0, either is enough. If neither is, the siblings do not show the lean. Then it is bounded
      by the upper ends of the intervals: below the slope of the primary row, neither alone makes that lean.
    - The primary row must lean on people that it was never asked about. If it does not, a sibling without a lean says
      nothing. Networks of equal depth and equal view (same-depth) must not lean.
    - What would change the answer: a difference that comes from the cells that are skipped. Dilation makes the short
      streams of equal views and the wide streams of equal depths sparse, so depth goes with dense looks in the one, and
      width with sparse looks in the other. And the map of conv4.1 has 8 x 4 cells: a window of 9 x 9 covers all of
      them, and a layer with dilation 4 finds only two of its nine cells inside. A longer map (larger photos, or an
      earlier block) or networks of more seeds could answer otherwise.

Asked in conv4.1: the 40 people of the second asking, and 80 about whom no network was asked. Five networks of each
kind. Asked in all six blocks: the people of the first asking, so that the two siblings stand beside the kinds in
results/gate_scale.txt. Sources: ladder, shapley, intervals.crossed_mean, intervals.holm.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import intervals
from ..embed import normalise
from ..explain import gates, shapley
from ..network import weights
from ..network.model import OSNet
from ..photos import market
from ..trials import alike
from . import ladder
from .gate_parts import gallery_for_means, lean_of
from .gate_scale import Kind, Slope, slope_of, summarised, tested_slopes
from .gate_scale_table import kind_lines, slope_cell

LAST_BLOCK = "conv4.1"
BY_WIDTH, BY_DEPTH = "equal-depths", "equal-views"  # by what the streams of each sibling differ in
SAME_DEPTH = "same-depth"
BESIDE = ("primary", SAME_DEPTH)
_SEEDS = (14, 15)  # of the people: of the second asking, and of nobody before
_COUNTS = (40, 80)  # people of each
_FIRST = 14  # people of the first asking


@dataclass(frozen=True)
class Leaning:
    """One kind of networks in LAST_BLOCK.

    slope: of the lean on log2 of the needed scale, over all people.  apart: over the triples that are told apart.
    fresh: over the people whom nobody was asked about before.  right: share of triples with a margin above 0, by rung.
    by_network: slope of each network.  p of a sibling is corrected for the two siblings, p of a control for none.
    """

    slope: Slope
    apart: Slope
    fresh: Slope
    right: tuple[float, ...]
    by_network: tuple[float, ...]


@dataclass(frozen=True)
class GateDepth:
    """kinds: by name.  difference: slope of equal depths minus that of equal views, networks of one seed in pairs.

    blocks: the two siblings in all blocks, on the people of the first asking.  people: in LAST_BLOCK, of both seeds.
    """

    kinds: Mapping[str, Leaning]
    difference: intervals.Tested
    blocks: Mapping[str, Kind]
    people: tuple[int, ...]

    @property
    def answer(self) -> str:
        """What follows by the rule that was stated before: one sentence."""
        wide, deep, primary = (self.kinds[kind] for kind in (BY_WIDTH, BY_DEPTH, "primary"))
        if primary.fresh.verdict != "as stated":
            return "Open: on people that it was never asked about, the primary row's own lean is not clear."
        if self.kinds[SAME_DEPTH].slope.verdict == "as stated":
            return "Open: streams of one depth and one width lean too, so the lean is none to either."
        leans = tuple(one.slope.verdict == "as stated" for one in (wide, deep))
        if leans == (True, True):
            return "Either is enough: both siblings lean."
        if leans != (False, False):
            what, other = ("width", "depth") if leans[0] else ("depth", "width")
            sure = self.difference.p < 0.05 and (self.difference.value > 0) == leans[0]
            doubt = "" if sure else " The difference between the two siblings is not clear."
            return f"The lean is one to {what}: the sibling that differs in {other} alone does not show it.{doubt}"
        bounded = [what for what, one in (("width", wide), ("depth", deep)) if one.slope.high < primary.slope.value]
        small = f" Alone, {' and '.join(bounded)} would lean less than the primary row does." if bounded else ""
        return f"Open: neither sibling shows the lean.{small}"

    def __str__(self) -> str:
        first, second = self.people
        networks = len(next(iter(self.kinds.values())).by_network)
        lines = [
            f"{LAST_BLOCK}: {first} people of the second asking and {second} others, {networks} networks of each kind"
        ]
        lines.append(f"{'':<13}{'all people':>10}{'':>18}{'p':>9}{'others alone':>15}{'':>18}{'p':>9}  right")
        for name, one in self.kinds.items():
            cells = slope_cell(one.slope, 10) + slope_cell(one.fresh, 15)
            lines.append(f"{name:<13}{cells}  {np.mean(one.right):>5.0%}")
        lines.append(f"\n{'':<13}{'told apart':>10}{'':>18}{'p':>9}    slope of each network, all people")
        for name, one in self.kinds.items():
            lines.append(f"{name:<13}{slope_cell(one.apart, 10)}  " + "".join(f"{n:>+8.3f}" for n in one.by_network))
        lines.append(f"\n{'right':<11}{'k':>4}" + "".join(f"{name:>14}" for name in self.kinds))
        for i, rung in enumerate(ladder.RUNGS):
            shares = "".join(f"{one.right[i]:>14.0%}" for one in self.kinds.values())
            lines.append(f"{rung!s:<11}{ladder.NEEDED[i]:>4}{shares}")
        lines.append(f"\n{BY_WIDTH} minus {BY_DEPTH}:{slope_cell(self.difference, 7)}\n\n{self.answer}")
        for name, kind in self.blocks.items():
            lines += ["", *kind_lines(name, kind)]
        lines.append(
            "\nLean: -1.5 is all on stream 1, +1.5 all on stream 4. Slope: of the lean, for each doubling of k.\n"
            f"Right: before any change. p of the two siblings in {LAST_BLOCK}: corrected by Holm. All blocks: people\n"
            "of the first asking. Intervals: 95 %, over people and networks."
        )
        return "\n".join(lines)


def run(root: Path, progress: Callable[[int, int], None] | None = None) -> GateDepth:
    """All networks that ship for it.  root: a folder whose gallery an absent stream is the mean of."""
    return measure_depth(root, {kind: alike.all_trained(kind) for kind in (*BESIDE, BY_DEPTH, BY_WIDTH)}, progress)


def measure_depth(
    root: Path,
    networks: Mapping[str, Sequence[weights.Checkpoint]],
    progress: Callable[[int, int], None] | None = None,
    *,
    counts: tuple[int, int] = _COUNTS,
    first: int = _FIRST,
) -> GateDepth:
    """Networks of four kinds, equally many of each.  networks: by kind, for photos of 128 x 64.

    counts: people of the second asking, and others.  first: people of the first asking.
    Raises: Refused for a folder without a gallery.
    """
    photos = normalise(market.decode(gallery_for_means(root), (128, 64)).images)
    sets = [ladder.render_ladder(count=count, seed=seed) for count, seed in zip(counts, _SEEDS, strict=True)]
    usual = ladder.render_ladder(count=first)
    steps, done = sum(map(len, networks.values())), 0
    leans: dict[str, list[np.ndarray]] = {kind: [] for kind in networks}
    margins: dict[str, list[np.ndarray]] = {kind: [] for kind in networks}
    everywhere: dict[str, list] = {}
    for kind, some in networks.items():
        for model in (checkpoint.model for checkpoint in some):
            answers = [contributions(model, photos, triples, (LAST_BLOCK,)) for triples in sets]
            leans[kind].append(np.concatenate([lean_of(values[LAST_BLOCK]) for values, _ in answers]))
            margins[kind].append(np.concatenate([margin for _, margin in answers]))
            if kind not in BESIDE:
                everywhere.setdefault(kind, []).append(contributions(model, photos, usual, tuple(model.blocks())))
            done += 1
            if progress:
                progress(done, steps)
    return concluded(
        {kind: _by_person(some) for kind, some in leans.items()},
        {kind: _by_person(some) for kind, some in margins.items()},
        counts,
        {kind: summarised(some, usual, ladder.NEEDED) for kind, some in everywhere.items()},
    )


def contributions(
    model: OSNet, photos: torch.Tensor, triples: ladder.LadderTriples, blocks: Sequence[str]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Shapley values by block, (T, N), and the margins before any change, (N,).

    photos: (B, 3, H, W) float, normalised; an absent stream becomes its mean over them.
    """
    query, positive, negative = (normalise(images) for images in (triples.query, triples.positive, triples.negative))
    fill = gates.means(model, photos)
    values = {block: shapley.of_margins(model, query, positive, negative, block, fill=fill) for block in blocks}
    return values, shapley.margins(model, query, positive, negative)


def concluded(
    leans: Mapping[str, np.ndarray],
    margins: Mapping[str, np.ndarray],
    counts: tuple[int, int],
    blocks: Mapping[str, Kind],
) -> GateDepth:
    """What follows from the leans in LAST_BLOCK.

    leans, margins: by kind, (people, networks, rungs), those of the second asking first.  counts: people of each.
    blocks: see GateDepth.
    """
    scale = np.log2(ladder.NEEDED)
    slopes = {kind: slope_of(lean, scale) for kind, lean in leans.items()}  # (people, networks)
    apart = {kind: slope_of(np.where(margins[kind] > 0, lean, np.nan), scale) for kind, lean in leans.items()}
    fresh = {kind: own[counts[0] :] for kind, own in slopes.items()}
    whole, told, others = (_corrected(found) for found in (slopes, apart, fresh))
    right = {kind: tuple((margin > 0).mean((0, 1)).tolist()) for kind, margin in margins.items()}
    kinds = {
        kind: Leaning(whole[kind], told[kind], others[kind], right[kind], tuple(own.mean(0).tolist()))
        for kind, own in slopes.items()
    }
    return GateDepth(kinds, tested_slopes({"": slopes[BY_WIDTH] - slopes[BY_DEPTH]})[""], blocks, counts)


def _corrected(slopes: Mapping[str, np.ndarray]) -> dict[str, Slope]:
    """Each kind's slope; p of the two siblings after Holm's correction, of each control by itself."""
    found = tested_slopes({kind: slopes[kind] for kind in (BY_WIDTH, BY_DEPTH)})
    for kind in slopes:
        found |= {} if kind in found else tested_slopes({kind: slopes[kind]})
    return {kind: found[kind] for kind in slopes}


def _by_person(networks: Sequence[np.ndarray]) -> np.ndarray:
    """Of each network (N,), person by person -> (people, networks, rungs)."""
    return np.stack([one.reshape(-1, len(ladder.RUNGS)) for one in networks], 1)
