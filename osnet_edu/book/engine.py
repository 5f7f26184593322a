"""The network in a page: onnxruntime-web and the graphs that it runs, as files of the site.

onnxruntime-web comes from npm: its version and its hash are pinned here. Of the package, the site carries the three
files that compute on one thread. A page asks for a graph whose gate factors are a required input: onnxruntime-web knows
no input with a value of its own.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from .. import explore
from ..embed import onnx_file
from . import npm
from .kept import PACKED, packed

ONNX_PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="  # sha512
WASM = "ort-wasm-simd-threaded.wasm"  # most of the site, if it were not packed
ENGINE_FILES = {  # the three files and their sha256
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
_PACKAGE = npm.Package(
    ONNX_PACKAGE, VERSION, INTEGRITY, {f"dist/{name}": known for name, known in ENGINE_FILES.items()}
)
GRAPHS = (explore.SHIPPED, explore.UNTRAINED)


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
    """The folder of the cache with the three files, which are fetched on first use.  Raises: as npm.brought."""
    return npm.brought(_PACKAGE)
