"""The nearest are those that are known to be, the faster ways find what the exact one finds, and a store is whole."""

import os
import pickle
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path

import faiss
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import retrieval
from osnet_edu.machine import compute
from osnet_edu.machine.compute import Compute
from osnet_edu.refused import Refused
from osnet_edu.retrieval import search
from osnet_edu.retrieval.search import Store

KINDS = tuple(search.KINDS)


def around(*degrees: float) -> np.ndarray:
    """Points on a circle, (N, 2), each at another distance from its middle: the cosine looks at angles alone."""
    angles = np.deg2rad(degrees)
    return (np.arange(1, len(angles) + 1)[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(np.float32)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(shape, np.float32)


def clustered(rows: int, *, clusters: int = 20, width: int = 32, seed: int = 0) -> np.ndarray:
    centres = normal(clusters, width)
    return centres[np.arange(rows) % clusters] + 0.3 * normal(rows, width, seed=seed)


def recall(found: search.Found, truth: search.Found) -> float:
    return np.mean([np.isin(mine, right).mean() for mine, right in zip(found.indices, truth.indices, strict=True)])


# --- the nearest ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_points_on_a_circle(kind):
    found = search.index(around(*range(0, 360, 10)), kind)(around(42, 181), 4)
    assert found.indices.tolist() == [[4, 5, 3, 6], [18, 19, 17, 20]]
    expected = np.cos(np.deg2rad([[2, 8, 12, 18], [1, 9, 11, 19]]))
    np.testing.assert_allclose(found.similarity, expected, atol=1e-6)
    assert found.indices.dtype == np.int64 and found.similarity.dtype == np.float32


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_gallery_gives_all_of_it_and_zeros_are_at_a_right_angle(kind):
    gallery = np.concatenate([around(180, 90), np.zeros((1, 2), np.float32), around(10)])
    index = search.index(gallery, kind)
    found = index(around(0), 99)
    assert (index.count, index.name) == (4, kind)
    assert sorted(found.indices[0]) == [0, 1, 2, 3] and found.indices[0, [0, 3]].tolist() == [3, 0]
    np.testing.assert_allclose(found.similarity, [[np.cos(np.deg2rad(10)), 0, 0, -1]], atol=1e-6)
    np.testing.assert_array_equal(index(np.zeros((1, 2)), 4).similarity, [[0, 0, 0, 0]])


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 9), st.integers(1, 70), st.sampled_from([1, 2, 100]))
def test_exact_ranks_by_the_distances_of_retrieval(seed, rows, width, k, steps):
    gallery = np.round(normal(rows, width, seed=seed) * steps) / steps  # few steps make zeros and ties
    queries = normal(5, width, seed=seed + 1)
    distances = retrieval.distances(queries, gallery)
    found = search.exact(gallery)(queries, k)
    assert found.indices.shape == (5, min(k, rows)) and all(len(set(row)) == len(row) for row in found.indices)
    at = np.take_along_axis(distances, found.indices, 1)
    np.testing.assert_allclose(at, np.sort(distances, 1)[:, :k], atol=2e-6)
    np.testing.assert_allclose(1 - found.similarity, at, atol=2e-6)


def test_the_nearest_are_found_in_every_part_of_a_large_gallery():
    """A gallery of many parts, in which each next part has a closer one: row 39,000 is the closest."""
    angles = np.full(39_001, 90.0)
    angles[::3000] = np.arange(14, 0, -1)
    found = search.exact(around(*angles))(around(0), 3)
    assert found.indices.tolist() == [[39_000, 36_000, 33_000]]
    np.testing.assert_allclose(found.similarity, [np.cos(np.deg2rad([1, 2, 3]))], atol=1e-6)


def test_equally_close_rows_keep_the_order_of_the_gallery():
    gallery = np.zeros((5000, 2), np.float32)
    gallery[:, 0] = 2
    gallery[4000] = (0, 1)
    found = search.exact(gallery)(np.array([[1.0, 0], [0, 3]]), 3)
    assert found.indices.tolist() == [[0, 1, 2], [4000, 0, 1]]


def test_many_queries_are_answered_each_for_itself():
    gallery = around(*range(0, 360, 10))
    found = search.exact(gallery)(around(*np.arange(2500) * 10 + 1), 1)
    assert found.indices[:, 0].tolist() == [i % 36 for i in range(2500)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-12, 1e-25, 1e-38, 1e-200])
def test_the_cosine_of_tiny_features_is_that_of_large_ones(kind, scale):
    """Squares of such numbers are 0 in float32; of 1e-200, the numbers themselves."""
    gallery, queries = normal(200, 16).astype(float), normal(5, 16, seed=1).astype(float)
    right = search.exact(gallery)(queries, 4)
    for some, ask in ((gallery * scale, queries), (gallery, queries * scale), (gallery * scale, queries * scale)):
        found = search.index(some, kind)(ask, 4)
        np.testing.assert_array_equal(found.indices, right.indices)
        np.testing.assert_allclose(found.similarity, right.similarity, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_does_not_change_with_the_array_that_it_was_made_from(kind):
    gallery, queries = normal(300, 8), normal(3, 8, seed=1)
    index = search.index(gallery, kind)
    before = index(queries, 5)
    gallery[:] = np.nan
    after = index(queries, 5)
    np.testing.assert_array_equal(after.indices, before.indices)
    np.testing.assert_array_equal(after.similarity, before.similarity)


def test_a_gallery_on_disk_that_has_become_nan_is_refused(tmp_path):
    path = Store.write(tmp_path / "x", [(normal(20, 4), list(map(str, range(20))))]).path
    index = search.exact(Store.open(path).features)
    with open(path, "r+b") as file:
        file.seek(64)
        file.write(np.full(80, np.nan, "<f4").tobytes())
    with pytest.raises(Refused, match="the gallery on disk has changed since it was indexed"):
        index(np.ones((1, 4)), 3)


# --- by FAISS ---------------------------------------------------------------------------------------------------------


def test_flat_finds_what_exact_finds():
    gallery, queries = normal(3000, 16), normal(40, 16, seed=1)
    right, found = search.exact(gallery)(queries, 10), search.flat(gallery)(queries, 10)
    np.testing.assert_array_equal(found.indices, right.indices)
    np.testing.assert_allclose(found.similarity, right.similarity, atol=1e-6)


def test_lists_that_are_all_read_hold_everything():
    gallery, queries = normal(3000, 16), normal(40, 16, seed=1)
    right = search.exact(gallery)(queries, 10)
    found = search.ivf(gallery, lists=50, probes=50)(queries, 10)
    np.testing.assert_array_equal(found.indices, right.indices)
    fewer = search.ivf(gallery, lists=50, probes=1)(queries, 10)
    assert 0.05 < recall(fewer, right) < 0.9  # of normal numbers, a fiftieth of the gallery holds few of the ten
    assert recall(search.ivf(gallery, lists=50, probes=10)(queries, 10), right) > recall(fewer, right) + 0.1


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_people_who_stand_in_clusters_are_found(kind):
    gallery, queries = clustered(6000), clustered(100, seed=1)
    found, right = search.index(gallery, kind)(queries, 10), search.exact(gallery)(queries, 10)
    assert recall(found, right) >= 0.9
    same = found.indices[:, 0] == right.indices[:, 0]
    np.testing.assert_allclose(found.similarity[same, 0], right.similarity[same, 0], atol=1e-6)


def test_a_search_that_stops_too_early_goes_on():
    """One list of ten holds a tenth of the rows; and rows of zeros are all linked to the same few."""
    gallery = clustered(500, clusters=10)
    found = search.ivf(gallery, lists=10, probes=1)(gallery[:3], 500)
    assert [sorted(row) for row in found.indices.tolist()] == [list(range(500))] * 3
    assert (np.diff(found.similarity) <= 0).all()
    found = search.hnsw(np.zeros((500, 4), np.float32), links=2, effort=1)(np.ones((2, 4)), 500)
    assert [sorted(row) for row in found.indices.tolist()] == [list(range(500))] * 2


def test_settings_may_be_whole_numbers_of_numpy():
    gallery, two = around(*range(0, 360, 10)), np.int64(2)
    for index in (search.ivf(gallery, lists=two, probes=two), search.hnsw(gallery, links=two, effort=two)):
        assert index(around(42), two).indices.shape == (1, 2)
    assert search.ivf(gallery, lists=two, probes=two)(around(42), two).indices.tolist() == [[4, 5]]


def test_linking_tells_how_far_it_is():
    told = []
    search.hnsw(normal(9000, 2), links=2, progress=lambda *step: told.append(step))
    assert told == [(8192, 9000), (9000, 9000)]


def test_what_an_index_holds():
    gallery = normal(2000, 16)
    rows = gallery.nbytes
    held = {kind: search.index(gallery, kind).held() for kind in KINDS}
    assert held["exact"] == rows + 4 * 2000
    assert rows <= held["flat"] < rows + 200
    assert rows + 8 * 2000 < held["ivf"] < 1.3 * rows  # a number of 8 bytes for each row, and the centres
    assert held["hnsw"] > rows + 2000 * 2 * 32 * 4  # links of 4 bytes, twice 32 of them in the lowest layer


def test_faiss_gives_the_threads_back():
    before, ago = faiss.omp_get_max_threads(), torch.get_num_threads()
    inside = []
    try:
        faiss.omp_set_num_threads(3)
        torchs = torch.get_num_threads()  # 3 as well where the two share one OpenMP
        with compute.using(Compute(threads=2)):
            index = search.flat(normal(50, 4))
            ask, index._ask = index._ask, lambda *asked: (inside.append(faiss.omp_get_max_threads()), ask(*asked))[1]
            index(normal(2, 4), 1)
        assert inside == [2] and faiss.omp_get_max_threads() == 3 and torch.get_num_threads() == torchs

        def broken(*_asked):
            raise RuntimeError("out of memory")

        index._ask = broken
        with pytest.raises(RuntimeError, match="out of memory"):
            index(normal(2, 4), 1)
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)
        torch.set_num_threads(ago)


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_without_faiss_a_sentence_says_what_to_install(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(Refused, match="pip install faiss-cpu, or use kind 'exact'"):
        search.index(around(1, 2), kind)
    assert search.index(around(1, 2))(around(3), 1).indices.tolist() == [[1]]


# --- what is refused --------------------------------------------------------------------------------------------------


def spoiled(value: float) -> np.ndarray:
    gallery = np.ones((20_000, 2))
    gallery[12_345, 1] = value
    return gallery


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("gallery", "sentence"),
    [
        (np.zeros((0, 4)), r"the gallery is empty, of shape \(0, 4\)"),
        (np.zeros((4, 0)), r"the gallery is empty, of shape \(4, 0\)"),
        (np.zeros(4), r"\(N, D\), got float64 of shape \(4,\)"),
        (np.array([["a"]]), r"a gallery of numbers in rows, \(N, D\), got <U1"),
        (spoiled(np.nan), "row 12345 of the gallery has a number that is NaN"),
        (spoiled(-np.inf), "row 12345 of the gallery"),
        (spoiled(1e30), "row 12345 of the gallery .* too large"),
        (spoiled(1e300), "row 12345 of the gallery .* too large"),
    ],
    ids=["no rows", "no numbers", "a row", "text", "NaN", "infinite", "no length", "no float32"],
)
def test_a_gallery_that_cannot_be_searched_is_refused(kind, gallery, sentence):
    with pytest.raises(Refused, match=sentence):
        search.index(gallery, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("queries", "k", "sentence"),
    [
        (np.ones((1, 3)), 1, "features have 2 numbers each, the queries' 3"),
        (np.ones(2), 1, r"a set of queries of numbers in rows, \(N, D\), got float64 of shape \(2,\)"),
        (np.array([[0, np.nan]]), 1, "row 0 of the set of queries"),
        (np.ones((1, 2)), 0, "k must be a whole number from 1, got 0"),
        (np.ones((1, 2)), 1.5, "k must be a whole number from 1, got 1.5"),
        (np.ones((1, 2)), True, "k must be a whole number from 1, got True"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(kind, queries, k, sentence):
    with pytest.raises(Refused, match=sentence):
        search.index(around(1, 2, 3), kind)(queries, k)


@pytest.mark.parametrize(
    ("build", "settings", "sentence"),
    [
        (search.ivf, {"lists": 4}, "lists must be a whole number from 1 to 3, got 4"),
        (search.ivf, {"lists": 2, "probes": 3}, "probes must be a whole number from 1 to 2, got 3"),
        (search.hnsw, {"links": 1}, "links must be a whole number from 2 to 256, got 1"),
        (search.hnsw, {"effort": 0}, "effort must be a whole number from 1 to"),
        (search.index, {"kind": "tree"}, "no index of kind 'tree'; expected one of exact, flat, ivf, hnsw"),
    ],
)
def test_settings_outside_their_range_are_refused(build, settings, sentence):
    with pytest.raises(Refused, match=sentence):
        build(around(1, 2, 3), **settings)


# --- the store --------------------------------------------------------------------------------------------------------

names_of = st.text(st.characters(), max_size=8)  # lone surrogates too, as a name in bytes of no encoding is read


@given(st.data(), st.integers(1, 5), st.sampled_from(["float32", "float16"]))
def test_what_is_stored_comes_back(tmp_path_factory, data, width, dtype):
    sizes = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(any))
    names = data.draw(st.lists(names_of, min_size=sum(sizes), max_size=sum(sizes)))
    features = normal(sum(sizes), width)
    ends = np.cumsum(sizes)
    parts = [(features[end - n : end], names[end - n : end]) for n, end in zip(sizes, ends, strict=True)]
    store = Store.write(tmp_path_factory.mktemp("store") / "x", iter(parts), dtype=dtype)
    np.testing.assert_array_equal(store.features, features.astype(dtype))
    assert list(store.names) == names and len(store.names) == len(features) and store.names[-1] == names[-1]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.write(tmp_path / "three", [(around(0, 90), ["0001_c1.jpg", "ä\n.jpg"]), (around(180), [""])])


def test_a_store_is_read_as_an_array_is(store):
    assert store.path.stat().st_size == 64 + 3 * 2 * 4 + 3 * 8 + len("0001_c1.jpgä\n.jpg".encode())
    assert (store.features.shape, store.features.dtype, store.features.nbytes, len(store.features)) == (
        (3, 2),
        "<f4",
        24,
        3,
    )
    rows = np.concatenate([around(0, 90), around(180)])
    for some in (slice(None), slice(1, None), slice(2, 0, -1), slice(5, 9), 1, -1, np.array([2, 0]), [[0], [1]]):
        np.testing.assert_array_equal(store.features[some], rows[some])
    np.testing.assert_array_equal(np.asarray(store.features, np.float64), rows)
    for odd in (3, -4, [0, 3]):
        with pytest.raises(IndexError):
            store.features[odd]
    assert store.names[1] == "ä\n.jpg" and store.names[2] == ""
    with pytest.raises(IndexError):
        store.names[3]


def test_opening_and_searching_read_part_by_part(tmp_path):
    """What Python holds at once stays below the size of the features: 82 MB here."""
    parts = [(normal(5000, 512, seed=seed), [f"{seed}_{i}" for i in range(5000)]) for seed in range(8)]
    path = Store.write(tmp_path / "large", parts).path
    del parts
    tracemalloc.start()
    try:
        opened = Store.open(path)
        assert tracemalloc.get_traced_memory()[1] < 100_000
        index = search.exact(opened.features)
        assert index(opened.features[39_998:39_999], 1).indices.tolist() == [[39_998]]
        assert tracemalloc.get_traced_memory()[1] < 0.5 * opened.features.nbytes
    finally:
        tracemalloc.stop()
    assert opened.names[39_998] == "7_4998"


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_search_on_disk_is_the_search_in_memory(tmp_path, kind, dtype):
    gallery, queries = clustered(9000, width=8).astype(dtype), clustered(9, width=8, seed=1)
    stored = Store.write(tmp_path / "x", [(gallery, list(map(str, range(len(gallery)))))], dtype=dtype)
    on_disk, in_memory = (search.index(features, kind)(queries, 10) for features in (stored.features, gallery))
    np.testing.assert_array_equal(on_disk.indices, in_memory.indices)
    np.testing.assert_array_equal(on_disk.similarity, in_memory.similarity)


@given(st.integers(0, 63), st.integers(1, 255))
def test_a_damaged_head_is_refused(tmp_path_factory, place, change):
    path = tmp_path_factory.mktemp("damaged") / "x"
    content = bytearray(Store.write(path, [(around(0, 90), ["a", "b"])]).path.read_bytes())
    content[place] ^= change
    path.write_bytes(content)
    with pytest.raises(Refused, match=r"head of .* is damaged|is not a store of features"):
        Store.open(path)


def test_a_file_that_is_cut_or_longer_is_refused_at_any_length(store):
    content = store.path.read_bytes()
    for length in range(len(content)):
        store.path.write_bytes(content[:length])
        with pytest.raises(Refused, match=r"is not a store|is damaged|is not complete: expected 130 bytes, got"):
            Store.open(store.path)
    store.path.write_bytes(content + b"\0")
    with pytest.raises(Refused, match="is not complete: expected 130 bytes, got 131"):
        Store.open(store.path)


def test_what_is_no_store_is_refused(tmp_path, store):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(500))
    for path, sentence in [
        (tmp_path / "photo.jpg", "is not a store of features"),
        (tmp_path / "nowhere", "there is no file"),
        (tmp_path, "there is no file"),
        ("", "the name is empty"),
    ]:
        with pytest.raises(Refused, match=sentence):
            Store.open(path)
    head = store.path.read_bytes()[:60].replace(b"float32", b"bfloat8")
    store.path.write_bytes(head + struct.pack("<I", zlib.crc32(head)) + store.path.read_bytes()[64:])
    with pytest.raises(Refused, match=r"numbers of kind b'bfloat8.*; expected float32 or float16"):
        Store.open(store.path)


def without_sum(content: bytes) -> bytearray:
    """A store as older kits wrote it: no check sum of what follows the head."""
    head = content[:56] + bytes(4)
    return bytearray(head + struct.pack("<I", zlib.crc32(head)) + content[64:])


def test_a_damaged_name_of_an_older_store_is_refused_and_the_others_are_read(store):
    content = without_sum(store.path.read_bytes())
    store.path.write_bytes(content)
    assert list(Store.open(store.path).names) == list(store.names)
    content[64 + 24 + 24 + 11] = 0xFF  # the first byte of the second name: no UTF-8
    store.path.write_bytes(content)
    assert Store.open(store.path).names[0] == "0001_c1.jpg"
    with pytest.raises(Refused, match=r"the name of row 1 .* is damaged"):
        Store.open(store.path).names[1]
    content[64 + 24 + 8 + 7] = 0x7F  # it ends far behind the file
    store.path.write_bytes(content)
    for i in (1, 2):
        with pytest.raises(Refused, match=rf"the name of row {i} .* .it ends before"):
            Store.open(store.path).names[i]


def test_a_flipped_bit_is_seen_when_a_store_is_opened_and_on_request(store):
    content = store.path.read_bytes()
    for place in range(64, len(content)):
        store.path.write_bytes(content[:place] + bytes([content[place] ^ 8]) + content[place + 1 :])
        for look in (store.verify, lambda: Store.open(store.path)):
            with pytest.raises(Refused, match=r"the features or names in .* are damaged; write the store again"):
                look()


def test_a_store_is_read_from_end_to_end_once_a_process(store, monkeypatch):
    looks, verify = [], Store.verify
    monkeypatch.setattr(Store, "verify", lambda self: looks.append(self.path) or verify(self))
    old = store.path.stat().st_mtime_ns - 10**10
    os.utime(store.path, ns=(old, old))
    for _ in range(3):
        Store.open(store.path)
    assert len(looks) == 1
    os.utime(store.path, ns=(old, old + 1))  # changed since
    Store.open(store.path)
    store.path.touch()
    for _ in range(2):  # changed a moment ago: a second change would not show in its time
        Store.open(store.path)
    assert len(looks) == 4


def test_a_store_that_is_cut_while_it_is_open_ends_in_a_sentence(tmp_path):
    path = Store.write(tmp_path / "x", [(normal(3000, 64), list(map(str, range(3000))))]).path
    store = Store.open(path)
    index = search.exact(store.features)
    os.truncate(path, 5000)
    cut = "was cut while it was open; write the store again"
    for ask in (
        lambda: store.features[2999],
        lambda: store.names[2999],
        lambda: index(np.ones((1, 64)), 3),
        lambda: np.asarray(store.features),
        lambda: search.index(store.features, "flat"),
    ):
        with pytest.raises(Refused, match=cut):
            ask()
    np.testing.assert_array_equal(store.features[:10], normal(3000, 64)[:10])


def test_a_store_that_was_removed_or_replaced_is_read_on(store):
    rows, name = store.features[:], store.path.name
    other = Store.write(store.path.with_name("other"), [(around(5, 6, 7), ["x", "y", "z"])])
    os.replace(other.path, store.path)
    np.testing.assert_array_equal(store.features[:], rows)
    assert Store.open(store.path).names[0] == "x" and store.names[0] == "0001_c1.jpg" and store.path.name == name


def test_a_store_goes_to_another_process(store):
    again = pickle.loads(pickle.dumps(store))
    np.testing.assert_array_equal(again.features[:], store.features[:])
    assert list(again.names) == list(store.names)


def parts_then(error: BaseException):
    yield around(0, 90), ["a", "b"]
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("the camera is gone")], ids=["Ctrl-C", "an error"])
def test_a_write_that_is_interrupted_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)):
        Store.write(tmp_path / "x", parts_then(error))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("parts", "dtype", "sentence"),
    [
        ([], "float32", "there are no features to write"),
        ([(np.zeros((0, 2)), [])], "float32", "there are no features to write"),
        ([(np.zeros((1, 0)), ["a"])], "float32", "the part is empty"),
        ([(np.zeros(2), ["a", "b"])], "float32", r"got float64 of shape \(2,\)"),
        ([(around(1), ["a"]), (np.ones((1, 3)), ["b"])], "float32", "expected 2 numbers in each row, .* got 3"),
        ([(around(1), ["a", "b"])], "float32", "a name, as text, for each of 1 rows, got 2"),
        ([(around(1), [b"a"])], "float32", "a name, as text, for each of 1 rows"),
        ([(around(1), ["a"]), ([[1, 1e5]], ["b"])], "float16", "row 1 has a number .* too large for float16"),
        ([(np.array([[np.nan, 1]]), ["a"])], "float32", "row 0 has a number that is NaN"),
        ([(around(1), ["a"])], "float64", "dtype must be one of float32, float16, got 'float64'"),
    ],
)
def test_parts_that_make_no_store_are_refused_and_leave_nothing(tmp_path, parts, dtype, sentence):
    with pytest.raises(Refused, match=sentence):
        Store.write(tmp_path / "x", parts, dtype=dtype)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_there_stays(store):
    before = store.path.read_bytes()
    with pytest.raises(Refused, match="exists already"):
        Store.write(store.path, [(around(1), ["a"])])
    assert store.path.read_bytes() == before
