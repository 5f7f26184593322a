"""What counts in a block? Three ways to ask which stream matters for one pair, and they need not agree.

A stream's mean gate says what is let in, its share what the mixture is made of. What the decision needs is found out
by taking the stream away. One photo proves nothing; the block in which the answers differ most shows that the
questions differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from ..explain import gates
from ..machine import compute
from ..network.model import OSNet

_QUESTIONS = {
    "gate": "has the highest mean gate",
    "share": "has the largest share of the mixture",
    "similarity": "is needed most for the similarity to the match",
    "margin": "is needed most for the margin",
}


@dataclass(frozen=True)
class BlockAnswers:
    """One block and one triple of photos: query, match, other.  All (T,), a number a stream, by stream.

    gate: mean over channels, in (0, 1).  share: signed, sums to 1.  similarity, margin: what the cosine to the match,
    and that minus the cosine to the other, become when the stream is shut for the query alone, minus what they were.
    """

    block: str
    gate: np.ndarray
    share: np.ndarray
    similarity: np.ndarray
    margin: np.ndarray

    @property
    def first(self) -> dict[str, int]:
        """The stream, from 1, that comes first by each question; 0 where none is needed: no fall without any."""
        most = {"gate": self.gate, "share": self.share, "similarity": -self.similarity, "margin": -self.margin}
        return {question: int(values.argmax()) + 1 if values.max() > 0 else 0 for question, values in most.items()}

    @property
    def answers(self) -> int:
        """How many different streams come first."""
        return len(set(self.first.values()) - {0})

    def sentence(self) -> str:
        """Which stream comes first by which question, in words."""
        by_stream: dict[int, list[str]] = {}
        for question, stream in self.first.items():
            by_stream.setdefault(stream, []).append(_QUESTIONS[question])
        names = {t: f"stream {t}" if t else "no stream" for t in by_stream}
        said = [f"{names[t]} {' and '.join(by_stream[t])}" for t in sorted(by_stream, key=lambda t: t or 99)]
        return f"In {self.block} {'; '.join(said)}."

    def __str__(self) -> str:
        lines = [f"{self.block}: with one stream of it shut for the query"]
        for t, row in enumerate(zip(self.gate, self.share, self.similarity, self.margin, strict=True), start=1):
            gate, share, similarity, margin = row
            lines.append(
                f"  stream {t}: mean gate {gate:.2f}, share {share:.0%}, similarity to the match {similarity:+.3f}, "
                f"margin {margin:+.3f}"
            )
        return "\n".join(lines)


@torch.no_grad()
def ask(model: OSNet, images: torch.Tensor) -> dict[str, BlockAnswers]:
    """All blocks of a network about one triple, in network order.

    images: (3, 3, H, W) float, normalised: query, match, other person.
    """
    with compute.steadily(lambda: model(images)):
        return _asked(model, images)


def _asked(model: OSNet, images: torch.Tensor) -> dict[str, BlockAnswers]:
    query, match, other = model(images)

    def scores(features: torch.Tensor) -> np.ndarray:
        to_match, to_other = (torch.cosine_similarity(features, x, dim=0).item() for x in (match, other))
        return np.array([to_match, to_match - to_other])

    reading, whole = gates.read(model, images[:1]), scores(query)
    found = {}
    for block, shares in reading.shares.items():
        changes = []
        for stream in range(1, shares.shape[1] + 1):
            with gates.mute(model, stream, [block]):
                changes.append(scores(model(images[:1])[0]) - whole)
        similarity, margin = np.array(changes).T
        found[block] = BlockAnswers(block, reading.means[block][0], shares[0], similarity, margin)
    return found


def most_at_odds(asked: Mapping[str, BlockAnswers]) -> BlockAnswers:
    """The block in which most different streams come first; of equals the first in the network."""
    return max(asked.values(), key=lambda block: block.answers)
