"""One question of `experiment gate-scale` asked again, of other people: python assets/gate_scale_again.py

After the experiment conv4.1 came nearest to what was stated. A question that is picked after looking needs new photos:
with 40 other people, is the slope of the lean on the needed scale above 0 in conv4.1 of the five trained networks? One
block, so there is nothing to correct for. The networks of equal depth are asked beside them. Writes
results/gate_scale_again.txt beside this file.
"""

from pathlib import Path

import numpy as np

from osnet_edu import assets, intervals
from osnet_edu.embed import normalise
from osnet_edu.experiments import gate_scale, ladder
from osnet_edu.experiments.gate_parts import lean_of
from osnet_edu.explain import cells, gates, shapley
from osnet_edu.machine import whole
from osnet_edu.photos import market
from osnet_edu.trials import alike

BLOCK, PEOPLE, SEED = "conv4.1", 40, 14
OUT = Path(__file__).resolve().parent / "results" / "gate_scale_again.txt"


def main() -> None:
    photos = normalise(market.decode(market.read(assets.subset()).gallery[::3], (128, 64)).images)
    triples = ladder.render_ladder(count=PEOPLE, seed=SEED)
    three = [normalise(images) for images in (triples.query, triples.positive, triples.negative)]
    lines = [f"{BLOCK} asked again, as one question, with {PEOPLE} other people (seed {SEED}), five networks each.", ""]
    for name, kind in (("trained", "primary"), ("same-depth", "same-depth")):
        leans = []
        for checkpoint in alike.all_trained(kind):
            fill = gates.means(checkpoint.model, photos)
            groups = cells.of_streams(*cells.energies(checkpoint.model, photos)[BLOCK].shape)
            values = shapley.of_groups(checkpoint.model, *three, BLOCK, groups, fill=fill)
            leans.append(lean_of(values).reshape(PEOPLE, -1))
        slopes = gate_scale.slope_of(np.stack(leans, 1), np.log2(ladder.NEEDED))  # (people, networks)
        drawn = intervals.crossed_mean(slopes)
        low, high = intervals.bounds(drawn)
        p = intervals.two_sided(drawn)
        lines.append(f"{name:<12} {slopes.mean():+.3f}  [{low:+.3f}, {high:+.3f}]  p = {p:.3f}")
    lines += ["", "Slope of the lean, for each doubling of k. Intervals: 95 %, over people and networks.", ""]
    with whole.file(OUT, replace=True) as growing:
        growing.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
