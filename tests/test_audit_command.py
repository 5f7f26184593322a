"""The command `audit`, on answers that are kept, and what an audit says of networks that are wrong on purpose."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import auditrecords
import pytest

from osnet_edu import assets
from osnet_edu.__main__ import main
from osnet_edu.audit import record as records
from osnet_edu.audit import run as audits
from osnet_edu.audit import verdicts
from osnet_edu.audit.questions import QUICK_AUDIT, WHOLE_AUDIT
from osnet_edu.audit.subject import opened

ROOT = Path(__file__).resolve().parent.parent
SPOILED = ("wall", "bag")


def audit(*options: object, cwd: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "osnet_edu", "audit", *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A folder with all quick answers of the shipped network, as the record that ships has them."""
    folder = tmp_path_factory.mktemp("audit")
    beside = audits.references(QUICK_AUDIT)["the shipped network"]
    with opened(None) as shipped:
        assert shipped.digest == beside.digest
        kept = folder / "page.answers"
        kept.mkdir()
        for name, answer in beside.answers.items():
            path = kept / audits.file_name(shipped.digest, QUICK_AUDIT, name)
            path.write_text(json.dumps(records.answer_to_json(answer)), encoding="utf-8")
    return folder


def test_what_was_answered_is_not_asked_again(answered):
    done = audit("--quick", "--out", "page.html", "--json", cwd=answered)
    assert done.returncode == 0, done.stderr
    assert "All answers of the shipped network are kept: nothing is asked again." in done.stderr
    assert "photos a second" not in done.stderr
    told = json.loads(done.stdout)
    assert list(told["answers"]) == list(audits.AUDIT_QUESTIONS)
    rank1 = told["answers"]["home"]["figures"][0]
    assert (rank1["name"], round(rank1["mean"], 3)) == ("rank-1", 0.928)
    page = (answered / "page.html").read_text(encoding="utf-8")
    assert "<title>Audit of the shipped network</title>" in page and "http://" not in page.replace(
        "http://www.w3.org", ""
    )
    again = audit("--quick", "--out", "page.html", cwd=answered)
    assert again.returncode != 0 and "page.html" in again.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "expected --out HTML"),
        (("--out", "page.png"), ".html"),
        (("--out", "a.html", "--weights", "x.pth", "--method", "a.py:b"), "got both"),
        (("--out", "a.html", "--weights", "nothing.safetensors"), "nothing.safetensors"),
        (("--out", "a.html", "--method", "nothing.py:f"), "nothing.py"),
        (("--out", "a.html", "--quick", "--maps", "9"), "--maps can be 1 to 5"),
        (("--out", "a.html", "--preprocessing", "0-1"), "for an .onnx file"),
        (("--out", "a.html", "--against", "shipped"), "names the same network"),
    ],
)
def test_what_cannot_be_audited_is_refused_in_a_sentence(options, words, tmp_path):
    done = audit(*options, cwd=tmp_path)
    assert done.returncode != 0 and words in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.html"))


# --- references and networks that are wrong on purpose ---------------------------------------------------------------


@pytest.mark.parametrize("budget", [QUICK_AUDIT, WHOLE_AUDIT], ids=lambda one: one.name)
def test_references_answer_all_that_can_be_asked(budget):
    beside = audits.references(budget)
    assert list(beside) == list(audits.REFERENCES.values())
    shipped, untrained, colours = beside.values()
    assert set(shipped.answers) == set(untrained.answers) == set(audits.AUDIT_QUESTIONS)
    assert set(colours.answers) == set(audits.AUDIT_QUESTIONS) - {"gates"}
    for name, answer in shipped.answers.items():
        same = colours.answers.get(name, answer)
        assert same.scenes == answer.scenes or name == "maps"  # maps are asked of what each network notices
    assert shipped.figure("home", "rank-1").minus(untrained.figure("home", "rank-1")).low > 0.8
    assert colours.figure("home", "rank-1").interval.value == pytest.approx(0.111, abs=0.001)


def test_the_shipped_network_raises_the_alarm_of_clothes_alone():
    beside = audits.references(WHOLE_AUDIT)
    assert [one.question for one in verdicts.alarms(beside["the shipped network"], beside)] == ["clothes"]


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_wrong_with_a_spoiled_network_comes_first(name, tmp_path):
    beside = audits.references(QUICK_AUDIT)
    asked = ("home", "parts")
    with opened(assets.path(f"spoiled/{name}.safetensors")) as subject:
        found = audits.audit(subject, tmp_path, QUICK_AUDIT, only=asked)
    first = verdicts.headline(found, beside)[0]
    assert ("background" if name == "wall" else "bag") in first and "[" in first
    shipped = beside["the shipped network"]
    assert not any(one.question == "parts" for one in verdicts.alarms(shipped, beside))


def test_two_files_of_one_name_keep_apart(tmp_path, monkeypatch):
    """As `train` writes them: RUN/weights.safetensors twice."""
    paths = [tmp_path / spoiled / "weights.safetensors" for spoiled in SPOILED]
    for path, spoiled in zip(paths, SPOILED, strict=True):
        path.parent.mkdir()
        shutil.copy(assets.path(f"spoiled/{spoiled}.safetensors"), path)
    monkeypatch.setattr(audits, "unanswered", lambda *some: [])
    monkeypatch.setattr(audits, "audit", lambda subject, *some: replace(auditrecords.GOOD, name=subject.name))
    main(["audit", "--weights", str(paths[0]), "--against", str(paths[1]), "--out", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"<title>Audit of {paths[0]} and {paths[1]}</title>" in page
    assert f'<th scope="col">{paths[0]}</th><th scope="col">{paths[1]}</th>' in page
