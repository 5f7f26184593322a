"""Runs all bad inputs in this process and prints how many ended how: python tests/bad_inputs/count.py [DOOR ...]"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from bad_inputs import every  # noqa: E402
from bad_inputs.outcome import BAD, GOOD, run, told  # noqa: E402


def main(doors: list[str]) -> int:
    started, by_door, slowest = time.monotonic(), {}, []
    for case in every.cases():
        if doors and case.door not in doors:
            continue
        begun = time.monotonic()
        ended = run(case)
        slowest.append((time.monotonic() - begun, f"{case.door}: {case.name}"))
        by_door.setdefault(case.door, Counter())[ended.how] += 1
        if ended.how in BAD:
            told(f"{ended.how}: {case.door}: {case.name}\n    {ended.says[-1500:]}")
    total = sum(by_door.values(), Counter())
    print(f"{'door':18}{'tried':>7}" + "".join(f"{how:>16}" for how in (*GOOD, *BAD)))
    for door, counts in [*by_door.items(), ("all", total)]:
        print(f"{door:18}{counts.total():7}" + "".join(f"{counts[how]:16}" for how in (*GOOD, *BAD)))
    seconds = time.monotonic() - started
    print(f"{seconds:.0f} s; slowest: " + "; ".join(f"{name} {s:.1f} s" for s, name in sorted(slowest)[:-4:-1]))
    return 1 if any(total[how] for how in BAD) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
