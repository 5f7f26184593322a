"""Does the network know the person or the clothes? A person in a stranger's clothes, a stranger in hers, and the table.

The experiment `clothes` asks this of everybody; here it is asked of one query, with pictures.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .. import assets, people
from ..explain import known
from .editing import Editor, Seen

_STRANGER = 31  # seed of somebody whom nobody has met
OWN_CLOTHES, OTHERS_CLOTHES, EXCHANGED_CLOTHES, WEARER = (
    "the same clothes",
    "strangers' clothes",
    "exchanged clothes",
    "first is who wears her clothes",
)
# A row of the experiment's table: a name, and a share with its interval.
_ROW = re.compile(r"(?P<name>.+?) +(?P<value>[\d.]+)%  \[ *(?P<low>[\d.]+)%, *(?P<high>[\d.]+)%\]")


@dataclass(frozen=True)
class Dressed:
    """words: who wears what.  identity: the person, dressed.  seen: what the network makes of it.

    similarity: to the best match of the query.  changed: is anything put on?  Some clothes do not go together.
    """

    words: str
    identity: people.Identity
    seen: Seen
    similarity: float
    changed: bool


def dressed(editor: Editor, folder: known.Folder) -> tuple[Dressed, Dressed]:
    """The query's person in a stranger's clothes, and this stranger in the person's, in the query's very view.

    editor: of the query.  folder: the records of its folder.
    """
    record = editor.record
    stranger = people.draw_identity(_STRANGER, record.person)
    one, two = (
        _seen(editor, folder, own, people.put_on(own, clothes), words)
        for own, clothes, words in (
            (record.identity, stranger, "the same person in a stranger's clothes"),
            (stranger, record.identity, "a stranger in her clothes"),
        )
    )
    return one, two


def _seen(editor: Editor, folder: known.Folder, own: people.Identity, worn: people.Identity, words: str) -> Dressed:
    seen = Editor(editor.rankings, folder, editor.query, identity=worn).before
    assert seen is not None  # an editor has looked when it is made
    return Dressed(words, worn, seen, float(seen.similarity[editor.best_match()]), worn != own)


@dataclass(frozen=True)
class ClothesShare:
    """A share and its interval, in percent, as the table has them."""

    value: str
    low: str
    high: str


def measured_clothes() -> Mapping[str, ClothesShare]:
    """The shipped table of the experiment `clothes`: rank-1 by what the gallery wears, and WEARER."""
    lines = assets.path("results/clothes.txt").read_text(encoding="utf-8").splitlines()
    found = [row for row in map(_ROW.match, lines) if row]
    return {row["name"].strip(): ClothesShare(*row.group("value", "low", "high")) for row in found}
