"""Two engines, one answer: onnxruntime computes what PyTorch computes, or PyTorch computes and the record says why."""

import hashlib
import multiprocessing
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from osnet_edu import assets, embed, osnet, retrieval
from osnet_edu.embed import OnnxEmbedder, TorchEmbedder, choice, embedder_for, engines
from osnet_edu.machine import compute
from osnet_edu.network import export, probe, siblings, weights
from osnet_edu.photos import market
from osnet_edu.refused import Refused

SIZE = (64, 32)


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path, monkeypatch):
    """A process that has embedded nothing yet, with an empty cache folder of its own."""
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path / "cache"))
    for store in (choice._ready, choice._failed, choice._seen):
        monkeypatch.setattr(choice, store_name(store), type(store)())


def store_name(store) -> str:
    return next(name for name, value in vars(choice).items() if value is store)


@pytest.fixture
def shipped():
    return weights.shipped().model


@pytest.fixture
def kits_own():
    """Built as the shipped network is, so that the graph that ships is its graph; other weights, with normalisation."""
    return stirred(osnet(0.25, gate_hidden=4))


def stirred(model):
    """Weights and averages that no two layers share, so that nothing agrees by being 0 or 1."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d | torch.nn.InstanceNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            if module.running_mean is not None:
                module.running_mean.normal_(std=0.2)
                module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def pictures(count: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(count)).integers(0, 256, (count, *size, 3), dtype=np.uint8)


def counts(model) -> list[int]:
    return [len(block.stream_names) for block in model.blocks().values()]


def assert_close(found, expected, most: float):
    assert found.shape == expected.shape and found.dtype == expected.dtype == np.float32
    assert np.abs(found - expected).max() <= most * max(1.0, np.abs(expected).max())


def assert_same_answers(made: OnnxEmbedder, model) -> None:
    """Features, gates and map, with and without factors, for one photo and more, of two sizes."""
    reference = TorchEmbedder(model)
    some = np.random.Generator(np.random.PCG64(0)).uniform(0, 1.5, (len(counts(model)), max(counts(model))))
    for images in (pictures(1), pictures(14), pictures(3, (96, 48))):
        expected = reference(images)
        assert np.ptp(expected) > 0.1
        assert_close(made(images), expected, 1e-4)
        for factors in (None, some):
            look, known = made.look(images, factors), reference.look(images, factors)
            assert_close(look.embedding, known.embedding, 1e-4)
            assert_close(look.feature_map, known.feature_map, 1e-4)
            assert (look.gates is None) == (known.gates is None)
            if look.gates is not None:
                assert_close(look.gates, known.gates, 1e-5)


def test_both_engines_give_the_same_answers_on_shipped_weights(shipped):
    made = OnnxEmbedder(embed.onnx_file(shipped))
    assert_same_answers(made, shipped)
    for count in (1, 14, 64):
        images = pictures(count, (128, 64))
        assert_close(made(images), TorchEmbedder(shipped)(images), 1e-4)


BUILDS = {
    "official shape, with a classifier": lambda: osnet(0.25, num_classes=5),
    "instance normalisation": lambda: osnet(0.25, ibn=True),
    "one number a stream": lambda: siblings.build("stream-wise", 0.25),
    "gates that never look": lambda: siblings.build("fixed-gates", 0.25),
    "many thin streams and no gate": lambda: siblings.build("resnext", 0.25),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDS)
def test_and_on_other_networks(name):
    model = stirred(BUILDS[name]())
    made = OnnxEmbedder(embed.onnx_file(model))
    assert made.layout.blocks == tuple(model.blocks()) and list(made.layout.streams) == counts(model)
    assert made.layout.gated == all(block.gate is not None for block in model.blocks().values())
    assert_same_answers(made, model)


def test_gates_are_those_that_the_blocks_compute(kits_own):
    images = pictures(2)
    names = [f"{name}.gate" for name in kits_own.blocks()]
    with probe.recorded(kits_own, *names) as seen, torch.no_grad():
        kits_own(embed.normalise(images))
    gates = OnnxEmbedder(embed.onnx_file(kits_own)).look(images).gates
    assert gates.shape == (2, 6, 4, 32)
    for row, name in enumerate(names):
        own = seen[name][0].output.reshape(2, 4, -1).numpy()
        np.testing.assert_allclose(gates[:, row, :, : own.shape[2]], own, atol=1e-5)
        assert not gates[:, row, :, own.shape[2] :].any()


def test_a_factor_of_0_is_a_muted_stream(kits_own):
    images = pictures(3)
    made = OnnxEmbedder(embed.onnx_file(kits_own))

    def shut(_module, _inputs, output):
        gates = output.unflatten(0, (-1, 4)).clone()
        gates[:, 1] = 0
        return gates.flatten(0, 1)

    with probe.hooked((kits_own.get_submodule("conv3.1.gate"), shut)):
        muted = TorchEmbedder(kits_own)(images)
    factors = np.ones((6, 4), np.float32)
    factors[list(kits_own.blocks()).index("conv3.1"), 1] = 0
    assert_close(made.look(images, factors).embedding, muted, 1e-5)
    assert np.abs(muted - made(images)).max() > 1e-3  # it does something
    for factors in (np.ones((6, 5)), np.ones(6)):
        for embedder in (made, TorchEmbedder(kits_own)):
            with pytest.raises(Refused, match="factors must be"):
                embedder.look(images, factors)


def test_scores_are_the_same_to_the_last_digit_shown(shipped):
    found = market.read(assets.subset())
    scores = []
    for embedder in (OnnxEmbedder(embed.onnx_file(shipped)), TorchEmbedder(shipped)):
        sides = []
        for photos in (found.query, found.gallery):
            images = market.decode(photos, (128, 64)).images
            features = np.concatenate([embedder(images[i : i + 64]) for i in range(0, len(images), 64)])
            sides.append(embed.Embedding(features, photos))
        score = retrieval.score(*sides, "cosine")
        shown = (*(score.rank(k) for k in (1, 5, 10)), score.mean_ap, score.mean_inp)
        scores.append([f"{value:.1%}" for value in shown])
    assert scores[0] == scores[1]


def test_odd_pictures_are_taken_or_refused_by_both(kits_own):
    for embedder in (OnnxEmbedder(embed.onnx_file(kits_own)), TorchEmbedder(kits_own)):
        for images in (pictures(2).astype(np.float32), pictures(2)[0], pictures(2).transpose(0, 3, 1, 2)):
            with pytest.raises(Refused, match="expected images \\(N, H, W, 3\\) of uint8"):
                embedder(images)
    mirrored = pictures(3)[:, :, ::-1]
    made = OnnxEmbedder(embed.onnx_file(kits_own))
    assert_close(made(mirrored), TorchEmbedder(kits_own)(mirrored), 1e-4)
    assert made(pictures(3)[:0]).shape == TorchEmbedder(kits_own)(pictures(3)[:0]).shape == (0, 512)
    with pytest.raises(Refused, match="onnxruntime cannot run this file"):
        OnnxEmbedder(b"no graph")


# --- which engine -----------------------------------------------------------------------------------------------------


def chosen(model, photos: int = choice.ENOUGH, **how) -> embed.Engine:
    return embedder_for(model, photos=photos, size=SIZE, **how).engine


def test_onnxruntime_is_chosen_where_there_is_enough_to_do(kits_own):
    assert chosen(kits_own, choice.ENOUGH - 1).name == "PyTorch"
    assert chosen(kits_own, 1).name == "onnxruntime"  # the same weights have now embedded enough
    before = embedder_for(kits_own, photos=1, size=SIZE)
    assert embedder_for(kits_own, photos=1, size=SIZE) is before
    with torch.no_grad():
        kits_own.fc[0].bias += 1
    assert chosen(kits_own, 1).name == "PyTorch"  # other weights
    after = embedder_for(kits_own, photos=choice.ENOUGH, size=SIZE)
    assert after.engine.name == "onnxruntime" and np.abs(after(pictures(1)) - before(pictures(1))).max() > 0.1


def test_what_only_pytorch_can_stays_with_it(kits_own):
    assert "bfloat16" in chosen(kits_own, precision=torch.bfloat16).why
    assert "float64" in chosen(osnet(0.25, gate_hidden=4).double()).why
    with probe.hooked((kits_own.conv5, lambda *_: None)):
        assert "conv5 does more than its class says" in chosen(kits_own).why
    kits_own.conv4[1].forward = lambda x: x
    assert "conv4.1 does more" in chosen(kits_own).why
    del kits_own.conv4[1].forward

    class Mine(type(kits_own.conv4[1])):
        pass

    kits_own.conv4[1].__class__ = Mine
    assert chosen(kits_own).why == "conv4.1 is a test_what_only_pytorch_can_stays_with_it.<locals>.Mine, " + (
        "not one of the kit's own parts"
    )


def test_a_rewritten_gate_is_heard(kits_own):
    images = pictures(2)
    chosen(kits_own)
    whole = embed.embed_images(kits_own, images)
    with probe.hooked((kits_own.get_submodule("conv2.0.gate"), lambda _m, _i, output: output * 0)):
        muted = embed.embed_images(kits_own, images)
    assert np.abs(whole - muted).max() > 1e-3
    np.testing.assert_array_equal(embed.embed_images(kits_own, images), whole)


def test_a_frozen_normalisation_stays_frozen(kits_own):
    kits_own.train()
    kits_own.conv5.bn.eval()
    average = kits_own.conv5.bn.running_mean.clone()
    for photos in (1, choice.ENOUGH):
        embedder_for(kits_own, photos=photos, size=SIZE)(pictures(2))
        assert kits_own.training and not kits_own.conv5.bn.training and kits_own.conv3[0].conv3.bn.training
        torch.testing.assert_close(kits_own.conv5.bn.running_mean, average, rtol=0, atol=0)


def test_without_onnxruntime_pytorch_computes_and_says_so(kits_own, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for _ in range(2):  # tried, then remembered
        embedder = embedder_for(kits_own, photos=choice.ENOUGH, size=SIZE)
        assert embedder.engine.name == "PyTorch" and "onnxruntime cannot be used: import of onnx" in embedder.engine.why
    expected = TorchEmbedder(kits_own)(pictures(2))
    np.testing.assert_array_equal(embed.embed_images(kits_own, pictures(2)), expected)


def test_a_graph_that_computes_something_else_is_not_used(kits_own, monkeypatch):
    def other(template: bytes, model) -> bytes:
        with torch.no_grad():
            model.fc[0].bias += 1e-2
        try:
            return filled(template, model)
        finally:
            with torch.no_grad():
                model.fc[0].bias -= 1e-2

    filled = export.filled
    monkeypatch.setattr(export, "filled", other)
    monkeypatch.setattr(choice, "WORTH_A_GRAPH", 0)
    monkeypatch.setattr(export, "template", lambda *_: shipped_graph(kits_own).read_bytes())
    engine = chosen(kits_own)
    assert engine.name == "PyTorch" and "does not compute what PyTorch computes" in engine.why


def test_a_failed_export_falls_back(monkeypatch):
    def fail(*_):
        raise torch.onnx.OnnxExporterError("no such operation")

    model = osnet(0.1)
    assert "no graph is kept" in chosen(model).why  # too few photos to make one
    monkeypatch.setattr(export, "template", fail)
    said = []
    engine = chosen(model, 10**7, say=said.append)
    assert engine.name == "PyTorch" and "no such operation" in engine.why and len(said) == 1
    assert chosen(model, 10**7, say=said.append).name == "PyTorch" and len(said) == 1  # not tried again


# --- graphs that are kept ---------------------------------------------------------------------------------------------


def shipped_graph(model) -> Path:
    return assets.path(f"graphs/{export.fingerprint(model)}.onnx")


def test_the_graphs_that_ship_are_of_the_networks_that_the_kit_uses(shipped, kits_own, monkeypatch):
    """Where this fails, the network has changed: python assets/graphs/make.py"""
    monkeypatch.setattr(export, "template", lambda *_: pytest.fail("made anew"))
    for model in (shipped, kits_own):
        assert chosen(model).name == "onnxruntime"
    assert sum(path.stat().st_size for path in assets.path("graphs").glob("*.onnx")) < 1_500_000


@pytest.fixture
def made_here(kits_own, monkeypatch):
    """Graphs as on a machine to which none came; making one costs nothing.  Returns: a list that grows by each made."""
    template, made = shipped_graph(kits_own).read_bytes(), []
    monkeypatch.setattr(choice, "_shipped", lambda name: None)
    monkeypatch.setattr(choice, "_told", set())
    monkeypatch.setattr(choice, "WORTH_A_GRAPH", 0)
    monkeypatch.setattr(export, "template", lambda *_: (made.append(1), template)[1])
    return made


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b"\x00" + b[1:], lambda b: b"not a graph"]
)
def test_a_graph_is_made_once_and_a_damaged_one_again(kits_own, made_here, damage):
    expected = TorchEmbedder(kits_own)(pictures(2))
    assert chosen(kits_own).name == "onnxruntime" and len(made_here) == 1
    [kept] = (assets.cache() / "graphs").iterdir()
    whole = hashlib.sha256(kept.read_bytes()).digest()
    choice._ready.clear()
    assert chosen(kits_own).name == "onnxruntime" and len(made_here) == 1
    kept.write_bytes(damage(kept.read_bytes()))
    choice._ready.clear()
    assert_close(embedder_for(kits_own, photos=choice.ENOUGH, size=SIZE)(pictures(2)), expected, 1e-4)
    assert len(made_here) == 2 and hashlib.sha256(kept.read_bytes()).digest() == whole


def _relu_becomes_abs(graph):
    next(node for node in graph.graph.node if node.op_type == "Relu").op_type = "Abs"


def _an_input_renamed(graph):
    graph.graph.input[0].name = "photos"


def _told(text: str):
    def change(graph):
        del graph.metadata_props[:]
        graph.metadata_props.add(key=export.LAYOUT, value=text)

    return change


FORGED = {
    "another operation": _relu_becomes_abs,
    "a name of an input": _an_input_renamed,
    "no layout": lambda graph: graph.ClearField("metadata_props"),
    "no JSON": _told("{"),
    "a number": _told("7"),
    "other keys": _told('{"rows": [1]}'),
    "nothing": _told('{"blocks": [], "streams": [], "channels": []}'),
    "too few streams": _told('{"blocks": ["a", "b"], "streams": [4], "channels": [3, 3]}'),
    "a block of another name": _told('{"blocks": ["conv2.9"], "streams": [4], "channels": [3]}'),
    "nesting without end": _told("[" * 9000),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_graph_that_was_altered_is_made_anew_and_said_once(kits_own, made_here, forge):
    """With a right seal: whoever alters a graph can seal it too."""
    whole, said = embed.onnx_file(kits_own), []
    [kept] = (assets.cache() / "graphs").iterdir()
    good = kept.read_bytes()
    graph = onnx.load_from_string(export.unsealed(good))
    forge(graph)
    kept.write_bytes(export.sealed(graph.SerializeToString()))
    assert embed.onnx_file(kits_own, said.append) == whole and len(made_here) == 2
    assert [f"The graph {kept} is passed over: " in line for line in said] == [True, False]
    assert kept.read_bytes() == good
    kept.write_bytes(good[:-70] + bytes([good[-70] ^ 1]) + good[-69:])  # a bit of the seal itself
    assert embed.onnx_file(kits_own, said.append) == whole and len(made_here) == 3 and len(said) == 3  # not said again
    engine = chosen(kits_own)
    assert engine.name == "onnxruntime" and len(made_here) == 3


@given(st.integers(0, 2**31), st.integers(1, 255))
def test_no_byte_of_a_kept_graph_changes_unseen(place, change):
    good = bytearray(export.sealed(b"a template of some bytes"))
    assert export.unsealed(bytes(good)) == b"a template of some bytes"
    good[place % len(good)] ^= change
    with pytest.raises(Refused, match="are not those of its seal"):
        export.unsealed(bytes(good))


def test_a_graph_of_another_network_is_refused(kits_own):
    template = shipped_graph(kits_own).read_bytes()
    for other in (osnet(0.25), osnet(0.5, gate_hidden=4), osnet(0.25, gate_hidden=4, streams=3)):
        with pytest.raises(Refused, match="the template is of another network"):
            export.filled(template, other)


def test_a_folder_that_cannot_be_written_costs_only_the_memory(kits_own, made_here, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path / "file"))
    assert chosen(kits_own).name == "onnxruntime"


def _keep_many(path: Path, content: bytes) -> None:
    for _ in range(30):
        choice._keep(path, content)


def test_processes_that_keep_the_same_graph_do_not_clash(tmp_path):
    path, content = tmp_path / "graphs" / "one.onnx", bytes(range(256)) * 400
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    beside = [context.Process(target=_keep_many, args=(path, content)) for _ in range(3)]
    for process in beside:
        process.start()
    while any(process.is_alive() for process in beside):
        assert not path.exists() or path.read_bytes() == content
    assert [process.exitcode for process in beside] == [0, 0, 0]
    assert list(path.parent.iterdir()) == [path] and path.read_bytes() == content


# --- threads ----------------------------------------------------------------------------------------------------------


def test_threads_are_the_faster_number_and_never_more_than_may_be_used(monkeypatch):
    now, fastest, used = [0.0], [1], []
    monkeypatch.setattr(compute.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)

    def measure(trial, ways, seconds, hopeless):
        assert seconds < 1 < hopeless
        for way in ways:
            trial(way)()
        return sorted((compute.Timing(way, 1.0) for way in ways), key=lambda t: t.compute.threads != fastest[0])

    def work(images, threads):
        used.append((len(images), threads))
        return threads

    monkeypatch.setattr(engines.compute, "fastest_first", measure)
    threads = engines.Threads()
    assert threads.run(work, pictures(2)) == 1 and used == [(2, 1)]  # too few to share
    assert threads.run(work, pictures(40)) == 1 and used[1:] == [(8, 1), (8, 4), (40, 1)]  # both tried on a part
    fastest[0] = 4
    assert threads.run(work, pictures(40)) == 1 and used[4:] == [(40, 1)]  # found a moment ago
    now[0] += compute.STALE + 1
    assert threads.run(work, pictures(40)) == 4 and used[-1] == (40, 4) and threads.last == 4
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    used.clear()
    assert threads.run(work, pictures(40)) == 1 and used == [(40, 1)]
