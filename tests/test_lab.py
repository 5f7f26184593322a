"""lab.py: refuses in sentences, installs once, mends what broke off, and serves with its token on."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import free_port, home_in
from jupyterlab_server.workspaces_handler import slugify
from labpage import CHROMIUM_FLAGS

import lab
from osnet_edu.lab import fit, needs, notebooks, wheels
from osnet_edu.lab.installer import explain_failure, gist

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "lab.py"
EARLY = (
    "lab.py", "osnet_edu/__init__.py", "osnet_edu/refused.py",
    *(
        f"osnet_edu/lab/{name}.py"
        for name in (
            "__init__", "badge", "copies", "doctor", "ending", "fit", "installer", "needs", "programs", "setup",
            "wheelhouse", "wheels",
        )
    ),
)  # fmt: skip
GOOD = {
    "python": (3, 12),
    "implementation": "CPython",
    "system": "Linux",
    "machine": "x86_64",
    "bits": 64,
    "musl": False,
    "glibc": (2, 36),
    "macos": (),
}
posix = pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")


# ---------------------------------------------------------------------------------------------
# The machine


@pytest.mark.parametrize("name", EARLY)
def test_what_runs_before_there_is_an_environment_parses_on_python_3_6(name):
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_needs_the_standard_library_only():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import lab; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names} - {"__main__"}
    assert loaded == {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in EARLY}


def old_pythons() -> list[str]:
    """Pythons on this machine that are too old and do start."""
    found = []
    for minor in range(6, 11):
        kept = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        name = str(kept[0]) if kept else shutil.which(f"python3.{minor}")
        if name and subprocess.run([name, "--version"], capture_output=True).returncode == 0:
            found.append(name)
    return found


def test_an_old_python_is_told_so_in_a_sentence():
    olds = old_pythons()
    if not olds:
        pytest.skip("no Python older than 3.11 is on this machine")
    for old in olds:
        done = subprocess.run([old, str(LAB)], capture_output=True, text=True)
        assert done.returncode != 0
        assert done.stderr.startswith("lab.py: This is Python 3.") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, None),
        ({"machine": "aarch64"}, None),
        ({"system": "Darwin", "machine": "arm64", "macos": (15, 1), "glibc": ()}, None),
        ({"system": "Windows", "machine": "amd64", "glibc": ()}, None),
        ({"python": (3, 11)}, None),
        ({"python": (3, 14)}, None),
        ({"python": (3, 10)}, "This is Python 3.10, and the kit needs Python 3.11 or newer."),
        ({"python": (3, 15)}, "has no build for it yet"),
        ({"implementation": "PyPy"}, "only for CPython"),
        ({"bits": 32}, "64-bit"),
        ({"musl": True, "glibc": ()}, "musl"),
        ({"glibc": (2, 17)}, "This Linux has glibc 2.17, and PyTorch needs 2.28"),
        ({"machine": "riscv64"}, "no Linux build for a riscv64 processor"),
        ({"system": "Darwin", "machine": "x86_64", "macos": (14, 0), "glibc": ()}, "Intel"),
        ({"system": "Darwin", "machine": "arm64", "macos": (13, 6), "glibc": ()}, "macOS 13.6"),
        ({"system": "Windows", "machine": "arm64", "glibc": ()}, "x86-64"),
        ({"system": "FreeBSD", "glibc": ()}, "none for FreeBSD"),
    ],
)
def test_a_machine_without_a_pytorch_is_told_why(facts, words):
    reason = fit.why_not({**GOOD, **facts})
    assert reason is None if words is None else words in reason


def test_this_machine_has_the_facts_it_is_judged_by():
    assert fit.machine_facts().keys() == GOOD.keys()
    assert fit.why_not(fit.machine_facts()) is None


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying after NewConnectionError('Failed to establish a new connection: [Errno -2]')\n"
         "ERROR: No matching distribution found for torch==2.13.0", "Check the network"),
        ("error: error sending request for url", "Check the network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no build of PyTorch"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate"),
        ("ERROR: [WinError 206] The filename or extension is too long", "Move this folder"),
        ("ERROR: [WinError 5] Access is denied: 'torch.dll'", "could not be written"),
        ("Collecting a\nERROR: something else broke\n", "something else broke"),
        ("", "no reason was given"),
    ],
)  # fmt: skip
def test_a_failed_installation_is_explained(output, words):
    assert words in explain_failure(output, os.path.join(lab.HERE, ".venv", "setup.log"))


def test_progress_names_the_package_and_not_the_address():
    assert gist("Collecting torch==2.13.0 (from -r requirements.txt (line 3))\n") == "collecting torch==2.13.0"
    assert (
        gist("  Downloading https://somewhere/a/torch-2.13.0.whl (111 MB)") == "downloading torch-2.13.0.whl (111 MB)"
    )
    assert gist("Installing collected packages: a, b, c") == "unpacking 3 packages"
    assert gist("Requirement already satisfied: numpy") is None


def test_chromium_is_found_by_name_and_by_variable(tmp_path):
    browser = tmp_path / "my-browser"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert needs.find_chromium({"CHROME": str(browser)}) == str(browser)
    assert needs.find_chromium({"CHROME": str(tmp_path / "absent")}) is None


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"memory.max": "2147483648\n"}, 2**31),
        ({"memory.max": "max\n"}, float("inf")),
        ({"memory/memory.limit_in_bytes": "1073741824\n"}, 2**30),
        ({"memory.max": "max\n", "memory/memory.limit_in_bytes": "1073741824\n"}, 2**30),
        ({"memory.max": "2147483648\n", "memory/memory.limit_in_bytes": "1073741824\n"}, 2**31),
        ({}, float("inf")),
    ],
    ids=["version 2", "2 without a limit", "version 1", "2 without, 1 with a limit", "both", "no groups"],
)
def test_a_container_s_limit_is_read(tmp_path, files, limit):
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert needs.container_limit(str(tmp_path)) == limit
    assert needs.container_limit(str(tmp_path / "absent")) == float("inf")


# ---------------------------------------------------------------------------------------------
# The program


def copy_of_the_kit(folder: Path) -> Path:
    """A checkout whose .venv is ready: it borrows this environment's packages."""
    folder.mkdir()
    for name in ("lab.py", "requirements.txt", "requirements-dev.txt", wheels.UV_PIN):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "osnet_edu", folder / "osnet_edu", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    site = next((folder / ".venv").rglob("site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    setup = lab.Setup(str(folder))
    setup.link_checkout()
    Path(setup.stamp_path).write_text(json.dumps({"run": setup.wanted("run")}))
    assert setup.ready("run")
    return folder


def test_the_doctor_of_a_fresh_clone_changes_nothing(tmp_path):
    (tmp_path / "osnet_edu" / "lab").mkdir(parents=True)
    for name in (*EARLY, "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    done = subprocess.run([sys.executable, "lab.py", "doctor"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == ""
    assert re.search(r"packages +LOOK +not installed yet: run 'python3 lab.py'", done.stdout)
    assert not (tmp_path / ".venv").exists()


@pytest.mark.slow
def test_the_doctor_of_a_ready_kit_is_content(tmp_path):
    here = copy_of_the_kit(tmp_path / "kit")
    done = subprocess.run([sys.executable, "lab.py", "doctor"], cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    for word in ("machine", "packages", "PyTorch", "wheels", "bfloat16", "training", "memory", "disk", "Chromium"):
        assert re.search(rf"(?m)^  {word} +(ok|LOOK) ", done.stdout), word


def test_a_copy_of_the_file_alone_is_told_what_is_missing(tmp_path):
    shutil.copy(LAB, tmp_path)
    command = [sys.executable, "-S", "lab.py", "setup"]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True)
    wanted = "lab.py: No module named 'osnet_edu'. lab.py has to stay in the checkout it came with.\n"
    assert (done.returncode, done.stderr) == (1, wanted)


def test_an_unknown_verb_is_refused():
    done = subprocess.run([sys.executable, str(LAB), "tset"], capture_output=True, text=True)
    assert done.returncode == 2 and "'tset'" in done.stderr


def heeds_ctrl_c():
    """What a shell starts in the background ignores Ctrl-C, and hands that on: not to what these tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@posix
def test_ctrl_c_while_unpacking_says_so_and_leaves_the_mark(tmp_path):
    here = copy_of_the_kit(tmp_path / "kit")
    site = next((here / ".venv").rglob("site-packages"))
    (site / "lent.pth").unlink()
    (site / "pip.py").write_text(
        "import sys, time\nif __name__ == '__main__' and 'requirements-lab' not in sys.argv[-1]:\n"
        "    print('Installing collected packages: a'); time.sleep(60)\n"
    )
    (here / ".venv" / "osnet_edu.json").unlink()
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen(
        [sys.executable, "lab.py"],
        cwd=here,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeds_ctrl_c,
    )
    mark = here / ".venv" / "unfinished"
    ends = time.monotonic() + 20
    while not mark.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.strip()) == (130, "lab.py: stopped. Run it again and it takes up the work.")
    assert mark.exists() and time.monotonic() - started < 10


@posix
@pytest.mark.slow
def test_it_serves_on_loopback_with_its_token_whatever_a_personal_configuration_says(tmp_path):
    here = copy_of_the_kit(tmp_path / "kit")
    (here / "notebooks").mkdir()
    (here / "notebooks" / "00_start_here.ipynb").write_text(
        '{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}'
    )
    environment = home_in(tmp_path / "home")
    careless = {"IdentityProvider": {"token": ""}, "ServerApp": {"ip": "0.0.0.0", "token": ""}}
    (Path(environment["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.json").write_text(json.dumps(careless))
    port = free_port()
    command = [sys.executable, "lab.py", "--no-browser", "--port", str(port)]
    with open(tmp_path / "log.txt", "w") as log:
        # A session of its own, so that the interrupt below reaches JupyterLab too, as a terminal's Ctrl-C does.
        process = subprocess.Popen(
            command,
            cwd=here,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heeds_ctrl_c,
        )
    try:
        address = None
        ends = time.monotonic() + 60
        while address is None and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.2)
            address = re.search(r"http://(\S+?)/lab\S*\?token=(\w+)", (tmp_path / "log.txt").read_text())
        log_text = (tmp_path / "log.txt").read_text()
        assert address, log_text
        assert address.group(1) in (f"127.0.0.1:{port}", f"localhost:{port}")
        assert "/lab/tree/my_notebooks/00_start_here.ipynb?token=" in log_text
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=10)
        refused.value.close()
        assert refused.value.code == 403
        with_token = f"http://127.0.0.1:{port}/api/contents/my_notebooks?token={address.group(2)}"
        with urllib.request.urlopen(with_token, timeout=10) as answer:
            names = {item["name"] for item in json.load(answer)["content"]}
        assert names == {"00_start_here.ipynb", "made_from.json"}
    finally:
        os.killpg(process.pid, signal.SIGINT)
        status = process.wait(30)
    assert status == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5)


def test_the_news_pop_up_is_off_in_the_environments_own_settings(tmp_path):
    notebooks.silence_news(tmp_path)
    path = tmp_path / "etc" / "jupyter" / "labconfig" / "default_setting_overrides.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


def test_the_layout_that_somebody_left_stays(tmp_path):
    folder = notebooks.first_layout(tmp_path)
    (kept,) = folder.iterdir()
    kept.write_text("theirs")
    assert notebooks.first_layout(tmp_path) == folder and kept.read_text() == "theirs"


@pytest.mark.browser
@pytest.mark.slow
def test_jupyterlab_opens_with_its_sidebar_closed(tmp_path, lab_server, playwright, chromium_path):
    (made,) = notebooks.first_layout(tmp_path).iterdir()
    assert made.name == slugify("default") + ".jupyterlab-workspace"
    layout = json.loads(made.read_text()) | {"metadata": {"id": "closed"}}
    address = lab_server.address("lab/api/workspaces/closed")
    urllib.request.urlopen(urllib.request.Request(address, json.dumps(layout).encode(), method="PUT")).close()
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    try:
        page = browser.new_page()
        page.goto(lab_server.address("lab/workspaces/closed"), timeout=120_000)
        page.wait_for_function("() => window.jupyterapp", timeout=120_000)
        page.evaluate("() => window.jupyterapp.restored")
        assert page.locator("#jp-left-stack").bounding_box() is None
        page.evaluate("() => window.jupyterapp.shell.expandLeft()")
        page.locator("#jp-left-stack").wait_for()
    finally:
        browser.close()
