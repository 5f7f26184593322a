"""The network in a page: pictures, features, gates and rankings are Python's, and what cannot be is said in words."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from enginepage import opened, packed, served, unpacked
from PIL import Image

from osnet_edu import assets, explore
from osnet_edu.book import engine, gallery, kept
from osnet_edu.embed import TorchEmbedder, onnx_file
from osnet_edu.network import weights
from osnet_edu.refused import Refused
from osnet_edu.retrieval import distances

PAGE = Path(gallery.__file__).parent / "page"
SIZE = (128, 64)

pytestmark = pytest.mark.browser

# ---- what is written


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The shipped gallery and the engine below kit/, with the modules of the page."""
    root = tmp_path_factory.mktemp("site")
    try:
        engine.write(root / "kit")
    except Refused as reason:
        if os.environ.get("OSNET_EDU_REQUIRE_BROWSER"):
            raise
        pytest.skip(str(reason))
    gallery.write(root / "kit", models=[explore.SHIPPED])
    shutil.copytree(PAGE, root / "kit" / "page")
    return root


def test_the_engine_is_three_files_and_a_graph(site):
    written = {path.name: path.stat().st_size for path in (site / "kit" / "engine").iterdir()}
    large = f"{engine.WASM}{kept.PACKED}"
    plain = set(engine.ENGINE_FILES) - {engine.WASM}
    assert set(written) == {large, *plain, "LICENSE.txt", "engine.json", "shipped.onnx", "untrained.onnx"}
    assert "MIT License" in (site / "kit" / "engine" / "LICENSE.txt").read_text()
    told = json.loads((site / "kit" / "engine" / "engine.json").read_text())
    names = (large, "shipped.onnx", "untrained.onnx")
    assert told == {"version": engine.VERSION, "bytes": {name: written[name] for name in names}}
    assert written["shipped.onnx"] < 900_000 and written[large] < 4_000_000
    content = gzip.decompress((site / "kit" / "engine" / large).read_bytes())
    assert hashlib.sha256(content).hexdigest() == engine.ENGINE_FILES[engine.WASM]


def test_the_graph_asks_for_its_factors():
    import onnx

    content = onnx_file(weights.shipped().model)
    before, after = onnx.load_from_string(content), onnx.load_from_string(engine.asking_for_factors(content))
    names = [[tensor.name for tensor in one.graph.initializer] for one in (before, after)]
    assert "factors" in names[0] and names[1] == [name for name in names[0] if name != "factors"]
    assert [one.name for one in after.graph.input] == ["images", "factors"]
    assert [one.SerializeToString() for one in before.graph.node] == [
        one.SerializeToString() for one in after.graph.node
    ]


def fake_npm(folder: Path, script: str, monkeypatch) -> None:
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    monkeypatch.setenv("OSNET_EDU_CACHE", str(folder / "cache"))


@pytest.mark.skipif(os.name == "nt", reason="npm is played by a shell script")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "printf 'npm error code E1\\nnpm error request failed.\\nnpm error A log is in x\\n' >&2; exit 1",
            r"npm could not fetch onnxruntime-web 1\.30\.0 \(request failed\); install Node\.js",
        ),
        ("exit 0", r"\(no file came\); install Node\.js"),
        (
            f'echo other > "$5/{engine.ONNX_PACKAGE}-{engine.VERSION}.tgz"',
            "another onnxruntime-web 1.30.0 than the one",
        ),
    ],
)
def test_npm_that_brings_nothing_or_another_package_is_refused(tmp_path, monkeypatch, script, said):
    fake_npm(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(Refused, match=said):
        engine.fetched()
    assert list((tmp_path / "bin" / "cache").iterdir()) == []


def test_without_npm_and_network_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Refused, match=r"npm is not on this machine, and pip could not fetch it .*install Node\.js"):
        engine.fetched()


def test_a_damaged_file_in_the_cache_is_fetched_again(site, tmp_path, monkeypatch):
    kept = engine.fetched()
    folder = tmp_path / "cache" / kept.name
    shutil.copytree(kept, folder)
    (folder / "ort.wasm.min.mjs").write_text("cut")
    fake_npm(tmp_path / "bin", "exit 7", monkeypatch)
    monkeypatch.setenv("OSNET_EDU_CACHE", str(tmp_path / "cache"))
    with pytest.raises(Refused, match="status 7"):
        engine.fetched()


def test_a_small_gallery_has_both_networks(tmp_path):
    steps = []
    gallery.write(tmp_path, lambda *step: steps.append(step), queries=3, gallery=20)
    assert steps[-1] == (23, 23)
    told = json.loads((tmp_path / "data" / "gallery.json").read_text())
    assert told["models"] == ["shipped", "untrained"] and len(told["query"]["names"]) == 3
    album, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    for model in told["models"]:
        name = told["features"][model]["gallery"]
        kept = np.fromfile(tmp_path / "data" / "features" / name, "<f2" if name.endswith("f16") else "<f4")
        known = TorchEmbedder(shelf.checkpoint(model).model)(rankings.pictures(rankings.gallery[:20]))
        assert np.abs(kept.reshape(20, told["dim"]) - known).max() < (1e-2 if name.endswith("f16") else 1e-4)
    photo = rankings.queries[2]
    worn = {told["worn"][k] for k in told["query"]["attributes"][2]}
    assert worn == {f"{what}: {value}" for what, value in album.wears(photo).items()}
    assert (tmp_path / "data" / "photos" / "query" / photo.name).read_bytes() == photo.path.read_bytes()
    for count in (0, -1):
        with pytest.raises(Refused, match="at least 1"):
            gallery.write(tmp_path, queries=count)


# ---- in the page


@pytest.fixture(scope="module")
def page(site, playwright, chromium_path):
    with served(site) as address, opened(playwright, chromium_path, address) as page:
        page.evaluate("""async () => {
            const [{ engine }, { gallery }] = await Promise.all(['engine', 'gallery'].map(
                (name) => import(`/kit/page/${name}.js`)));
            window.loaded = [];
            window.network = engine({ progress: (...bytes) => loaded.push(bytes) });
            window.shown = await gallery();
        }""")
        yield page
        outside = [url for url in page.asked if not url.startswith((address, "blob:", "data:"))]
        assert outside == []


@pytest.fixture(scope="module")
def rankings():
    return explore.shipped()[1].rankings(explore.SHIPPED)


def test_the_pixels_are_pillows(page, rankings):
    for split, photos in (("queries", rankings.queries), ("gallery", rankings.gallery)):
        got = unpacked(page.evaluate("async (split) => packed(await shown[split].all())", split), "u1")
        assert np.array_equal(got.reshape(-1, *SIZE, 3), rankings.pictures(photos))
    one = unpacked(page.evaluate("async () => packed(await shown.queries.pixels(7))"), "u1")
    assert np.array_equal(one.reshape(*SIZE, 3), rankings.pictures(rankings.queries[7:8])[0])


def test_names_and_features_are_the_kits(page, rankings):
    album = explore.shipped()[0]
    names, who, described, twins, worn = page.evaluate(
        "() => { const q = shown.queries; return [q.names, q.who, q.described, q.twins, q.attributes[5]]; }"
    )
    assert names == [photo.name for photo in rankings.queries]
    assert who == album.labels(rankings.queries)
    assert (described, twins) == tuple(
        [told(photo) for photo in rankings.queries] for told in (album.described, album.part)
    )
    assert worn == [f"{what}: {value}" for what, value in album.wears(rankings.queries[5]).items()]
    found = page.evaluate(
        "async () => { const f = await shown.features('shipped'); return [packed(f.queries), f.dim]; }"
    )
    assert np.array_equal(unpacked(found[0], "<f4").reshape(-1, found[1]), rankings.query_features)
    assert "no network other here" in page.evaluate("() => told(() => shown.features('other'))")
    assert page.evaluate("async () => (await fetch(shown.gallery.src(3))).status") == 200


def test_features_gates_and_map_are_pytorchs(page, rankings):
    blocks = list(rankings.streams)
    factors = np.ones((len(blocks), 4), np.float32)
    factors[2, 1], factors[4, 3] = 0, 0.5
    model, images = rankings.model, rankings.pictures(rankings.gallery[:50])
    for given in (None, factors):
        found = page.evaluate(
            """async (factors) => {
                const photos = (await shown.gallery.all()).slice(0, 50 * 128 * 64 * 3);
                const found = await network.run(photos, {
                    factors: factors && unpacked(factors, Float32Array), want: ['embedding', 'gates', 'map'],
                });
                return ['embedding', 'gates', 'map'].map((name) => [packed(found[name]), found[`${name}Shape`]]);
            }""",
            None if given is None else packed(given),
        )
        look = TorchEmbedder(model).look(images, given)
        for (text, shape), known in zip(found, (look.embedding, look.gates, look.feature_map), strict=True):
            assert shape in (None, list(known.shape[1:]))
            assert np.abs(unpacked(text, "<f4").reshape(known.shape) - known).max() < 1e-4
    info, loaded = page.evaluate("async () => [await network.ready(), loaded]")
    assert info["layout"]["blocks"] == blocks and info["features"] == 512 and info["size"] == list(SIZE)
    assert loaded[-1][0] == loaded[-1][1] > 4_000_000 and len(loaded) > 2


def test_the_untrained_network_is_pythons_too(page, rankings):
    text = page.evaluate("""async () => {
        const { engine } = await import('/kit/page/engine.js'), other = engine({ graph: 'engine/untrained.onnx' });
        const { embedding } = await other.run((await shown.gallery.all()).slice(0, 16 * 128 * 64 * 3));
        other.close();
        return packed(embedding);
    }""")
    checkpoint = explore.shipped()[1].checkpoint(explore.UNTRAINED)
    known = TorchEmbedder(checkpoint.model)(rankings.pictures(rankings.gallery[:16]))
    found = unpacked(text, "<f4").reshape(known.shape)
    # Its features are several times as long, and are compared by their cosines.
    assert np.abs(distances(found, found) - distances(known, known)).max() < 1e-4
    assert np.abs(found - known).max() < 1e-3


def test_every_ranking_is_pythons(page, rankings):
    """All queries embedded in the page: the same photo at rank 1, and the same at the first twenty ranks."""
    orders = page.evaluate("""async () => {
        const { similarities, rank } = await import('/kit/page/rank.js');
        const { embedding } = await network.run(await shown.queries.all());
        const { gallery, dim } = await shown.features('shipped'), { persons, cameras, count } = shown.queries;
        return Array.from({ length: count }, (_, k) => {
            const near = similarities(embedding.subarray(k * dim, (k + 1) * dim), gallery);
            const found = rank(near, { person: persons[k], camera: cameras[k] }, shown.gallery);
            return Array.from(found.place.filter((_, row) => found.rank[row] > 0).slice(0, 20));
        });
    }""")
    features = rankings.engine(rankings.pictures(rankings.queries))
    whom = [(photo.person, photo.camera) for photo in rankings.queries]
    known = [
        rankings.by_features(one[None], who=who).order[:20].tolist() for one, who in zip(features, whom, strict=True)
    ]
    assert [order[0] for order in orders] == [order[0] for order in known]
    assert orders == known


def test_the_columns_of_every_list_are_pythons(page, rankings):
    near = 1 - distances(rankings.query_features, rankings.gallery_features)
    near[:, 5::7] = near[:, 5:6]  # ties, of which a match comes last
    found = page.evaluate(
        """async (near) => {
            const { rank } = await import('/kit/page/rank.js');
            const all = unpacked(near, Float32Array), { count, persons, cameras } = shown.queries;
            const lists = Array.from({ length: count + 1 }, (_, k) => rank(
                all.slice(k % count * shown.gallery.count, (k % count + 1) * shown.gallery.count),
                k < count ? { person: persons[k], camera: cameras[k] } : null, shown.gallery));
            return lists.map((one) => [one.place, one.similarity, one.kind, one.rank].map(packed).concat(one.said));
        }""",
        packed(near),
    )
    assert len(found) == len(rankings.queries) + 1
    for k, (*columns, said) in enumerate(found):
        row = near[k % len(near)]
        order = np.argsort(-row, kind="stable")
        query = rankings.queries[k] if k < len(near) else None
        known = explore.listed(order, row[order], query, rankings.gallery)
        kinds = ("<i4", "<f4", "u1", "<i4")
        for text, kind, column in zip(
            columns, kinds, (known.place, known.similarity, known.kind, known.rank), strict=True
        ):
            assert np.array_equal(unpacked(text, kind), column), k
        assert said == known.said


def test_a_run_stops_between_batches(page):
    stopped, after = page.evaluate("""async () => {
        const stop = new AbortController(), photos = await shown.gallery.all(), seen = [];
        const progress = (done, all) => { seen.push([done, all]); if (done === 64) stop.abort(); };
        const error = await network.run(photos, { signal: stop.signal, progress }).catch((one) => one.name);
        const { embedding } = await network.run(photos.slice(0, 128 * 64 * 3));
        return [[error, seen], embedding.length];
    }""")
    assert stopped == ["AbortError", [[32, 432], [64, 432]]] and after == 512


def test_what_cannot_be_asked_is_said(page):
    said = page.evaluate("""async () => [
        await told(() => network.run(new Uint8Array(100))),
        await told(() => network.run(new Uint8Array(128 * 64 * 3), { factors: new Float32Array(5) })),
        await told(() => network.run(new Uint8Array(128 * 64 * 3), { want: ['classes'] })),
        (await network.run(new Uint8Array(0))).embedding.length,
    ]""")
    assert "got 100 bytes" in said[0] and "6 x 4 factors" in said[1] and "has no classes" in said[2] and said[3] == 0


def test_a_question_is_answered_between_the_batches_of_another(page):
    order = page.evaluate("""async () => {
        const photos = await shown.gallery.all(), order = [];
        const long = network.run(photos).then(() => order.push('all'));
        const short = network.run(photos.slice(0, 128 * 64 * 3)).then(() => order.push('one'));
        await Promise.all([long, short]);
        return order;
    }""")
    assert order == ["one", "all"]


def test_the_worker_stands_under_the_policy_of_the_page(page):
    """A worker from an address has a policy of its own, and might send a photo away; one from a blob has the page's."""
    started = page.evaluate("""async () => {
        const { engine } = await import('/kit/page/engine.js'), kept = Worker, started = [];
        window.Worker = class extends kept {
            constructor(address, ...more) {
                super(address, ...more);
                started.push(address);
            }
        };
        const made = engine(), ended = told(() => made.ready());
        await Promise.resolve(); // the worker starts at once
        made.close();
        await ended;
        window.Worker = kept;
        return started;
    }""")
    assert len(started) == 1 and started[0].startswith("blob:")


# ---- a page where the network cannot run


def test_a_missing_file_and_a_closed_engine_are_said(page):
    said = page.evaluate("""async () => {
        const { engine } = await import('/kit/page/engine.js');
        const closing = engine(), early = closing.ready().catch((error) => error.message);
        closing.close();
        const other = engine({ graph: 'engine/other.onnx' }), nowhere = engine({ base: '/nowhere/' });
        return [
            await told(() => other.ready()), await told(() => nowhere.ready()), await early,
            await told(() => closing.ready().then(() => closing.close())),
        ];
    }""")
    assert said == [
        "The file other.onnx is missing on this site (the server answered 404).",
        "The file engine.json is missing on this site (the server answered 404).",
        "The network was closed before it answered.",
        "",
    ]


def test_a_damaged_engine_is_said(page, site):
    name = f"{engine.WASM}{kept.PACKED}"
    packed_file = (site / "kit" / "engine" / name).read_bytes()
    content = gzip.decompress(packed_file)
    cases = {
        "broken": (packed_file[:1_000_000], "A file of this site is damaged: it cannot be unpacked."),
        "cut": (content[:1_000_000], "The network could not be loaded ("),
        "plain": (content, ""),  # as a server hands it on that unpacks it
    }
    for folder, (there, sentence) in cases.items():
        shutil.copytree(site / "kit" / "engine", site / folder / "engine")
        (site / folder / "engine" / name).write_bytes(there)
        said = page.evaluate(
            """async (folder) => {
                const { engine } = await import('/kit/page/engine.js');
                return told(() => engine({ base: `/${folder}/` }).ready());
            }""",
            folder,
        )
        assert said.startswith(sentence) and bool(said) == bool(sentence), folder


def test_a_page_that_was_opened_as_a_file_says_what_to_do(site, playwright, chromium_path):
    (site / "file.html").write_text("<!doctype html><title>page</title>")
    address = (site / "file.html").as_uri()
    with opened(playwright, chromium_path, address, "--allow-file-access-from-files") as page:
        said = page.evaluate("""async () => {
            const { engine } = await import('./kit/page/engine.js');
            return told(() => engine().ready());
        }""")
    assert said.startswith("This page was opened as a file") and "python3 -m http.server" in said


def test_a_policy_and_an_old_browser_are_said(page, site, playwright, chromium_path):
    said = page.evaluate("""async () => {
        const { checkWebAssembly } = await import('/kit/page/engine_session.js');
        const kept = WebAssembly.validate, found = [];
        WebAssembly.validate = () => false;
        found.push(await told(checkWebAssembly));
        WebAssembly.validate = kept;
        return [...found, await told(checkWebAssembly)];
    }""")
    assert said == ["This browser has no WebAssembly SIMD. A browser of 2023 or later can run the network.", ""]
    with served(site) as address, opened(playwright, chromium_path, f"{address}strict.html") as strict:
        said = strict.evaluate("""async () => {
            const { engine } = await import('/kit/page/engine.js');
            return told(() => engine().ready());
        }""")
    assert said == "A policy of this site or of this browser forbids WebAssembly, so the network cannot run here."


# ---- a photo of one's own


def smooth(rng, height: int, width: int, colours: int) -> np.ndarray:
    """A picture with hills and valleys, (height, width, colours) uint8."""
    rough = rng.integers(0, 256, (height // 16 + 2, width // 16 + 2, colours), dtype=np.uint8)
    parts = [Image.fromarray(rough[..., k]).resize((width, height), Image.Resampling.BICUBIC) for k in range(colours)]
    return np.stack([np.asarray(part) for part in parts], -1)


def saved(pixels: np.ndarray | Image.Image, kind: str, **more) -> bytes:
    file = io.BytesIO()
    (Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels).save(file, kind, **more)
    return file.getvalue()


def own_files() -> dict[str, bytes]:
    """Pictures as people bring them, by what is special about them."""
    rng = np.random.Generator(np.random.PCG64(0))
    plain = Image.fromarray(smooth(rng, 300, 200, 3))
    clear = smooth(rng, 300, 200, 4)
    clear[:100, :, 3], clear[100:150, :, 3] = 0, 7
    wide16 = (smooth(rng, 90, 60, 1)[..., 0].astype(np.uint16) << 8) + rng.integers(0, 256, (90, 60), dtype=np.uint16)
    turned = {}
    for way in range(2, 9):
        exif = Image.Exif()
        exif[0x112] = way
        for kind in ("JPEG", "PNG", "WEBP"):
            turned[f"turned {way} {kind}"] = saved(plain, kind, exif=exif)
    moving = {"save_all": True, "append_images": [Image.fromarray(smooth(rng, 300, 200, 3))]}
    shapes = {
        f"{w}x{h}": saved(smooth(rng, h, w, 3), "PNG")
        for w, h in ((901, 300), (77, 401), (20, 33), (64, 128), (200, 401))
    }
    return turned | shapes | {
        "jpeg": saved(plain, "JPEG"),
        "jpeg without shared colours": saved(plain, "JPEG", subsampling=0),
        "grey jpeg": saved(plain.convert("L"), "JPEG"),
        "for print": saved(plain.convert("CMYK"), "JPEG"),
        "bmp": saved(plain, "BMP"),
        "webp": saved(plain, "WEBP"),
        "palette": saved(plain.quantize(32), "PNG", transparency=3),
        "clear png": saved(clear, "PNG"),
        "clear webp": saved(clear, "WEBP"),
        "clear grey": saved(clear[..., [0, 3]], "PNG"),
        "16 bits": saved(wide16, "PNG"),
        "moving png": saved(plain, "PNG", **moving),
        "moving webp": saved(plain, "WEBP", **moving),
    }  # fmt: skip


READ = """async ([file, at]) => {
    const { readOwn, framed, isWide } = await import('/kit/page/own_photo.js');
    const photo = await readOwn(new Blob([unpacked(file, Uint8Array)]));
    return [packed(framed(photo, [128, 64], at)), isWide(photo, [128, 64])];
}"""


def test_a_photo_of_ones_own_is_what_python_makes_of_it(page, rankings):
    files, seen = own_files(), []
    for name, content in files.items():
        for at in (0.5, 0.31):
            known = explore.read_own(content)
            got, wide = page.evaluate(READ, [packed(np.frombuffer(content, np.uint8)), at])
            image = explore.framed(known, SIZE, at)
            assert np.array_equal(unpacked(got, "u1").reshape(*SIZE, 3), image), (name, at)
            assert wide == (known.shape[1] > max(1, round(known.shape[0] / 2))), name
        seen.append(image)
    text = page.evaluate(
        "async (photos) => packed((await network.run(unpacked(photos, Uint8Array))).embedding)", packed(np.stack(seen))
    )
    known = TorchEmbedder(rankings.model)(np.stack(seen))
    assert np.abs(unpacked(text, "<f4").reshape(known.shape) - known).max() < 1e-4


def test_a_frame_of_a_camera_is_a_photo(page):
    pixels = smooth(np.random.Generator(np.random.PCG64(1)), 48, 64, 4)
    pixels[..., 3] = 255
    found = page.evaluate(
        """async (rgba) => {
            const { readOwn } = await import('/kit/page/own_photo.js');
            const frame = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
            frame.getContext('2d').putImageData(new ImageData(unpacked(rgba, Uint8ClampedArray), 64, 48), 0, 0);
            const camera = document.createElement('video');
            return [packed((await readOwn(frame)).rgb), await told(() => readOwn(camera))];
        }""",
        packed(pixels),
    )
    assert np.array_equal(unpacked(found[0], "u1").reshape(48, 64, 3), pixels[..., :3])
    assert found[1] == "The camera has not given a picture yet."


def png_of(width: int, height: int) -> bytes:
    """The first bytes of a PNG that claims to be so large."""
    return (
        saved(np.zeros((1, 1, 3), np.uint8), "PNG")[:16]
        + width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + bytes(9)
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The photo is an empty file."),
        (b"hello, this is a text", "expected a complete file of JPEG, PNG, BMP or WebP"),
        (b"GIF89a" + bytes(40), "it is GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "it is HEIC"),
        (b"II*\0" + bytes(40), "it is TIFF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "it is SVG"),
        (png_of(30000, 30000), "30000x30000 pixels; the limit is 50 million"),
        (png_of(0, 20), "expected a complete file"),
        (saved(np.zeros((40, 12, 3), np.uint8), "PNG"), "12x40 pixels; at least 16"),
        (saved(np.zeros((90, 60, 3), np.uint8), "JPEG")[:-40], "damaged, or not complete"),
        (b"\xff\xd8\xff\xe0" + bytes(3), "expected a complete file"),
        (b"RIFF\x10\0\0\0WEBPVP8X", "expected a complete file"),
    ],
)
def test_what_is_not_a_photo_is_said(page, content, said):
    with pytest.raises(Refused):
        explore.read_own(content)
    got = page.evaluate(f"async (file) => told(() => ({READ})([file, 0.5]))", packed(np.frombuffer(content, np.uint8)))
    assert said in got and got.endswith(".")


# ---- a network of one's own


def network(edit=None) -> bytes:
    """What `export` writes, with an edit of its graph."""
    import onnx

    made = onnx.load_from_string(onnx_file(weights.shipped().model))
    if edit:
        edit(made)
    return made.SerializeToString()


def bring(page, content: bytes, patience: float = 60) -> list:
    return page.evaluate(
        """async ([file, patience]) => {
            const { ownNetwork } = await import('/kit/page/own_network.js');
            const brought = new File([unpacked(file, Uint8Array)], 'mine.onnx');
            try {
                const { engine, info, name } = await ownNetwork(brought, { patience });
                const photos = (await shown.gallery.all()).slice(0, 3 * 128 * 64 * 3);
                const { embedding } = await engine.run(photos);
                engine.close();
                return [packed(embedding), info.layout.blocks.length, name];
            } catch (error) {
                return error.message;
            }
        }""",
        [packed(np.frombuffer(content, np.uint8)), patience],
    )


def test_a_network_of_ones_own_ranks(page, rankings):
    found, blocks, name = bring(page, network())
    known = rankings.engine(rankings.pictures(rankings.gallery[:3]))
    assert np.abs(unpacked(found, "<f4").reshape(3, 512) - known).max() < 1e-4
    assert (blocks, name) == (6, "mine.onnx")


def of_other_inputs(made) -> None:
    made.graph.input[0].name = "pixels"


def of_other_features(made) -> None:
    made.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 256


def without_layout(made) -> None:
    del made.metadata_props[:]


def without_map(made) -> None:
    del made.graph.output[2]


def with_an_unknown_layer(made) -> None:
    made.graph.node[0].op_type = "Nothing"


def of_nan(made) -> None:
    for tensor in made.graph.initializer:
        if tensor.name.endswith("fc.0.bias"):
            tensor.raw_data = np.full(512, np.nan, np.float32).tobytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no network", "not an ONNX file"),
        (b"", "not an ONNX file"),
        (Path(assets.path(assets.WEIGHTS)).read_bytes()[:5000], "not an ONNX file"),
        (of_other_inputs, "inputs are factors and pixels; the kit's graphs have images and factors"),
        (of_other_features, "gives 256 features for a photo; the kit's networks give 512"),
        (without_layout, "not made by the kit's export"),
        (without_map, "outputs are embedding and gates"),
        (with_an_unknown_layer, "The network could not be loaded ("),
        (of_nan, "NaN or infinite"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_not_a_network_of_the_kit_is_said(page, content, said):
    assert said in bring(page, content if isinstance(content, bytes) else network(content))


def with_an_endless_loop(made) -> None:
    """Before all else, count to 2**62."""
    import onnx
    from onnx import TensorProto, helper

    info = [
        helper.make_tensor_value_info(name, kind, [])
        for name, kind in (("i", TensorProto.INT64), ("go", TensorProto.BOOL))
    ]
    sum_in, sum_out = (helper.make_tensor_value_info(name, TensorProto.UINT8, None) for name in ("before", "after"))
    nodes = [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("BitwiseNot", ["before"], ["after"])]
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    body = helper.make_graph(nodes, "body", [*info, sum_in], [on, sum_out])
    often = onnx.numpy_helper.from_array(np.array(2**62), "often")
    made.graph.initializer.append(often)
    for node in made.graph.node:
        for k, name in enumerate(node.input):
            if name == "images":
                node.input[k] = "turned"
    made.graph.node.insert(0, helper.make_node("Loop", ["often", "", "images"], ["turned"], body=body))


def test_a_network_that_hangs_is_ended(page):
    assert bring(page, network(with_an_endless_loop), patience=2) == "mine.onnx did not answer in 2 seconds."
