"""Take a run's weights into the kit: without the classifier, which only training needs, and with a thinned log.

    python assets/make_weights.py RUN
    python assets/make_weights.py RUN 0

The first writes osnet_x0_25.safetensors beside this file, and results/shipped.csv: 500 means over the steps of
RUN/log.jsonl. The second writes seeds/0.safetensors, one of five networks that were trained alike.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from osnet_edu import train
from osnet_edu.machine import whole
from osnet_edu.network import weights

HERE = Path(__file__).resolve().parent
LINES = 500
COLUMNS = ("step", "photos", "loss", "cross_entropy", "triplet", "accuracy", "learning_rate")


def main(run: Path, seed: str | None = None) -> None:
    checkpoint = weights.open(run / "weights.safetensors")
    checkpoint.model.classifier = None
    name = "osnet_x0_25.safetensors" if seed is None else f"seeds/{int(seed)}.safetensors"
    weights.save(checkpoint.model, HERE / name, size=checkpoint.size, card=checkpoint.card)
    if seed is None:
        write_log(run)
    print(json.dumps(checkpoint.card, indent=1))


def write_log(run: Path) -> None:
    steps = train.read_log(run)
    with whole.file(HERE / "results" / "shipped.csv", replace=True) as growing, open(growing, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for some in np.array_split(np.arange(len(steps)), LINES):
            last = steps[some[-1]]
            means = [float(np.mean([getattr(steps[i], name) for i in some])) for name in COLUMNS[2:]]
            writer.writerow([last.step, last.photos, *(f"{value:.5g}" for value in means)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
