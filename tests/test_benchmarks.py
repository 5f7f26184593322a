"""Each benchmark runs, its sides compute the same, and its table can be read. No time is asserted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def beside():
    """Benchmarks are run as files: what they share lies beside them."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


def test_the_plain_network_is_the_same_network():
    from side_by_side import plain

    from osnet_edu import osnet

    torch.manual_seed(0)
    ours = osnet(0.25, num_classes=3, gate_hidden=4).eval()
    theirs = plain(osnet(0.25, num_classes=3, gate_hidden=4)).eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(2, 3, 64, 32)
    calls = []
    for block in theirs.blocks().values():
        block.gate.register_forward_hook(lambda *_: calls.append(1))
    torch.testing.assert_close(theirs(images), ours(images), rtol=1e-4, atol=1e-5)
    assert len(calls) == 6 * 4  # a call of the gate for each stream of each block


def test_ratios_compare_rounds_that_lay_beside_one_another():
    from side_by_side import in_turn, ratio

    order = []
    times = in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "abababab" and len(times["a"]) == len(times["b"]) == 3  # the first of each is not counted
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 2.0]) == 2.0


def test_photos_and_numbers_over_a_socket_rank_alike(capsys):
    import camera

    found = camera.main(["--quick"])
    (floats, exact), (bytes_, coarse), (_, photos) = found.values()
    assert (floats, bytes_) == (2052, 520) and photos == pytest.approx(exact, abs=1e-6)
    assert 0.8 < exact < 1 and abs(exact - coarse) < 0.002
    assert "40 photos of 128x64" in capsys.readouterr().out


def test_scoring_finds_the_same_in_both_ways(capsys):
    import scoring

    arrays = scoring.market_like(0.02)
    distances, query_ids, gallery_ids, *_ = arrays
    assert distances.shape == (67, 395) and len(np.unique(distances[0])) == 395
    assert (gallery_ids == -1).sum() == 76 and (gallery_ids == 0).sum() == 56 and set(query_ids) <= set(range(1, 16))
    assert scoring.kit(*arrays) == pytest.approx(scoring.usual(*arrays), rel=1e-12)
    found = scoring.main(["--quick"])
    assert list(found) == ["the usual way", "argsort alone", "the kit"] and found["the kit"]["ratio"] == 1
    assert "168 queries x 987 gallery photos" in capsys.readouterr().out


def test_latency_embeds_the_same_photo_on_all_sides(capsys):
    import latency

    features = latency.main(["--quick", "--size", "64x32"])
    plain = features["plain, float32, 1"]
    assert plain.shape == (1, 512)
    for name, found in features.items():
        close = 0.05 if "bfloat16" in name else 1e-4
        assert np.abs(found - plain).max() <= close * np.abs(plain).max(), name
    assert list(features)[-2:] == ["eager, float32, folded, 1", "onnxruntime, 1"]
    assert re.search("90th percentile ms +ratio", capsys.readouterr().out)


def test_speed_compares_training_and_embedding(capsys):
    import speed

    found = speed.main(["--quick"])
    assert [f["what"] for f in found] == ["training", "embedding"]
    assert all(f[name] > 0 for f in found for name in ("plain", "kit", "float32", "ratio_kit", "ratio_float32"))
    assert all(found[1][name] > 0 for name in ("folded", "onnx", "ratio_folded", "ratio_onnx"))
    assert "eager computes in" in capsys.readouterr().out


def test_embedding_computes_the_same_on_all_sides():
    import speed

    from osnet_edu import train
    from osnet_edu.machine.compute import Compute

    config = train.TrainConfig(size=(64, 32), growth=(), photos=64)
    images = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (4, 64, 32, 3), dtype=np.uint8)
    data = train.Data(images, np.array([0, 0, 1, 1]), (1, 2), "noise")
    plain, *others = (
        speed.embedding(data, config, Compute(), side=side)() for side in ("plain", "eager", "folded", "onnx")
    )
    for found in others:
        np.testing.assert_allclose(found, plain, atol=1e-4 * np.abs(plain).max())


def test_a_million_is_measured_on_people_and_a_finished_size_is_kept(tmp_path, capsys):
    import million

    train, query, gallery = million.embedded()
    sides = (train, gallery)
    photos = [photo.name for side in sides for photo in side.photos]
    without, names = next(million.made(sides, 500, noise=0.0))
    origin = [photos.index(name.partition("_")[2]) for name in names]
    features = np.concatenate([side.features for side in sides])[origin]
    np.testing.assert_array_equal(without, features)  # no noise leaves the photos as they are
    spread = np.concatenate([million.deviations(side) for side in sides])
    added = next(million.made(sides, 20_000, noise=0.1))[0] - next(million.made(sides, 20_000, noise=0.0))[0]
    # Below 0 nothing is added: so it is less than a tenth of the spread, and more than half of that.
    assert 0.05 < np.sqrt((added**2).sum(1).mean() / (spread**2).sum(1).mean()) < 0.1
    assert not {photo.name for photo in query.photos} & set(photos)

    out = tmp_path / "million.csv"
    records = million.main(["--quick", "--out", str(out)])
    assert [record["kind"] for record in records] == ["exact", "flat", "ivf", "hnsw"] * 2
    for record in records:
        least = {"exact": 1.0, "flat": 0.999, "ivf": 0.9, "hnsw": 0.95}[record["kind"]]
        assert least <= record["recall"] <= 1 and record["seconds"] > 0
    assert [record["times_exact"] for record in records[::4]] == [1, 1]
    capsys.readouterr()
    assert million.main(["--quick", "--out", str(out)]) == records  # from the file
    told = capsys.readouterr().out
    assert told.count("finished before") == 2 and "building" not in told and "recall@10" in told


@pytest.mark.skipif(sys.platform == "win32", reason="several processes train on Linux and macOS")
def test_processes_take_turns_with_one_another():
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    env = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent), "OMP_NUM_THREADS": "1"}
    command = [*launcher, BENCHMARKS / "processes.py", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^ +64x32 +(.*?)  +([\d,]+) +(\S.*)$", done.stdout, re.MULTILINE)
    sides = ["1 process, 1 thread", "1 process, 2 threads", "2 processes, 1 thread each"]
    assert [side for side, *_ in rows] == sides  # once, by the first process alone
    assert rows[0][2].split() == ["1.00"] * 3 and all(int(rate.replace(",", "")) > 0 for _, rate, _ in rows)


@pytest.mark.slow
def test_both_recipes_go_their_whole_way(capsys):
    import to_the_same_map

    published, kit = to_the_same_map.main(["--quick"])
    assert (published["photos"], kit["photos"]) == (256, 128)
    assert 0 < published["map"] < 1 and 0 < kit["map"] < 1 and published["seconds"] > 0
    assert "2.0 times fewer photos" in capsys.readouterr().out


def test_each_is_a_command_with_help_and_a_place_in_the_list():
    files = sorted(path.name for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text())
    told = (BENCHMARKS / "README.md").read_text()
    assert [name for name in files if f"benchmarks/{name}" not in told] == []
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "scoring.py", "--help"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(BENCHMARKS.parent)},
    )
    assert done.returncode == 0 and re.search("Scoring at the size of Market-1501", done.stdout)


def test_benchmarks_only_measure_and_pictures_are_drawn_where_they_lie():
    assert [path.name for path in BENCHMARKS.glob("*.py") if re.search(r"\.png\b|savefig", path.read_text())] == []
    scripts = sorted((BENCHMARKS.parent / "assets" / "pictures").glob("make_*.py"))
    assert len(scripts) == 4
    for script in scripts:
        for name in re.findall(r"\b(\w+)\.png", script.read_text()):
            assert script.with_name(f"{name}.png").exists(), f"{script.name}: {name}.png"
