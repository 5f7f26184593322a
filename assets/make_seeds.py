"""Train one of the networks that were trained alike, and take its weights into the kit as float16.

    python assets/make_seeds.py KIND SEED [DEVICE]

KIND: one of trials.alike.BUILDS but primary.  SEED: 0 to 4.  DEVICE: cpu (one thread, bfloat16), or cuda.
Each takes four to six minutes on one core of a processor with a bfloat16 unit; those of 256x128 four times as long.
"""

import sys
from pathlib import Path

from tqdm import tqdm

from osnet_edu import assets, train
from osnet_edu.machine.compute import Compute
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.trials import alike, runs

HERE = Path(__file__).resolve().parent


def main(kind: str, seed: int, device: str = "cpu") -> None:
    row, size = ("primary", (256, 128)) if kind == "256x128" else (kind, (128, 64))
    config = train.TrainConfig(seed=seed, size=size)
    data = train.load(market.read(assets.subset()).train, config.size)
    model = runs.network(config, row, len(data.people))
    way = Compute(device, dtype="bfloat16", threads=1, channels_last=True)
    for _ in tqdm(train.fit(model, data, config, way=way), total=config.steps):
        pass
    model.classifier = None
    card = {"row": row, "seed": seed, "compute": str(way), "data": data.fingerprint, "dtype": "float16"}
    weights.save(model.cpu().half(), HERE / "seeds" / kind / f"{seed}.safetensors", size=size, card=card)


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in alike.BUILDS[1:]:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
