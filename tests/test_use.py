"""Features over a socket, a model card and a datasheet."""

import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from osnet_edu import Refused, assets, retrieval
from osnet_edu.embed import embed, onnx_file
from osnet_edu.network import weights
from osnet_edu.photos import inspection, market
from osnet_edu.use import camera, papers


@pytest.fixture(scope="module")
def shipped():
    checkpoint = weights.shipped()
    return checkpoint, onnx_file(checkpoint.model), market.read(assets.subset())


def test_numbers_are_packed_and_unpacked_to_half_a_step():
    features = np.array([0.0, 1.27, -0.634, 0.001], np.float32)
    assert camera.to_bytes(features, "float32") == features.astype("<f4").tobytes()
    np.testing.assert_array_equal(camera.from_bytes(camera.to_bytes(features, "float32"), "float32"), features)
    packed = camera.to_bytes(features, "int8")
    assert len(packed) == 4 + 4 and list(np.frombuffer(packed, np.int8, offset=4)) == [0, 127, -63, 0]
    np.testing.assert_allclose(camera.from_bytes(packed, "int8"), [0, 1.27, -0.63, 0], atol=1e-6)
    assert (camera.coarse(np.zeros((2, 5))) == 0).all()


def test_photos_cross_as_numbers_or_as_themselves(shipped):
    checkpoint, graph, found = shipped
    photos = found.query[:6]
    paths = [photo.path for photo in photos]
    sent = camera.watch(paths, graph, size=checkpoint.size)
    expected = embed(checkpoint.model, photos, size=checkpoint.size).features
    assert list(sent) == list(camera.CONTENTS)
    for kind in ("float32", "JPEG"):
        np.testing.assert_allclose(sent[kind].features, expected, atol=1e-4)
    np.testing.assert_allclose(sent["int8"].features, camera.coarse(sent["float32"].features), atol=1e-6)
    assert set(sent["float32"].bytes) == {4 + 512 * 4} and set(sent["int8"].bytes) == {4 + 4 + 512}
    assert sent["JPEG"].bytes.tolist() == [4 + path.stat().st_size for path in paths]
    assert all((one.at_camera > 0).all() and (one.at_search > 0).all() for one in sent.values())


def test_int8_costs_a_fiftieth_of_a_point_of_map(shipped):
    checkpoint, _, found = shipped
    sides = [embed(checkpoint.model, side, size=checkpoint.size) for side in (found.query, found.gallery)]
    coarse = [SimpleNamespace(features=camera.coarse(s.features), people=s.people, cameras=s.cameras) for s in sides]
    before, after = retrieval.score(*sides).mean_ap, retrieval.score(*coarse).mean_ap
    assert f"{before:.1%}" == f"{after:.1%}" == "89.8%" and 0 < before - after < 0.0004


def test_a_camera_that_cannot_read_ends_or_is_slow_is_told_and_leaves_no_process(shipped, tmp_path, monkeypatch):
    started, real = [], subprocess.Popen
    monkeypatch.setattr(camera.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1])
    checkpoint, graph, found = shipped
    paths = [found.query[0].path, tmp_path / "none.jpg"]
    with pytest.raises(Refused, match=r"the camera process: cannot be read as a picture \(No such file"):
        camera.watch(paths, graph, size=checkpoint.size, kinds=["int8"])
    with pytest.raises(Refused, match=r"the camera process did not send 1 photos in 0.01 seconds"):
        camera.watch(paths[:1], graph, size=checkpoint.size, seconds=0.01)
    for given, said in (
        ({"photos": [], "kinds": ["int8"]}, "at least one photo"),
        ({"photos": paths, "kinds": ["int4"]}, "a camera sends float32, int8, JPEG; got 'int4'"),
    ):
        with pytest.raises(Refused, match=said):
            camera.watch(graph=graph, size=checkpoint.size, **given)
    assert len(started) == 2 and all(process.returncode is not None for process in started)


def call(port: int, *parts: bytes) -> socket.socket:
    line = socket.create_connection((camera.LOCAL, port))
    for part in parts:
        line.sendall(part)
    return line


def test_a_stranger_who_calls_first_is_hung_up_on_and_a_cut_line_is_told():
    alive = SimpleNamespace(poll=lambda: None)
    word, length = b"w" * 16, camera._LENGTH.pack
    with socket.create_server((camera.LOCAL, 0)) as server:
        assert server.getsockname()[0] == "127.0.0.1"
        port = server.getsockname()[1]
        stranger = call(port, length(16), b"x" * 16)
        friend = call(port, length(16), word, length(9), b"cut")
        with camera._accepted(server, word, alive, time.monotonic() + 30) as line:
            assert line.getpeername() == friend.getsockname() and stranger.recv(1) == b""
            friend.close()
            with pytest.raises(ConnectionError, match="3 of 9 bytes came"):
                camera._content(line, time.monotonic() + 30)
        stranger.close()
        with pytest.raises(ConnectionError, match="exit code 7"):
            camera._accepted(server, word, SimpleNamespace(poll=lambda: 7, returncode=7), time.monotonic() + 30)
    one, other = socket.socketpair()
    threading.Thread(target=other.sendall, args=(length(4_000_000_000),)).start()
    with one, pytest.raises(ConnectionError, match="4000000000 bytes for one photo"):
        camera._content(one, time.monotonic() + 30)
    other.close()


def test_the_camera_process_needs_no_pytorch():
    code = "import sys, osnet_edu.use.camera; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_paper_has_what_is_known_and_asks_the_rest(shipped):
    checkpoint, _, _ = shipped
    found = inspection.inspect(assets.subset())
    row = np.array([[0.1, 0.2, 0.3]])
    score = retrieval.evaluate(row, *map(np.array, ([1], [1, 2, 1], [1], [2, 2, 3])))
    known = papers.known_of(checkpoint, found, score)
    card = papers.filled_in("model_card", known, {"purpose": " To learn. "})
    assert "OSNet with" in card.markdown and "2400 people; 700,000 photos seen, seed 0" in card.markdown
    assert "rank-1 100.0%, mAP 83.3%" in card.markdown and "To learn." in card.markdown
    assert card.open == ("owner", "out_of_scope", "groups", "missing_groups", "by_group", "decision", "harm", "law",
                         "caveats")  # fmt: skip
    sheet = papers.filled_in("datasheet", known)
    assert "2952 photos of 240 people, cameras: 6." in sheet.markdown and "2160 photos to train on" in sheet.markdown
    assert "consent" in sheet.open and sheet.markdown.count("*Not answered yet.*") == len(sheet.open) == 9
    with pytest.raises(Refused, match=r"the datasheet does not ask 'purpose'; it asks made_for, instances"):
        papers.filled_in("datasheet", known, {"purpose": "x"})
    with pytest.raises(Refused, match="the papers are model_card and datasheet; got 'poster'"):
        papers.filled_in("poster", known)
