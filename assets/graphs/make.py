"""Make the graphs that ship anew, where the network has changed: python assets/graphs/make.py

A graph is how a network is built, as ONNX, without its weights: see osnet_edu/network/export.py. Those of the shipped
weights and of the default recipe lie here, so that nobody waits ten seconds for one; a test says where they are out of
date.
"""

from pathlib import Path

from osnet_edu import train
from osnet_edu.embed import MEAN, STD
from osnet_edu.network import export, weights


def main(folder: Path = Path(__file__).parent) -> None:
    for old in folder.glob("*.onnx"):
        old.unlink()
    for model in (weights.shipped().model, train.build(train.TrainConfig(), 1)):
        path = folder / f"{export.fingerprint(model)}.onnx"
        if not path.exists():
            path.write_bytes(export.template(model, MEAN, STD))
            print(f"Wrote {path}: {path.stat().st_size / 1000:.0f} kB.")


if __name__ == "__main__":
    main()
