"""A record in a cell of a notebook: the same numbers as in the record, beside the shipped network and a floor."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from osnet_edu import assets
from osnet_edu.audit import page, run, shown, verdicts
from osnet_edu.audit.questions import QUICK_AUDIT, WHOLE_AUDIT
from osnet_edu.audit.record import Answer, Figure, Record, to_json
from osnet_edu.refused import Refused

PEOPLE = tuple(range(8))


def figure(name: str, values, **more) -> Figure:
    return Figure(name, tuple(map(float, values)), PEOPLE[: len(values)], **more)


def record(name: str, digest: str, *answers: Answer) -> Record:
    return Record(name, "checkpoint", digest, 512, (128, 64), (), "quick", {one.question: one for one in answers})


MINE = record(
    "mine<1>",
    "a" * 16,
    Answer("home", "the same", (figure("rank-1", [1, 1, 1, 0] * 2, chance=1 / 8), figure("mAP", [0.5] * 8))),
    Answer("other", "another scene", (figure("rank-1", [0.5] * 8, chance=0.125),)),
    Answer("parts", "the same", (figure("step", [0.6] * 8), figure("bag", [0.25] * 8, unit="part"))),
    Answer(
        "maps",
        "the same",
        (
            figure("gradient", [0.4] * 8, unit="grade"),
            figure("never trained: gradient", [0.1] * 8, unit="grade"),
            figure("floor: the centre", [0.2] * 8, unit="grade"),
            figure("kept after randomisation: gradient", [0.1] * 8, unit="grade"),
            figure("occlusion", [math.nan] * 8, unit="grade"),
        ),
    ),
    Answer("gates", "the same", (figure("conv2.0 person", [0.5] * 8), figure("without stream 1", [1] * 8))),
)
SHIPPED = record(
    "shipped",
    "b" * 16,
    Answer("home", "the same", (figure("rank-1", [1] * 8),)),
    Answer("other", "the same", (figure("rank-1", [1] * 8),)),
    Answer("parts", "the same", (figure("bag", [0.125] * 8, unit="part"),)),
)
UNTRAINED = record("untrained", "c" * 16, Answer("home", "the same", (figure("rank-1", [0.125] * 8),)))
REFERENCES = {"the shipped network": SHIPPED, "never trained": UNTRAINED}


def rows(shown) -> dict[tuple[str, str], tuple[str, ...]]:
    """The cells by question and figure, with plain blanks."""
    names = {words.head: name for name, words in page.SECTIONS.items()}
    return {
        (names[title], first): tuple(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in rest)
        for title, some in shown.groups
        for first, *rest in some
    }


def test_each_figure_stands_beside_the_shipped_network_and_its_floor():
    found = shown.in_cell(MINE, REFERENCES)
    assert found.says == tuple(verdicts.headline(MINE, REFERENCES)) and len(found.says) > 0
    assert found.heads == ("figure", "mine<1>", "shipped", "floor")
    interval = MINE.answers["home"]["rank-1"].interval
    assert rows(found) == {
        ("home", "rank-1"): (
            f"75 % [{100 * interval.low:.0f}, {100 * interval.high:.0f}]", "100 % [63, 100]", "12 % [12, 12]",
        ),
        ("home", "mAP"): ("50 % [50, 50]", "", ""),
        ("other", "rank-1"): ("50 % [50, 50]", "", "chance 12 %"),  # the shipped network saw other photos
        ("parts", "bag"): (".25 [.25, .25]", ".12 [.12, .12]", ""),
        ("maps", "gradient"): (".40 [.40, .40]", "", ".10 [.10, .10]"),
        ("maps", "occlusion"): ("\N{EN DASH}", "", ""),
        ("gates", "without stream 1"): ("100 % [63, 100]", "", ""),  # 0.025 ** (1 / 8)
    }  # fmt: skip


@pytest.mark.parametrize("references", [None, {}, {"the shipped network": replace(SHIPPED, digest=MINE.digest)}])
def test_a_network_does_not_stand_beside_itself(references):
    found = shown.in_cell(MINE, references)
    assert found.heads == ("figure", "mine<1>", "floor")
    assert rows(found)["home", "rank-1"][1] == "chance 12 %"


def test_the_page_of_it_is_escaped_and_the_text_has_columns():
    found = replace(shown.in_cell(MINE, REFERENCES), says=("Rank-1 < 1 & more.",))
    drawn, lines = found._repr_html_(), repr(found).replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert "<p>Rank-1 &lt; 1 &amp; more.</p>" in drawn and '<th scope="col">mine&lt;1&gt;</th>' in drawn
    assert drawn.count('<th scope="rowgroup" colspan="4">') == 5 and drawn.count('<th scope="row">') == 7
    cells = re.findall(r"<td>([^<]*)</td>", drawn.replace("\N{NO-BREAK SPACE}", " "))
    assert cells[:3] == list(rows(found)["home", "rank-1"]) and len(cells) == 3 * 7
    starts = {line.index("100 % [63") for line in lines if line.startswith("rank-1") and "100 % [63" in line}
    assert lines[0] == "Rank-1 < 1 & more." and starts == {lines[3].index("shipped")}


@pytest.mark.parametrize("budget", [QUICK_AUDIT, WHOLE_AUDIT], ids=lambda budget: budget.name)
def test_a_file_is_shown_beside_the_records_of_its_own_budget(tmp_path, budget):
    of = run.references(budget)
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(to_json(of["colours alone"])))
    found = shown.in_file(path)
    assert found == shown.in_cell(of["colours alone"], of)
    assert rows(found)["home", "rank-1"][1] == rows(shown.in_cell(of["the shipped network"], of))["home", "rank-1"][0]
    assert shown.in_file(assets.path(f"results/audit/{budget.name}-colours.json")).heads == found.heads


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is not a file; expected what `python -m osnet_edu audit --json` printed"),
        ("a page", "the record of the audit is not JSON"),
        ("[{}, {}]", "holds 2 records; expected the record of one audit, from --json without --against"),
        ("3", "holds no record; expected the record of one audit"),
        ("{}", "an audit's record of format"),
    ],
)
def test_a_file_without_one_record_is_refused_in_a_sentence(tmp_path, text, said):
    path = tmp_path / "audit.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Refused, match=re.escape(said)):
        shown.in_file(path)
