"""Scoring at the size of Market-1501, 3,368 queries and 19,732 gallery photos: python benchmarks/scoring.py

Random distances with Market's people, cameras, distractors and junk; no two distances of a row are equal. Three sides:
the kit; the usual way, which sorts each row's indices and walks along it; and that argsort alone. The kit and the
usual way must give the same scores. --quick takes a twentieth of it.
"""

import argparse
import tracemalloc
from collections.abc import Callable

import numpy as np
from side_by_side import in_turn, machine, ratio, table

from osnet_edu import retrieval

QUERIES, GALLERY, PEOPLE, CAMERAS, JUNK, DISTRACTORS = 3368, 19_732, 750, 6, 3819, 2798


def market_like(share: float) -> tuple[np.ndarray, ...]:
    """distances (Q, G) float32, query ids, gallery ids, query cameras, gallery cameras."""
    rng = np.random.Generator(np.random.PCG64(0))
    q, g, junk, distractors = (round(share * count) for count in (QUERIES, GALLERY, JUNK, DISTRACTORS))
    people = max(2, round(share * PEOPLE))
    distances = np.tile(np.arange(g, dtype=np.float32) / g, (q, 1))
    rng.permuted(distances, axis=1, out=distances)
    others = np.repeat([retrieval.JUNK, 0], [junk, distractors])
    gallery_ids = np.concatenate([others, rng.integers(1, people + 1, g - junk - distractors)])
    query_ids = np.arange(q) % people + 1
    return distances, query_ids, gallery_ids, rng.integers(1, CAMERAS + 1, q), rng.integers(1, CAMERAS + 1, g)


def usual(distances, query_ids, gallery_ids, query_cameras, gallery_cameras) -> tuple[float, float, float]:
    """Rank-1, mAP and mINP by sorting each row's indices, as most code does."""
    first, precision, penalty = [], [], []
    for row, person, camera in zip(distances, query_ids, query_cameras, strict=True):
        order = np.argsort(row)
        ids, cameras = gallery_ids[order], gallery_cameras[order]
        counts = (ids != retrieval.JUNK) & ~((ids == person) & (cameras == camera))
        matches = (ids == person)[counts]
        if not matches.any():
            continue
        ranks = np.flatnonzero(matches) + 1
        precision.append((matches.cumsum()[ranks - 1] / ranks).mean())
        penalty.append(len(ranks) / ranks[-1])
        first.append(ranks[0] == 1)
    return float(np.mean(first)), float(np.mean(precision)), float(np.mean(penalty))


def kit(*arrays) -> tuple[float, float, float]:
    score = retrieval.evaluate(*arrays)
    return score.rank(1), score.mean_ap, score.mean_inp


def argsort_alone(distances, *_others) -> None:
    for row in distances:
        np.argsort(row)


def peak(work: Callable[[], object]) -> float:
    """The peak memory that it used in addition to its input, in MB."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="medians are of so many (default 7)")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    arrays = market_like(0.05 if options.quick else 1.0)
    np.testing.assert_allclose(kit(*arrays), usual(*arrays), rtol=1e-9)
    sides = {
        "the usual way": lambda: usual(*arrays),
        "argsort alone": lambda: argsort_alone(*arrays),
        "the kit": lambda: kit(*arrays),
    }
    times = in_turn(sides, 2 if options.quick else options.rounds)
    rows, found = [], {}
    for name, work in sides.items():
        found[name] = {
            "seconds": float(np.median(times[name])), "ratio": ratio(times[name], times["the kit"]), "MB": peak(work),
        }  # fmt: skip
        values = found[name]
        rows.append([name, f"{values['seconds']:.3f}", f"{values['ratio']:.2f}", f"{values['MB']:.1f}"])
    q, g = arrays[0].shape
    title = (
        f"{q:,} queries x {g:,} gallery photos, medians of {len(times['the kit'])} rounds, equal results ({machine()})"
    )
    table(title, ["side", "seconds", "times the kit's", "peak extra MB"], rows)
    return found


if __name__ == "__main__":
    main()
