"""Notebook 02: what layers do and cost."""

import re

import torch
from torch import nn

from osnet_edu.network import costs
from osnet_edu.network.model import Lite3x3

from . import kinds, measured
from .registry import Book

BOOK = Book("02")
says = BOOK.says


@says("nb02-answer", "27 weights.", "9 weights.", "3 weights.", "3 + 9 = 12 weights.")
def _(_lesson):
    layers = [nn.Conv2d(3, 1, 3, bias=False), nn.Conv2d(1, 1, 3, bias=False), nn.Conv2d(3, 1, 1, bias=False)]
    lite = Lite3x3(3, 1)
    found = [layer.weight.numel() for layer in layers] + [lite.conv1.weight.numel() + lite.conv2.weight.numel()]
    return found == [27, 9, 3, 12], f"{found}"


@says("nb02-answer", "Pointwise 1x1 reads one cell of each channel, 3 weights.")
@says("nb02-recap", "A traditional convolution reads $k \\times k$ neighbours in all channels:")
def _(_lesson):
    read = {}  # side of the kernel -> of each channel, how many cells move one number
    for side in (1, 3):
        image = torch.zeros(1, 3, 7, 7, requires_grad=True)
        nn.Conv2d(3, 1, side)(image)[0, 0, 2, 2].backward()
        read[side] = (image.grad[0] != 0).flatten(1).sum(1).tolist()
    return kinds.every(cells == side**2 for side, found in read.items() for cells in found), f"{read}"


@says("nb02-patch-says", "The sum is 24: three times (9 − 1).")
@says("nb02-slide-says", "the right-most column is −18 or −27, but the patch does not get darker there.")
@says("ask:shrink", "so it can stand on the 3 x 3 numbers in the middle only.")
def _(lesson):
    n = lesson.after["nb02-slide"]
    column = n.convolve(n.patch, n.kernel, padding=1)[:, -1].tolist()
    ok = (
        (n.window * n.kernel).sum() == 24
        and set(column) == {-18, -27}
        and n.convolve(n.patch, n.kernel).shape == (3, 3)
    )
    return ok, f"sum {(n.window * n.kernel).sum()}, right-most column {column}"


@says("nb02-depthwise-says", "Both layers reach 9 cells.", "But in the depthwise layer channel 2 alone has changed.")
@says("ask:depthwise-channels", "Depthwise does not mean fewer channels.")
def _(lesson):
    said = lesson.printed["nb02-depthwise-moves"]
    return "channels [0, 1, 2, 3, 4, 5], 9 cells" in said and "channels [2], 9 cells" in said, said


@says(
    "nb02-mixes-says",
    "The convolution does not smear, as one pixel of a mix depends on one pixel of the photo.",
)
def _(lesson):
    mix, image = lesson.end.mix, torch.tensor(lesson.end.image).permute(2, 0, 1)[None].float()
    changed = image.clone()
    changed[0, :, 40, 20] += 9
    with torch.no_grad():
        moved = (mix(image) != mix(changed)).any(1)[0].nonzero().tolist()
    return moved == [[40, 20]], f"one pixel changed moves {moved}"


@says(
    "nb02-mixes-says",
    "Notice that grey keeps the sharp edges of the photo.",
    "Red - blue is smoother, and the green map is broken into blocks.",
)
def _(lesson):
    brightness = torch.tensor(lesson.end.image).float().mean(-1)
    grey, red_blue, green = lesson.after["nb02-mixes"].maps
    steps = (green[:, 1:] - green[:, :-1]).abs().mean(0)  # between neighbouring columns
    blocks = steps[15::16].mean() / steps.mean()  # JPEG keeps colour in blocks of 16 pixels here
    as_sharp = not kinds.calmer(brightness.numpy(), grey.numpy())
    ok = as_sharp and kinds.calmer(grey.numpy(), red_blue.numpy()) and blocks > 1.5
    return bool(ok), f"grey as sharp {as_sharp}, green at the rims of blocks {blocks:.1f} times as steep"


@says(
    "nb02-lite-formula",
    "So together they can be written as one traditional",
    "Each input channel gets the same pattern, scaled by a number of its own.",
)
def _(lesson):
    n = lesson.after["nb02-factorised"]
    gap = (n.two_steps - n.one_step).abs().max().item()
    return gap < 1e-5, f"largest difference {gap:.1e}"


@says(
    "nb02-ratio",
    "is never more than 9.",
    "more than 85 % of a Lite layer's multiply-adds, not in its 3x3.",
)
@says("ask:speed", "At 64 channels Lite 3x3 needs 7.9 times fewer multiply-adds than a full 3x3.")
def _(_lesson):
    ratios, shares = [], []
    for channels in (64, 96, 128):
        point, depth, _ = costs.layers(Lite3x3(channels, channels), (channels, 16, 8))
        work = point.multiply_adds + depth.multiply_adds
        ratios.append(9 * channels * channels * 16 * 8 / work)
        shares.append(point.multiply_adds / work)
    ok = f"{ratios[0]:.1f}" == "7.9" and all(7.5 < ratio < 8.5 for ratio in ratios) and min(shares) > 0.85
    return ok, f"ratios {ratios}, share of the 1x1 {shares}"


@says("nb02-factorised-says", '"Red above blue" breaks that rule', "It takes at least two.")
def _(_lesson):
    apart = torch.zeros(3, 3, 3)  # channel, row, column: red in the upper row, minus blue in the lower one
    apart[0, 0], apart[2, 2] = 1, -1
    lite = Lite3x3(3, 1)
    ranks = [
        torch.linalg.matrix_rank(one.reshape(3, 9)).item() for one in (apart, lite.conv1.weight * lite.conv2.weight)
    ]
    return ranks == [2, 1], f"patterns that differ, in red above blue and in a Lite channel: {ranks}"


@says("nb02-ratio", "Notice that each Lite bar is about an eighth of the full one.")
def _(lesson):
    times = {
        (name, price): sum(getattr(part, price) for part in full) / sum(getattr(part, price) for part in lite)
        for name, (full, lite) in lesson.after["nb02-table"].layers.items()
        for price in ("parameters", "multiply_adds")
    }
    return len(times) == 6 and kinds.every(7.5 < one < 8.5 for one in times.values()), f"{times}"


@says("nb02-milliseconds-says", "its depthwise 3x3 does the smaller part of the work.")
def _(_lesson):
    pointwise, depthwise = 16 * 16, 9 * 16
    return depthwise < pointwise, f"{depthwise} against {pointwise} multiply-adds a cell"


def edges_of_the_print(lesson) -> dict[str, list[tuple[float, float]]]:
    """Mix -> for Ana and for Bea the mean at the left and at the right edge of the print."""
    return {
        name: [(float(one[40:46, 26:28].mean()), float(one[40:46, 36:38].mean())) for one in pair]
        for name, pair in lesson.after["nb02-print"].seen.items()
    }


@says(
    "nb02-print-says",
    "So after red minus blue the edges of the two prints have the same sign, and Ana's are stronger.",
    "After grey the signs differ: where Ana's print gets darker, Bea's gets brighter.",
)
@says("nb02-recap", "it decides whether the sign of an edge can tell Ana's black print from Bea's white one.")
def _(lesson):
    found = edges_of_the_print(lesson)
    (ana, bea), (dark, light) = found["edges of red - blue"], found["edges of grey"]
    same = kinds.every(x * y > 0 and abs(x) > 1.2 * abs(y) > 12 for x, y in zip(ana, bea, strict=True))
    return same and dark[0] < -10 and light[0] > 10 and dark[1] > 10 and light[1] < -10, f"{found}"


@says(
    "nb02-order-says",
    "Where a layer makes more channels than it gets, this order also has more patterns, and pays for them.",
)
@says("nb02-print-says", "It would cost as much here")
def _(lesson):
    said = lesson.printed["nb02-order"]
    numbers = [int(word.replace(",", "")) for word in re.findall(r"([\d,]+) weights", said)]
    return numbers == [4672, 4672, 1600, 1168] and numbers[2] > numbers[3], said


@says("nb02-overfit", "Three times as large.", "So Lite layers buy a threefold saving for a small loss")
def _(lesson):
    n = lesson.after["nb02-full-osnet"]
    times = (n.now - n.light + n.full) / n.now
    return 2.75 < times < 3.5, f"{times:.2f} times"


@says("nb02-overfit", "rank-1 94.0 against 93.6, mAP 82.7 against 81.0.")
def _(_lesson):
    found = (*measured.paper("full"), *measured.paper("primary"))
    return found == (94.0, 82.7, 93.6, 81.0), f"{found}"


@says(
    "nb02-traffic-says",
    "Notice the middle line.",
    "Against small photos of the same people they save little",
)
def _(lesson):
    n = lesson.after["nb02-traffic"]
    return (
        0.5 < n.crops / n.vectors < 2 and n.video > 20 * n.vectors,
        f"photos {n.crops:,}, vectors {n.vectors:,} bytes",
    )


@says("nb02-recap", "4,672 weights instead of 36,864 at 64 channels")
def _(_lesson):
    lite = Lite3x3(64, 64)
    found = lite.conv1.weight.numel() + lite.conv2.weight.numel()
    return (found, 9 * 64 * 64) == (4672, 36864), f"{found:,}"
