"""The nearest of a million photos, found by comparing with every row and by FAISS: python benchmarks/million.py

A gallery of so many photos is made from the embeddings of the shipped people, those of training and gallery: each row
is one of them, drawn at random, plus gaussian noise with the covariance of a person's photos around that person's mean.
So it is like one more photo of a person who looks much like that one. --noise is its size relative to this spread
(default 1: the same size). Queries are the embeddings of the query photos, which are not in the gallery. Random
vectors would all be about equally far from one another, so no index could save work.

Exact, flat, ivf and hnsw take turns on all queries at once, with the settings that `search` chooses. Recall is the
share of the exact ten that is found. Memory is what an index keeps in addition to the gallery. Exact reads the gallery
from disk, and the system caches as much of it as fits; the others hold all of it in memory. A finished size is in the
file of --out and is not measured again. --quick only checks that it runs.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from side_by_side import finished, in_turn, machine, ratio, save, table

from osnet_edu import assets, draws
from osnet_edu.embed import Embedding, embed
from osnet_edu.machine import whole
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.retrieval import search

K = 10
PART = 20_000  # rows that are made at once
COLUMNS = ("rows", "noise", "kind", "queries", "rounds", "seconds", "times_exact", "recall", "build_seconds", "MB")


def embedded() -> tuple[Embedding, Embedding, Embedding]:
    """The shipped people by the shipped weights: train, query, gallery."""
    checkpoint = weights.shipped()
    return tuple(embed(checkpoint.model, side, size=checkpoint.size) for side in market.read(assets.subset()))


def deviations(side: Embedding) -> np.ndarray:
    """Each photo minus the mean of its person, (N, D); photos of nobody are left out."""
    people = side.people
    return np.concatenate(
        [
            side.features[people == person] - side.features[people == person].mean(0)
            for person in np.unique(people[people > 0])
        ]
    )


def made(sides: tuple[Embedding, ...], rows: int, noise: float) -> Iterator[tuple[np.ndarray, list[str]]]:
    """The gallery, part by part, with a name for each row."""
    features = np.concatenate([side.features for side in sides])
    photos = [photo.name for side in sides for photo in side.photos]
    spread = np.concatenate([deviations(side) for side in sides])
    # A square root of the covariance: standard normal numbers times it have the spread of a person's photos.
    _, singular, directions = np.linalg.svd(spread, full_matrices=False)
    root = (noise * singular[:, None] / np.sqrt(len(spread)) * directions).astype(np.float32)
    for start in range(0, rows, PART):
        rng = draws.named("million", start)
        count = min(PART, rows - start)
        drawn = rng.integers(0, len(features), count)
        part = features[drawn] + rng.standard_normal((count, len(root)), np.float32) @ root
        # The network ends in a ReLU: no embedding has a number below 0.
        yield np.maximum(part, 0), [f"{start + i}_{photos[row]}" for i, row in enumerate(drawn)]


def measured(store: search.Store, queries: np.ndarray, rounds: int) -> list[dict]:
    """All kinds on one gallery: a record of each."""
    rows, built, records = len(store.features), {}, {}

    def linked(done: int, total: int) -> None:
        if done == total or done // 100_000 > (done - 8192) // 100_000:
            said(rows, f"hnsw, {done:,} linked")

    for kind, build in search.KINDS.items():
        said(rows, f"building {kind}")
        start = time.perf_counter()
        built[kind] = build(store.features, **({"progress": linked} if kind == "hnsw" else {}))
        records[kind] = {"build_seconds": time.perf_counter() - start, "MB": built[kind].held() / 1e6}
    said(rows, "searching")
    times = in_turn({kind: lambda index=index: index(queries, K) for kind, index in built.items()}, rounds)
    truth = built["exact"](queries, K).indices
    for kind, index in built.items():
        found = index(queries, K).indices
        records[kind] |= {
            "kind": kind,
            "queries": len(queries),
            "rounds": rounds,
            "seconds": float(np.median(times[kind])),
            "times_exact": ratio(times["exact"], times[kind]),
            "recall": float(np.mean([np.isin(mine, right).mean() for mine, right in zip(found, truth, strict=True)])),
        }
    return list(records.values())


def said(rows: int, what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {rows:,} rows: {what}", flush=True)


def show(records: list[dict]) -> None:
    """The table: a kind's sizes one below another; growth is the time of a query beside the one in the smallest."""
    order = list(search.KINDS)
    records = sorted(records, key=lambda record: (order.index(record["kind"]), record["rows"]))
    smallest = {record["kind"]: record["seconds"] for record in reversed(records)}
    rows = [
        [
            record["kind"],
            f"{record['rows']:,.0f}",
            f"{record['queries'] / record['seconds']:,.0f}",
            f"{record['times_exact']:.1f}",
            f"{record['seconds'] / smallest[record['kind']]:.1f}",
            f"{record['recall']:.3f}",
            f"{record['build_seconds']:.1f}",
            f"{record['MB']:,.0f}",
        ]
        for record in records
    ]
    head = ["index", "rows", "queries/s", "times exact", "growth", f"recall@{K}", "build s", "MB"]
    first = records[0]
    title = f"{first['queries']:.0f} queries, medians of {first['rounds']:.0f} rounds, noise {first['noise']:g}"
    table(f"{title} ({machine()})", head, rows)


def main(arguments: list[str] | None = None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--noise", type=float, default=1.0, help="beside the spread within a person (default 1)")
    parser.add_argument("--rounds", type=int, default=5, help="medians are of so many (default 5)")
    parser.add_argument("--out", type=Path, default=Path("million.csv"), help="default million.csv")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rows, options.rounds = [1000, 3000], 2
    records = finished(options.out, "kind")
    done = {(record["rows"], record["noise"]) for record in records}
    for rows in [rows for rows in options.rows if (rows, options.noise) in done]:
        said(rows, "finished before")
    left = [rows for rows in options.rows if (rows, options.noise) not in done]
    train, query, gallery = embedded() if left else ((), (), ())
    for rows in left:
        with whole.ending(), tempfile.TemporaryDirectory() as folder:
            said(rows, "making the gallery")
            store = search.Store.write(Path(folder) / "gallery", made((train, gallery), rows, options.noise))
            found = measured(store, query.features, options.rounds)
            del store
        records += [{"rows": rows, "noise": options.noise, **record} for record in found]
        save(records, options.out, COLUMNS)
    show([record for record in records if record["noise"] == options.noise])
    return records


if __name__ == "__main__":
    main()
