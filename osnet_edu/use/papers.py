"""A model card and a datasheet: what is known is filled in, and the rest is asked.

    paper = filled_in("model_card", known_of(checkpoint, inspection, score), {"purpose": "To find lost luggage."})
    paper.open                       # the questions that nobody has answered yet

The questions are data, in templates/. Sources: Mitchell et al., Model Cards for Model Reporting, FAT* 2019; Gebru et
al., Datasheets for Datasets, Communications of the ACM, 2021.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..network import costs, weights
from ..photos.inspection import Inspection
from ..refused import Refused
from ..retrieval import Score

PAPERS = MODEL_CARD, DATASHEET = "model_card", "datasheet"
_FOLDER = Path(__file__).parent / "templates"
_OPEN = "*Not answered yet.*"


@dataclass(frozen=True)
class Paper:
    """markdown: the paper, each question with its answer.  open: names of the questions that have none."""

    markdown: str
    open: tuple[str, ...]

    def _repr_markdown_(self) -> str:
        return self.markdown


def filled_in(paper: str, known: Mapping[str, str], answers: Mapping[str, str] | None = None) -> Paper:
    """Fill in a paper.

    paper: of PAPERS.  known: what was computed, by the name of its question, as `known_of` gives it; questions of the
    other paper are passed over.  answers: by name, in words; an answer stands before what was computed.
    Raises: Refused for another paper, and for an answer to a question that the paper does not ask.
    """
    if paper not in PAPERS:
        raise Refused(f"the papers are {' and '.join(PAPERS)}; got {paper!r}")
    template = tomllib.loads((_FOLDER / f"{paper}.toml").read_text(encoding="utf-8"))
    asked = [entry["name"] for section in template["section"] for entry in section["asked"]]
    given = {name: text.strip() for name, text in (answers or {}).items() if text.strip()}
    if wrong := sorted(set(given) - set(asked)):
        raise Refused(f"the {paper} does not ask {wrong[0]!r}; it asks {', '.join(asked)}")
    lines, missing = [f"# {template['title']}", f"*After {template['source']}.*"], []
    for section in template["section"]:
        lines.append(f"## {section['title']}")
        for entry in section["asked"]:
            name = entry["name"]
            said = [text for text in (given.get(name, ""), known.get(name, "")) if text]
            if not said:
                missing.append(name)
            lines.append(f"**{entry['question']}** (`{name}`)  \n{' '.join(said) or _OPEN}")
    return Paper("\n\n".join(lines) + "\n", tuple(missing))


def known_of(checkpoint: weights.Checkpoint, found: Inspection, score: Score | None) -> dict[str, str]:
    """What can be computed of a network, a folder and its score: name of a question -> answer.

    score: on this folder; None where it has none.
    """
    height, width = checkpoint.size
    card, config = checkpoint.card, checkpoint.card.get("config", {})
    numbers = costs.parameters(checkpoint.model)
    known = {
        "architecture": f"OSNet with {numbers:,} parameters; photos of {height}x{width} pixels.",
        "instances": f"{found.photos} photos of {found.people} people, cameras: {found.cameras or 'not known'}.",
        "splits": _splits(found),
        "errors": " ".join(found.warnings) or "None of the checks of the kit found anything.",
    }
    if card.get("people") and config:
        known["training_data"] = (
            f"{card['people']} people; {config['photos']:,} photos seen, seed {config['seed']}, data {card['data']}."
        )
    if score is not None:
        known["metrics"] = (
            f"On {found.root.name}: rank-1 {score.rank(1):.1%}, mAP {score.mean_ap:.1%}, mINP {score.mean_inp:.1%}; "
            f"{score.queries} queries, {score.queries_without_match} without a match."
        )
    return known


def _splits(found: Inspection) -> str:
    if found.market is None:
        return f"On request: {found.rule}" if found.rule else ""
    train, query, gallery = map(len, found.market)
    return f"{train} photos to train on, {query} queries, {gallery} gallery photos."
