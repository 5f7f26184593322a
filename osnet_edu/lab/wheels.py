"""Which packages are fetched, from where and by which program: PyTorch's CPU or GPU build, by uv or by pip, from the
package index or from a folder of wheels.

Only uv knows where PyTorch keeps its small CPU builds: on Linux pip takes the one with GPU libraries, several GB.
Python 3.6 reads this file too, and it imports no package.
"""

import ast
import contextlib
import os
import platform
import re
import shutil
import subprocess

from . import programs

UV_PIN = "requirements-lab.txt"
DOWNLOAD_MB = {"cpu": 400, "gpu": 3000}  # all wheels of requirements.txt, on Linux
TESTS_MB = 250  # what requirements-dev.txt adds
ROOM_GB = {"cpu": 2.0, "gpu": 8.0}  # of disk for a first installation
BUILD_NAMES = {"cpu": "PyTorch's CPU build", "gpu": "PyTorch's GPU build"}
UV_NAMES = {  # pip's settings -> uv's variables: uv does not read pip's
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY",
}  # fmt: skip


def gpu_there():
    """Whether this machine has an NVIDIA GPU: its driver's own program lists one."""
    command = shutil.which("nvidia-smi")
    if not command:
        return False
    try:
        told = subprocess.check_output([command, "-L"], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return b"GPU" in told


def size_told(build, kind):
    """The forecast of a download in words.  build: cpu or gpu.  kind: run or test."""
    return "about %s MB" % format(DOWNLOAD_MB[build] + (TESTS_MB if kind == "test" else 0), ",")


def find_uv(python):
    """The program uv, on the PATH or beside the environment's Python; None where it is in neither."""
    beside = os.path.join(os.path.dirname(python), "uv.exe" if os.name == "nt" else "uv")
    return shutil.which("uv") or (beside if os.path.exists(beside) else None)


def wants_uv(build, wheelhouse):
    """Whether pip should bring uv: only then PyTorch's build would be another one, or the folder is read faster."""
    return bool(wheelhouse) or (build == "cpu" and platform.system() == "Linux")


def _sources(wheelhouse):
    return ["--no-index", "--find-links", wheelhouse] if wheelhouse else []


def by_pip(python, requirements, wheelhouse=None):
    """pip's command that installs a file of requirements.  wheelhouse: a folder of wheels; None for the index."""
    command = [python, "-m", "pip", "install", "--progress-bar", "off"]
    return command + _sources(wheelhouse) + ["-r", requirements]


def by_uv(uv, python, requirements, build, wheelhouse=None):
    """uv's command that installs a file of requirements, with PyTorch's build for CPUs or GPUs."""
    command = [uv, "pip", "install", "--python", python]
    if wheelhouse:
        command += ["--offline"] + _sources(wheelhouse)
    elif build == "cpu":
        command.append("--torch-backend=cpu")
    elif gpu_there():
        command.append("--torch-backend=auto")  # the build for this driver
    return command + ["-r", requirements]


def uv_settings(python, environ=os.environ):
    """pip's settings in uv's words, so that a school's own index, certificate or proxy counts for both.

    Returns: variables for uv; one that is set already is left out.
    """
    try:
        told = subprocess.check_output(
            [python, "-m", "pip", "config", "list"], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=60,
            universal_newlines=True, env=programs.quiet_environment(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", told, re.MULTILINE)
    settings = {}
    for section in ("global", "install", ":env:"):  # the later one counts, as for pip
        for name, value in ((name, value) for where, name, value in lines if where == section and name in UV_NAMES):
            with contextlib.suppress(ValueError, SyntaxError):
                words = str(ast.literal_eval(value)).split()
                settings[UV_NAMES[name]] = ("," if name == "find-links" else " ").join(words)
    if "UV_INDEX" in settings:
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip takes the newest of all indexes
    return {name: value for name, value in settings.items() if value and name not in environ}
