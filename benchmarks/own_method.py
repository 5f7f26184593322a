"""Segment vote and its rivals on twins: python benchmarks/own_method.py [--set shapes] [--seed 25] --out FILE.csv

Each case is asked across views: what in the photo of the twin speaks against its match with the query? Only cases that
the shipped network notices are asked, and each method is also asked by a network that was never trained. The table has
rank and mass accuracy by part, 95 % over families, and the vote minus each rival on the same cases. --beside compares
over the cases of another seed as well.

--set twins: the recoloured twins of the grading set. Seed 22 is what the vote was tuned on, seed 21 is the frozen set.
--set shapes: twins in the same colours, whose hat, bag, sleeves, trousers or hair have another form.
A finished case is in the file and is not asked again, so a run that was killed goes on. --quick only checks that it
runs.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from side_by_side import finished, save

from osnet_edu import intervals
from osnet_edu.embed import embedder_for, normalise
from osnet_edu.explain import Network, ask, untrained, vote
from osnet_edu.grading import contestants, frozen, marks, shape_twins
from osnet_edu.network import weights

OWN = "segment vote"
COLUMNS = ("method", "number", "family", "noticed", "rank", "mass")
SETS = {"twins": (frozen.render, frozen.PARTS), "shapes": (shape_twins.render, shape_twins.PARTS)}


def _slopes(network: Network, queries: np.ndarray, photos: np.ndarray) -> np.ndarray:
    return np.stack([vote.against_by_slopes(network.model, *pair) for pair in zip(queries, photos, strict=True)])


ASKED = {
    OWN: partial(ask, name=OWN),
    "segment exchange": contestants.OWN["segment exchange"],
    "segment occlusion": contestants.OWN["segment occlusion"],
    "slopes of the vote alone": _slopes,
    "gradient x activation on pieces": contestants.METHODS_GRADED["gradient x activation on pieces"],
    "gradient x activation, conv4": contestants.METHODS_GRADED["gradient x activation, conv4"],
    "occlusion": contestants.METHODS_GRADED["occlusion"],
    "new colours": contestants.FLOORS["new colours"],
    "centre prior": contestants.FLOORS["centre prior"],
}
UNTRAINED = ", untrained"
_NONE = -1.0  # rank and mass of a case that the network does not notice


def networks(cases: frozen.Cases) -> tuple[Network, Network]:
    """The shipped network, and one of its size that was never trained."""
    checkpoint = weights.shipped()
    other = untrained.like(checkpoint.model, 0, normalise(cases.query[: untrained.NORM_PHOTOS]))
    return tuple(
        Network(model, embedder_for(model, photos=100_000, size=checkpoint.size)) for model in (checkpoint.model, other)
    )


def measure(cases: frozen.Cases, names: list[str], out: Path) -> list[dict]:
    """Ask all cases, family by family, so that a part of the records is a smaller set of the same kind."""
    trained, random = networks(cases)
    seen = frozen.noticed(trained.embedder, cases).seen
    parts = list(dict.fromkeys(cases.part.tolist()))
    family = np.arange(len(cases.part)) % (len(cases.part) // len(parts))
    records = finished(out, "method")
    done = {(row["method"], row["number"]) for row in records}
    for k in np.lexsort((np.arange(len(family)), family)):
        for name in [name for name in names if (name, k) not in done]:
            network = random if name.endswith(UNTRAINED) else trained
            rank = mass = _NONE
            if seen[k]:
                pair = cases.query[k : k + 1].copy(), cases.negative[k : k + 1].copy()
                heat = ASKED[name.removesuffix(UNTRAINED)](network, *pair)[0]
                grade = marks.grade(heat, cases.truth[k], against=True)
                rank, mass = grade.rank, grade.mass
            records.append(dict(zip(COLUMNS, (name, int(k), int(family[k]), int(seen[k]), rank, mass), strict=True)))
        save(records, out, COLUMNS)
    return records


def graded(records: list[dict]) -> tuple[list[int], list[int], dict[str, np.ndarray]]:
    """Numbers of the cases that all methods were asked, of those that are noticed, and (cases, 2) rank and mass."""
    numbers = {name: {int(row["number"]) for row in records if row["method"] == name} for name in dict.fromkeys(
        row["method"] for row in records
    )}  # fmt: skip
    common = sorted(set.intersection(*numbers.values()))
    score = {(row["method"], int(row["number"])): (row["rank"], row["mass"]) for row in records if row["rank"] != _NONE}
    noticed = [k for k in common if (next(iter(numbers)), k) in score]
    return common, noticed, {name: np.array([score[name, k] for k in noticed]) for name in numbers}


def show(records: list[dict], parts: tuple[str, ...], each: int) -> None:
    """The table.  each: families a part in the set."""
    common, noticed, values = graded(records)
    part = np.array([k // each for k in noticed])
    counts = ", ".join(
        f"{name} {int((part == at).sum())} of {sum(k // each == at for k in common)}" for at, name in enumerate(parts)
    )
    print(f"{len(noticed)} of {len(common)} differences are noticed: {counts}")
    print(f"{'':<34}{'rank':>6}{'':>16}{'mass':>6}  " + "".join(f"{name[:9]:>10}" for name in parts))
    for name, both in values.items():
        by_part = [both[part == at, 0].mean() if (part == at).any() else np.nan for at in range(len(parts))]
        print(
            f"{name:<34}{_mean(both[:, 0]).cell()}  {both[:, 1].mean():>6.2f}  "
            + "".join(f"{v:>10.2f}" for v in by_part)
        )
    show_gaps(values)


def show_gaps(values: dict[str, np.ndarray]) -> None:
    """The vote minus each rival on the same cases."""
    for name in [name for name in values if name != OWN and not name.endswith(UNTRAINED) and OWN in values]:
        gap = values[OWN] - values[name]
        print(f"{OWN} minus {name:<32} rank {_mean(gap[:, 0]).cell()}  mass {_mean(gap[:, 1]).cell()}")


def _mean(values: np.ndarray) -> intervals.Interval:
    return intervals.clustered_mean(values, np.ones(len(values)))


def main(arguments: list[str] | None = None) -> list[dict]:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=SETS, default="twins")
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--families", type=int, default=frozen.FAMILIES, help="of each part")
    parser.add_argument("--methods", nargs="+", choices=ASKED, default=list(ASKED))
    parser.add_argument("--out", type=Path, required=True, help="a CSV file of records; one for each set and seed")
    parser.add_argument("--beside", type=Path, metavar="FILE.csv", help="records of another seed, to compare over both")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    render, parts = SETS[options.set]
    if options.quick:
        options.families, options.methods = 1, ["gradient x activation, conv4", "centre prior"]
    cases = render(options.seed, families=options.families)
    print(f"{options.set}, seed {options.seed}, set {cases.name}")
    asked = [*options.methods, *(name + UNTRAINED for name in options.methods if name not in contestants.FLOORS)]
    records = measure(cases, asked, options.out)
    show(records, parts, options.families)
    if options.beside:
        own, other = graded(records)[2], graded(finished(options.beside, "method"))[2]
        both = {name: np.concatenate([own[name], other[name]]) for name in own if name in other}
        print(f"Both seeds together, {len(next(iter(both.values())))} differences:")
        show_gaps(both)
    return records


if __name__ == "__main__":
    main()
