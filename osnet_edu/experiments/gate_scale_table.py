"""The gate-scale experiment as text: the rungs, the slopes of each kind of networks, the crossed set."""

from . import ladder


def scale_table(found) -> str:
    """The table of a GateScale."""
    lines = ["The ladder. k: pixels of a photo of 128 rows at which a bag of k x k patches tells a pair apart."]
    kinds = list(found.kinds)
    lines.append(f"{'':<11}{'apart':>6}{'k':>4}{'colour':>8}{'change':>8}  right before any change")
    lines.append(" " * 39 + "".join(f"{_short(kind):>12}" for kind in kinds if kind not in _SAME))
    for i, rung in enumerate(found.rungs):
        lines.append(
            f"{rung!s:<11}{rung.distance:>6}{found.needed[i]:>4.0f}{found.colors[i]:>8.0f}{found.change[i]:>8.0f}"
            + " " * 2
            + "".join(f"{found.kinds[kind].right[i]:>12.0%}" for kind in kinds if kind not in _SAME)
        )
    for kind, one in found.kinds.items():
        lines += ["", *kind_lines(kind, one)]
    lines.append(f"\nCrossed set, {next(iter(found.kinds))}: high minus low level, right {found.crossed_right:.0%}")
    lines.append(f"{'':<9}" + "".join(f"{factor:<27}" for factor in ladder.FACTORS).rstrip())
    for block, effects in found.crossed.items():
        cells = (f"{e.value:+.2f} [{e.low:+.2f}, {e.high:+.2f}] {e.p:.2f}" for e in effects.values())
        lines.append(f"{block:<9}" + "".join(f"{cell:<27}" for cell in cells).rstrip())
    single = any(one.networks == 1 for one in found.kinds.values())
    lines.append(
        "\nLean: -1.5 is all on stream 1, +1.5 all on stream 4. Slope: of the lean, for each doubling of k; stated\n"
        "before: above 0. Intervals: 95 %, over people"
        + (" only, because there is one network." if single else " and networks.")
    )
    return "\n".join(lines)


def kind_lines(name: str, kind) -> list[str]:
    """The slopes of one Kind of networks in all blocks."""
    lines = [
        f"{name}: {kind.people} people, {kind.networks} network{'s' * (kind.networks > 1)}",
        f"{'':<9}{'slope':>7}{'':>18}{'p (Holm)':>9}  {'':<11}{'told apart':>10}{'':>18}{'p (Holm)':>9}",
    ]
    for block, slope in kind.slopes.items():
        lines.append(f"{block:<9}{slope_cell(slope, 7)}  {slope.verdict:<11}{slope_cell(kind.apart[block], 10)}")
    return lines


_SAME = ("resampled", "random groups")  # the trained networks again: before any change they are right as often


def _short(kind: str) -> str:
    return kind if len(kind) < 12 else kind[:11]


def slope_cell(slope, width: int) -> str:
    """A slope with its interval and p; width: of the slope, in characters."""
    return f"{slope.value:>+{width}.3f}  [{slope.low:>+6.3f}, {slope.high:>+6.3f}]{slope.p:>9.3f}"
