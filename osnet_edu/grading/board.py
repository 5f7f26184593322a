"""What a leaderboard says: means with intervals, trained beside untrained, and who beats whom after Holm's correction.

A case is a twin family of its own, so cases are what is drawn again for the intervals; where five networks were asked,
networks are drawn again too. Two methods, or a trained and an untrained network, are compared case by case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .. import intervals
from ..refused import Refused
from .frozen import PARTS

ACROSS, SAME_VIEW = "across", "same"
SHIPPED_NETWORK, NO_NETWORK = "shipped", "none"
_TRAINED, _UNTRAINED = "trained", "untrained"
CENTRE = "centre prior"
BOARD_SCORES = ("rank", "mass", "pointing", "coarse")


@dataclass(frozen=True)
class BoardBlock:
    """One method, asked about N cases, by part and then by family.

    network: "shipped", "seed 0" ..., or FOLDER/FILE of one's own; "none" for floors and ceilings.  digest: of the
    network, see `export.digest`; empty for "none".  weights: "trained" or "untrained".  view: "across" cameras, or the
    "same" view.  cases: name of the grading set.  families: a part.
    noticed: a character a case: how many times the limit of the sham edits the difference exceeds, 3 at most; "-" where
    the network turned the difference round. It is always the trained network's.
    rank, mass, pointing: grades of the map.  coarse: rank, with the map averaged over cells of 8 x 8 pixels.
    """

    network: str
    digest: str
    weights: str
    view: str
    method: str
    cases: str
    families: int
    noticed: str
    rank: tuple[float, ...] = field(repr=False)
    mass: tuple[float, ...] = field(repr=False)
    pointing: tuple[float, ...] = field(repr=False)
    coarse: tuple[float, ...] = field(repr=False)

    def __post_init__(self):
        count = self.families * len(PARTS)
        if len(self.noticed) != count or set(self.noticed) - set("-0123"):
            raise Refused(f"noticed must be {count} characters of -0123, got {self.noticed!r}")
        for name in BOARD_SCORES:
            values = getattr(self, name)
            if len(values) != count or not all(0 <= value <= 1 for value in values):
                raise Refused(f"{name} must be {count} numbers from 0 to 1, got {len(values)}: {values[:3]} ...")

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this block from others, see `key_of`."""
        return key_of(self)


def key_of(asked) -> tuple[str, ...]:
    """What tells one block, or one job, from others: never the name of a file, which another network may have too.

    The kit's networks keep their names beside their content: "seed 3" has an untrained network of its own.
    """
    name = "" if "/" in asked.network else asked.network
    return name, asked.digest, asked.weights, asked.view, asked.method


class Compared(intervals.Tested):
    """A difference of two means on the same cases."""

    @property
    def shown(self) -> bool:
        """Above 0, after the correction for the number of methods."""
        return self.value > 0 and self.p < 0.05


@dataclass(frozen=True)
class Board:
    """Blocks, asked by network, view and method."""

    blocks: tuple[BoardBlock, ...]

    def block(
        self, method: str, network: str = SHIPPED_NETWORK, weights: str = _TRAINED, view: str = ACROSS
    ) -> BoardBlock:
        """Raises: Refused where this was not asked."""
        for block in self.blocks:
            asked = block.network, block.weights, block.view, block.method
            if asked in ((network, weights, view, method), (NO_NETWORK, _TRAINED, view, method)):
                return block
        raise Refused(
            f"the board has no {method!r} of {network}, {weights}, {view}; it has {', '.join(self.methods())}"
        )

    def methods(self, network: str | None = None) -> list[str]:
        """Names in the order of the file; of one network, or all."""
        return list(dict.fromkeys(b.method for b in self.blocks if network is None or b.network == network))

    @property
    def networks(self) -> list[str]:
        """Names but the seeds' and "none": the shipped one, or those of one's own."""
        return [
            n for n in dict.fromkeys(b.network for b in self.blocks) if n != NO_NETWORK and not n.startswith("seed ")
        ]

    @property
    def seeds(self) -> list[str]:
        """Names of the networks of other seeds, "seed 0" ..., in the order of the file."""
        return [n for n in dict.fromkeys(b.network for b in self.blocks) if n.startswith("seed ")]

    def seen(self, network: str, view: str = ACROSS, times: int = 1) -> np.ndarray:
        """(N,) bool: the differences that a trained network notices, by `times` the limit."""
        for block in self.blocks:
            if block.network == network and block.view == view:
                return np.array([c not in "-" and int(c) >= times for c in block.noticed])
        raise Refused(f"the board has nothing of {network} in the view {view!r}")

    def mean(
        self,
        method: str,
        score: str = "rank",
        *,
        network: str = SHIPPED_NETWORK,
        weights: str = _TRAINED,
        view: str = ACROSS,
        part: str | None = None,
        times: int = 1,
    ) -> intervals.Interval:
        """The mean grade of a method over the noticed cases.  times: as for `seen`; 0 takes all cases.

        part: one of the grading set's, or all. nan where nothing is left.
        """
        values = self._values(self.block(method, network, weights, view), score)
        chosen = self._chosen(network, view, times, part)
        return intervals.clustered_mean(values[chosen], np.ones(chosen.sum()))

    def floors(self, network: str = SHIPPED_NETWORK, view: str = ACROSS, score: str = "rank") -> dict[str, float]:
        """The mean of each method that asks no network, on the cases that this network noticed."""
        return {
            name: self.mean(name, score, network=network, view=view).value
            for name in self.methods(NO_NETWORK)
            if any(b.method == name and b.view == view for b in self.blocks)
        }

    def above_untrained(
        self, network: str = SHIPPED_NETWORK, view: str = ACROSS, score: str = "rank"
    ) -> dict[str, Compared]:
        """Of each method that an untrained network was asked by: the trained network's grade minus that one's."""
        asked = {b.method for b in self.blocks if (b.network, b.weights, b.view) == (network, _UNTRAINED, view)}
        pairs = {
            name: (self.block(name, network, _TRAINED, view), self.block(name, network, _UNTRAINED, view))
            for name in self.methods(network)
            if name in asked
        }
        return self._compared(pairs, network, view, score)

    def above_floor(
        self, floor: str = CENTRE, network: str = SHIPPED_NETWORK, view: str = ACROSS, score: str = "rank"
    ) -> dict[str, Compared]:
        """Of each method: its grade minus a floor's, on the noticed cases.  floor: any method of the board."""
        pairs = {
            name: (self.block(name, network, _TRAINED, view), self.block(floor, network, _TRAINED, view))
            for name in self.methods(network)
            if name != floor
        }
        return self._compared(pairs, network, view, score)

    def over_seeds(self, score: str = "rank") -> dict[str, Compared]:
        """Of each method: trained minus untrained across views, over cases and over the networks of all seeds."""
        if len(self.seeds) < 2:
            raise Refused("the board has fewer than two seeds")
        found, drawn = {}, {}
        for name in self.methods(self.seeds[0]):
            columns = []
            for network in self.seeds:
                one, other = (self._values(self.block(name, network, w), score) for w in (_TRAINED, _UNTRAINED))
                columns.append(np.where(self.seen(network), one - other, np.nan))
            values = np.stack(columns, 1)
            found[name], drawn[name] = float(np.nanmean(values)), intervals.crossed_mean(values)
        return _tested(found, drawn)

    def by_part(self, method: str, score: str = "rank", **where) -> dict[str, intervals.Interval]:
        """The mean grade for each part.  where: network, weights, view and times, as for `mean`."""
        return {part: self.mean(method, score, part=part, **where) for part in PARTS}

    def best(
        self, part: str | None = None, network: str = SHIPPED_NETWORK, view: str = ACROSS, among: Sequence[str] = ()
    ) -> str:
        """The method with the highest mean rank accuracy.  among: names; all methods of this network if none."""
        names = among or self.methods(network)
        return max(names, key=lambda name: self.mean(name, network=network, view=view, part=part).value)

    def __str__(self) -> str:
        lines = []
        for network in self.networks:
            for view in (ACROSS, SAME_VIEW):
                lines += self._table(network, view)
        if len(self.seeds) > 1:
            few = next(b.families for b in self.blocks if b.network == self.seeds[0])
            lines.append(
                f"Trained minus untrained over {len(self.seeds)} networks, {few} families a part, across views:"
            )
            for name, found in self.over_seeds().items():
                star = " *" if found.shown else ""
                lines.append(f"  {name:<34}{found.cell()}{star}")
        lines.append(
            "Rank accuracy in [0, 1]; brackets 95 % over families; * above 0 after Holm's correction. "
            "all: every case, noticed or not; random: a network that was never trained."
        )
        return "\n".join(lines)

    def _table(self, network: str, view: str) -> list[str]:
        seen = self.seen(network, view)
        above, centre = self.above_untrained(network, view), self.above_floor(CENTRE, network, view)
        mean = partial(self.mean, network=network, view=view)
        words = "across views" if view == ACROSS else "in the same view"
        lines = [
            f"{network}, {words}: {int(seen.sum())} of {len(seen)} differences noticed",
            f"  {'':<34}{'rank':>6}{'':>14}{'mass':>6}{'point':>6}{'8x8':>6}{'all':>6}{'random':>8}{'minus it':>10}",
        ]
        order = sorted(self.methods(network), key=lambda name: -mean(name).value)
        for name in order:
            rank = mean(name)
            more = [mean(name, score).value for score in ("mass", "pointing", "coarse")]
            everything = mean(name, times=0).value
            other = mean(name, weights=_UNTRAINED).value if name in above else np.nan
            minus = above[name].value if name in above else np.nan
            star = " *" if name in above and above[name].shown else ""
            lines.append(
                f"  {name:<34}{rank.cell()}"
                + "".join(f"{value:>6.2f}" for value in (*more, everything))
                + f"{other:>8.2f}{minus:>10.2f}{star}"
            )
        for name, value in self.floors(network, view).items():
            lines.append(f"  {name:<34}{value:>6.2f}   without a network")
        trained = sum(found.shown for found in above.values())
        both = sum(above[name].shown and centre[name].shown for name in above)
        lines.append(
            f"  {trained} of {len(above)} methods beat their own untrained score, {both} of these the centre prior too."
        )
        return lines

    def _compared(self, pairs: dict[str, tuple[BoardBlock, BoardBlock]], network: str, view: str, score: str) -> dict:
        chosen = self._chosen(network, view, 1, None)
        found, drawn = {}, {}
        for name, (one, other) in pairs.items():
            values = (self._values(one, score) - self._values(other, score))[chosen]
            found[name] = float(values.mean())
            drawn[name] = intervals.resampled(intervals.ratio, values, np.ones(len(values)))
        return _tested(found, drawn)

    def _chosen(self, network: str, view: str, times: int, part: str | None) -> np.ndarray:
        seen = self.seen(network, view, times) if times else np.ones(len(self.seen(network, view)), bool)
        if part is None:
            return seen
        if part not in PARTS:
            raise Refused(f"a part is one of {', '.join(PARTS)}, got {part!r}")
        return seen & (np.repeat(PARTS, len(seen) // len(PARTS)) == part)

    @staticmethod
    def _values(block: BoardBlock, score: str) -> np.ndarray:
        if score not in BOARD_SCORES:
            raise Refused(f"a score is one of {', '.join(BOARD_SCORES)}, got {score!r}")
        return np.array(getattr(block, score))


def _tested(values: dict[str, float], drawn: dict[str, np.ndarray]) -> dict[str, Compared]:
    return {name: Compared(**vars(one)) for name, one in intervals.tested(values, drawn).items()}
