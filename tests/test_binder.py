"""What Binder would build, and that its scripts run.

Covered: the Dockerfile that repo2docker makes of binder/; that its versions are requirements.txt's;
postBuild and start, run for real on a copy of the checkout in an empty environment, in a virtual
environment of their own. Not covered: that conda-forge still has these versions, and Docker itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BINDER = ROOT / "binder"
CONDA_NAMES = {"pytorch-cpu": "torch"}  # conda-forge's name -> the distribution's
BUILD_ONLY = {"hatchling"}  # postBuild builds the kit with it; the kit does not run on it


def pins(text: str) -> dict[str, str]:
    """{'torch': '2.13.0'} of the lines 'torch==2.13.0'."""
    return dict(re.findall(r"(?m)^\s*(?:- )?([\w.-]+)==([\w.]+)\s*$", text))


def binder_pins() -> dict[str, str]:
    """Every version in environment.yml, conda's and pip's, by distribution name."""
    text = (BINDER / "environment.yml").read_text()
    conda = re.findall(r"(?m)^\s*- ([\w.-]+)=([\w.]+)\s*$", text)
    return {CONDA_NAMES.get(name, name): version for name, version in conda} | pins(text)


def test_binder_has_the_versions_of_requirements():
    binder = binder_pins()
    assert binder.pop("python") == "3.11"
    development = pins((ROOT / "requirements-dev.txt").read_text())
    assert {name: binder.pop(name) for name in BUILD_ONLY} == {name: development[name] for name in BUILD_ONLY}
    assert binder == pins((ROOT / "requirements.txt").read_text())


def test_every_line_of_the_environment_is_pinned():
    text = (BINDER / "environment.yml").read_text()
    loose = [line.strip() for line in text.splitlines() if re.match(r"\s*- [\w.-]+\s*$", line)]
    assert loose == ["- conda-forge", "- pip"]


def test_requirements_lie_in_the_ranges_of_the_package():
    from packaging.requirements import Requirement

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ranges = {requirement.name: requirement.specifier for requirement in map(Requirement, declared)}
    exact = pins((ROOT / "requirements.txt").read_text())
    assert ranges.keys() == exact.keys()
    assert {name: ranges[name].contains(version) for name, version in exact.items()} == dict.fromkeys(exact, True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a clone has, so that nothing is built or installed into this checkout."""
    there = tmp_path_factory.mktemp("binder") / "checkout"
    left_out = ("__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for name in ("osnet_edu", "assets", "binder", "notebooks"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns(*left_out))
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / name, there / name)
    return there


@pytest.mark.slow
def test_the_dockerfile_installs_the_environment_and_runs_the_scripts(checkout):
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(checkout)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    dockerfile = done.stdout + done.stderr
    assert "Building conda environment for python=3.11" in dockerfile
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"' in dockerfile
    assert "RUN ./binder/postBuild" in dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile
    # With a folder binder/, the files at the top are ours alone: pip never reads them there.
    assert "requirements.txt" not in dockerfile and "pip install" not in dockerfile


bash = pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="Binder's scripts are for bash")


@bash
@pytest.mark.slow
def test_post_build_installs_the_kit_in_an_empty_environment(checkout, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    # The packages of environment.yml are lent by this environment, the kit itself is not: a .pth
    # file adds the folder alone, without the .pth files in it, one of which may name a checkout.
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {"PATH": f"{venv}/bin:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    before = subprocess.run(["python", "-c", "import osnet_edu"], env=environment, cwd=tmp_path, capture_output=True)
    assert before.returncode != 0, "the kit is there before it was installed: this would prove nothing"

    done = subprocess.run(["./binder/postBuild"], env=environment, cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready: osnet_edu" in done.stdout

    code = (
        "import os, osnet_edu, torch; print(osnet_edu.__file__, os.environ['OMP_NUM_THREADS'], torch.get_num_threads())"
    )
    start = ["./binder/start", "python", "-c", code]
    done = subprocess.run(
        start, env={**environment, "CPU_LIMIT": "1.5"}, cwd=checkout, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(checkout / "osnet_edu" / "__init__.py"), "1", "1"]


@bash
@pytest.mark.slow
def test_post_build_fails_when_the_kit_did_not_get_in(checkout, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "pip.py").write_text("")  # a pip that installs nothing and is content
    environment = {"PATH": f"{venv}/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["./binder/postBuild"], env=environment, cwd=checkout, capture_output=True, text=True)
    assert done.returncode != 0 and "ready" not in done.stdout
    assert "No module named 'osnet_edu'" in done.stderr


@bash
@pytest.mark.parametrize(("limit", "threads"), [(None, "2"), ("2.0", "2"), ("0.5", "1"), ("4", "4")])
def test_start_passes_the_command_on(limit, threads):
    environment = {"PATH": "/usr/bin:/bin"} | ({"CPU_LIMIT": limit} if limit else {})
    command = [str(BINDER / "start"), "sh", "-c", 'echo "$OMP_NUM_THREADS" "$@"; exit 7', "-", "two words"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, f"{threads} two words\n")
