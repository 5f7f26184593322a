"""What the gate theatre says: which streams a block leans on, and what silencing them did. Made without PyTorch."""

from collections.abc import Sequence

ALL_ON = "All streams are on."
ABOUT_ALIKE = 0.04  # shares of four streams that differ by no more are called about alike, per stream
_NAMED = 3  # silenced streams that a sentence names; more are counted


def leaning(block: str, shares: Sequence[float]) -> str:
    """Which streams one photo leans on in a block.  shares: (T,), signed, sum 1."""
    if len(shares) == 1:
        return f"Block {block} has one stream."
    if any(share != share for share in shares):
        return f"Block {block} is silent for this photo: all its streams are zero."
    even = 1 / len(shares)
    if all(abs(share - even) <= ABOUT_ALIKE for share in shares):
        return f"Block {block} uses its {len(shares)} streams about alike."
    order = sorted(range(len(shares)), key=lambda t: -shares[t])
    chosen = order[: max(1, len(shares) // 2)]
    names = " and ".join(str(t + 1) for t in sorted(chosen))
    total = sum(shares[t] for t in chosen)
    return f"Block {block} leans on stream{'s' * (len(chosen) > 1)} {names}: {100 * total:.0f} %."


def without_streams(silenced: Sequence[tuple[str, int]]) -> str:
    """The silenced streams in words: "Without stream 1 in conv3.0"."""
    blocks: dict[str, list[int]] = {}
    for block, stream in silenced:
        blocks.setdefault(block, []).append(stream)
    if len(silenced) > _NAMED and len(blocks) > 1:
        same = {tuple(sorted(streams)) for streams in blocks.values()}
        if len(same) == 1 and len(next(iter(same))) == 1:
            return f"Without stream {next(iter(same))[0]} in {len(blocks)} blocks"
        return f"Without {len(silenced)} streams in {len(blocks)} blocks"
    parts = []
    for block, streams in blocks.items():
        listed = " and ".join(filter(None, [", ".join(map(str, streams[:-1])), str(streams[-1])]))
        parts.append(f"stream{'s' * (len(streams) > 1)} {listed} in {block}")
    return f"Without {' and '.join(parts)}"


def verdict(silenced: Sequence[tuple[str, int]], before: tuple[float, float], now: tuple[float, float]) -> str:
    """What silencing did to the order of a pair.  before, now: similarities of the match and of the impostor."""
    match, impostor = now
    numbers = f"{match:.3f} against {impostor:.3f}"
    if not silenced:
        return f"{ALL_ON} {_first(match, impostor)}: {numbers}."
    was, is_now = before[0] - before[1], match - impostor
    if is_now == 0:
        return f"{without_streams(silenced)} the match and the impostor are equally near: {numbers}."
    first, second = ("the match", "the impostor") if is_now > 0 else ("the impostor", "the match")
    still = "still " if was * is_now > 0 else ""
    return f"{without_streams(silenced)} {first} {still}comes before {second}: {numbers}."


def _first(match: float, impostor: float) -> str:
    if match == impostor:
        return "The match and the impostor are equally near"
    return "The match comes before the impostor" if match > impostor else "The impostor comes before the match"


def moved_words(rank: int, before: int) -> str:
    """How a photo changed its place in the ranking."""
    if rank == before:
        return ""
    return f"{'up' if rank < before else 'down'}, was {before}"
