"""Setting the kit up with a stand-in for the installer: what is installed, by which program, and what is mended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

import lab
from osnet_edu import Refused
from osnet_edu.lab import programs, wheelhouse, wheels
from osnet_edu.lab.installer import only_one


class Installer:
    """Stands in for installer.run_shown: makes a small real environment, installs nothing, keeps the commands."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.words: list[list[str]] = []
        self.breaks_at: str | None = None
        self.brings_uv = False

    def __call__(self, title, command, log_path, on_line=None, extra=None):
        kind = "venv" if "venv" in command else "check" if "-c" in command else Path(command[0]).name
        kind = "pip" if kind.startswith("python") else kind
        self.commands.append(kind if kind in ("venv", "check") else f"{kind} {Path(command[-1]).name}")
        self.words.append(command)
        if kind == "venv":
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", command[-1]], check=True)
            site = next(Path(command[-1]).rglob("site-packages"))
            (site / "pip.py").touch()
            (site / "torch.py").touch()
        elif Path(command[-1]).name == wheels.UV_PIN:
            if self.brings_uv:
                Path(command[0]).with_name("uv").touch()
        elif kind in ("pip", "uv"):
            if self.breaks_at == f"{kind} download":
                return 1, "Failed to establish a new connection"
            on_line("Installing collected packages: a, b\n")
            if self.breaks_at == f"{kind} unpacking":
                raise KeyboardInterrupt
        return 0, ""


@pytest.fixture
def installer(monkeypatch) -> Installer:
    stand_in = Installer()
    monkeypatch.setattr("osnet_edu.lab.installer.run_shown", stand_in)
    real = shutil.which
    hidden = ("uv", "nvidia-smi")
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name in hidden else real(name, *rest))
    # As on Windows and macOS, where pip's build of PyTorch is the small one; `linux` undoes it.
    monkeypatch.setattr(wheels, "wants_uv", lambda build, wheelhouse: bool(wheelhouse))
    monkeypatch.setattr(wheels, "uv_settings", lambda python: {})
    return stand_in


@pytest.fixture
def checkout(tmp_path) -> Path:
    here = tmp_path / "a checkout"  # with a blank, as many have
    (here / "osnet_edu").mkdir(parents=True)
    (here / "osnet_edu" / "__init__.py").write_text("here = __file__\n")
    (here / "requirements.txt").write_text("a==1\n")
    (here / "requirements-dev.txt").write_text("-r requirements.txt\nb==1\n")
    (here / wheels.UV_PIN).write_text("uv==1\n")
    return here


@pytest.fixture
def linux(monkeypatch) -> None:
    """As on Linux, where pip's build of PyTorch is the large one."""
    monkeypatch.setattr(wheels, "wants_uv", lambda build, wheelhouse: bool(wheelhouse) or build == "cpu")


def commands_of(setup: lab.Setup, kind: str, installer: Installer) -> list[str]:
    installer.commands.clear()
    setup.make(kind)
    return list(installer.commands)


def test_the_second_time_does_nothing(checkout, installer):
    setup = lab.Setup(str(checkout))
    assert commands_of(setup, "run", installer) == ["venv", "pip requirements.txt", "check"]
    assert commands_of(setup, "run", installer) == []
    assert commands_of(setup, "test", installer) == ["pip requirements-dev.txt", "check"]
    assert commands_of(setup, "test", installer) == commands_of(setup, "run", installer) == []


def test_changed_requirements_are_installed_on_top(checkout, installer):
    setup = lab.Setup(str(checkout))
    setup.make("test")
    (checkout / "requirements-dev.txt").write_text("-r requirements.txt\nb==2\n")
    assert commands_of(setup, "run", installer) == []
    assert commands_of(setup, "test", installer) == ["pip requirements-dev.txt", "check"]
    (checkout / "requirements.txt").write_text("a==2\n")
    assert commands_of(setup, "run", installer) == ["pip requirements.txt", "check"]
    (checkout / "requirements.txt").write_bytes(b"a==2\r\n")  # a checkout on Windows is the same one
    assert commands_of(setup, "run", installer) == []


def test_what_broke_off_while_unpacking_is_made_anew(checkout, installer):
    setup = lab.Setup(str(checkout))
    installer.breaks_at = "pip unpacking"
    with pytest.raises(KeyboardInterrupt):
        setup.make("run")
    installer.breaks_at = None
    assert commands_of(setup, "run", installer) == ["venv", "pip requirements.txt", "check"]
    assert commands_of(setup, "run", installer) == []


def test_a_download_that_failed_leaves_what_was_there(checkout, installer):
    setup = lab.Setup(str(checkout))
    setup.make("run")
    installer.breaks_at = "pip download"
    with pytest.raises(Refused, match="Check the network"):
        setup.make("test")
    installer.breaks_at = None
    assert commands_of(setup, "run", installer) == []
    assert commands_of(setup, "test", installer) == ["pip requirements-dev.txt", "check"]


def test_an_environment_whose_python_has_gone_is_made_anew(checkout, installer):
    setup = lab.Setup(str(checkout))
    setup.make("run")
    os.remove(setup.python)
    assert commands_of(setup, "run", installer) == ["venv", "pip requirements.txt", "check"]


def test_a_torn_stamp_is_no_stamp(checkout, installer):
    setup = lab.Setup(str(checkout))
    setup.make("run")
    Path(setup.stamp_path).write_text('{"run": "12')
    assert commands_of(setup, "run", installer) == ["pip requirements.txt", "check"]


def test_a_folder_of_somebody_else_is_left_alone(checkout, installer):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.txt").write_text("ten years")
    with pytest.raises(Refused, match="is not a virtual environment"):
        lab.Setup(str(checkout)).make("run")
    assert (checkout / ".venv" / "thesis.txt").read_text() == "ten years"


def test_too_little_disk_is_said_before_anything_is_made(checkout, installer, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 9 * 10**8, 10**8))
    with pytest.raises(Refused, match=r"0\.1 GB are free"):
        lab.Setup(str(checkout)).make("run")
    assert not (checkout / ".venv").exists()


def test_a_python_without_ensurepip_is_told_what_to_install(checkout, installer, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(Refused, match=r"apt install python3\.\d+-venv"):
        lab.Setup(str(checkout)).make("run")


def test_uv_is_taken_where_it_is_and_pip_when_it_fails(checkout, installer, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, *_: "/somewhere/uv" if name == "uv" else None)
    setup = lab.Setup(str(checkout))
    assert commands_of(setup, "run", installer) == ["venv", "uv requirements.txt", "check"]
    installer.breaks_at = "uv download"
    assert commands_of(setup, "test", installer) == ["uv requirements-dev.txt", "pip requirements-dev.txt", "check"]


def test_missing_requirements_are_named(checkout, installer):
    (checkout / "requirements.txt").unlink()
    with pytest.raises(Refused, match=r"requirements\.txt is missing"):
        lab.Setup(str(checkout)).make("run")


def test_the_kit_is_found_from_any_folder_and_after_a_move(checkout, installer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab.Setup(str(checkout)).make("run")
    for name in ("a checkout", "möved"):
        here = tmp_path / name
        if not here.exists():
            checkout.rename(here)
        python = lab.Setup(str(here)).python
        found = programs.answer_of(python, "import osnet_edu; print(osnet_edu.here)")
        assert found == str(here / "osnet_edu" / "__init__.py")
        assert lab.Setup(str(here)).ready("run")


def test_a_second_lab_waits_for_the_first(tmp_path, capsys):
    order = []
    with only_one(str(tmp_path)):
        second = threading.Thread(target=lambda: [order.append("second") for _ in enter(str(tmp_path))])
        second.start()
        time.sleep(0.3)
        order.append("first")
    second.join(10)
    assert order == ["first", "second"]
    assert "waiting for it" in capsys.readouterr().out


def enter(here: str):
    with only_one(here):
        yield


# ---------------------------------------------------------------------------------------------
# Which build of PyTorch, and by which program


def test_on_linux_uv_is_brought_by_pip_and_takes_the_cpu_build(checkout, installer, linux, capsys):
    installer.brings_uv = True
    setup = lab.Setup(str(checkout))
    assert commands_of(setup, "run", installer) == ["venv", f"pip {wheels.UV_PIN}", "uv requirements.txt", "check"]
    assert "--torch-backend=cpu" in installer.words[2]
    assert setup.stamp()["build"] == "cpu"
    told = capsys.readouterr().out
    assert "PyTorch's CPU build: about 400 MB are downloaded" in told and "GPU" not in told
    # From then on it is there.
    assert commands_of(setup, "test", installer) == ["uv requirements-dev.txt", "check"]


@pytest.mark.parametrize("brings", [True, False], ids=["uv finds no build", "uv itself is not had"])
def test_a_cpu_build_that_cannot_be_reached_is_said_before_pip_takes_its_own(
    checkout, installer, linux, capsys, brings
):
    installer.brings_uv, installer.breaks_at = brings, "uv download"
    setup = lab.Setup(str(checkout))
    tried = ["uv requirements.txt"] if brings else []
    first = ["venv", f"pip {wheels.UV_PIN}", *tried]
    assert commands_of(setup, "run", installer) == [*first, "pip requirements.txt", "check"]
    told = capsys.readouterr().out
    assert "uv could not reach PyTorch's CPU build: pip's own is taken." in told
    assert "the GPU build, about 3,000 MB and 8 GB of disk" in told


def test_a_full_disk_is_said_and_pip_does_not_try_as_well(checkout, installer, linux, monkeypatch):
    installer.brings_uv = True
    real = installer.__call__

    def full(title, command, *rest):
        return (
            (1, "error: No space left on device (os error 28)")
            if "--torch-backend=cpu" in command
            else real(title, command, *rest)
        )

    monkeypatch.setattr("osnet_edu.lab.installer.run_shown", full)
    with pytest.raises(Refused, match="The disk is full: about 2 GB are needed"):
        lab.Setup(str(checkout)).make("run")
    assert "pip requirements.txt" not in installer.commands


def test_where_a_gpu_is_its_build_is_taken_and_kept(checkout, installer, linux, monkeypatch, capsys):
    monkeypatch.setattr(wheels, "gpu_there", lambda: True)
    setup = lab.Setup(str(checkout))
    assert commands_of(setup, "run", installer) == ["venv", "pip requirements.txt", "check"]  # pip's own is this one
    assert "PyTorch's GPU build: about 3,000 MB are downloaded" in capsys.readouterr().out
    monkeypatch.setattr(wheels, "gpu_there", lambda: False)  # a laptop away from its dock
    (checkout / "requirements.txt").write_text("a==2\n")
    assert commands_of(setup, "run", installer) == ["pip requirements.txt", "check"]
    assert setup.stamp()["build"] == "gpu"


def test_who_asks_for_the_gpu_build_gets_it_once(checkout, installer, linux):
    lab.Setup(str(checkout)).make("run")
    asking = lab.Setup(str(checkout), gpu=True)
    assert commands_of(asking, "run", installer) == ["venv", "pip requirements.txt", "check"]
    assert commands_of(asking, "run", installer) == []
    assert commands_of(lab.Setup(str(checkout)), "run", installer) == []  # and keeps it


def test_more_disk_is_asked_for_the_gpu_build(checkout, installer, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 5 * 10**9, 5 * 10**9))
    with pytest.raises(Refused, match=r"About 8 GB of disk are needed in .*, and 5\.0 GB are free"):
        lab.Setup(str(checkout), gpu=True).make("run")
    lab.Setup(str(checkout)).make("run")


@pytest.mark.parametrize(
    ("build", "gpu", "folder", "ends"),
    [
        ("cpu", False, None, ["--torch-backend=cpu"]),
        ("gpu", True, None, ["--torch-backend=auto"]),
        ("gpu", False, None, []),
        ("cpu", True, "/w", ["--offline", "--no-index", "--find-links", "/w"]),
    ],
)
def test_uv_is_told_which_build_and_where(monkeypatch, build, gpu, folder, ends):
    monkeypatch.setattr(wheels, "gpu_there", lambda: gpu)
    command = wheels.by_uv("uv", "python", "r.txt", build, folder)
    assert command == ["uv", "pip", "install", "--python", "python", *ends, "-r", "r.txt"]


@pytest.mark.parametrize(
    ("system", "build", "folder", "wanted"),
    [("Linux", "cpu", None, True), ("Linux", "gpu", None, False), ("Windows", "cpu", None, False),
     ("Darwin", "cpu", None, False), ("Windows", "cpu", "/w", True)],
)  # fmt: skip
def test_pip_brings_uv_where_it_makes_a_difference(monkeypatch, system, build, folder, wanted):
    monkeypatch.setattr(wheels.platform, "system", lambda: system)
    assert wheels.wants_uv(build, folder) is wanted


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize(
    ("script", "there"),
    [
        ("echo 'GPU 0: NVIDIA A (UUID: x)'", True),
        ("echo 'No devices were found'", False),
        ("exit 9", False),
        (None, False),
    ],
)
def test_a_gpu_is_there_where_its_driver_lists_one(tmp_path, monkeypatch, script, there):
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert wheels.gpu_there() is there


def test_pips_settings_count_for_uv(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://school.example/simple\nfind-links = /one\n  /two\n"
        "cert = /file.pem\nretries = 7\n[install]\nextra-index-url = https://more.example/simple\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_CERT", "/variable.pem")
    found = wheels.uv_settings(sys.executable, environ={"ALL_PROXY": "kept"})
    assert found["UV_DEFAULT_INDEX"] == "https://school.example/simple" and found["UV_FIND_LINKS"] == "/one,/two"
    assert found["UV_INDEX"] == "https://more.example/simple" and found["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert found["SSL_CERT_FILE"] == "/variable.pem" and not {"ALL_PROXY", None} & set(found)
    assert "SSL_CERT_FILE" not in wheels.uv_settings(sys.executable, environ={"SSL_CERT_FILE": "own"})
    assert wheels.uv_settings(str(tmp_path / "no python")) == {}


# ---------------------------------------------------------------------------------------------
# From a wheelhouse


def wheel(folder: Path, name: str, needs: str = "") -> None:
    """A real wheel with one module, which pip and uv install."""
    info = f"{name}-1.dist-info"
    files = {
        f"{name}.py": "installed = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


@pytest.fixture
def index(tmp_path) -> Path:
    """What can be fetched: a package of the kit, what it needs, and the installer."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, needs in (("a", "deep"), ("deep", ""), ("uv", "")):
        wheel(folder, name, needs)
    return folder


@pytest.fixture
def no_network(monkeypatch, index) -> None:
    """pip and uv reach no index: only the folder of `index` and what a command names."""
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    hidden, real = ("uv", "nvidia-smi"), shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name in hidden else real(name, *rest))


@pytest.mark.slow
def test_a_wheelhouse_is_filled_and_sets_up_without_a_network(
    checkout, tmp_path, index, no_network, monkeypatch, capsys
):
    monkeypatch.setattr(lab.Setup, "check_imports", lambda self, kind: None)
    there, folder = lab.Setup(str(checkout)), tmp_path / "wheels"
    with pytest.raises(Refused, match=r"the package index did not answer|offers no build|did not come through"):
        wheelhouse.fill(there, str(folder))
    with pytest.raises(Refused, match="its filling broke off"):
        wheelhouse.check_serves(str(folder), str(checkout))

    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (folder / "deep-1-py3-none-any.whl").write_bytes(b"PK half of it")
    assert wheelhouse.fill(there, str(folder)) == 0
    names = ["a-1-py3-none-any.whl", "deep-1-py3-none-any.whl", "uv-1-py3-none-any.whl", "wheelhouse.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / names[1]).read_bytes() == (index / names[1]).read_bytes()
    told = capsys.readouterr().out
    assert "deep-1-py3-none-any.whl broke off: it is fetched again" in told and "3 wheels, 0 MB, for Python 3." in told

    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.whl")}
    assert wheelhouse.fill(there, str(folder)) == 0  # again: nothing is fetched twice
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.whl")} == before

    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.delenv("PIP_NO_INDEX")
    setup = lab.Setup(str(checkout), folder=str(folder))
    deep = (folder / "deep-1-py3-none-any.whl").rename(index / "apart.whl")
    with pytest.raises(Refused, match=r"The wheelhouse .* lacks what is needed: .*deep"):
        setup.make("run")
    deep.rename(folder / "deep-1-py3-none-any.whl")
    shutil.rmtree(index)
    setup.make("run")
    assert programs.answer_of(setup.python, "import a, deep; print(a.installed and deep.installed)") == "True"
    assert setup.ready("run") and lab.Setup(str(checkout)).ready("run")


def test_a_wheelhouse_for_other_machines_or_another_kit_is_told(checkout, tmp_path):
    folder, own = tmp_path / "wheels", wheelhouse.kind_of_machine(str(checkout))
    with pytest.raises(Refused, match="There is no folder"):
        wheelhouse.check_serves(str(folder), str(checkout))
    folder.mkdir()
    with pytest.raises(Refused, match=r"is not a wheelhouse: 'lab\.py wheelhouse FOLDER' makes one"):
        wheelhouse.check_serves(str(folder), str(checkout))
    for text in ("{}", "[", "7"):
        (folder / wheelhouse.SERVED_FILE).write_text(text)
        with pytest.raises(Refused, match="is not a wheelhouse"):
            wheelhouse.check_serves(str(folder), str(checkout))
    others = [own | {"python": "3.0"}, own | {"system": "Plan 9"}]
    (folder / wheelhouse.SERVED_FILE).write_text(json.dumps(others))
    with pytest.raises(Refused, match=r"is for Python 3\.0 on .* and Python 3\.\d+ on Plan 9 .*, and this is Python"):
        wheelhouse.check_serves(str(folder), str(checkout))
    (folder / wheelhouse.SERVED_FILE).write_text(json.dumps([*others, own]))
    wheelhouse.check_serves(str(folder), str(checkout))
    (checkout / "requirements.txt").write_text("a==2\n")
    with pytest.raises(Refused, match="is for another version of the kit"):
        wheelhouse.check_serves(str(folder), str(checkout))


def test_a_folder_with_other_things_is_not_filled(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(Refused, match="holds other files: name a new folder"):
        wheelhouse.begin_folder(str(tmp_path))
    with pytest.raises(Refused, match="is not a folder: name a new one"):
        wheelhouse.begin_folder(str(tmp_path / "thesis.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_uv_resolved_is_read_with_its_indexes():
    compiled = (
        "captum==0.9.0\n    # via -r requirements.txt\n    # from https://one.example/simple\n"
        "torch==2.13.0+cpu\n    # via\n    #   -r requirements.txt\n    #   captum\n    # from https://two.example/cpu\n"
        "jinja2==3.1.6 ; sys_platform == 'linux'\n    # from https://one.example/simple\nlocal==1\n    # via captum\n"
    )
    first, *others = wheelhouse.pinned(compiled)
    assert first == ("https://one.example/simple", ["captum==0.9.0", "jinja2==3.1.6"])
    assert others == [("https://two.example/cpu", ["torch==2.13.0+cpu"]), ("", ["local==1"])]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["wheelhouse"], "'wheelhouse' needs a folder: 'lab.py wheelhouse wheels'."),
        (["reset"], "'reset' needs a lesson: 'lab.py reset 02'."),
        (["book"], "'book' needs the name of a new folder for the site: 'lab.py book site'."),
        (["setup", "x"], "Only 'book', 'wheelhouse', 'reset' and 'app' take a name, got 'x'."),
        (["app", "--lessons", "00"], "Only 'book' takes lessons and slides, got '00'."),
        (["--gpu", "--wheelhouse", "w"], "A wheelhouse holds PyTorch's CPU build"),
        (["doctor", "--gpu"], "--gpu and --wheelhouse are for"),
        (["book", "site", "--wheelhouse", "w"], "--gpu and --wheelhouse are for"),
    ],
)
def test_options_that_do_not_fit_are_refused(given, words):
    with pytest.raises(Refused) as refused:
        lab.parse(given)
    assert str(refused.value).startswith(words)
