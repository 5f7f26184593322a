"""The network in a page beside Python, on this machine: python benchmarks/page.py [--times 20]

The same work in a real Chromium and in Python, in turn: one photo embedded, a query ranked, a stream silenced in the
query alone and in query and gallery, each to the ranked list, one occlusion map, and one photo and two through every
level of the network at work, from the whole network to a cell. Milliseconds, of the median and
the 95th percentile, and how many times as long the page takes as Python.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from enginepage import opened, served

from osnet_edu import book, explore, widgets
from osnet_edu.book import engine, flow, gallery
from osnet_edu.embed import normalise
from osnet_edu.explain import METHODS, Quick, similarity, without
from osnet_edu.lab import needs

START = """async () => {
    const names = ['engine', 'gallery', 'rank', 'maps', 'flow_model', 'flow_site'];
    const [{ engine }, { gallery }, ranking, maps, { Flow }, { flowSite }] = await Promise.all(
        names.map((name) => import(`/kit/page/${name}.js`)));
    const shown = await gallery(), photos = await shown.gallery.all(), asked = await shown.queries.all();
    const { queries, gallery: features, dim } = await shown.features('shipped');
    const start = performance.now(), network = engine();
    await network.ready();
    const each = 128 * 64 * 3, one = asked.slice(0, each), factors = new Float32Array(24).fill(1);
    factors[9] = 0;
    const who = (k) => ({ person: shown.queries.persons[k], camera: shown.queries.cameras[k] });
    const ranked = (feature, whole) => ranking.rank(ranking.similarities(feature, whole), who(0), shown.gallery);
    const silenced = async (photos) => (await network.run(photos, { factors })).embedding;
    const look = async (photos, count) => (await network.run(photos, { count })).embedding;
    const photo = { pixels: photos.slice(0, each), height: 128, width: 64 };
    const similar = (features) => ranking.similarities(queries.subarray(0, dim), features);
    const flow = new Flow({ bring: flowSite(new URL('/kit/', location.href)).of });
    let next = 0;
    const levels = async (count) => {
        const some = shown.gallery.names.slice(next, next += count);
        await flow.page.ask({ shown: some, at: 'network', cell: [] });
        for (const at of ['conv3', 'conv3.1', 'conv3.1 stream 3']) await flow.page.ask({ at });
        await flow.page.ask({ cell: ['conv3.1 stream 3', 0, 7, 3] });
        if (flow.values.problem || !flow.values.seen.sentence) throw new Error(flow.values.problem);
    };
    window.work = {
        levels: () => levels(1),
        pair: () => levels(2),
        embed: async () => network.run(one),
        rank: async () => ranked(queries.subarray(0, dim), features),
        alone: async () => ranked(await silenced(one), features),
        both: async () => ranked(await silenced(one), await silenced(photos)),
        occlude: async () => maps.occlusion(look, photo, similar),
    };
    return performance.now() - start;
}"""
TIMED = """async (name) => {
    const start = performance.now();
    await work[name]();
    return performance.now() - start;
}"""
WORDS = {
    "embed": "one photo embedded",
    "rank": "a query ranked",
    "alone": "a stream silenced in the query, ranked",
    "both": "a stream silenced in query and gallery, ranked",
    "occlude": "an occlusion map of 612 squares",
    "levels": "a photo through all levels of the network at work",
    "pair": "two photos through all levels, with what differs",
}


def in_python() -> dict[str, Callable[[], object]]:
    """The same work, by the engine that the kit chooses."""
    _, shelf = explore.shipped()
    rankings = shelf.rankings(explore.SHIPPED)
    finder = explore.Finder(shelf)
    image = rankings.pictures(rankings.queries[:1])
    stream = [(list(rankings.streams)[2], 2)]
    theirs = rankings.pictures(rankings.gallery)

    def both() -> explore.Listed:
        near = rankings.by_features(rankings.features(image, stream), rankings.features(theirs, stream)).similarity
        order = np.argsort(-near, kind="stable")
        return explore.listed(order, near[order], rankings.queries[0], rankings.gallery)

    quick = Quick(rankings.engine)
    similar = similarity(torch.as_tensor(rankings.engine(image)))

    at_work = widgets.Flow()
    gallery_names = iter([photo.name for photo in rankings.gallery])

    def levels(count: int) -> None:
        at_work.set_state({"shown": [next(gallery_names) for _ in range(count)], "at": "network", "cell": []})
        for at in ("conv3", "conv3.1", "conv3.1 stream 3"):
            at_work.set_state({"at": at})
        at_work.set_state({"cell": ["conv3.1 stream 3", 0, 7, 3]})

    return {
        "levels": lambda: levels(1),
        "pair": lambda: levels(2),
        "embed": lambda: rankings.engine(image),
        "rank": lambda: finder.of_query(explore.SHIPPED, 0),
        "alone": lambda: finder.of_query(explore.SHIPPED, 0, stream, where=without.ALONE),
        "both": both,
        "occlude": lambda: METHODS["occlusion"](quick, normalise(theirs[:1]), similar),
    }


def measured(page: Page, times: int) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds in the page and in Python, in turn; the first of each is not counted."""
    python = in_python()
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in WORDS}
    for k in range(times + 1):
        for name in WORDS:
            there = page.evaluate(TIMED, name)
            start = time.perf_counter()
            python[name]()
            here = 1000 * (time.perf_counter() - start)
            if k:
                found[name][0].append(there)
                found[name][1].append(here)
    return found


def main(arguments: list[str] | None = None) -> dict[str, tuple[list[float], list[float]]]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args(arguments).times
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        engine.write(root / "kit", graphs=[explore.SHIPPED])
        gallery.write(root / "kit", models=[explore.SHIPPED])
        flow.write(root / "kit", graphs=[explore.SHIPPED])
        shutil.copytree(Path(book.__file__).parent / "page", root / "kit" / "page")
        with served(root) as address, opened(playwright, needs.find_chromium(), address) as page:
            print(f"The engine is loaded in {page.evaluate(START):.0f} ms.\n")
            found = measured(page, times)
    print("| work | page, median | 95th percentile | Python, median | 95th percentile | ratio |\n" + "|---" * 6 + "|")
    for name, both in found.items():
        numbers = " | ".join(f"{np.percentile(one, part):.1f}" for one in both for part in (50, 95))
        ratio = np.median(np.divide(*both))
        print(f"| {WORDS[name]} | {numbers} | {ratio:.1f} |")
    return found


if __name__ == "__main__":
    main()
