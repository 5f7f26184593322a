"""The grades that `grade --out CSV` wrote, read again: the same means by part, and a line that is wrong is named."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from osnet_edu import Refused
from osnet_edu.grading import graded, written
from osnet_edu.grading.anyone import Report

N = 12


def grades(rank: np.ndarray) -> graded.Graded:
    part = np.array(["logo", "strap"] * (N // 2))
    return graded.Graded(rank, rank, rank, np.full(N, 0.1), part, np.arange(N) // 2)


@pytest.fixture
def report() -> Report:
    ours, theirs = grades(np.linspace(0.25, 0.8, N).round(4)), grades(np.full(N, 0.125))
    seen = np.arange(N) != 3
    return Report("mine", SimpleNamespace(name="x"), seen, ours, theirs, theirs, 0, True, ~seen & seen, None)


@pytest.fixture
def file(tmp_path, report):
    path = tmp_path / "grades.csv"
    path.write_text(report.csv())
    return path


def test_what_was_written_is_read_again(file, report):
    found, ours = written.read_grades(file), report.ours.only(report.seen)
    assert (found.name, found.pairs, len(found.rank)) == ("grades.csv", N, N - 1)
    assert found.mean(found.rank) == ours.mean()
    for part, (value, count) in ours.by_part().items():
        assert math.isclose(found.mean(found.rank, part).value, value) and (found.part == part).sum() == count
    assert found.mean(found.untrained, "logo").value == 0.125


def test_the_table_has_a_line_a_part_and_the_untrained_network_beside(file, report):
    shown, ours = written.read_grades(file).shown(), report.ours.only(report.seen)
    mean = ours.mean()
    ((_, rows),) = shown.groups
    assert shown.heads == ("part", "pairs", "rank", "never trained")
    assert rows[0] == ("all parts", "11", f"{mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}]", "0.12 [0.12, 0.12]")
    assert [row[:2] for row in rows[1:]] == [("logo", "6"), ("strap", "5")]
    assert shown.says[0] == "grades.csv: the maps are better than those of a network that was never trained."
    assert "the 11 of 12 differences that the network notices" in shown.caption


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("rank", "nan", r"line 2: rank is 'nan'; expected a number from 0 to 1"),
        ("rank", "2", r"line 2: rank is '2'; expected a number from 0 to 1"),
        ("rank_untrained", "a", r"line 2: rank_untrained is 'a'; expected a number from 0 to 1"),
        ("noticed", "yes", r"line 2: noticed is 'yes'; expected 0 or 1"),
        ("part", "", r"line 2: it is incomplete; expected part, family, noticed"),
    ],
)
def test_a_line_that_is_wrong_is_named(file, column, value, says):
    head, first, *rest = file.read_text().splitlines()
    cells = dict(zip(head.split(","), first.split(","), strict=True)) | {column: value}
    file.write_text("\n".join([head, ",".join(cells.values()), *rest]))
    with pytest.raises(Refused, match=says):
        written.read_grades(file)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it has no column part, or no row"),
        (b"case,part,family,noticed,rank,mass,pointing,chance,rank_untrained\n", "it has no column part, or no row"),
        (b"part,family,noticed,rank\nlogo,0,1,0.5\n", "it has no column rank_untrained"),
        (b"part,family,noticed,rank,rank_untrained\nlogo,0,1\n", "line 2: it is incomplete"),
        (b"part,family,noticed,rank,rank_untrained\nlogo,0,0,.5,.5\n", "holds no difference that the network notices"),
        (b"\xff\xfe\x00", "grades.csv is not a table that `grade` wrote"),
        (b'part\n"' + b"a" * 200_000, "grades.csv is not a table that `grade` wrote"),
    ],
)
def test_another_file_is_refused(tmp_path, content, says):
    path = tmp_path / "grades.csv"
    path.write_bytes(content)
    with pytest.raises(Refused, match=says):
        written.read_grades(path)


def test_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(Refused, match="is not a file; expected a table that `python -m osnet_edu grade --out CSV`"):
            written.read_grades(path)
