"""The records that an audit shows beside a network: the shipped one, one that was never trained, and colours alone.

    python assets/make_audit.py quick
    python assets/make_audit.py whole
    python assets/make_audit.py examples

Writes results/audit/BUDGET-NAME.json beside this file, or the pictures that explain the questions. A stopped run goes
on; answers are kept in the folder audit.answers of the place where it runs.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from osnet_edu import assets
from osnet_edu.audit import examples, record, run
from osnet_edu.audit.questions import QUICK_AUDIT, WHOLE_AUDIT
from osnet_edu.audit.subject import Subject, opened
from osnet_edu.embed import MANY, embedder_for, normalise
from osnet_edu.experiments import baselines
from osnet_edu.explain import untrained
from osnet_edu.machine import whole
from osnet_edu.network import export
from osnet_edu.photos import market

HERE = Path(__file__).resolve().parent


def never_trained(shipped: Subject) -> Subject:
    """A network of the shipped one's build with random weights, whose normalisations know 64 photos of home."""
    assert shipped.checkpoint is not None
    photos = market.decode(market.read(assets.subset(), train=False).gallery[: untrained.NORM_PHOTOS], shipped.size)
    model = untrained.like(shipped.checkpoint.model, 0, normalise(photos.images))
    checkpoint = replace(shipped.checkpoint, model=model)
    fast = embedder_for(model, photos=MANY, size=shipped.size)
    return replace(shipped, name="never trained", digest=export.digest(model)[:16], checkpoint=checkpoint, embed=fast)


def colours() -> Subject:
    """The best of the three colour baselines: mean colours of six stripes, balanced."""

    def embed(photos: np.ndarray) -> np.ndarray:
        return baselines.balanced_means(photos).astype(np.float32)

    return Subject(
        name="colours alone", kind="function", digest="balanced-means-1", size=(128, 64), features=18, checkpoint=None,
        embed=embed, notes=(),
    )  # fmt: skip


def draw_examples() -> None:
    """The pictures of each question as JSON."""
    drawn = {question: [asdict(one) for one in some] for question, some in examples.render_examples().items()}
    with whole.file(HERE / examples.EXAMPLES, replace=True) as growing:
        growing.write_text(json.dumps(drawn, indent=1) + "\n", encoding="utf-8")


def main(name: str) -> None:
    if name == "examples":
        draw_examples()
        return
    budget = {"quick": QUICK_AUDIT, "whole": WHOLE_AUDIT}[name]
    (HERE / "results" / "audit").mkdir(parents=True, exist_ok=True)
    with opened(None) as shipped:
        for file, subject in (("shipped", shipped), ("untrained", never_trained(shipped)), ("colours", colours())):
            found = run.audit(subject, Path("audit.answers"), budget, lambda question: lambda done, total: None)
            with whole.file(HERE / "results" / "audit" / f"{name}-{file}.json", replace=True) as growing:
                growing.write_text(json.dumps(record.to_json(found)) + "\n", encoding="utf-8")
            print(f"{file}: {found.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
