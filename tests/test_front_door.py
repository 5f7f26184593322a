"""README.md keeps its promises: notebooks with their questions, pictures, commands, and what it says about the kit."""

from __future__ import annotations

import html
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

import lab
import osnet_edu
from osnet_edu import __main__ as cli
from osnet_edu import assets, exercises, experiments
from osnet_edu.lab import badge
from osnet_edu.photos import market
from osnet_edu.retrieval import search

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FRONT = ROOT / "assets" / "pictures" / "front"
SMALL, LARGE, ALL = 60_000, 200_000, 900_000  # bytes: a picture of the table, the explorer's, all in the folder
ROW = re.compile(
    r"^\| \[(?P<title>[^\]]+)\]\((?P<link>[^)]+)\) \| (?P<question>[^|]+) \| (?P<minutes>\d+) \| "
    r'<img src="(?P<picture>[^"]+)" width="300" alt="(?P<alt>[^"]*)"> \|$',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Lesson:
    """What the first cell of a notebook says of it: its title, its question, the minutes of its core path."""

    title: str
    question: str
    minutes: int


def lesson(path: Path) -> Lesson:
    cell = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    text = "".join(cell["source"])
    question = re.search(r"\*\*(?:The question: )?([^*]*\?)\*\*", text)
    minutes = re.search(r"\b[Aa]bout (\d+) minutes\b", text)
    title = re.match(r"# (\d\d) (?:· )?([^\n]+)", text)
    return Lesson(f"{title[1]} {title[2]}", question[1], int(minutes[1]))


def plain(words: str) -> str:
    """Without capitals and breaks: a question may begin one sentence and stand within another."""
    return " ".join(words.replace("<br>", " ").lower().split())


def commands() -> list[list[str]]:
    """Every command of the kit that README.md names, split at spaces, without what stands before its verb."""
    return [line.split() for line in re.findall(r"-m osnet_edu ([^\n`#]*)", README)]


# ---------------------------------------------------------------------------------------------
# The notebooks and their pictures


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_a_row_with_its_own_question_and_minutes(path):
    rows = [row for row in ROW.finditer(README) if row["link"] == f"notebooks/{path.name}"]
    assert len(rows) == 1, "one row a notebook"
    (row,), said = rows, lesson(path)
    assert plain(row["question"]).endswith(plain(said.question))
    assert int(row["minutes"]) == said.minutes
    assert plain(said.title).startswith(plain(row["title"]).rstrip("?"))
    assert row["picture"] == f"assets/pictures/front/{path.stem[:2]}.png"


def test_the_rows_stand_in_the_order_of_the_notebooks_and_there_are_no_others():
    assert [row["link"] for row in ROW.finditer(README)] == [f"notebooks/{path.name}" for path in NOTEBOOKS]


def test_every_linked_file_exists():
    linked = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", README + CONTRIBUTING)
    own = [one or other for one, other in linked if not (one or other).startswith(("http", "#"))]
    assert len(own) > 2 * len(NOTEBOOKS)
    assert [path for path in own if not (ROOT / path).is_file()] == []


def test_every_picture_says_in_words_what_is_to_see():
    words = [alt for alt, _ in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)]
    words += [html.unescape(alt) for alt in re.findall(r'<img [^>]*alt="([^"]*)"', README)]
    assert len(words) == len(NOTEBOOKS) + 3 == len(re.findall(r"<img |!\[", README))
    assert all(len(alt.split()) >= 10 for alt in words) and len(set(words)) == len(words)


def test_pictures_are_as_wide_as_they_are_shown_or_wider_and_light_to_load():
    pictures = sorted(FRONT.glob("*.png"))
    assert {path.stem for path in pictures} == {path.stem[:2] for path in NOTEBOOKS} | {"explorer", "site"}
    for path in pictures:
        large = path.stem in ("explorer", "site")
        assert path.stat().st_size <= (LARGE if large else SMALL), path.name
        with Image.open(path) as image:
            assert image.width == (1000 if large else 480)
            assert np.asarray(image.convert("L")).std() > 10, f"{path.name} shows nothing"
    assert sum(path.stat().st_size for path in FRONT.iterdir() if path.is_file()) < ALL


# ---------------------------------------------------------------------------------------------
# The commands


def test_every_verb_of_the_kit_and_each_of_its_options_exist(capsys):
    lines = [line for line in commands() if line[0] != "--help"]
    assert {line[0] for line in lines} == {
        "render", "subset", "split", "train", "evaluate", "export", "explain", "grade", "experiment",
        "report", "room", "lock", "audit",
    }  # fmt: skip
    for verb, *rest in lines:
        with pytest.raises(SystemExit) as ended:
            cli.main([verb, "--help"])
        assert ended.value.code == 0
        words = capsys.readouterr().out
        for option in re.findall(r"--[a-z]+", " ".join(rest)):
            assert re.search(rf"{option}\b", words), f"{verb} {option}"


def test_the_line_that_explains_a_pair_names_two_shipped_photos():
    query, photo = re.search(r"explain --query (\S+\.jpg) --gallery (\S+\.jpg)", README).groups()
    found = market.read(assets.subset())
    assert query in {one.name for one in found.query} and photo in {one.name for one in found.gallery}


def test_every_experiment_is_named_and_there_is_no_other():
    named = re.findall(r"experiment NAME \[DATA\][^#\n]*# ([^\n:]*)", README)
    assert len(named) == 2
    assert sorted(", ".join(named).split(", ")) == sorted(experiments.EXPERIMENTS)


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"python3 lab\.py (\w+)", README + CONTRIBUTING)) - {"test"}))
def test_every_verb_of_lab_py_exists(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        lab.main([verb, "--help"])
    assert ended.value.code == 0
    with pytest.raises(SystemExit) as ended:
        lab.main([f"no-{verb}", "--help"])
    assert ended.value.code == 2


def test_the_first_lines_are_how_to_start_and_say_the_same_as_lab_py():
    block = re.search(r"\n\n((?:    [^\n]+\n)+)", README)[1]
    verbs = re.findall(r"python3 lab\.py ?(\w*) +# ([^\n]*)", block)
    assert [verb for verb, _ in verbs] == ["", "app", "test"]
    assert f"app             set everything up, then open {dict(verbs)['app']}" in lab.__doc__


# ---------------------------------------------------------------------------------------------
# What else it says


def test_the_place_for_the_links_is_there_and_empty_or_filled_by_lab_py():
    opening, closing = (mark.decode() for mark in (badge.BADGES_BEGIN, badge.BADGES_END))
    assert README.count(opening) == README.count(closing) == 1
    assert README.index(opening) < README.index("\n    python3 lab.py ")
    between = README.partition(opening)[2].partition(closing)[0].strip()
    links = re.findall(r"\[Open in (\w+)\]", badge.badge_line("owner", "repo", "v1"))
    assert links == ["Binder", "Colab", "Codespaces"]
    assert re.findall(r"\[Open in (\w+)\]", between) == (links if between else [])


def test_badges_can_be_written_into_this_page():
    line = badge.badge_line("owner", "repo", "v1")
    written = badge.with_badges(README.encode(), line).decode()
    assert written.count(line) == 1 and badge.with_badges(written.encode(), line).decode() == written


def test_counts_of_a_kernel_are_saved(tmp_path):
    name = exercises.by_notebook("02")[0].name
    exercises.hint(name)
    summary = exercises.summary()
    assert set(summary.counts[name]) == {"attempts", "solved", "hints", "mistakes", "solution_seen"}
    summary.save(tmp_path / "FILE.json")
    assert json.loads((tmp_path / "FILE.json").read_text())[name]["hints"] >= 1


def test_before_a_try_the_solution_is_a_hint(monkeypatch):
    assert "`%hint NAME`" in README and "`%solution NAME`" in README
    name = exercises.by_notebook("02")[-1].name
    desk = type(exercises._desk)(exercises.REGISTRY)
    monkeypatch.setattr(exercises, "_desk", desk)
    first, second = exercises.solution(name), exercises.solution(name)
    codes = [[part.text for part in box.body if not isinstance(part, str)] for box in (first, second)]
    assert codes[0] == [] and f"def {exercises.REGISTRY[name].answer}(" in codes[1][0]


def test_the_line_for_large_galleries_finds_the_nearest():
    (code,) = re.findall(r"^    (from osnet_edu.retrieval import search[^#\n]*)", README, re.MULTILINE)
    gallery = np.eye(64, dtype=np.float32)
    names = {"gallery": gallery, "queries": gallery[[5, 40]]}
    exec(code, names)
    assert names["found"].indices.shape == (2, 10) and names["found"].indices[:, 0].tolist() == [5, 40]
    assert set(search.KINDS) > {"hnsw"}


def test_the_extra_for_large_galleries_is_faiss():
    assert 'pip install -e ".[large]"' in README
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert [requirement.partition(">")[0] for requirement in extras["large"]] == ["faiss-cpu"]


def test_a_citation_names_this_version_and_the_paper():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["version"], cited["license"]) == (osnet_edu.__version__, "MIT")
    (paper,) = cited["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Zhou", "Yang", "Cavallaro", "Xiang"]
    assert (paper["year"], paper["title"]) == (2019, "Omni-Scale Feature Learning for Person Re-Identification")
    assert "CITATION.cff" in README and "CHANGELOG.md" in README and "CHANGELOG.md" in CONTRIBUTING


def test_the_changelog_has_the_form_that_it_names():
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    heads = [line for line in lines if line.startswith("#")]
    assert heads[:2] == ["# Changelog", "## [Unreleased]"]
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for head in heads[1:]:
        assert head.removeprefix("### ") in kinds or re.fullmatch(r"## \[(Unreleased|\d+\.\d+\.\d+)\].*", head), head


def test_a_version_is_two_commands():
    block = CONTRIBUTING.rstrip().splitlines()[-2:]
    assert [line.split("#")[0].strip() for line in block] == [
        "git tag v0.1.0 && git push --tags",
        "python3 lab.py badge",
    ]
