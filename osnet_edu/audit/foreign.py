"""The process that a network of somebody else computes in: an ONNX file, or a function of a Python file.

`subject` starts it and sends photos; `machine.within` says what holds for any such process. It does not wait for
PyTorch, which only a function may need.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..machine import within
from ..machine.limits import MOST_SIDE
from ..refused import Refused

MOST_FEATURES = 65_536  # numbers of a photo
MOST_TOGETHER = 1024  # photos of a fixed batch
ANY_SIZE = (256, 128)  # height and width where the file takes any size
_PART = 16  # photos that are computed at a time: so many stay in a processor's cache
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_LONG = 300  # characters of what onnxruntime says

Colours = tuple[Sequence[float], Sequence[float]]  # mean and deviation of RGB in [0, 1]


@dataclass(frozen=True)
class OnnxJob:
    """file: .onnx.  named: a preprocessing of the table, or None.  where_needed: a file that takes uint8 leaves the
    named one aside.  table: a name -> Colours; None leaves pixels as they
    are, which is `raw`.  size: (height, width) that was asked for, or None.  threads: photos computed side by side.
    layout, size_key: names of the metadata by which a file of the kit's own export is known.
    """

    file: Path
    named: str | None
    table: Mapping[str, Colours | None]
    raw: str
    size: tuple[int, int] | None
    threads: int
    layout: str
    size_key: str
    where_needed: bool = False


def main() -> None:
    """Answer the questions that come by the standard input, until it ends."""
    within.answer_questions(serving)


def serving(job: "OnnxJob | Path", function: str = "") -> "ForeignFeatures":
    """job: of an ONNX file, or the Python file that has the function."""
    return OnnxFeatures(job) if isinstance(job, OnnxJob) else FunctionFeatures(job, function)


class ForeignFeatures:
    """Photos to features, checked.  file: that it comes from.  name: for sentences."""

    def __init__(self, file: Path, name: str):
        self.file, self.name, self._length = file, name, 0

    def load(self) -> str:
        """What comes before the first photos.  Returns: JSON about a file, or nothing.  Raises: Refused."""
        raise NotImplementedError

    def features(self, photos: np.ndarray) -> np.ndarray:
        """photos: (N, H, W, 3) uint8, N at least 1.  Returns: (N, D), float32 numbers in float64.  Raises: Refused."""
        parts = self._parts(photos)
        for part in parts:
            self._keep_length(part.shape[1])
        return np.concatenate(parts).astype(float)

    def _keep_length(self, length: int) -> None:
        if length != (self._length or length):
            raise Refused(
                f"{self.name} must return as many numbers for every photo, it returned {self._length} and then {length}"
            )
        self._length = length

    def _parts(self, photos: np.ndarray) -> list[np.ndarray]:
        """Features of some photos each."""
        raise NotImplementedError

    def _checked(self, value: object, count: int) -> np.ndarray:
        def fits(shape: tuple[int, ...]) -> bool:
            return len(shape) in (2, 4) and shape[0] == count and shape[1] > 0 and shape[2:] in ((), (1, 1))

        wanted = f"{self.name} must return features ({count}, D) of numbers, a row for each photo"
        found = within.as_numbers(value, fits, wanted).reshape(count, -1)
        if found.shape[1] > MOST_FEATURES:
            raise Refused(
                f"{self.name} must return at most {MOST_FEATURES} numbers for a photo, it returned {found.shape[1]}"
            )
        with np.errstate(over="ignore"):
            found = found.astype(np.float32)
        within.check_finite(found, self.name)
        return found


class FunctionFeatures(ForeignFeatures):
    """A function of a Python file: photos (N, H, W, 3) uint8 -> features (N, D)."""

    def __init__(self, file: Path, function: str):
        super().__init__(file, function)

    def load(self) -> str:
        """Returns: nothing to tell."""
        sys.path.append(str(self.file.parent))  # for what the function imports late; see `within.loaded`
        self._function = within.loaded(self.file, self.name)
        return ""

    def _parts(self, photos: np.ndarray) -> list[np.ndarray]:
        given = photos.copy()
        found = self._function(given)
        if not np.array_equal(given, photos):
            raise Refused(f"{self.name} must leave the photos as they are, it changed the photos that it was given")
        return [self._checked(found, len(photos))]


class OnnxFeatures(ForeignFeatures):
    """An ONNX file with one image input, run by onnxruntime."""

    def __init__(self, job: OnnxJob):
        super().__init__(job.file, job.file.name)
        self._job = job

    def load(self) -> str:
        """Returns: JSON of `size`, `together` (photos of a fixed batch, 0 for any), `notes` and `digest`."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(self.file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common class but this
            raise Refused(
                f"expected an ONNX file that onnxruntime can run; of {self.name} it says: {_said(error)}"
            ) from error
        self._read_input()
        metadata = self._session.get_modelmeta().custom_metadata_map
        outputs = self._session.get_outputs()
        kits = self._job.layout in metadata and self._type == np.uint8 and any(o.name == "embedding" for o in outputs)
        self._output = "embedding" if kits else self._only_output(outputs)
        colours, name = self._colours()
        notes: list[str] = []
        size = self._size(_noted_size(metadata.get(self._job.size_key)) if kits else None, notes)
        if self._together == 1:
            notes.append("The file takes one photo at a time.")
        elif self._together:
            notes.append(
                f"The file takes {self._together} photos at a time; copies of the last photo fill the last batch."
            )
        mean, deviation = np.array(colours or ((0, 0, 0), (1, 1, 1)), np.float32)
        self._scale = None if colours is None else 1 / (255 * deviation)
        self._shift = mean / deviation
        told = {"size": size, "together": self._together, "notes": notes, "digest": _digest(self.file, name)}
        return json.dumps(told)

    def _read_input(self) -> None:
        inputs = self._session.get_inputs()  # those with a value of their own need not be given and are not among them
        shape = list(inputs[0].shape) if inputs else []
        axes = [axis for axis in (1, 3) if len(shape) == 4 and shape[axis] == 3]
        if len(inputs) != 1 or len(axes) != 1 or inputs[0].type not in _TYPES:
            raise Refused(
                f"{self.name} must take photos by one input, (N, 3, H, W) or (N, H, W, 3) of float, float16 or uint8; "
                f"it takes {_listed(inputs)}"
            )
        self._input, self._type, self._first = inputs[0].name, _TYPES[inputs[0].type], axes[0] == 1
        self._sides = shape[2:] if self._first else shape[1:3]
        self._together = shape[0] if isinstance(shape[0], int) else 0
        fixed = [side for side in self._sides if isinstance(side, int)]
        if shape[0] == 0 or self._together > MOST_TOGETHER or not all(1 <= side <= MOST_SIDE for side in fixed):
            raise Refused(
                f"{self.name} must take 1 to {MOST_TOGETHER} photos of 1 to {MOST_SIDE} pixels a side; "
                f"it takes {_listed(inputs)}"
            )

    def _only_output(self, outputs: Sequence) -> str:
        fit = [one for one in outputs if len(one.shape) == 2 or (len(one.shape) == 4 and one.shape[2:] == [1, 1])]
        found = outputs if len(outputs) == 1 else fit
        if len(found) != 1:
            raise Refused(
                f"{self.name} must give features by one output, (N, D) of numbers; it gives {_listed(outputs)}"
            )
        return found[0].name

    def _colours(self) -> tuple[Colours | None, str]:
        """What pixels become numbers by, and its name."""
        job, whole = self._job, self._type == np.uint8
        names = ", ".join(job.table)
        if job.named is None and not whole:
            raise Refused(
                f"{self.name} takes {np.dtype(self._type).name} and does not say how pixels become numbers; expected a "
                f"preprocessing, one of {names} ({job.raw}: pixels as they are, 0 to 255); got none"
            )
        name = job.raw if job.named is None or (whole and job.where_needed) else job.named
        if whole and job.table[name] is not None:
            raise Refused(
                f"{self.name} takes pixels as they are, uint8; expected the preprocessing {job.raw}, got {name}"
            )
        return job.table[name], name

    def _size(self, noted: tuple[int, int] | None, notes: list[str]) -> tuple[int, int]:
        """The size that photos get.  noted: in the file.  notes: told more, where nothing says which size is right."""
        asked = self._job.size
        height, width = (
            side if isinstance(side, int) else other
            for side, other in zip(self._sides, asked or noted or ANY_SIZE, strict=True)
        )
        if asked and asked != (height, width):
            raise Refused(f"{self.name} takes photos of {height}x{width}, got the size {asked[0]}x{asked[1]}")
        if not (asked or noted) and not all(isinstance(side, int) for side in self._sides):
            notes.append(f"The file takes photos of any size and names none; they are resized to {height}x{width}.")
        return height, width

    def _parts(self, photos: np.ndarray) -> list[np.ndarray]:
        step = self._together or _PART
        parts = [photos[start : start + step] for start in range(0, len(photos), step)]
        threads = min(self._job.threads, len(parts))
        if threads == 1:
            return [self._one(part) for part in parts]
        # Each thread computes photos of its own: that needs no waiting for one another layer by layer.
        with ThreadPoolExecutor(threads) as workers:
            return list(workers.map(self._one, parts))

    def _one(self, photos: np.ndarray) -> np.ndarray:
        count = len(photos)
        if count < self._together:
            photos = np.concatenate([photos, np.repeat(photos[-1:], self._together - count, 0)])
        numbers = photos if self._scale is None else photos * self._scale - self._shift
        given = np.ascontiguousarray(numbers.transpose(0, 3, 1, 2) if self._first else numbers, self._type)
        try:
            (found,) = self._session.run([self._output], {self._input: given})
        except Exception as error:
            raise Refused(f"onnxruntime cannot run {self.name} on photos {given.shape}: {_said(error)}") from error
        return self._checked(found, len(photos))[:count]


def _listed(values: Sequence) -> str:
    """Inputs or outputs in words."""

    def one(value) -> str:
        sides = ", ".join("?" if side is None else str(side) for side in value.shape)
        return f"{value.name} ({sides}) of {value.type.removeprefix('tensor(').removesuffix(')')}"

    return " and ".join(one(value) for value in values[:4]) + ", and more" * (len(values) > 4) or "nothing"


def _said(error: BaseException) -> str:
    return (str(error).partition("\n")[0] or type(error).__name__)[:_LONG]


def _noted_size(text: str | None) -> tuple[int, int] | None:
    """The size that the kit's export noted, where it did."""
    try:
        height, width = json.loads(text or "")
    except (ValueError, TypeError, RecursionError):
        return None
    whole = all(type(side) is int and 1 <= side <= MOST_SIDE for side in (height, width))
    return (height, width) if whole else None


def _digest(file: Path, name: str) -> str:
    """By the bytes of an ONNX file, of the files beside it that hold its weights, and the preprocessing's name."""
    content = file.read_bytes()
    found = hashlib.sha256(name.encode() + b"\n" + content)
    if b"location" in content:  # weights may lie in a file beside it; onnxruntime has refused any other place
        for beside in _weights_beside(content):
            with open(os.path.join(file.parent, beside), "rb") as weights:
                found.update(hashlib.file_digest(weights, "sha256").digest())
    return found.hexdigest()


def _weights_beside(content: bytes) -> list[str]:
    import onnx
    from onnx.external_data_helper import _get_all_tensors, uses_external_data

    tensors: Callable = _get_all_tensors
    places = [
        entry.value
        for tensor in tensors(onnx.load_from_string(content))
        if uses_external_data(tensor)
        for entry in tensor.external_data
        if entry.key == "location"
    ]
    return sorted(set(places))
