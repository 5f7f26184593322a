"""What a class is promised: the doctor's forecast, the page for a hub, and the workflows that hold it."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

import lab
from osnet_edu.lab import doctor, fit, needs, wheels

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path.stem[:2] for path in (ROOT / "notebooks").glob("*.ipynb"))
HUB = (ROOT / "HUB.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def steps() -> dict[str, int]:
    return json.loads(Path(doctor.COSTS).read_text(encoding="utf-8"))["steps"]


# ---------------------------------------------------------------------------------------------
# The doctor


def test_the_table_of_costs_knows_every_lesson():
    assert sorted(steps()) == LESSONS and all(isinstance(count, int) and count > 0 for count in steps().values())


def test_the_forecast_is_steps_times_the_seconds_of_one():
    longest = max(steps(), key=steps().get)
    name, good, text = doctor.forecast(60.0)  # a step a minute: minutes are steps
    assert (name, good) == ("lessons", False)
    assert all(f"{lesson} {count}.0" in text for lesson, count in steps().items())
    assert text.endswith("use your school's JupyterHub (HUB.md) or the lab in a page (README.md)")
    assert doctor.forecast(0.25)[1] is True and "JupyterHub" not in doctor.forecast(0.25)[2]
    just = doctor.TOO_LONG * 60 / steps()[longest]
    assert doctor.forecast(just * 0.99)[1] is True
    assert f"; for {longest} use your school's" in doctor.forecast(just * 1.01)[2]


def lines(monkeypatch, tmp_path, answer: str) -> dict[str, tuple[bool, str]]:
    """The doctor's lines where the environment's Python answers so."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_bytes(b"1234" * 500_000)  # 2 MB
    monkeypatch.setattr(
        lab.Setup, "__init__", lambda self: self.__dict__.update(here=str(tmp_path), python=str(python))
    )
    monkeypatch.setattr(lab.Setup, "venv", str(tmp_path / ".venv"), raising=False)
    monkeypatch.setattr(lab.Setup, "ready", lambda self, kind: kind == "run")
    monkeypatch.setattr(doctor.programs, "answer_of", lambda *_: answer)
    return {name: (good, text) for name, good, text in doctor.found()}


@pytest.mark.parametrize("build", ["cpu", "gpu"])
def test_the_doctor_says_which_build_was_taken_and_how_large_it_is(monkeypatch, tmp_path, build):
    told = {"version": "2.13.0", "build": build, "threads": 2, "gain": 1.0, "step": 0.256, "photos": 64}
    found = lines(monkeypatch, tmp_path, json.dumps(told))
    assert found["packages"] == (True, "installed in .venv")
    assert found["wheels"] == (True, f"PyTorch's {build.upper()} build; .venv holds 2 MB")
    assert found["training"] == (True, "0.26 s a step of 64 photos")
    assert found["lessons"] == doctor.forecast(0.256)[1:]


def test_a_machine_that_cannot_run_the_kit_is_led_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(fit, "why_not", lambda facts: "It cannot.")
    assert lines(monkeypatch, tmp_path, "")["machine"] == (False, f"It cannot. Or {doctor.INSTEAD}.")


def test_a_disk_is_large_enough_or_the_doctor_says_how_much_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(needs.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 9 * 10**9, 10**9))
    said = {name: (good, text) for name, good, text in needs.lines(str(tmp_path))}
    assert said["disk"] == (False, "1.0 GB free; about 2 GB are needed")
    (tmp_path / ".venv").mkdir()  # the packages are in
    assert {name: (good, text) for name, good, text in needs.lines(str(tmp_path))}["disk"] == (True, "1.0 GB free")


def test_megabytes_are_those_of_the_files(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "one").write_bytes(bytes(1_500_000))
    (tmp_path / "deep" / "er" / "two").write_bytes(bytes(500_000))
    assert doctor.megabytes(str(tmp_path)) == 2.0


# ---------------------------------------------------------------------------------------------
# Promises in words


def test_the_front_page_says_the_sizes_that_lab_py_says():
    assert f"downloads about {wheels.DOWNLOAD_MB['cpu']} MB" in README
    assert f"about\n{wheels.DOWNLOAD_MB['gpu'] / 1000:.0f} GB" in README
    assert f"about {wheels.ROOM_GB['cpu']:.0f}\nGB of disk" in README
    assert all(
        f"`python3 lab.py {words}" in README for words in ("doctor`", "reset 02`", "wheelhouse F", "--wheelhouse F")
    )


def test_the_page_for_a_hub_names_what_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", HUB)
    assert links and all((ROOT / link).is_file() for link in links if not link.startswith("http"))
    assert "notebooks%2F00_start_here.ipynb" in HUB and (ROOT / "notebooks" / "00_start_here.ipynb").is_file()
    assert (ROOT / "binder" / "environment.yml").is_file() and "binder/environment.yml" in HUB
    assert "TABLE" not in HUB and len(HUB.split()) < 900
    assert "[HUB.md](HUB.md)" in README and "**A room full of laptops.**" in README  # each names the other
    assert "room full of laptops*" in " ".join(HUB.split())


def test_every_lesson_has_a_row_of_measured_memory():
    rows = re.findall(r"^\| (\d\d) [^|]*\| (\d+) \|", HUB, re.MULTILINE)
    assert [lesson for lesson, _ in rows] == LESSONS


# ---------------------------------------------------------------------------------------------
# Workflows


def workflow(name: str) -> dict:
    """A workflow; 'on' is a word for true in YAML 1.1."""
    found = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


def runs(name: str) -> list[str]:
    return [step["run"] for job in workflow(name)["jobs"].values() for step in job["steps"] if "run" in step]


def test_the_suite_runs_on_the_three_systems():
    jobs = workflow("tests")["jobs"]
    systems = {name.partition("-")[0] for name in jobs["tests"]["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "windows", "macos"} and "python lab.py test" in runs("tests")


def test_each_week_the_oldest_and_the_newest_are_tried():
    weekly = workflow("weekly")
    assert len(weekly["on"]["schedule"]) == 1
    rows = weekly["jobs"]["ends"]["strategy"]["matrix"]["include"]
    assert [row["python"] for row in rows] == [".".join(map(str, one)) for one in (fit.OLDEST, fit.NEWEST)]
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (torch,) = [one.partition(">=")[2] for one in declared if one.startswith("torch>=")]
    assert [row["torch"] for row in rows] == [f"torch=={torch}.0", "torch"]


def test_the_site_is_published_on_each_tag():
    assert workflow("site")["on"]["push"]["tags"] == ["v*"] and "python lab.py book site" in runs("site")


@pytest.mark.parametrize("name", ["tests", "weekly", "site"])
def test_a_workflow_calls_verbs_that_there_are_and_may_write_nothing_it_need_not(name):
    verbs = [command.split()[2] for command in runs(name) if command.startswith("python lab.py")]
    assert verbs and set(verbs) <= set(re.findall(r"python3 lab\.py (\w+) ", lab.__doc__))
    assert workflow(name)["permissions"]["contents"] == "read"
    for job in workflow(name)["jobs"].values():
        assert job["timeout-minutes"] <= 90
