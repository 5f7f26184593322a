"""A network of anybody's is opened and computes what it should, or is refused in a sentence before it is measured."""

import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from osnet_edu import Refused
from osnet_edu.audit import foreign, run, subject
from osnet_edu.audit.questions import QUICK_AUDIT
from osnet_edu.embed import normalise, onnx_file
from osnet_edu.machine import within
from osnet_edu.network import export, weights

FLOAT, HALF, WHOLE, TEXT = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8, TensorProto.STRING
PHOTO = ("x", FLOAT, ("n", 3, 8, 4))
MEANS = ("ReduceMean", "x", "f", {"axes": [2, 3], "keepdims": 0})  # the mean of each colour
NUMBERS = {"none": np.float32(0), "one": np.float32(1), "hundredth": np.float32(0.01), "flat": np.array([1, -1]),
           "batch": np.array([0]), "threes": np.array([3])}  # fmt: skip

WHITE = np.full((1, 8, 4, 3), 255, np.uint8)

FUNCTIONS = """
import ctypes, os, time
import numpy as np

calls = []

def good(photos):
    first = photos[0, 0, 0, 0] if len(photos) else 0
    print("one")
    if first == 7:
        return np.full((len(photos), 3), np.nan)
    if first == 8:
        ctypes.string_at(0)
    if first == 9:
        return {}["no such thing"]
    return photos.mean((1, 2))

def tensor(photos):
    import torch
    return torch.tensor(photos.mean((1, 2)), requires_grad=True).bfloat16()

def hangs(photos):
    time.sleep(600)

def changes(photos):
    found = photos.mean((1, 2))
    photos[0, 0] = 0
    return found

def longer(photos):
    calls.append(1)
    return np.repeat(photos.mean((1, 2)), len(calls), 1)

def too_long(photos):
    return np.ones((len(photos), 70_000))

def words(photos):
    return ["a", "b"]

def nothing(photos):
    pass

def infinite(photos):
    return photos.mean((1, 2)) * 1e40

def one_row(photos):
    return photos.mean((0, 1, 2))[None]
"""


def graph(*nodes: tuple, inputs: tuple = (PHOTO,), outputs: tuple = (("f", FLOAT, ("n", "d")),)) -> bytes:
    """An ONNX file; a node is (kind, "inputs", "outputs", attributes)."""
    made = [helper.make_node(kind, given.split(), out.split(), **more) for kind, given, out, more in nodes]
    used = {name for _, given, _, _ in nodes for name in given.split()}
    whole = helper.make_graph(
        made,
        "g",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in NUMBERS.items() if name in used],
    )
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def changed(*more: tuple, **given) -> bytes:
    """The means, as `m`, and what is made of them as `f`."""
    return graph((*MEANS[:2], "m", MEANS[3]), *more, **given)


def served(folder: Path, content: bytes, **more) -> foreign.OnnxFeatures:
    """As the process does it, in this one."""
    file = folder / "net.onnx"
    file.write_bytes(content)
    job = {"named": "0-1", "table": subject.PREPROCESSINGS, "raw": "kit", "size": None, "threads": 1, **more}
    made = foreign.serving(foreign.OnnxJob(file=file, layout=export.LAYOUT, size_key=export.SIZE_KEY, **job))
    made.told = made.load()
    return made


def tried(made: foreign.ForeignFeatures, size: tuple[int, int] = (8, 4)) -> tuple[int, tuple[str, ...]]:
    return subject.tried(subject._resizing(lambda photos: made.features(photos).astype(np.float32), size), made.name)


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(0).integers(0, 256, (5, 40, 30, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("functions") / "mine.py"
    path.write_text(FUNCTIONS)
    return path


@pytest.fixture(scope="module")
def shipped(photos):
    with subject.opened(None) as found:
        return found, found.embed(photos)


def close(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape and found.dtype == expected.dtype == np.float32
    return np.abs(found - expected).max() / np.abs(expected).max()


# ---- the same network by every door


def test_a_checkpoint_is_what_its_network_computes(shipped, photos, tmp_path):
    found, features = shipped
    assert (found.name, found.kind, found.size, found.features) == ("the shipped network", "checkpoint", (128, 64), 512)
    assert found.notes == () and len(found.digest) == 16
    small = subject._resizing(lambda some: some, found.size)(photos)
    expected = found.checkpoint.model(normalise(small)).detach().numpy()
    assert close(features, expected) < 1e-5
    weights.save(found.checkpoint.model, tmp_path / "mine.safetensors", size=(128, 64), card={"other": 1})
    with subject.opened(tmp_path / "mine.safetensors") as same:
        assert same.digest == found.digest and same.name == "mine.safetensors"
    with subject.opened("shipped", size=(64, 32)) as other:
        assert other.size == (64, 32) and other.digest != found.digest


def test_the_kits_own_export_needs_no_name_and_agrees(shipped, photos, tmp_path):
    found, features = shipped
    path = tmp_path / "own.onnx"
    path.write_bytes(export.noting_size(onnx_file(found.checkpoint.model), found.size))
    with subject.opened(path) as own:
        assert (own.name, own.kind, own.size, own.features, own.notes) == ("own.onnx", "onnx", (128, 64), 512, ())
        assert own.checkpoint is None and own.digest != found.digest and "embed" not in repr(own)
        many = np.concatenate([photos] * 8)
        assert close(own.embed(many), np.concatenate([features] * 8)) < 1e-5
        assert own.embed(photos[:0]).shape == (0, 512)
        with pytest.raises(Refused, match=r"expected images \(N, H, W, 3\) of uint8, got \(5, 40, 30\) of uint8"):
            own.embed(photos[..., 0])


def bare(model) -> onnx.ModelProto:
    """The graph of the kit's export, but it has one output and does not say whose it is."""
    made = onnx.load_from_string(onnx_file(model))
    del made.metadata_props[:]
    for one in [one for one in made.graph.output if one.name != "embedding"]:
        made.graph.output.remove(one)
    return made


def cut(model, name: str, dims: tuple) -> onnx.ModelProto:
    """The shipped network's graph behind its normalisation, as somebody else would have exported it."""
    made = bare(model)
    makers = {out: node for node in made.graph.node for out in node.output}
    first = next(node for node in made.graph.node if node.op_type == "Conv")
    before = [first.input[0]]
    for one in before:
        if (node := makers.pop(one, None)) is not None:
            before += node.input
            made.graph.node.remove(node)
    first.input[0] = name
    for node in made.graph.node:  # what asks only how many photos there are
        node.input[:] = [name if one == "images" else one for one in node.input]
    images = next(one for one in made.graph.input if one.name == "images")
    images.CopyFrom(helper.make_tensor_value_info(name, FLOAT, dims))
    return made


def test_a_float_file_with_channels_first_and_one_photo_at_a_time_agrees(shipped, photos, tmp_path):
    found, features = shipped
    path = tmp_path / "theirs.onnx"
    path.write_bytes(cut(found.checkpoint.model, "x", (1, 3, 128, 64)).SerializeToString())
    with subject.opened(path, preprocessing="imagenet") as theirs:
        assert theirs.size == (128, 64) and theirs.notes == ("The file takes one photo at a time.",)
        assert close(theirs.embed(photos), features) < 1e-5


def test_a_whole_number_file_with_channels_last_agrees(shipped, photos, tmp_path):
    made = bare(shipped[0].checkpoint.model).SerializeToString()
    theirs = served(tmp_path, made, named=None, size=(128, 64))
    small = subject._resizing(lambda some: some, (128, 64))(photos)
    assert close(theirs.features(small).astype(np.float32), shipped[1]) < 1e-5


# ---- what an ONNX file may be


def test_preprocessing_axes_types_and_batches(photos, tmp_path):
    small = subject._resizing(lambda some: some, (8, 4))(photos)
    means = small.mean((1, 2), dtype=np.float64)
    plain = served(tmp_path, graph(MEANS))
    np.testing.assert_allclose(plain.features(small), means / 255, rtol=1e-6)
    named = served(tmp_path, graph(MEANS), named="imagenet")
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    np.testing.assert_allclose(named.features(small), (means / 255 - mean) / deviation, rtol=1e-4, atol=1e-6)
    raw = served(tmp_path, graph(MEANS), named="kit")
    np.testing.assert_allclose(raw.features(small), means, rtol=1e-6)
    digests = {made.told.partition("digest")[2] for made in (plain, named, raw)}
    assert len(digests) == 3
    last = graph(
        ("Cast", "x", "y", {"to": FLOAT}),
        ("ReduceMean", "y", "f", {"axes": [1, 2], "keepdims": 0}),
        inputs=(("x", WHOLE, (2, 8, 4, 3)),),
    )
    pairs = served(tmp_path, last, named=None, threads=2)
    np.testing.assert_allclose(pairs.features(small), means, rtol=1e-6)  # five photos, two at a time
    assert "The file takes 2 photos at a time; copies of the last photo fill the last batch." in pairs.told
    half = graph(
        ("GlobalAveragePool", "x", "f", {}),
        inputs=(("x", HALF, ("n", 3, "h", "w")),),
        outputs=(("f", HALF, ("n", 3, 1, 1)),),
    )
    flat = served(tmp_path, half)
    assert "photos of any size and names none; they are resized to 256x128." in flat.told
    np.testing.assert_allclose(flat.features(small), means / 255, atol=1e-3)
    assert tried(plain) == (3, ())


def test_weights_beside_the_file_are_read_and_are_part_of_the_digest(tmp_path):
    made = onnx.load_from_string(changed(("Add", "m one", "f", {})))
    one = next(tensor for tensor in made.graph.initializer if tensor.name == "one")
    one.CopyFrom(numpy_helper.from_array(np.ones(3, np.float32), "one"))
    onnx.external_data_helper.set_external_data(one, "net.data")
    one.ClearField("raw_data")
    (tmp_path / "net.data").write_bytes(np.full(3, 5, np.float32).tobytes())
    first = served(tmp_path, made.SerializeToString())
    assert first.features(np.zeros((1, 8, 4, 3), np.uint8)).tolist() == [[5, 5, 5]]
    (tmp_path / "net.data").write_bytes(np.full(3, 6, np.float32).tobytes())
    assert served(tmp_path, made.SerializeToString()).told != first.told
    (tmp_path / "net.data").unlink()
    with pytest.raises(
        Refused, match=r"expected an ONNX file that onnxruntime can run; of net.onnx it says: .*net.data"
    ):
        served(tmp_path, made.SerializeToString())


def test_a_small_dependence_on_the_batch_is_a_note_and_a_large_one_is_refused(tmp_path):
    def leaning(factor: str) -> bytes:
        return changed(
            ("ReduceMean", "m", "b", {"axes": [0], "keepdims": 1}),
            ("Mul", f"b {factor}", "c", {}),
            ("Add", "m c", "f", {}),
        )

    length, notes = tried(served(tmp_path, leaning("hundredth")))
    assert length == 3  # alone: 1.01 a; beside b: a + 0.005 (a + b), so that it moves by 0.5 %
    assert notes == (
        "The features of a photo move by 0.5% of the distance between two people when no other photo is beside it.",
    )
    with pytest.raises(Refused, match=r"when no other photo is beside it, they moved by 50% of the distance"):
        tried(served(tmp_path, leaning("one")))
    noise = changed(("RandomNormalLike", "m", "r", {"seed": 1.0}), ("Add", "m r", "f", {}))
    with pytest.raises(Refused, match=r"must return the same features for the same photo; when it is asked again"):
        tried(served(tmp_path, noise))


ROWS = "net.onnx must return features (2, D) of numbers, a row for each photo, it returned "
INPUT = "net.onnx must take photos by one input, (N, 3, H, W) or (N, H, W, 3) of float, float16 or uint8; it takes "
LIKE = [("Add", "x y", "z", {}), ("ReduceMean", "z", "f", {"axes": [2, 3], "keepdims": 0})]
WORDS = ("words", TEXT, ("n",))
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no ONNX": (lambda: b"hello", "expected an ONNX file that onnxruntime can run; of net.onnx it says: "),
    "empty": (lambda: b"", "expected an ONNX file that onnxruntime can run; of net.onnx it says: "),
    "two photos": (
        lambda: graph(*LIKE, inputs=(PHOTO, ("y", FLOAT, ("n", 3, 8, 4)))),
        INPUT + "x (n, 3, 8, 4) of float and y (n, 3, 8, 4) of float",
    ),
    "a photo and words": (
        lambda: graph(MEANS, ("Identity", "words", "w", {}), inputs=(PHOTO, WORDS), outputs=(
            ("f", FLOAT, ("n", 3)), ("w", TEXT, ("n",)))),
        INPUT + "x (n, 3, 8, 4) of float and words (n) of string",
    ),
    "words": (
        lambda: graph(("Identity", "words", "f", {}), inputs=(WORDS,), outputs=(("f", TEXT, ("n",)),)),
        INPUT + "words (n) of string",
    ),
    "nothing": (
        lambda: graph(("Identity", "one", "f", {}), inputs=(), outputs=(("f", FLOAT, ()),)), INPUT + "nothing"
    ),
    "a table": (
        lambda: graph(("Identity", "x", "f", {}), inputs=(("x", FLOAT, ("n", 3)),)), INPUT + "x (n, 3) of float"
    ),
    "channels on either side": (
        lambda: graph(MEANS, inputs=(("x", FLOAT, (1, 3, 8, 3)),)), INPUT + "x (1, 3, 8, 3) of float"
    ),
    "double precision": (
        lambda: graph(MEANS, inputs=(("x", TensorProto.DOUBLE, ("n", 3, 8, 4)),), outputs=(
            ("f", TensorProto.DOUBLE, ("n", 3)),)),
        INPUT + "x (n, 3, 8, 4) of double",
    ),
    "two outputs": (
        lambda: changed(("Identity", "m", "f", {}), outputs=(("m", FLOAT, ("n", 3)), ("f", FLOAT, ("n", 3)))),
        "net.onnx must give features by one output, (N, D) of numbers; "
        "it gives m (n, 3) of float and f (n, 3) of float",
    ),
    "an enormous batch": (
        lambda: graph(MEANS, inputs=(("x", FLOAT, (5000, 3, 8, 4)),)),
        "net.onnx must take 1 to 1024 photos of 1 to 4096 pixels a side; it takes x (5000, 3, 8, 4) of float",
    ),
    "longer in a larger batch": (
        lambda: changed(("Constant", "", "u", {"value_ints": [1]}), ("Shape", "m", "s", {"end": 1}),
                        ("Concat", "u s", "r", {"axis": 0}), ("Tile", "m r", "f", {})),
        "net.onnx must return as many numbers for every photo, it returned 6 and then 3",
    ),
    "NaN": (
        lambda: changed(("Sub", "m m", "z", {}), ("Div", "z z", "f", {})),
        "net.onnx returned 6 numbers that are NaN or infinite",
    ),
    "infinite": (lambda: changed(("Div", "m none", "f", {})), "net.onnx returned 6 numbers that are NaN or infinite"),
    "all equal": (
        lambda: changed(("Mul", "m none", "z", {}), ("Add", "z one", "f", {})),
        "net.onnx must return different features for photos of two people, it returned equal ones",
    ),
    "one row": (lambda: changed(("Reshape", "m flat", "f", {})), ROWS + "(1, 6) of float32"),
    "a number a photo": (
        lambda: graph(("ReduceMean", "x", "f", {"axes": [1, 2, 3], "keepdims": 0}), outputs=(("f", FLOAT, ("n",)),)),
        ROWS + "(2,) of float32",
    ),
    "the whole map": (
        lambda: graph(("Identity", "x", "f", {}), outputs=(("f", FLOAT, ("n", 3, 8, 4)),)),
        ROWS + "(2, 3, 8, 4) of float32",
    ),
    "words as features": (
        lambda: changed(("Cast", "m", "f", {"to": TEXT}), outputs=(("f", TEXT, ("n", "d")),)), ROWS + "(2, 3) of object"
    ),
    "what cannot run": (
        lambda: changed(("Reshape", "m threes", "f", {}), outputs=(("f", FLOAT, ("d",)),)),
        "onnxruntime cannot run net.onnx on photos (2, 3, 8, 4): ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_onnx_file_that_cannot_be_audited_is_refused(name, tmp_path):
    made, sentence = REFUSED[name]
    with pytest.raises(Refused) as refusal:
        tried(served(tmp_path, made()))
    assert str(refusal.value).startswith(sentence) and len(str(refusal.value)) < 500


def test_preprocessing_and_size_must_fit_the_file(tmp_path):
    sentence = (
        "net.onnx takes float32 and does not say how pixels become numbers; expected a preprocessing, one of imagenet, "
        "0-1, kit (kit: pixels as they are, 0 to 255); got none"
    )
    with pytest.raises(Refused, match=f"^{re.escape(sentence)}$"):
        served(tmp_path, graph(MEANS), named=None)
    whole = graph(("Cast", "x", "y", {"to": FLOAT}), ("ReduceMean", "y", "f", {"axes": [2, 3], "keepdims": 0}),
                  inputs=(("x", WHOLE, ("n", 3, 8, "w")),))  # fmt: skip
    with pytest.raises(Refused, match=r"takes pixels as they are, uint8; expected the preprocessing kit, got 0-1"):
        served(tmp_path, whole)
    with pytest.raises(Refused, match=r"net\.onnx takes photos of 8x64, got the size 16x64"):
        served(tmp_path, whole, named=None, size=(16, 64))
    assert '"size": [8, 64]' in served(tmp_path, whole, named="kit", size=(8, 64)).told


# ---- functions, in a process of their own


def test_a_function_is_asked_apart_and_what_goes_wrong_later_is_told(file, photos, capfd):
    with subject.opened(f"{file}:good", size=(8, 4)) as good:
        assert (good.name, good.kind, good.size, good.features) == ("mine.py:good", "function", (8, 4), 3)
        assert good.notes == ("When it was tried, it printed 3 lines; they are left out.",)
        small = subject._resizing(lambda some: some, (8, 4))(photos)
        np.testing.assert_allclose(good.embed(photos), small.mean((1, 2)), rtol=1e-6)
        small[:, 0, 0, 0] = 7
        with pytest.raises(Refused, match=r"^good returned 15 numbers that are NaN or infinite$"):
            good.embed(small)
        small[:, 0, 0, 0] = 9
        with pytest.raises(Refused, match=r"(?s)^good failed:\n  File \S*mine.py.*KeyError: 'no such thing'$"):
            good.embed(small)
        small[:, 0, 0, 0] = 1
        np.testing.assert_allclose(good.embed(small), small.mean((1, 2)), rtol=1e-6)
        small[:, 0, 0, 0] = 8
        for _ in range(2):  # what has ended stays so
            with pytest.raises(
                Refused, match=r"the process of good was ended by signal 11 .*; it must return features"
            ):
                good.embed(small)
    assert capfd.readouterr() == ("", "")


def test_a_function_that_hangs_is_ended(file):
    before = threading.active_count()
    with pytest.raises(Refused, match=r"^hangs took longer than 1 s; --patience gives it more$"):
        with subject.opened(f"{file}:hangs", patience=1):
            pytest.fail("opened")
    assert threading.active_count() <= before + 1  # one may still end


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("changes", "changes must leave the photos as they are, it changed the photos that it was given"),
        ("longer", "longer must return as many numbers for every photo, it returned 3 and then 6"),
        ("too_long", "too_long must return at most 65536 numbers for a photo, it returned 70000"),
        ("words", "words must return features (2, D) of numbers, a row for each photo, it returned (2,) of <U1"),
        ("nothing", "nothing must return features (2, D) of numbers, a row for each photo, it returned None"),
        ("infinite", "infinite returned 6 numbers that are NaN or infinite"),
        (
            "one_row",
            "one_row must return features (2, D) of numbers, a row for each photo, it returned (1, 3) of float64",
        ),
        ("absent", "mine.py has no function 'absent'"),
    ],
)
def test_a_function_that_cannot_be_audited_is_refused(file, name, sentence):
    made = foreign.serving(file, name)
    with pytest.raises(Refused) as refusal:
        made.load()
        tried(made)
    assert str(refusal.value) == sentence


def test_a_function_may_return_a_tensor(file, photos):
    made = foreign.serving(file, "tensor")
    made.load()
    np.testing.assert_allclose(made.features(photos), photos.mean((1, 2)), rtol=1e-2)


# ---- what is no network at all


def test_what_is_no_network_is_refused(file, tmp_path):
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"hello")
    for source, more, sentence in (
        (tmp_path / "none.onnx", {}, "none.onnx is not a file; expected an .onnx file"),
        (tmp_path / "none.pth", {}, "none.pth is not a file; expected a checkpoint"),
        (f"{tmp_path}/none.py:f", {}, "there is no file .*none.py"),
        (file, {}, r"expected a network to audit: an OSNet checkpoint .* FILE:FUNCTION such as mine.py:embed; got"),
        (f"{file}:", {}, "expected a network to audit"),
        (5, {}, "expected a network to audit: .*; got 5"),
        (other, {}, "other.safetensors is not a whole .safetensors file"),
        (None, {"preprocessing": "imagenet"}, "a preprocessing is for an .onnx file; shipped gets its photos as they"),
        (None, {"preprocessing": "mine"}, "expected a preprocessing, one of imagenet, 0-1, kit; got 'mine'"),
        (None, {"size": (0, 5)}, r"size must be \(height, width\) of 1 to 4096 pixels, got \(0, 5\)"),
        (None, {"size": (64,)}, r"size must be \(height, width\)"),
        (None, {"patience": 0}, "the patience for one batch must be above 0 s"),
    ):
        with pytest.raises(Refused, match=sentence):
            with subject.opened(source, **more):
                pytest.fail("opened")


def test_the_process_does_not_wait_for_pytorch():
    """Its start would take seconds more."""
    code = f"import sys, {foreign.__name__}, {within.__name__}; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_a_function_whose_own_weights_changed_is_refused(tmp_path):
    """Its file is the same, and so is its digest: two photos tell that it is another network."""
    weights = tmp_path / "weights.npy"
    np.save(weights, np.eye(3))
    (tmp_path / "mine.py").write_text(
        "import pathlib\n\nimport numpy as np\n\nW = np.load(pathlib.Path(__file__).parent / 'weights.npy')\n\n\n"
        "def embed(photos):\n    return photos.mean((1, 2)) @ W\n"
    )
    source, kept, digests = f"{tmp_path / 'mine.py'}:embed", tmp_path / "kept", []

    def ask() -> None:
        with subject.opened(source, size=(8, 4)) as mine:
            digests.append(mine.digest)
            run.audit(mine, kept, QUICK_AUDIT, only=("real",))

    ask()
    ask()
    np.save(weights, np.diag([1.0, -2.0, 1.0]))
    with pytest.raises(Refused, match=r"gives other features than when the answers in .* were made") as refusal:
        ask()
    assert "expected the network of then, or another folder: --answers FOLDER" in str(refusal.value)
    assert len(set(digests)) == 1 and sorted(path.suffix for path in kept.iterdir()) == [".json", ".npy"]


def test_another_size_holds_for_all_questions_of_a_checkpoint():
    with subject.opened("shipped", size=(64, 32)) as small, subject.opened("shipped") as usual:
        assert small.size == small.checkpoint.size == (64, 32) and usual.checkpoint.size == (128, 64)
        assert small.digest != usual.digest


def test_a_preprocessing_may_be_for_the_one_of_two_files_that_needs_it(tmp_path):
    """White pixels come as they are, 255, or as the preprocessing makes them."""
    bytes_taken = graph(("Cast", "x", "y", {"to": FLOAT}), ("ReduceMean", "y", "f", MEANS[3]),
                        inputs=(("x", WHOLE, ("n", 3, 8, 4)),))  # fmt: skip
    assert served(tmp_path, bytes_taken, named="imagenet", where_needed=True).features(WHITE)[0, 0] == 255
    assert served(tmp_path, graph(MEANS), named="imagenet", where_needed=True).features(WHITE)[0, 0] < 3
    with pytest.raises(Refused, match="expected the preprocessing kit, got imagenet"):
        served(tmp_path, bytes_taken, named="imagenet")


def test_a_question_that_was_cut_short_ends_the_process(tmp_path):
    """Who asks may be killed while it writes; nothing that it started may outlive it."""
    (tmp_path / "mine.py").write_text("def embed(photos):\n    return photos.mean((1, 2))\n")
    with subject._apart((tmp_path / "mine.py", "embed"), "embed", 60) as process:
        child = process._child
        child.stdin.write(pickle.dumps(("features", np.zeros((2, 8, 4, 3), np.uint8)))[:50])
        child.stdin.close()
        assert child.wait(10) != 0


def test_long_features_come_in_answers_that_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(subject.apart, "ANSWER", 20_000)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n\n\ndef embed(photos):\n    return np.tile(photos.mean((1, 2)), 200)\n"
    )
    with subject.opened(f"{tmp_path / 'mine.py'}:embed", size=(8, 4)) as mine:
        found = mine.embed(np.arange(9 * 96, dtype=np.uint8).reshape(9, 8, 4, 3))
    assert mine.features == 600 and found.shape == (9, 600)
