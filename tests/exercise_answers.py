"""What students write: right answers other than the model answer, and wrong ones with their mistake's name."""

# ruff: noqa: E501 - a student's line is as long as it is

from dataclasses import dataclass

PRELUDE = """import copy, math
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from osnet_edu.network.model import AggregationGate, Conv1x1Linear, ConvLayer, Lite3x3, stream
"""


@dataclass(frozen=True)
class Answers:
    """right: sources.  wrong: name of the mistake -> source.  other: sources that are wrong in no known way."""

    right: tuple[str, ...]
    wrong: dict[str, str]
    other: tuple[str, ...] = ()


def made(source: str, name: str):
    """The object that a source binds to a name."""
    space: dict = {}
    exec(compile(PRELUDE + source, "answer", "exec"), space)
    return space[name]


def function(head: str):
    """Sources of one function: its head, then one-line bodies."""

    def body(text: str) -> str:
        lines = text.strip("\n").split("\n")
        return f"def {head}:\n" + "\n".join(f"    {line}" for line in lines)

    return body


def answers(right, wrong, other=(), head=""):
    of = function(head) if head else str.strip
    return Answers(tuple(map(of, right)), {name: of(text) for name, text in wrong.items()}, tuple(map(of, other)))


def module(c_init: str, init: str, forward: str, name: str, x: str = "x") -> str:
    """The source of a module's class."""
    lines = [f"class {name}(nn.Module):", f"    def __init__(self, {c_init}):", "        super().__init__()"]
    lines += [f"        {line}" for line in init.strip("\n").split("\n")]
    lines += [f"    def forward(self, {x}):"]
    lines += [f"        {line}" for line in forward.strip("\n").split("\n")]
    return "\n".join(lines)


def lite(init: str, forward: str) -> str:
    return module("c_in, c_out", init, forward, "MyLite3x3")


def gate(init: str, forward: str) -> str:
    return module("channels, hidden", init, forward, "MyGate")


def mix(init: str, forward: str) -> str:
    return module("channels, hidden, streams", init, forward, "MyMix", "maps")


LITE_PARTS = (
    "self.pw = nn.Conv2d(c_in, c_out, 1, bias=False)\n"
    "self.dw = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out, bias=False)\n"
    "self.bn = nn.BatchNorm2d(c_out)"
)
GATE_PARTS = "self.down = nn.Conv2d(channels, hidden, 1)\nself.up = nn.Conv2d(hidden, channels, 1)"
BLOCK_PARTS = (
    "mid = c_out // 4\n"
    "self.conv1 = ConvLayer(c_in, mid, 1)\n"
    "self.conv2a = stream(mid, 1)\n"
    "self.conv2b = stream(mid, 2)\n"
    "self.conv2c = stream(mid, 3)\n"
    "self.conv2d = stream(mid, 4)\n"
    "self.gate = AggregationGate(mid, max(1, mid // 16))\n"
    "self.conv3 = Conv1x1Linear(mid, c_out)\n"
    "self.downsample = Conv1x1Linear(c_in, c_out) if c_in != c_out else None"
)


def os_block(forward: str, parts: str = BLOCK_PARTS) -> str:
    return module("c_in, c_out", parts, forward, "MyOSBlock")


def os_forward(mixed: str, last: str = "torch.relu(self.conv3(z) + s)") -> str:
    return (
        "y = self.conv1(x)\nmaps = [f(y) for f in (self.conv2a, self.conv2b, self.conv2c, self.conv2d)]\n"
        f"s = x if self.downsample is None else self.downsample(x)\nz = {mixed}\nreturn {last}"
    )


ANSWERS = {
    "rank_one": answers(
        [
            "return sum(rank == 1 for rank in first_hit) / len(first_hit)",
            "return np.mean(np.asarray(first_hit) < 2)",
        ],
        {
            "number": "return sum(first_hit == 1)",
            "mean rank": "return np.mean(first_hit)",
            "all answers": "return np.equal(first_hit, 1)",
            "the others": "return (first_hit > 1).mean()",
            "counted from 0": "return np.mean(first_hit == 0)",
        },
        ["return (first_hit <= 2).mean()"],
        "my_rank1(first_hit)",
    ),
    "cosine": answers(
        [
            "u = a / np.sqrt((a * a).sum())\nv = b / np.sqrt((b * b).sum())\nreturn float(sum(u * v))",
            "return np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)",
        ],
        {
            "dot product": "return (a * b).sum()",
            "brackets": "return np.dot(a, b) / np.linalg.norm(a) * np.linalg.norm(b)",
            "distance": "return 1 - np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)",
            "sum of lengths": "return a @ b / (np.linalg.norm(a) + np.linalg.norm(b))",
            "squared lengths": "return a @ b / (a @ a * (b @ b))",
            "not added up": "return a / np.linalg.norm(a) * b / np.linalg.norm(b)",
            "euclidean": "return np.sqrt(((a - b) ** 2).sum())",
            "one length": "return a @ b / np.sqrt(a @ a)",
            "other length": "return a @ b / np.sqrt(b @ b)",
        },
        ["return 0.5 * a @ b / (np.linalg.norm(a) * np.linalg.norm(b))", "return None", "return 'similar'"],
        "my_cosine(a, b)",
    ),
    "euclidean_ranking": answers(
        [
            "d = [float(np.linalg.norm(row - query)) for row in gallery]\nreturn sorted(range(len(d)), key=lambda i: d[i])",
            "d = query - gallery\nreturn np.einsum('gd,gd->g', d, d).argsort(kind='stable')",
        ],
        {
            "farthest first": "return np.argsort(-np.linalg.norm(gallery - query, axis=1))",
            "distances": "return np.sqrt(((gallery - query) ** 2).sum(axis=1))",
            "sorted distances": "return sorted(np.linalg.norm(gallery - query, axis=1))",
            "places": "return np.argsort(np.argsort(np.linalg.norm(gallery - query, axis=1)))",
            "no squares": "d = gallery - query\nreturn np.argsort(np.sum(d, axis=1))",
            "city block": "return np.argsort(np.sum(abs(gallery - query), axis=1))",
            "columns": "return np.argsort(((gallery - query) ** 2).sum(axis=0))",
            "dot product": "return np.argsort(gallery @ query)[::-1]",
        },
        ["return np.arange(len(gallery))", "return np.linalg.norm(gallery - query, axis=1).argmin()"],
        "my_ranking(query, gallery)",
    ),
    "market_rule": answers(
        [
            "return np.array([p != -1 and not (p == person and c == camera) for p, c in zip(people, cameras)])",
            "return (people != -1) & ((people != person) | (cameras != camera))",
        ],
        {
            "junk kept": "return (people != person) | (cameras != camera)",
            "camera for everybody": "return ~(people == -1) & ~(cameras == camera)",
            "person by every camera": "return ~(people == -1) & ~(people == person)",
            "or for and": "return ~(people == -1) & ~((people == person) | (cameras == camera))",
            "turned around": "junk = people == -1\nreturn junk | ((people == person) & (cameras == camera))",
            "distractors": "return (people >= 1) & ~((people == person) & (cameras == camera))",
            "zero for junk": "return ~(people == 0) & ~((people == person) & (cameras == camera))",
            "matches": "return (people == person) & (cameras != camera)",
            "only junk": "return people >= 0",
            "other cameras": "return ~(people == -1) & ~((people == person) & (cameras != camera))",
        },
        [
            "return ((people != -1) & ((people != person) | (cameras != camera))).astype(int)",
            "return people == person & people != -1",
        ],
        "my_keep(person, camera, people, cameras)",
    ),
    "rank_k": answers(
        [
            "found = 0\nfor row in matches:\n    found += max(row[:k])\nreturn found / len(matches)",
            "return np.mean(np.cumsum(matches, axis=1)[:, k - 1] > 0)",
        ],
        {
            "precision": "return np.mean(matches[:, :k])",
            "place k alone": "return matches.mean(axis=0)[k - 1]",
            "one place too few": "return matches[:, 0:k - 1].any(axis=1).mean()",
            "one place too many": "return matches[:, 0:k + 1].any(axis=1).mean()",
            "number": "return sum(any(row[:k]) for row in matches)",
            "all": "return np.all(matches[:, :k], axis=1).mean()",
            "first queries": "return matches[:k].any(axis=1).mean()",
            "wrong axis": "return matches[:, :k].any(0).mean()",
            "not averaged": "return [bool(any(row[:k])) for row in matches]",
        },
        ["return matches[:, 1:k + 1].any(axis=1).mean()", "return 1 - matches[:, :k].any(axis=1).mean()"],
        "my_rank_k(matches, k)",
    ),
    "average_precision": answers(
        [
            "hits, total = 0, 0.0\nfor place, hit in enumerate(matches, start=1):\n    if hit:\n        hits += 1\n"
            "        total += hits / place\nreturn total / hits",
            "places = np.flatnonzero(matches) + 1\nreturn np.mean(np.arange(1, len(places) + 1) / places)",
        ],
        {
            "every place": "return (np.cumsum(matches) / np.arange(1, len(matches) + 1)).mean()",
            "divided by places": "p = np.cumsum(matches) / np.arange(1, len(matches) + 1)\nreturn sum(p[matches]) / len(p)",
            "sum": "p = np.cumsum(matches) / np.arange(1, len(matches) + 1)\nreturn sum(p[matches])",
            "not averaged": "p = np.cumsum(matches) / np.arange(1, len(matches) + 1)\nreturn p[matches]",
            "first hit": "return 1 / (np.flatnonzero(matches)[0] + 1)",
            "reciprocal places": "return np.mean(1 / (np.flatnonzero(matches) + 1))",
            "precision of all": "return matches.sum() / len(matches)",
            "upside down": "p = np.arange(1, len(matches) + 1) / np.maximum(np.cumsum(matches), 1)\nreturn p[matches].mean()",
            "last hit": "return matches.sum() / (np.flatnonzero(matches)[-1] + 1)",
        },
        ["return matches.cumsum()[matches].mean()", "return {'ap': 1.0}"],
        "my_average_precision(matches)",
    ),
    "hard_cases": answers(
        [
            "rows = range(len(people))\np = [i for i in rows if people[i] == person and cameras[i] != camera]\n"
            "n = [i for i in rows if people[i] not in (person, -1)]\n"
            "return max(p, key=lambda i: distances[i]), min(n, key=lambda i: distances[i])",
        ],
        {
            "own camera": "positive = people == person\nnegative = (people != person) & (people != -1)\n"
            "return np.where(positive, distances, -1).argmax(), np.where(negative, distances, 99).argmin()",
            "junk": "positive = (people == person) & (cameras != camera)\nnegative = people != person\n"
            "return np.where(positive, distances, -1).argmax(), np.where(negative, distances, 99).argmin()",
            "filtered rows": "positive = (people == person) & (cameras != camera)\n"
            "negative = (people != person) & (people >= 0)\n"
            "return np.argmax(distances[positive]), np.argmin(distances[negative])",
            "easiest": "positive = (people == person) & (cameras != camera)\n"
            "negative = (people != person) & (people >= 0)\n"
            "return np.where(positive, distances, 99).argmin(), np.where(negative, distances, -1).argmax()",
            "no distractors": "positive = (people == person) & (cameras != camera)\n"
            "negative = (people != person) & (people > 0)\n"
            "return np.where(positive, distances, -1).argmax(), np.where(negative, distances, 99).argmin()",
            "distances": "positive = (people == person) & (cameras != camera)\n"
            "negative = (people != person) & (people >= 0)\nreturn distances[positive].max(), distances[negative].min()",
            "turned around": "p = (people == person) & (cameras != camera)\nn = (people != person) & (people >= 0)\n"
            "return np.where(n, distances, 99).argmin(), np.where(p, distances, -1).argmax()",
        },
        ["return 0, 1", "return np.argmax(distances), np.argmin(distances)"],
        "my_hard_cases(distances, person, camera, people, cameras)",
    ),
    "triplet_loss": answers(
        [
            "p = np.sqrt(((anchor - positive) ** 2).sum())\nn = np.sqrt(((anchor - negative) ** 2).sum())\n"
            "if n >= p + margin:\n    return 0\nreturn p + margin - n",
        ],
        {
            "turned around": "d = np.linalg.norm\nreturn max(0, d(anchor - negative) - d(anchor - positive) + margin)",
            "no floor": "d = np.linalg.norm\nreturn d(anchor - positive) - d(anchor - negative) + margin",
            "squared": "p = ((anchor - positive) ** 2).sum()\nn = ((anchor - negative) ** 2).sum()\n"
            "return max(0, p - n + margin)",
            "margin subtracted": "d = np.linalg.norm\nreturn max(0, d(positive - anchor) - d(negative - anchor) - margin)",
            "no margin": "d = np.linalg.norm\nreturn max(0, d(positive - anchor) - d(negative - anchor))",
            "min": "d = np.linalg.norm\nreturn min(0, d(positive - anchor) - d(negative - anchor) + margin)",
            "margin outside": "d = np.linalg.norm\nreturn margin + max(0, d(positive - anchor) - d(negative - anchor))",
        },
        ["return margin", "return np.linalg.norm(anchor - positive)"],
        "my_triplet_loss(anchor, positive, negative, margin)",
    ),
    "window_sum": answers(
        [
            "total = 0.0\nfor i in range(3):\n    for j in range(3):\n"
            "        total += float(image[row - 1 + i, column - 1 + j]) * float(kernel[i, j])\nreturn total",
            "out = F.conv2d(image[None, None], kernel[None, None], padding=1)\nreturn out[0, 0, row, column].item()",
        ],
        {
            "turned kernel": "w = image[row - 1 : row + 2, column - 1 : column + 2]\n"
            "return (w * torch.flip(kernel, (0, 1))).sum()",
            "matrix product": "w = image[row - 1 : row + 2, column - 1 : column + 2]\nreturn torch.matmul(w, kernel).sum()",
            "not added up": "return image[row - 1 : row + 2, column - 1 : column + 2] * kernel",
            "mean": "return torch.mean(image[row - 1 : row + 2, column - 1 : column + 2] * kernel)",
            "transposed kernel": "return (image[row - 1 : row + 2, column - 1 : column + 2].T * kernel).sum()",
            "not centred": "return (image[row : row + 3, column : column + 3] * kernel).sum()",
            "row for column": "return (image[column - 1 : column + 2, row - 1 : row + 2] * kernel).sum()",
        },
        ["return (image[row - 1 : row + 1, column - 1 : column + 1] * kernel).sum()", "return image[row, column]"],
        "my_window_sum(image, kernel, row, column)",
    ),
    "grey": answers(
        [
            "red, green, blue = photos[:, :1], photos[:, 1:2], photos[:, 2:]\n"
            "return 0.299 * red + 0.587 * green + 0.114 * blue",
        ],
        {
            "blue first": "return F.conv2d(photos, torch.tensor([0.114, 0.587, 0.299]).reshape(1, 3, 1, 1))",
            "equal weights": "return photos.mean(1, keepdim=True)",
            "no channel": "return torch.einsum('c,bchw->bhw', torch.tensor([0.299, 0.587, 0.114]), photos)",
            "percent": "return F.conv2d(photos, torch.tensor([29.9, 58.7, 11.4]).reshape(1, 3, 1, 1))",
            "rounded": "return F.conv2d(photos, torch.tensor([0.30, 0.59, 0.11]).reshape(1, 3, 1, 1))",
            "all ones": "return photos.sum(1, keepdim=True)",
            "not mixed": "return torch.tensor([0.299, 0.587, 0.114])[None, :, None, None] * photos",
        },
        ["return F.conv2d(photos, torch.tensor([0.2, 0.7, 0.1]).reshape(1, 3, 1, 1))"],
        "my_grey(photos)",
    ),
    "pointwise": answers(
        [
            "return nn.Sequential(nn.Conv2d(in_channels=c_in, out_channels=c_out, kernel_size=(1, 1), bias=False))",
        ],
        {
            "bias": "return nn.Conv2d(c_in, c_out, kernel_size=1)",
            "3x3": "return nn.Conv2d(c_in, c_out, 3, bias=False, padding='same')",
            "swapped": "return nn.Conv2d(c_out, c_in, kernel_size=1, bias=False)",
            "padding": "return nn.Conv2d(c_in, c_out, 1, 1, 1, bias=False)",
            "stride": "return nn.Conv2d(c_in, c_out, 1, 2, bias=False)",
            "more": "return ConvLayer(c_in, c_out, 1)",
            "3x3 with bias": "return nn.Conv2d(c_in, c_out, 3)",
        },
        ["return nn.Conv2d(c_in, c_out, (1, 3), padding=(0, 1), bias=False)", "return lambda x: x", "return nn.Conv2d"],
        "my_pointwise(c_in, c_out)",
    ),
    "depthwise": answers(
        [
            "pad = nn.ZeroPad2d(1)\n"
            "return nn.Sequential(pad, nn.Conv2d(channels, channels, (3, 3), groups=channels, bias=False))",
        ],
        {
            "groups": "return nn.Conv2d(channels, channels, 3, padding=1, bias=False)",
            "padding": "return nn.Conv2d(channels, channels, 3, groups=channels, bias=False)",
            "bias": "return nn.Conv2d(channels, channels, 3, padding='same', groups=channels)",
            "groups + bias": "return nn.Conv2d(channels, channels, 3, 1, 1)",
            "padding + bias": "return nn.Conv2d(channels, channels, 3, groups=channels)",
            "groups, padding and bias": "return nn.Conv2d(channels, channels, 3)",
            "stride": "return nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False)",
        },
        ["return nn.Conv2d(channels, channels, (3, 5), padding=(1, 2), groups=channels, bias=False)", "return 3"],
        "my_depthwise(channels)",
    ),
    "lite_3x3": answers(
        [
            lite(
                "self.all = nn.Sequential(nn.Conv2d(c_in, c_out, 1, bias=False),\n"
                "    nn.Conv2d(c_out, c_out, 3, 1, 1, groups=c_out, bias=False), nn.BatchNorm2d(c_out), nn.ReLU())",
                "return self.all(x)",
            ),
            lite(
                "self.a = nn.Parameter(torch.randn(c_out, c_in))\nself.b = nn.Parameter(torch.randn(c_out, 1, 3, 3))\n"
                "self.bn = nn.BatchNorm2d(c_out)",
                "y = torch.einsum('oc,bchw->bohw', self.a, x)\n"
                "y = F.conv2d(y, self.b, padding=1, groups=y.shape[1])\nreturn F.relu(self.bn(y))",
            ),
        ],
        {
            "groups": lite(LITE_PARTS.replace(" groups=c_out,", ""), "return F.relu(self.bn(self.dw(self.pw(x))))"),
            "padding": lite(LITE_PARTS.replace(" padding=1,", ""), "return F.relu(self.bn(self.dw(self.pw(x))))"),
            "bias of the pointwise": lite(
                LITE_PARTS.replace("1, bias=False", "1"), "return F.relu(self.bn(self.dw(self.pw(x))))"
            ),
            "bias of the depthwise": lite(
                LITE_PARTS.replace("groups=c_out, bias=False", "groups=c_out"),
                "return F.relu(self.bn(self.dw(self.pw(x))))",
            ),
            "bias of the pointwise + bias of the depthwise": lite(
                LITE_PARTS.replace(", bias=False", ""), "return F.relu(self.bn(self.dw(self.pw(x))))"
            ),
            "pointwise after depthwise": lite(
                "self.dw = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False)\n"
                "self.pw = nn.Conv2d(c_in, c_out, 1, bias=False)\nself.bn = nn.BatchNorm2d(c_out)",
                "return F.relu(self.bn(self.pw(self.dw(x))))",
            ),
            "no normalisation": lite(
                LITE_PARTS.replace("self.bn = nn.BatchNorm2d(c_out)", ""), "return F.relu(self.dw(self.pw(x)))"
            ),
            "no relu": lite(LITE_PARTS, "return self.bn(self.dw(self.pw(x)))"),
            "relu before normalisation": lite(LITE_PARTS, "return self.bn(F.relu(self.dw(self.pw(x))))"),
            "relu between": lite(LITE_PARTS, "return F.relu(self.bn(self.dw(F.relu(self.pw(x)))))"),
            "normalisation between": lite(LITE_PARTS, "return F.relu(self.dw(self.bn(self.pw(x))))"),
        },
        [
            lite(LITE_PARTS, "return torch.sigmoid(self.bn(self.dw(self.pw(x))))"),
            lite(LITE_PARTS, "return x"),
            "def MyLite3x3(c_in, c_out):\n    return [nn.Conv2d(c_in, c_out, 1)]",
        ],
    ),
    "lite_parameters": answers(
        [
            "return sum(p.numel() for c in (nn.Conv2d(c_in, c_out, 1, bias=False), "
            "nn.Conv2d(c_out, c_out, 3, groups=c_out, bias=False)) for p in c.parameters())",
            "return c_out * (c_in + 3 ** 2)",
        ],
        {
            "standard": "return 3 * 3 * c_in * c_out",
            "c_in": "return c_in * c_out + 3 * 3 * c_in",
            "3 for 9": "return c_in * c_out + 3 * c_out",
            "one kernel": "return c_in * c_out + 3 * 3",
            "not depthwise": "return c_in * c_out + c_out * c_out * 3 * 3",
            "pointwise added": "return c_in + c_out + 9 * c_out",
            "two a channel too many": "return sum(p.numel() for p in Lite3x3(c_in, c_out).parameters())",
        },
        ["return 4672", "return c_in"],
        "my_lite_parameters(c_in, c_out)",
    ),
    "multiply_adds": answers(
        [
            "weights = nn.Conv2d(c_in, c_out, kernel, groups=groups, bias=False).weight.numel()\n"
            "return weights * (height * width)",
        ],
        {
            "weights": "return kernel ** 2 * c_in // groups * c_out",
            "kernel once": "return kernel * c_in * c_out * height * width / groups",
            "groups ignored": "return kernel ** 2 * c_in * c_out * height * width",
            "groups twice": "return groups * 0 + kernel ** 2 * c_in * c_out * height * width / groups ** 2",
            "doubled": "return 2 * kernel ** 2 * c_in * c_out * height * width / groups",
            "no output channels": "return kernel ** 2 * (c_in / groups) * height * width",
            "smaller map": "h, w = height - kernel + 1, width - kernel + 1\n"
            "return kernel ** 2 * c_in * c_out * h * w / groups",
        },
        ["return 0", "return kernel ** 3 * c_in * c_out * height * width // groups"],
        "my_multiply_adds(c_in, c_out, kernel, height, width, groups=1)",
    ),
    "camera_hour": answers(
        [
            "hour = 60 * 60\nreturn [megabits_per_second * 0.125 * hour, people_per_minute * hour / 60 * 0.002048]",
        ],
        {
            "video: bits": "return megabits_per_second * 3600, people_per_minute * 60 * 512 * 4 / 1e6",
            "embeddings: one byte": "return megabits_per_second * 450, people_per_minute * 60 * 512 / 1e6",
            "video: bits + embeddings: one byte": "return megabits_per_second * 3600, people_per_minute * 60 * 512 / 1e6",
            "video: a minute of video": "return megabits_per_second / 8 * 60, people_per_minute * 60 * 512 * 4 / 1e6",
            "embeddings: people a second": "return megabits_per_second * 450, people_per_minute * 3600 * 2048 / 1e6",
            "swapped": "return people_per_minute * 60 * 512 * 4 / 1e6, megabits_per_second * 450",
        },
        ["return megabits_per_second", "return 450 * megabits_per_second, people_per_minute"],
        "my_camera_hour(megabits_per_second, people_per_minute)",
    ),
    "receptive_field": answers(
        [
            "field = 1\nfor _ in range(t):\n    field = field + 2\nreturn field",
            "return 3 if t == 1 else my_receptive_field(t - 1) + 2",
        ],
        {
            "3t": "return t * 3",
            "2t - 1": "return 1 + 2 * (t - 1)",
            "power": "return pow(3, t)",
            "area": "return (1 + 2 * t) * (1 + 2 * t)",
            "one side": "return 3 + (t - 1)",
            "2t": "return t + t",
            "2t + 3": "return 3 + 2 * t",
        },
        ["return 2 * t + 2", "return [3, 5, 7, 9][t - 1]"],
        "my_receptive_field(t)",
    ),
    "stream": answers(
        [
            "s = nn.Sequential()\nfor i in range(depth):\n    s.add_module(f'lite{i}', Lite3x3(channels, channels))\nreturn s",
            "first = Lite3x3(channels, channels)\n"
            "return nn.Sequential(first, my_stream(channels, depth - 1)) if depth > 1 else first",
        ],
        {
            "one layer repeated": "layer = Lite3x3(channels, channels)\nreturn nn.Sequential(*[layer for _ in range(depth)])",
            "one too many": "return nn.Sequential(*[Lite3x3(channels, channels) for _ in range(0, depth + 1)])",
            "one too few": "return nn.Sequential(*[Lite3x3(channels, channels) for _ in range(1, depth)])",
            "depth ignored": "return nn.Sequential(Lite3x3(channels, channels))",
            "standard convolutions": "return nn.Sequential(*[nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(depth)])",
        },
        [
            "return [Lite3x3(channels, channels) for _ in range(depth)]",
            "return nn.Sequential(*[ConvLayer(channels, channels, 3) for _ in range(depth)])",
        ],
        "my_stream(channels, depth)",
    ),
    "residual": answers(
        [
            "y = branch(x).clone()\ny += x\nreturn y.clamp(min=0)",
        ],
        {
            "no input": "return F.relu(branch(x))",
            "relu inside": "return x + F.relu(branch(x))",
            "no relu": "return branch(x) + x",
            "relu each": "return F.relu(x) + F.relu(branch(x))",
            "product": "return torch.relu(branch(x) * x)",
            "side by side": "return torch.relu(torch.cat((x, branch(x)), dim=1))",
            "relu first": "return torch.relu(branch(torch.relu(x)) + x)",
            "no branch": "return torch.relu(x)",
            "in place": "x += branch(x)\nreturn torch.relu(x)",
        },
        ["return torch.relu(branch(x) + 2 * x)", "return branch"],
        "my_residual(x, branch)",
    ),
    "shared_squeeze": answers(
        [
            "y, found = squeeze(x), []\nfor one in streams:\n    found.append(one(y))\nreturn tuple(found)",
        ],
        {
            "squeezed again": "return [f(squeeze(x)) for f in streams]",
            "chained": "y, found = squeeze(x), []\nfor f in streams:\n    y = f(y)\n    found.append(y)\nreturn found",
            "not squeezed": "return [f(x) for f in streams]",
            "added up": "y = squeeze(x)\nreturn sum(f(y) for f in streams)",
            "squeezed after": "return [squeeze(f(x)) for f in streams]",
            "stacked": "y = squeeze(x)\nreturn torch.stack([f(y) for f in streams])",
        },
        ["y = squeeze(x)\nreturn (f(y) for f in streams)", "return streams"],
        "my_streams(x, squeeze, streams)",
    ),
    "stack_field": answers(
        [
            "size = 1\nfor kernel, stride in reversed(layers):\n    size = (size - 1) * stride + kernel\nreturn size",
        ],
        {
            "strides ignored": "field = 1\nfor kernel, stride in layers:\n    field += kernel - 1\nreturn field",
            "own stride": "field, jump = 1, 1\nfor kernel, stride in layers:\n    jump *= stride\n"
            "    field += (kernel - 1) * jump\nreturn field",
            "kernel": "field, jump = 1, 1\nfor kernel, stride in layers:\n    field += kernel * jump\n"
            "    jump *= stride\nreturn field",
            "last stride only": "field, jump = 1, 1\nfor kernel, stride in layers:\n    field += (kernel - 1) * jump\n"
            "    jump = stride\nreturn field",
            "strides added": "field, jump = 1, 1\nfor kernel, stride in layers:\n    field += (kernel - 1) * jump\n"
            "    jump += stride\nreturn field",
            "product of kernels": "field = 1\nfor kernel, stride in layers:\n    field *= kernel\nreturn field",
            "jump": "jump = 1\nfor kernel, stride in layers:\n    jump *= stride\nreturn jump",
        },
        ["return 11", "field = 1\nfor kernel, stride in layers:\n    field += kernel + stride\nreturn field"],
        "my_stack_field(layers)",
    ),
    "field_in_pixels": answers(
        [
            "left, right = 0, field\nfor _ in range(t):\n    left -= jump\n    right += jump\nreturn right - left",
        ],
        {
            "cells times field": "return field * (1 + 2 * t)",
            "cells times jump": "return jump * (1 + 2 * t)",
            "one side": "return t * jump + field",
            "one step too many": "return field + (2 * t + 1) * jump",
            "steps of one pixel": "return field + t + t",
            "cells": "return 1 + t * 2",
        },
        ["return 19", "return field * jump"],
        "my_field_in_pixels(t, field, jump)",
    ),
    "gated_sum": answers(
        [
            "total = torch.zeros_like(streams[0])\nfor x in streams:\n    total = total + x * gate(x)\nreturn total",
            "return torch.stack([gate(x) * x for x in streams]).sum(0)",
        ],
        {
            "sum before the gate": "total = sum(streams)\nreturn total * gate(total)",
            "no gate": "return torch.stack(streams).sum(0)",
            "gates alone": "return sum(map(gate, streams))",
            "first gate for all": "g = gate(streams[0])\nreturn sum(g * x for x in streams)",
            "last gate for all": "for x in streams:\n    g = gate(x)\nreturn sum(g * x for x in streams)",
            "mean": "return torch.stack([gate(x) * x for x in streams]).mean(0)",
            "added": "return sum(x + gate(x) for x in streams)",
            "side by side": "return torch.cat([x * gate(x) for x in streams], dim=1)",
            "residual gate": "return sum((1 + gate(x)) * x for x in streams)",
        },
        ["return [gate(x) * x for x in streams]", "return sum(gate(x) ** 3 * x for x in streams)"],
        "my_gated_sum(streams, gate)",
    ),
    "gate": answers(
        [
            gate(
                "self.first, self.second = nn.Linear(channels, hidden), nn.Linear(hidden, channels)",
                "y = F.relu(self.first(x.mean((2, 3))))\nreturn self.second(y).sigmoid()[:, :, None, None]",
            ),
        ],
        {
            "no pooling": gate(GATE_PARTS, "return torch.sigmoid(self.up(torch.relu(self.down(x))))"),
            "no sigmoid": gate(GATE_PARTS, "return self.up(torch.relu(self.down(x.mean((2, 3), True))))"),
            "softmax": gate(GATE_PARTS, "return F.softmax(self.up(F.relu(self.down(x.mean((2, 3), True)))), dim=1)"),
            "no relu": gate(GATE_PARTS, "return torch.sigmoid(self.up(self.down(x.mean((2, 3), True))))"),
            "max pooling": gate(
                "self.pool = nn.AdaptiveMaxPool2d(1)\n" + GATE_PARTS,
                "return torch.sigmoid(self.up(torch.relu(self.down(self.pool(x)))))",
            ),
            "tanh": gate(GATE_PARTS, "return torch.tanh(self.up(F.relu(self.down(x.mean((2, 3), True)))))"),
            "no bias": gate(
                GATE_PARTS.replace(", 1)", ", 1, bias=False)"),
                "return torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3), True)))))",
            ),
            "one number": gate(
                GATE_PARTS.replace("(hidden, channels, 1)", "(hidden, 1, 1)"),
                "return torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3), True)))))",
            ),
            "gated map": gate(
                GATE_PARTS, "return x * torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3), True)))))"
            ),
            "pooled at the end": gate(
                GATE_PARTS, "return torch.sigmoid(self.up(torch.relu(self.down(x)))).mean((2, 3), True)"
            ),
        },
        [
            gate(GATE_PARTS, "return torch.sigmoid(self.up(torch.relu(self.down(x.sum((2, 3), True)))))"),
            gate(GATE_PARTS, "return x.mean((2, 3), True).sigmoid()"),
        ],
    ),
    "shared_gate": answers(
        [
            mix(
                "one = AggregationGate(channels, hidden)\nself.gates = nn.ModuleList([one] * streams)",
                "return sum(g(x) * x for g, x in zip(self.gates, maps))",
            ),
            mix(
                "self.g = AggregationGate(channels, hidden)",
                "s = torch.stack(maps)\nreturn (self.g(s.flatten(0, 1)).unflatten(0, s.shape[:2]) * s).sum(0)",
            ),
        ],
        {
            "not shared": mix(
                "self.gates = nn.ModuleList([AggregationGate(channels, hidden) for _ in range(streams)])",
                "total = 0\nfor i, x in enumerate(maps):\n    total = total + self.gates[i](x) * x\nreturn total",
            ),
            "one used, all kept": mix(
                "self.gates = nn.ModuleList([AggregationGate(channels, hidden) for _ in range(streams)])",
                "return sum(self.gates[0](x) * x for x in maps)",
            ),
            "sum before the gate": mix(
                "self.gate = AggregationGate(channels, hidden)", "s = sum(maps)\nreturn s * self.gate(s)"
            ),
            "called once": mix(
                "self.gate = AggregationGate(channels, hidden)",
                "g = self.gate(maps[0])\nreturn sum(g * x for x in maps)",
            ),
        },
        [
            mix("self.gate = AggregationGate(channels, channels)", "return sum(self.gate(x) * x for x in maps)"),
            mix(
                "one = AggregationGate(channels, hidden)\n"
                "self.gates = nn.ModuleList([copy.deepcopy(one) for _ in range(streams + 1)])",
                "return sum(g(x) * x for g, x in zip(self.gates, maps))",
            ),
        ],
    ),
    "gate_parameters": answers(
        [
            "return sum(p.numel() for p in AggregationGate(channels, hidden).parameters())",
            "return (2 * hidden + 1) * channels + hidden",
        ],
        {
            "times streams": "return streams * ((channels + 1) * hidden + (hidden + 1) * channels)",
            "no biases": "return channels * hidden + hidden * channels",
            "times streams, no biases": "return 2 * streams * channels * hidden",
            "biases swapped": "return 2 * (channels * hidden + hidden)",
            "one way": "return (channels + 1) * hidden",
            "one bias: hidden": "return channels * hidden + hidden + hidden * channels",
        },
        ["return 580", "return channels ** 2 * hidden"],
        "my_gate_parameters(channels, hidden, streams)",
    ),
    "gate_gradient": answers(
        [
            "g = torch.ones(*streams[0].shape[:2], 1, 1, requires_grad=True)\n"
            "(sum(g * x for x in streams) * gradient).sum().backward()\nreturn g.grad",
            "return torch.stack([(gradient * x).sum((2, 3), keepdim=True) for x in streams]).sum(0)",
        ],
        {
            "last stream": "return (gradient * streams[-1]).sum(dim=(2, 3), keepdim=True)",
            "positions": "return gradient * torch.stack(streams).sum(0)",
            "mean over positions": "return (gradient * sum(streams)).mean(dim=(2, 3), keepdim=True)",
            "shape": "return torch.einsum('bchw,bchw->bc', gradient, sum(streams))",
            "photos added": "return (gradient * sum(streams)).sum(dim=(0, 2, 3), keepdim=True)",
            "no gradient": "return sum(streams).sum(dim=(2, 3), keepdim=True)",
            "a list": "return [(gradient * x).sum(dim=(2, 3), keepdim=True) for x in streams]",
            "sums multiplied": "return gradient.sum((2, 3), True) * sum(streams).sum((2, 3), True)",
        },
        ["return gradient", "return (gradient - sum(streams)).sum(dim=(2, 3), keepdim=True)"],
        "my_gate_gradient(gradient, streams)",
    ),
    "recalibrate": answers(
        [
            "total = torch.stack(streams).sum(0)\nreturn total.mul(gate(total))",
        ],
        {
            "gated sum": "return sum(x * gate(x) for x in streams)",
            "plain sum": "total = sum(streams)\nreturn total",
            "gate alone": "total = sum(streams)\nreturn gate(total)",
            "first stream": "g = gate(streams[0])\nreturn sum(g * x for x in streams)",
            "mean": "total = torch.stack(streams).mean(0)\nreturn gate(total) * total",
            "one stream": "x = streams[0]\nreturn gate(x) * x",
        },
        ["total = sum(streams)\nreturn total * (2 * gate(total))", "return streams"],
        "my_recalibrate(streams, gate)",
    ),
    "block_from_parts": answers(
        [
            "y, total = squeeze(x), 0\nfor f in streams:\n    z = f(y)\n    total = total + z * gate(z)\n"
            "return (shortcut(x) + expand(total)).clamp(min=0)",
        ],
        {
            "no shortcut": "y = squeeze(x)\nreturn torch.relu(expand(sum(gate(f(y)) * f(y) for f in streams)))",
            "x itself": "y = squeeze(x)\nreturn torch.relu(expand(sum(gate(f(y)) * f(y) for f in streams)) + x)",
            "shortcut of the squeezed": "y = squeeze(x)\n"
            "return torch.relu(expand(sum(gate(f(y)) * f(y) for f in streams)) + shortcut(y))",
            "no gate": "y = squeeze(x)\nreturn torch.relu(expand(sum(f(y) for f in streams)) + shortcut(x))",
            "sum before the gate": "y = squeeze(x)\ns = sum(f(y) for f in streams)\n"
            "return torch.relu(expand(gate(s) * s) + shortcut(x))",
            "gate of the squeezed": "y = squeeze(x)\n"
            "return torch.relu(expand(gate(y) * sum(f(y) for f in streams)) + shortcut(x))",
            "no relu": "y = squeeze(x)\nreturn expand(sum(gate(f(y)) * f(y) for f in streams)) + shortcut(x)",
            "not squeezed": "return torch.relu(expand(sum(gate(f(x)) * f(x) for f in streams)) + shortcut(x))",
            "relu before the sum": "y = squeeze(x)\n"
            "return torch.relu(expand(sum(gate(f(y)) * f(y) for f in streams))) + shortcut(x)",
        },
        [
            "y = squeeze(x)\nreturn torch.relu(sum(expand(gate(f(y)) * f(y)) for f in streams) + shortcut(x))",
            "return squeeze(x)",
        ],
        "my_block(x, squeeze, streams, gate, expand, shortcut)",
    ),
    "transition": answers(
        [
            "return nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(), "
            "nn.AvgPool2d(2))",
        ],
        {
            "max pool": "return nn.Sequential(ConvLayer(channels, channels, 1), nn.MaxPool2d(2, stride=2))",
            "pool first": "return nn.Sequential(nn.AvgPool2d(2, 2), ConvLayer(channels, channels, 1))",
            "no pool": "return nn.Sequential(ConvLayer(channels, channels, 1))",
            "strided layer": "return ConvLayer(channels, channels, 1, stride=2)",
            "pool with stride 1": "return nn.Sequential(ConvLayer(channels, channels, 1), nn.AvgPool2d(2, 1))",
            "linear layer": "return nn.Sequential(Conv1x1Linear(channels, channels), nn.AvgPool2d(2))",
            "3x3": "return nn.Sequential(ConvLayer(channels, channels, 3), nn.AvgPool2d(2))",
        },
        [
            "return nn.Sequential(ConvLayer(channels, channels, 1), nn.AvgPool2d(4))",
            "return nn.Sequential(ConvLayer(channels, 2 * channels, 1), nn.AvgPool2d(2))",
        ],
        "my_transition(channels)",
    ),
    "count_parameters": answers(
        [
            "seen, total = set(), 0\nfor name, p in model.named_parameters(remove_duplicate=False):\n"
            "    if id(p) not in seen:\n        seen.add(id(p))\n        total += int(np.prod(p.shape))\nreturn total",
        ],
        {
            "trainable only": "return sum(p.numel() for p in model.parameters() if p.requires_grad)",
            "state": "return sum(v.numel() for v in model.state_dict().values())",
            "tensors": "return sum(1 for p in model.parameters())",
            "first dimension": "return sum(p.shape[0] for p in model.parameters())",
            "every level": "return sum(p.numel() for m in model.modules() for p in m.parameters())",
            "shared twice": "return sum(p.numel() for _, p in model.named_parameters(remove_duplicate=False))",
            "no biases": "return sum(p.numel() for n, p in model.named_parameters() if p.ndim >= 2)",
        },
        ["return 2193616", "return list(model.parameters())"],
        "my_count(model)",
    ),
    "gate_floor": answers(
        [
            "width = math.floor(c_out / 64)\nreturn floor if width < floor else width",
        ],
        {
            "quarter forgotten": "return max(floor, c_out // 16)",
            "floor ignored": "mid = c_out // 4\nreturn max(mid // 16, 1)",
            "min": "mid = c_out // 4\nreturn min(floor, max(mid // 16, 1))",
            "bare min": "mid = c_out // 4\nreturn min(floor, mid // 16)",
            "rounded up": "return max(-(-c_out // 64), floor)",
            "sixteenth forgotten": "mid = c_out // 4\nreturn max(mid, floor)",
            "not rounded": "mid = c_out / 4\nreturn max(mid / 16, floor)",
        },
        ["return max(c_out // 32, floor)", "return c_out"],
        "my_hidden(c_out, floor)",
    ),
    "load_strictly": answers(
        [
            "state = dict(state)\nfor name in ('weight', 'bias'):\n    state.pop(f'classifier.{name}', None)\n"
            "mine = model.state_dict()\nif state.keys() != mine.keys():\n    raise ValueError('other entries')\n"
            "model.load_state_dict(state)\nreturn model",
        ],
        {
            "strict=False": "model.load_state_dict(state, strict=False)\nreturn model",
            "classifier kept": "model.load_state_dict(state, strict=True)\nreturn model",
            "unknown dropped": "mine = model.state_dict()\n"
            "model.load_state_dict({k: v for k, v in state.items() if k in mine})\nreturn model",
            "fitting only": "mine = model.state_dict()\nfor k, v in state.items():\n"
            "    if k in mine and mine[k].shape == v.shape:\n        mine[k] = v\nmodel.load_state_dict(mine)\nreturn model",
            "weight only": "model.load_state_dict({k: v for k, v in state.items() if k != 'classifier.weight'})\n"
            "return model",
            "in place": "state.pop('classifier.weight', None)\nstate.pop('classifier.bias', None)\n"
            "model.load_state_dict(state)\nreturn model",
            "not loaded": "state = {k: v for k, v in state.items() if 'classifier' not in k}\nreturn model",
        },
        [
            "state = {k: v for k, v in state.items() if 'weight' not in k}\nmodel.load_state_dict(state)\nreturn model",
            "skip = ('classifier.weight', 'classifier.bias')\nstate = {k: v for k, v in state.items() if k not in skip}\n"
            "return model.load_state_dict(state)",
        ],
        "my_load(model, state)",
    ),
    "os_block": answers(
        [
            os_block(
                "y, total = self.conv1(x), 0\nfor letter in 'dcba':\n    z = self.get_submodule('conv2' + letter)(y)\n"
                "    total = total + self.gate(z) * z\nif self.downsample is not None:\n    x = self.downsample(x)\n"
                "return F.relu(x + self.conv3(total))",
                BLOCK_PARTS.replace("self.downsample = Conv1x1Linear(c_in, c_out) if c_in != c_out else None", "")
                + "if c_in == c_out:\n    self.downsample = None\nelse:\n    self.downsample = Conv1x1Linear(c_in, c_out)",
            ),
        ],
        {
            "no gate": os_block(os_forward("sum(maps)")),
            "sum before the gate": os_block(os_forward("self.gate(sum(maps)) * sum(maps)")),
            "no shortcut": os_block(os_forward("sum(self.gate(m) * m for m in maps)", "torch.relu(self.conv3(z))")),
            "no relu": os_block(os_forward("sum(self.gate(m) * m for m in maps)", "self.conv3(z) + s")),
            "relu before the sum": os_block(
                os_forward("sum(self.gate(m) * m for m in maps)", "torch.relu(self.conv3(z)) + s")
            ),
            "one gate value for all": os_block(os_forward("self.gate(maps[0]) * sum(maps)")),
            "always a downsample": os_block(
                os_forward("sum(self.gate(m) * m for m in maps)"),
                BLOCK_PARTS.replace(" if c_in != c_out else None", ""),
            ),
        },
        [
            os_block(os_forward("sum(self.gate(m) * m for m in maps)"), BLOCK_PARTS.replace("mid // 16", "mid // 8")),
            os_block(
                os_forward("sum(self.gate(m) * m for m in maps)").replace("conv2d", "conv2e"),
                BLOCK_PARTS.replace("conv2d", "conv2e"),
            ),
        ],
    ),
    "smoothed_cross_entropy": answers(
        [
            "logs = [z - math.log(sum(math.exp(v) for v in logits)) for z in logits]\n"
            "return -(1 - smoothing) * logs[person] - smoothing * sum(logs) / len(logs)",
            "loss = nn.CrossEntropyLoss(label_smoothing=smoothing)\n"
            "return loss(torch.tensor(logits)[None], torch.tensor([person])).item()",
        ],
        {
            "not smoothed": "return np.log(np.exp(logits).sum()) - logits[person]",
            "sign": "t = np.full(len(logits), smoothing / len(logits))\nt[person] += 1 - smoothing\n"
            "return (t * (logits - np.log(np.exp(logits).sum()))).sum()",
            "others only": "k = len(logits)\nt = np.full(k, smoothing / (k - 1))\nt[person] = 1 - smoothing\n"
            "return -t @ (logits - np.log(np.exp(logits).sum()))",
            "not divided": "t = np.full(len(logits), smoothing)\nt[person] += 1 - smoothing\n"
            "return -t @ (logits - np.log(np.exp(logits).sum()))",
            "one too many": "t = np.full(len(logits), smoothing / len(logits))\nt[person] += 1\n"
            "return -t @ (logits - np.log(np.exp(logits).sum()))",
            "replaced": "t = np.full(len(logits), smoothing / len(logits))\nt[person] = 1 - smoothing\n"
            "return -t @ (logits - np.log(np.exp(logits).sum()))",
            "no logarithm": "t = np.full(len(logits), smoothing / len(logits))\nt[person] += 1 - smoothing\n"
            "return -(t * np.exp(logits) / np.exp(logits).sum()).sum()",
            "mean": "t = np.full(len(logits), smoothing / len(logits))\nt[person] += 1 - smoothing\n"
            "return -np.mean(t * (logits - np.log(np.exp(logits).sum())))",
            "not added up": "t = np.full(len(logits), smoothing / len(logits))\nt[person] += 1 - smoothing\n"
            "return -t * (logits - np.log(np.exp(logits).sum()))",
        },
        ["return -logits[person]", "return None", "return smoothing"],
        "my_cross_entropy(logits, person, smoothing)",
    ),
    "batch_hard": answers(
        [
            "losses = []\nfor i in range(len(people)):\n    far = max(distances[i][people == people[i]])\n"
            "    near = min(distances[i][people != people[i]])\n    losses.append(max(0.0, far - near + margin))\n"
            "return sum(losses) / len(losses)",
            "d = torch.tensor(distances)\np = torch.tensor(people)\nsame = p[:, None] == p\n"
            "far = (d * same).amax(1)\nnear = d.masked_fill(same, 1e9).amin(1)\nreturn F.relu(far - near + margin).mean()",
        ],
        {
            "closest positive": "same = people[:, None] == people[None]\nother = same & ~np.eye(len(people), dtype=bool)\n"
            "positive = np.where(other, distances, np.inf).min(1)\nnegative = np.where(same, np.inf, distances).min(1)\n"
            "return np.maximum(0, positive - negative + margin).mean()",
            "itself": "same = people[:, None] == people[None]\npositive = np.where(same, distances, np.inf).min(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative + margin).mean()",
            "farthest negative": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, 0, distances).max(1)\nreturn np.maximum(0, positive - negative + margin).mean()",
            "turned around": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, negative - positive + margin).mean()",
            "margin subtracted": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative - margin).mean()",
            "no margin": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative).mean()",
            "floor after the mean": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn max(0, (positive - negative + margin).mean())",
            "no floor": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn (positive - negative + margin).mean()",
            "sum": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative + margin).sum()",
            "not averaged": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative + margin)",
            "hardest of all": "same = people[:, None] == people[None]\npositive = np.where(same, distances, 0).max(1)\n"
            "negative = np.where(same, np.inf, distances).min(1)\nreturn np.maximum(0, positive - negative + margin).max()",
        },
        ["return distances.mean()", "return None", "return margin"],
        "my_batch_hard(distances, people, margin)",
    ),
    "warm_up": answers(
        [
            "rise = warmup * steps\nif step < rise:\n    return peak * step / rise\n"
            "return peak * math.cos(math.pi / 2 * (step - rise) / (steps - rise)) ** 2",
        ],
        {
            "no warm-up": "return peak * 0.5 * (1 + np.cos(np.pi * step / steps))",
            "jump": "done = step / steps\nif done < warmup:\n    return peak * done / warmup\n"
            "return peak * 0.5 * (1 + np.cos(np.pi * done))",
            "not stretched": "done = step / steps\nif done < warmup:\n    return peak * done / warmup\np = done - warmup\n"
            "return peak * 0.5 * (1 + np.cos(np.pi * p))",
            "straight fall": "done = step / steps\nif done < warmup:\n    return peak * done / warmup\n"
            "return peak * (1 - done) / (1 - warmup)",
            "constant": "return peak * min(1, step / steps / warmup)",
            "rises to the end": "done = step / steps\nif done < warmup:\n    return peak * done\n"
            "p = (done - warmup) / (1 - warmup)\nreturn peak * 0.5 * (1 + np.cos(np.pi * p))",
            "steps for shares": "if step < warmup:\n    return peak * step / warmup\n"
            "p = (step / steps - warmup) / (1 - warmup)\nreturn peak * 0.5 * (1 + np.cos(np.pi * p))",
            "rises again": "done = step / steps\nif done < warmup:\n    return peak * done / warmup\n"
            "p = (done - warmup) / (1 - warmup)\nreturn peak * 0.5 * (1 + np.cos(2 * np.pi * p))",
        },
        ["return peak", "return None", "return peak * (1 - step / steps)"],
        "my_learning_rate(step, steps, peak, warmup)",
    ),
    "people_batch": answers(
        [
            "batch = []\nfor person in people:\n    batch += [i for i in range(len(labels)) if labels[i] == person][:shots]\n"
            "return np.array(batch)",
            "order = np.argsort(labels, kind='stable')\nfirst = np.searchsorted(labels[order], people)\n"
            "return order[first[:, None] + np.arange(shots)].ravel()",
        ],
        {
            "people": "return np.array([person for person in people for _ in range(shots)])",
            "all photos": "return np.concatenate([np.where(labels == person)[0] for person in people])",
            "one photo": "return np.array([list(labels).index(person) for person in people])",
            "first photos": "return np.arange(shots * len(people))",
            "by turns": "own = [np.flatnonzero(labels == person) for person in people]\n"
            "return np.array([o[k] for k in range(shots) for o in own])",
            "same photo": "return np.array([list(labels).index(person) for person in people for _ in range(shots)])",
            "last photos": "return np.concatenate([np.flatnonzero(labels == person)[-shots:] for person in people])",
        },
        ["return labels", "return None", "return np.flatnonzero(np.isin(labels, people))[::-1]"],
        "my_batch(labels, people, shots)",
    ),
    "weight_decay": answers(
        [
            "return weight * np.prod(1 - np.asarray(rates) * decay)",
        ],
        {
            "no rate": "for rate in rates:\n    weight = weight - decay * weight\nreturn weight",
            "subtracted": "for rate in rates:\n    weight = weight - rate * decay\nreturn weight",
            "of the first weight": "start = weight\nfor rate in rates:\n    weight = weight - rate * decay * start\nreturn weight",
            "grows": "for rate in rates:\n    weight = weight + rate * decay * weight\nreturn weight",
            "what is taken": "for rate in rates:\n    weight = rate * decay * weight\nreturn weight",
            "rate alone": "for rate in rates:\n    weight = weight - rate * weight\nreturn weight",
            "last step": "for rate in rates:\n    left = weight - rate * decay * weight\nreturn left",
        },
        ["return weight", "return None", "return weight * decay"],
        "my_weight(weight, rates, decay)",
    ),
    "fixed_gates": answers(
        [
            "return (torch.sigmoid(logits)[:, None, :, None, None] * torch.stack(streams)).sum(0)",
            "return torch.einsum('tc,tbchw->bchw', 1 / (1 + torch.exp(-logits)), torch.stack(streams))",
        ],
        {
            "no sigmoid": "return torch.einsum('tc,tbchw->bchw', logits, torch.stack(streams))",
            "softmax over streams": "w = torch.softmax(logits, dim=0)\nreturn sum(a[:, None, None] * x for a, x in zip(w, streams))",
            "softmax over channels": "return sum(torch.softmax(a, 0)[:, None, None] * x for a, x in zip(logits, streams))",
            "no weights": "return torch.stack(streams).sum(0)",
            "one weight a stream": "return sum(torch.sigmoid(a).mean() * x for a, x in zip(logits, streams))",
            "first for all": "return torch.sigmoid(logits[0])[:, None, None] * sum(streams)",
            "mean": "return (torch.sigmoid(logits)[:, None, :, None, None] * torch.stack(streams)).mean(0)",
            "weights of the sum": "return torch.sigmoid(logits).sum(0)[:, None, None] * torch.stack(streams).sum(0)",
        },
        ["return sum(torch.tanh(a)[:, None, None] * x for a, x in zip(logits, streams))", "return streams[0]"],
        "my_fixed_gates(streams, logits)",
    ),
    "same_budget": answers(
        [
            "return max(w for w in range(budget) if outside * w + 9 * w * w + w * outside <= budget)",
            "return int((-outside + math.isqrt(outside**2 + 9 * budget)) // 9)",
        ],
        {
            "one too many": "w = 0\nwhile 2 * outside * w + 9 * w * w <= budget:\n    w += 1\nreturn w",
            "one squeeze": "w = 0\nwhile outside * (w + 1) + 9 * (w + 1) ** 2 <= budget:\n    w += 1\nreturn w",
            "middle alone": "return math.isqrt(budget // 9)",
            "three for nine": "w = 0\nwhile 2 * outside * (w + 1) + 3 * (w + 1) ** 2 <= budget:\n    w += 1\nreturn w",
            "depthwise": "return budget // (2 * outside + 9)",
            "outside in the middle": "return budget // (11 * outside)",
        },
        ["return 19", "return budget // outside"],
        "my_width(outside, budget)",
    ),
    "paired_difference": answers(
        [
            "d = np.subtract(ours, reference)\nn = d.size\nreturn d.sum() / n, np.sqrt(((d - d.mean()) ** 2).sum() / (n - 1) / n)",
        ],
        {
            "unpaired": "n = len(ours)\nreturn ours.mean() - reference.mean(), np.sqrt((ours.var(ddof=1) + reference.var(ddof=1)) / n)",
            "n in the denominator": "d = ours - reference\nreturn d.mean(), d.std() / np.sqrt(d.size)",
            "standard deviation": "d = ours - reference\nreturn np.mean(d), np.std(d, ddof=1)",
            "divided by n": "d = ours - reference\nreturn d.mean(), d.std(ddof=1) / d.size",
            "other way round": "d = reference - ours\nreturn d.mean(), d.std(ddof=1) / np.sqrt(d.size)",
            "sizes of the differences": "d = abs(ours - reference)\nreturn d.mean(), d.std(ddof=1) / np.sqrt(d.size)",
        },
        [
            "return ours.mean() - reference.mean()",
            "d = ours - reference\nreturn np.median(d), d.std(ddof=1) / np.sqrt(d.size)",
        ],
        "my_paired_difference(ours, reference)",
    ),
    "reproduced": answers(
        [
            "if low > 0:\n    return 'agrees' if published > 0 else 'contradicts'\nif high < 0:\n    return 'agrees' if published < 0 else 'contradicts'\nreturn 'open'",
        ],
        {
            "middle alone": "return 'agrees' if (low + high) * published > 0 or (low + high == 0 and published < 0) else 'contradicts'",
            "never contradicts": "return 'open' if low <= 0 and high >= 0 else 'agrees'",
            "published inside": "if low <= 0 <= high:\n    return 'open'\nreturn 'agrees' if low <= published <= high else 'contradicts'",
            "open for the small ones": "if low < 0 < high:\n    return 'open'\nreturn 'agrees' if (low + high) * published > 0 else 'contradicts'",
            "open contradicts": "return 'agrees' if min(low * published, high * published) > 0 else 'contradicts'",
        },
        ["return 'open'", "return low > 0"],
        "my_verdict(low, high, published)",
    ),
    "stream_shares": answers(
        [
            "whole = sum(parts)\nreturn torch.stack([(row * whole).sum() for row in parts]) / whole.norm() ** 2",
        ],
        {
            "sizes": "size = torch.linalg.vector_norm(parts, dim=1)\nreturn size / size.sum()",
            "squares": "whole = parts.sum(0)\nreturn (parts**2).sum(1) / (whole**2).sum()",
            "not divided": "return parts @ parts.sum(0)",
            "by the length": "whole = parts.sum(0)\nreturn parts @ whole / whole.norm()",
            "cosine": "return F.cosine_similarity(parts, parts.sum(0, keepdim=True), dim=1)",
        },
        ["return parts.sum(1) / parts.sum()", "return F.softmax(parts @ parts.sum(0), dim=0)"],
        "my_stream_shares(parts)",
    ),
    "silence": answers(
        [
            "total = torch.zeros_like(streams[0])\nfor t, (w, x) in enumerate(zip(weights, streams), start=1):\n    total = total + (mean if t == which else w * x)\nreturn total",
            "return sum(w * x for w, x in zip(weights, streams)) - weights[which - 1] * streams[which - 1] + mean",
        ],
        {
            "counted from 0": "parts = [w * x for w, x in zip(weights, streams)]\nparts[which % 4] = mean.expand_as(parts[0])\nreturn sum(parts)",
            "zero": "return sum(w * x for t, (w, x) in enumerate(zip(weights, streams), 1) if t != which)",
            "gated twice": "parts = [w * x for w, x in zip(weights, streams)]\nparts[which - 1] = weights[which - 1] * mean.expand_as(parts[0])\nreturn sum(parts)",
            "nothing silenced": "return sum(w * x for w, x in zip(weights, streams))",
            "alone": "return weights[which - 1] * streams[which - 1]",
            "added": "return sum(w * x for w, x in zip(weights, streams)) + mean",
        },
        ["return sum(streams)", "return sum(w * x for w, x in zip(weights, streams)) - mean"],
        "my_silence(streams, weights, mean, which)",
    ),
    "shapley": answers(
        [
            "found = []\nfor s in range(1, streams + 1):\n    value = 0.0\n    for some in worth:\n        if s not in some:\n            k = len(some)\n            share = math.factorial(k) * math.factorial(streams - 1 - k) / math.factorial(streams)\n            value += share * (worth[some | {s}] - worth[some])\n    found.append(value)\nreturn found",
        ],
        {
            "first": "none = worth[frozenset()]\nreturn [worth[frozenset([s])] - none for s in range(1, streams + 1)]",
            "last": "all_of_them = frozenset(range(1, streams + 1))\nreturn [worth[all_of_them] - worth[all_of_them - {s}] for s in range(1, streams + 1)]",
            "every group once": "return [sum(worth[g | {s}] - worth[g] for g in worth if s not in g) / 2 ** (streams - 1) for s in range(1, streams + 1)]",
            "summed": "from itertools import permutations\nfound = [0.0] * streams\nfor order in permutations(range(1, streams + 1)):\n    for k, one in enumerate(order):\n        there = frozenset(order[:k])\n        found[one - 1] += worth[there | {one}] - worth[there]\nreturn found",
            "turned around": "from itertools import permutations\norders = list(permutations(range(1, streams + 1)))\nfound = [0.0] * streams\nfor order in orders:\n    for k, one in enumerate(order):\n        there = frozenset(order[:k])\n        found[one - 1] += (worth[there] - worth[there | {one}]) / len(orders)\nreturn found",
        },
        ["return [worth[frozenset([s])] for s in range(1, streams + 1)]", "return [0.0] * streams"],
        "my_shapley(worth, streams)",
    ),
    "explained": answers(
        [
            "left = sum(((values[groups == g] - values[groups == g].mean()) ** 2).sum() for g in np.unique(groups))\nreturn 1 - left / ((values - values.mean()) ** 2).sum()",
        ],
        {
            "groups alike": "mean = values.mean()\nreturn sum((values[groups == g].mean() - mean) ** 2 for g in set(groups)) / ((values - mean) ** 2).sum()",
            "what is left": "left = sum(((values[groups == g] - values[groups == g].mean()) ** 2).sum() for g in np.unique(groups))\nreturn left / ((values - values.mean()) ** 2).sum()",
            "not centred": "return sum((groups == g).sum() * values[groups == g].mean() ** 2 for g in set(groups)) / (values**2).sum()",
            "root": "left = sum(((values[groups == g] - values[groups == g].mean()) ** 2).sum() for g in np.unique(groups))\nreturn (1 - left / ((values - values.mean()) ** 2).sum()) ** 0.5",
        },
        ["return values.var()", "return np.corrcoef(values, groups)[0, 1] ** 2"],
        "my_explained(values, groups)",
    ),
    "occlude": answers(
        [
            "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * (score(photo) - score(np.where(here, fill, photo)))\nreturn heat",
        ],
        {
            "turned around": "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * (score(np.where(here, fill, photo)) - score(photo))\nreturn heat",
            "painted zero": "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * (score(photo) - score(np.where(here, 0, photo)))\nreturn heat",
            "the others painted": "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * (score(photo) - score(np.where(here, photo, fill)))\nreturn heat",
            "falls alone": "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * max(0, score(photo) - score(np.where(here, fill, photo)))\nreturn heat",
            "divided": "rows, columns = np.indices(photo.shape) // window\nheat = np.zeros(photo.shape)\nfor r in range(rows.max() + 1):\n    for c in range(columns.max() + 1):\n        here = (rows == r) & (columns == c)\n        heat += here * (score(photo) - score(np.where(here, fill, photo))) / here.sum()\nreturn heat",
            "never restored": "heat = np.zeros(photo.shape)\nbefore = score(photo)\npainted = photo.copy()\nfor t in range(0, photo.shape[0], window):\n    for l in range(0, photo.shape[1], window):\n        painted[t : t + window, l : l + window] = fill[t : t + window, l : l + window]\n        heat[t : t + window, l : l + window] = before - score(painted)\nreturn heat",
        },
        ["return np.zeros(photo.shape)", "return photo - fill"],
        "my_occlude(score, photo, window, fill)",
    ),
    "grad_cam": answers(
        [
            "return sum(slope.mean() * one for slope, one in zip(slopes, maps))",
        ],
        {
            "cell by cell": "return torch.einsum('chw,chw->hw', maps, slopes)",
            "cut off": "return torch.einsum('c,chw->hw', slopes.mean((1, 2)), maps).clamp(min=0)",
            "mean of the maps": "return torch.einsum('c,chw->hw', maps.mean((1, 2)), slopes)",
            "summed slopes": "return torch.einsum('c,chw->hw', slopes.sum((1, 2)), maps)",
            "mean over channels": "return (slopes.mean((1, 2))[:, None, None] * maps).mean(0)",
            "no slopes": "return maps.sum(dim=0)",
        },
        ["return slopes.sum(0)", "return maps.mean(0) * slopes.mean(0)"],
        "my_grad_cam(maps, slopes)",
    ),
    "evidence": answers(
        [
            "total = np.bincount(mask.ravel(), heat.clip(min=0).ravel())\nreturn total[part] / total.sum()",
        ],
        {
            "sizes": "return (np.abs(heat) * (mask == part)).sum() / np.abs(heat).sum()",
            "signed": "return (heat * (mask == part)).sum() / heat.sum()",
            "area": "return (mask == part).sum() / mask.size",
            "against": "kept = heat * (heat < 0)\nreturn (kept * (mask == part)).sum() / kept.sum()",
            "not divided": "return (heat.clip(min=0) * (mask == part)).sum()",
            "of the part": "return ((heat > 0) & (mask == part)).sum() / (mask == part).sum()",
        },
        ["return 1 / 3", "return heat.max()"],
        "my_evidence(heat, mask, part)",
    ),
    "matching_cell": answers(
        [
            "asked = F.normalize(maps[:, row, column], dim=0)\nbest = max((float(asked @ others[:, r, c] / others[:, r, c].norm()), r, c) for r in range(others.shape[1]) for c in range(others.shape[2]))\nreturn best[1], best[2]",
        ],
        {
            "dot product": "alike = (maps[:, row, column][:, None, None] * others).sum(0)\nreturn divmod(int(alike.argmax()), others.shape[2])",
            "column first": "asked = maps[:, row, column]\nalike = F.cosine_similarity(others.flatten(1), asked[:, None], dim=0)\nr, c = divmod(int(alike.argmax()), others.shape[2])\nreturn c, r",
            "distance": "away = ((others - maps[:, row, column][:, None, None]) ** 2).sum(0)\nreturn divmod(int(away.argmin()), others.shape[2])",
            "least similar": "asked = maps[:, row, column]\nalike = F.cosine_similarity(others.flatten(1), asked[:, None], dim=0)\nreturn divmod(int(alike.argmin()), others.shape[2])",
            "the same place": "return row, column",
        },
        ["return 0, 0", "return int(others.norm(dim=0).argmax()) // others.shape[2], 0"],
        "my_matching_cell(maps, row, column, others)",
    ),
    "rank_accuracy": answers(
        [
            "k = int(truth.sum())\nbest = set(np.argsort(relevance.ravel())[::-1][:k].tolist())\nreturn sum(i in best for i in np.flatnonzero(truth).tolist()) / k",
        ],
        {
            "mass": "return (relevance * truth).sum() / relevance.sum()",
            "least relevant": "k = truth.sum()\nreturn truth[relevance <= np.sort(relevance, axis=None)[k - 1]].mean()",
            "pointing": "return 1.0 if truth.ravel()[np.argmax(relevance)] else 0.0",
            "half of the photo": "limit = np.sort(relevance, axis=None)[-(relevance.size // 2)]\nreturn (truth & (relevance >= limit)).sum() / truth.sum()",
            "of all pixels": "k = truth.sum()\nlimit = np.sort(relevance, axis=None)[-k]\nreturn (truth & (relevance >= limit)).mean()",
            "counted": "k = truth.sum()\nlimit = np.sort(relevance, axis=None)[-k]\nreturn (truth & (relevance >= limit)).sum()",
        },
        ["return truth.mean()", "return 1.0"],
        "my_rank_accuracy(relevance, truth)",
    ),
    "noticed": answers(
        [
            "limit = np.percentile(abs(sham), 95)\nreturn np.array([d > limit for d in difference])",
        ],
        {
            "both signs": "return abs(difference) > np.percentile(abs(sham), 95)",
            "signed moves": "return difference > np.percentile(sham, 95)",
            "above zero": "return difference > 0.0",
            "largest": "return difference > max(abs(sham))",
            "mean": "return difference > np.mean(abs(sham))",
            "turned around": "return difference <= np.percentile(abs(sham), 95)",
        },
        ["return np.ones(len(difference), bool)", "return difference < -np.percentile(abs(sham), 95)"],
        "my_noticed(difference, sham)",
    ),
    "exchange_pieces": answers(
        [
            "rises = []\nfor piece in np.unique(pieces):\n    inside = (pieces == piece)[..., None]\n    shift = colour - photo[pieces == piece].mean(axis=0)\n    rises.append(score(np.where(inside, photo + shift, photo)) - score(photo))\nreturn rises",
        ],
        {
            "flat": "return [score(np.where((pieces == piece)[..., None], colour, photo)) - score(photo) for piece in np.unique(pieces)]",
            "never restored": "rises = []\nbefore = score(photo)\nchanged = photo.copy()\nfor piece in np.unique(pieces):\n    inside = pieces == piece\n    changed[inside] += colour - changed[inside].mean(0)\n    rises.append(score(changed) - before)\nreturn rises",
            "score": "rises = []\nfor piece in np.unique(pieces):\n    inside = pieces == piece\n    changed = photo.copy()\n    changed[inside] += colour - photo[inside].mean(0)\n    rises.append(score(changed))\nreturn rises",
            "fall": "rises = []\nfor piece in np.unique(pieces):\n    inside = pieces == piece\n    changed = photo.copy()\n    changed[inside] += colour - photo[inside].mean(0)\n    rises.append(score(photo) - score(changed))\nreturn rises",
            "added": "rises = []\nfor piece in np.unique(pieces):\n    changed = photo.copy()\n    changed[pieces == piece] += colour\n    rises.append(score(changed) - score(photo))\nreturn rises",
        },
        ["return [0.0] * len(np.unique(pieces))", "return [score(photo)] * len(np.unique(pieces))"],
        "my_exchange(score, photo, pieces, colour)",
    ),
    "missed": answers(
        [
            "change = end - start\nreturn abs(1 - heat.sum() / change)",
        ],
        {
            "not divided": "return abs(heat.sum() - end + start)",
            "of the target": "return abs(heat.sum() / end - 1)",
            "sizes": "change = end - start\nreturn abs(abs(heat).sum() - change) / abs(change)",
            "signed": "change = end - start\nreturn (heat.sum() - change) / abs(change)",
        },
        ["return 0.0", "return heat.sum()"],
        "my_missed(heat, start, end)",
    ),
    "hard_stranger": answers(
        [
            """from osnet_edu import explore
album, shelf = explore.shipped()
rankings = shelf.rankings("shipped")
for one in rankings.triplets()[::-1]:
    query, negative = rankings.queries[one.query], rankings.gallery[one.negative]
    if album.part(query) and album.part(query) != album.folder.part(query, negative):
        return query.name""",
        ],
        {
            "twin": 'return "0181_c1s1_018100_01.jpg"',
            "no twin": 'return "0221_c1s1_022100_01.jpg"',
            "gallery photo": 'return "-1_c1s1_029400_01.jpg"',
        },
        ['return "0211"', "return 211"],
        "my_query()",
    ),
    "needed_stream": answers(
        ['return ("0211_c1s1_021100_01.jpg", "conv3.1", 4)'],
        {
            "lost before": 'return "0209_c1s1_020900_01.jpg", "conv2.0", 1',
            "still wins": 'return "0225_c2s1_022500_01.jpg", "conv2.0", 1',
            "gallery photo": 'return "-1_c1s1_029400_01.jpg", "conv2.0", 1',
        },
        ['return "0209_c3s1_020900_01.jpg", "conv2.0", 5', 'return "0209_c3s1_020900_01.jpg"'],
        "my_stream()",
    ),
    "maps_disagree": answers(
        [
            'query, impostor = "0183_c5s1_018300_01.jpg", "0184_c4s1_018407_02.jpg"\nmethods = ("gradient x activation", "gradient")\nreturn query, impostor, methods[0], methods[1]',
        ],
        {
            "turned": 'return "0183_c5s1_018300_01.jpg", "0184_c4s1_018407_02.jpg", "gradient", "gradient x activation"',
            "agree": 'return "0183_c5s1_018300_01.jpg", "0184_c4s1_018407_02.jpg", "gradient", "gradient"',
            "no twins": 'return "0211_c1s1_021100_01.jpg", "0184_c2s1_018407_02.jpg", "gradient x activation", "gradient"',
            "unnoticed": 'return "0209_c1s1_020900_01.jpg", "0210_c5s1_021007_02.jpg", "gradient x activation", "gradient"',
        },
        ['return "0183_c5s1_018300_01.jpg", "0184_c4s1_018407_02.jpg", "occlusion", "gradient"'],
        "my_pair()",
    ),
    "one_change": answers(
        [
            'return "0209_c3s1_020900_01.jpg", "top_color", (0.0, 0.1, 1.0)',
        ],
        {
            "lost before": 'return "0209_c1s1_020900_01.jpg", "top_color", (0.1, 0.2, 0.9)',
            "still known": 'return "0225_c2s1_022500_01.jpg", "sock_length", 0.031',
            "gallery photo": 'return "-1_c1s1_029400_01.jpg", "hat", "cap"',
        },
        ['return "0209_c3s1_020900_01.jpg", "mood", "good"', 'return "0209_c3s1_020900_01.jpg", "hat", "crown"'],
        "my_change()",
    ),
    "lost_queries": answers(
        [
            "return np.array([not any(q == p and d != c for q, d in zip(gallery_people, gallery_cameras)) for p, c in zip(query_people, query_cameras)])",
        ],
        {
            "found": "return ((query_people[:, None] == gallery_people) & (query_cameras[:, None] != gallery_cameras)).any(1)",
            "any camera": "return ~np.isin(query_people, gallery_people)",
            "own camera": "return ((query_people[:, None] != gallery_people) | (query_cameras[:, None] != gallery_cameras)).all(1)",
        },
        ["return np.zeros(len(query_people), bool)", "return query_cameras > 1"],
        "my_lost(query_people, query_cameras, gallery_people, gallery_cameras)",
    ),
    "own_split": answers(
        [
            "first = {who: list(people).index(who) for who in tested}\nrest = [i for i, who in enumerate(people) if who in first and i != first[who]]\nreturn np.array([i for i, who in enumerate(people) if who not in first]), np.array(list(first.values())), np.array(rest)",
        ],
        {
            "by photo": "half = len(people) // 2\nn = np.arange(len(people))\nreturn n[:half], n[half:half + 3], n[half + 3:]",
            "query kept": "inside = np.isin(people, tested)\nreturn np.flatnonzero(~inside), np.array([list(people).index(who) for who in tested]), np.flatnonzero(inside)",
            "turned": "inside = np.isin(people, tested)\nothers = np.unique(people[~inside])\nquery = np.array([list(people).index(who) for who in others])\nreturn np.flatnonzero(inside), query, np.setdiff1d(np.flatnonzero(~inside), query)",
            "all ask": "inside = np.isin(people, tested)\nquery = np.array([list(people).index(who) for who in tested])\nreturn np.flatnonzero(~inside), np.flatnonzero(inside), np.setdiff1d(np.flatnonzero(inside), query)",
        },
        ["return np.arange(3), np.arange(3), np.arange(3)"],
        "my_split(people, tested)",
    ),
    "through_int8": answers(
        ["top = np.abs(features).max()\nreturn np.rint(features * 127 / top) * top / 127"],
        {
            "cut off": "scale = np.abs(features).max() / 127\nreturn (features / scale).astype(np.int8) * scale",
            "codes": "scale = np.abs(features).max() / 127\nreturn np.round(features / scale)",
            "no scale": "return np.round(features)",
            "nothing lost": "return features.copy()",
        },
        ["return features * 0.0", "scale = np.abs(features).max() / 15\nreturn np.round(features / scale) * scale"],
        "my_int8(features)",
    ),
    "traffic": answers(
        ["photos = cameras * photos_an_hour * 24\nreturn photos * numbers * bytes_a_number * 1e-6"],
        {
            "an hour": "return cameras * photos_an_hour * numbers * bytes_a_number * 1e-6",
            "bytes": "return cameras * photos_an_hour * 24 * numbers * bytes_a_number",
            "bits": "return cameras * photos_an_hour * 24 * numbers * bytes_a_number * 8 / 1e6",
        },
        ["return cameras * photos_an_hour * 24 / 1e6"],
        "my_megabytes(cameras, photos_an_hour, numbers, bytes_a_number)",
    ),
}
