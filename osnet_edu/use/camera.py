"""Features at the camera: photos stay on one side of a socket, numbers cross it, and the other side searches.

    sent = watch(photos, graph, size=(128, 64))      # starts a camera process, and ends it
    sent["int8"].features, sent["int8"].bytes        # what the search side has, and what crossed

Both processes run on this machine and the socket is bound to 127.0.0.1: a demonstration, with no encryption. A camera
in use needs that as well. Only NumPy, Pillow and onnxruntime are loaded in the camera process.

On the wire, for each kind: a photo is its length, 4 bytes, and so many bytes of content; at the end, as one content
more, the camera's milliseconds of each photo.
"""

import contextlib
import hmac
import io
import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..photos import picture
from ..refused import Refused

FLOAT32, INT8, JPEG = CONTENTS = ("float32", "int8", "JPEG")
LOCAL = "127.0.0.1"
_LENGTH, _LEVELS, _MOST = struct.Struct("<I"), 127, 50_000_000  # the largest content in bytes
_QUALITY = 90  # of photos in another format
_TURN = 0.2  # seconds between two looks at whether the camera process still runs


@dataclass(frozen=True)
class Sent:
    """What crossed the socket for N photos.

    features: (N, D) float32, as the search side has them.  bytes: on the wire, of a photo: (N,) int.
    at_camera, at_search: (N,) milliseconds of one photo; at the camera from the file to what is sent, on the search
    side from what arrived to its features.
    """

    kind: str
    features: np.ndarray
    bytes: np.ndarray
    at_camera: np.ndarray
    at_search: np.ndarray

    def __str__(self) -> str:
        camera, search = (float(np.median(ms)) for ms in (self.at_camera, self.at_search))
        return (
            f"{self.kind:<8} {self.bytes.mean():7.0f} bytes {camera:8.2f} ms at the camera {search:8.2f} ms to search"
        )


def watch(
    photos: Sequence[Path], graph: bytes, *, size: tuple[int, int], kinds: Sequence[str] = CONTENTS, seconds: float = 60
) -> dict[str, Sent]:
    """Have a camera process send photos one by one, in each kind in turn, and receive them here.

    photos: files.  graph: the network as an ONNX file, of `embed.onnx_file`.  size: (height, width) in pixels.
    kinds: of CONTENTS; float32 and int8 send features, JPEG sends the photo.  seconds: the limit for all of it.
    Returns: kind -> Sent.
    Raises: Refused for another kind, no photos, and a camera process that ends early, falls silent or sends nonsense.
    """
    if unknown := [kind for kind in kinds if kind not in CONTENTS]:
        raise Refused(f"a camera sends {', '.join(CONTENTS)}; got {unknown[0]!r}")
    if not photos or not kinds:
        raise Refused("a camera needs at least one photo and one kind to send")
    end, word, eye = time.monotonic() + seconds, secrets.token_bytes(16), Eye(graph, size)
    with socket.create_server((LOCAL, 0)) as server:
        port, files = server.getsockname()[1], [os.path.abspath(photo) for photo in photos]
        job = {"port": port, "word": word.hex(), "photos": files, "size": list(size), "kinds": list(kinds)}
        with _camera(job, graph) as process:
            try:
                with _accepted(server, word, process, end) as line:
                    return {kind: _received(line, kind, len(photos), eye, end) for kind in kinds}
            except TimeoutError:
                raise Refused(f"the camera process did not send {len(photos)} photos in {seconds:g} seconds") from None
            except ConnectionError as error:
                raise Refused(f"the camera process ended before all photos had come ({error})") from None


class Eye:
    """A photo's file to its features, by onnxruntime on one thread.

    graph: the network as an ONNX file.  size: (height, width) that photos are resized to.
    """

    def __init__(self, graph: bytes, size: tuple[int, int]):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._size = size

    def __call__(self, photo: picture.PictureSource) -> np.ndarray:
        """Returns: (D,) float32.  Raises: Refused for a photo that cannot be read."""
        return self._session.run(["embedding"], {"images": picture.read(photo, self._size)[None]})[0][0]


def to_bytes(features: np.ndarray, kind: str) -> bytes:
    """Features (D,) float32 as bytes: 4 a number in float32; in int8 one a number, and 4 for the scale of the photo."""
    if kind == FLOAT32:
        return features.astype("<f4").tobytes()
    scale = float(np.abs(features).max()) / _LEVELS or 1.0
    return struct.pack("<f", scale) + np.round(features / scale).astype(np.int8).tobytes()


def from_bytes(content: bytes, kind: str) -> np.ndarray:
    """The way back from `to_bytes`: (D,) float32, in int8 to half a step."""
    if kind == FLOAT32:
        return np.frombuffer(content, "<f4")
    (scale,) = struct.unpack_from("<f", content)
    return np.frombuffer(content, np.int8, offset=4).astype(np.float32) * np.float32(scale)


def coarse(features: np.ndarray) -> np.ndarray:
    """Features (N, D) as the search side has them after int8: each row to bytes and back."""
    return np.stack([from_bytes(to_bytes(row, INT8), INT8) for row in np.asarray(features, np.float32)])


# --- the search process -----------------------------------------------------------------------------------------------


@contextmanager
def _camera(job: dict, graph: bytes) -> Iterator[subprocess.Popen]:
    """A camera process that is gone at the end of the block, whatever happens in it."""
    paths = [os.path.abspath(path) for path in sys.path]
    code = f"import sys; sys.path[:] = {paths!r}; from {__name__} import send; send()"
    process = subprocess.Popen(  # in a session of its own: Ctrl-C is for the search process to answer
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        with contextlib.suppress(OSError):  # it has ended already, which is told where its photos are missed
            assert process.stdin is not None  # it was asked for
            with process.stdin as pipe:
                pipe.write(json.dumps(job).encode() + b"\n" + graph)
        yield process
    finally:
        process.kill()
        process.wait()


def _accepted(server: socket.socket, word: bytes, process: subprocess.Popen, end: float) -> socket.socket:
    """The line to the camera. Another program of this machine that calls does not know the word, and is hung up on."""
    while time.monotonic() < end and process.poll() is None:
        server.settimeout(_TURN)
        try:
            line, _ = server.accept()
        except TimeoutError:
            continue
        try:
            if hmac.compare_digest(_content(line, min(end, time.monotonic() + 2)), word):
                return line
        except (TimeoutError, ConnectionError):
            pass
        line.close()
    if process.poll() is not None:
        raise ConnectionError(f"exit code {process.returncode}")
    raise TimeoutError


def _received(line: socket.socket, kind: str, count: int, eye: Eye, end: float) -> Sent:
    features, sizes, spent = [], [], []
    for _ in range(count):
        content = _content(line, end)
        if not content:
            raise Refused(f"the camera process: {_content(line, end).decode()}")
        start = time.perf_counter()
        features.append(eye(content) if kind == JPEG else from_bytes(content, kind))
        spent.append(1000 * (time.perf_counter() - start))
        sizes.append(_LENGTH.size + len(content))
    told = np.frombuffer(_content(line, end), "<f4")
    return Sent(kind, np.stack(features), np.array(sizes), told, np.array(spent))


def _content(line: socket.socket, end: float) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size, end))
    return _exactly(line, length, end)


def _exactly(line: socket.socket, count: int, end: float) -> bytes:
    """Raises: TimeoutError past the end; ConnectionError where the other side has hung up."""
    if count > _MOST:
        raise ConnectionError(f"{count} bytes for one photo")
    parts = bytearray()
    while len(parts) < count:
        line.settimeout(max(0.001, end - time.monotonic()))
        part = line.recv(min(count - len(parts), 1 << 16))
        if not part:
            raise ConnectionError(f"{len(parts)} of {count} bytes came")
        parts += part
    return bytes(parts)


# --- the camera process -----------------------------------------------------------------------------------------------


def send() -> None:
    """What the camera process runs: it reads its job, then the graph, from standard input, and sends the photos."""
    job, graph = json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read()
    kinds, photos = job["kinds"], [Path(photo) for photo in job["photos"]]
    eye = None if set(kinds) == {JPEG} else Eye(graph, job["size"])
    with contextlib.suppress(ConnectionError), socket.create_connection((LOCAL, job["port"])) as line:
        _put(line, bytes.fromhex(job["word"]))
        try:
            for kind in kinds:
                _put(line, _sent(line, kind, photos, eye))
        except Refused as error:
            _put(line, b"")
            _put(line, str(error).encode())


def _sent(line: socket.socket, kind: str, photos: Sequence[Path], eye: Eye | None) -> bytes:
    """Sends each photo.  Returns: the milliseconds of each, as they are told at the end."""
    spent = []
    for photo in photos:
        start = time.perf_counter()
        content = _as_jpeg(photo) if eye is None or kind == JPEG else to_bytes(eye(photo), kind)
        spent.append(1000 * (time.perf_counter() - start))
        _put(line, content)
    return np.array(spent, "<f4").tobytes()


def _as_jpeg(photo: Path) -> bytes:
    """A photo's own bytes where it is a JPEG; another is made one."""
    content = Path(photo).read_bytes()
    if content.startswith(b"\xff\xd8"):
        return content
    made = io.BytesIO()
    Image.fromarray(picture.read(content)).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def _put(line: socket.socket, content: bytes) -> None:
    line.sendall(_LENGTH.pack(len(content)) + content)
