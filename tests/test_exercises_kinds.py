"""Kinds of mistakes that students make, written in their own ways: each is named, and none by another's name.

A verdict that names a mistake is held against draws that the checks never saw: there, the answer behaves as the named
mistake does. `pytest -s` prints the table.
"""

import pytest
from exercise_answers import gate, lite, made, module

from osnet_edu import exercises
from osnet_edu.exercises import REGISTRY

FRESH = (11, 12, 13)
PW = "self.pw = nn.Conv2d(c_in, c_out, 1, bias=False)\n"
BN = "\nself.bn = nn.BatchNorm2d(c_out)"
USUAL = "return F.relu(self.bn(self.dw(self.pw(x))))"


def depthwise(options: str) -> str:
    return f"def my_depthwise(c):\n    return nn.Conv2d(c, c, {options}, groups=c, bias=False)"


def window(options: str) -> str:
    return lite(f"{PW}self.dw = nn.Conv2d(c_out, c_out, {options}, groups=c_out, bias=False){BN}", USUAL)


def ordered(forward: str) -> str:
    init = f"{PW}self.dw = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out, bias=False){BN}"
    return lite(init, f"return {forward}")


def residual(body: str) -> str:
    return f"def my_residual(x, branch):\n    return {body}"


def gated(*lines: str) -> str:
    return "\n    ".join(("def my_gated_sum(streams, gate):", *lines))


def mix(forward: str) -> str:
    return module("channels, hidden, streams", "self.g = AggregationGate(channels, hidden)", forward, "MyMix", "maps")


def whole_gate(forward: str) -> str:
    return gate("self.a = nn.Conv2d(channels, hidden, 1)\nself.b = nn.Conv2d(hidden, channels, 1)", forward)


WEIGHED = "w = torch.stack([gate(x) for x in streams])"
GIVEN = "w = torch.stack([self.g(x) for x in maps])\n"
MEAN = "x.mean((2, 3), keepdim=True)"
# Kind -> (exercise, what the student wrote, words of the verdict).
KINDS = {
    "another kernel size": [
        ("depthwise", depthwise("5, padding=2"), "kernel is 5x5"),
        ("depthwise", depthwise("7, padding='same'"), "kernel is 7x7"),
        ("depthwise", depthwise("5"), "kernel is 5x5"),
        ("lite_3x3", window("5, padding=2"), "kernel is 5x5"),
        ("lite_3x3", window("1"), "kernel is 1x1"),
        ("pointwise", "def my_pointwise(a, b):\n    return nn.Conv2d(a, b, 5, padding=2, bias=False)", "kernel is 5x5"),
    ],
    "dilation": [
        ("depthwise", depthwise("3, padding=2, dilation=2"), "dilation"),
        ("depthwise", depthwise("3, padding=1, dilation=2"), "dilation"),
        ("lite_3x3", window("3, padding='same', dilation=2"), "dilation"),
    ],
    "padding mode": [
        ("depthwise", depthwise("3, padding=1, padding_mode='reflect'"), "padding_mode"),
        ("depthwise", depthwise("3, padding='same', padding_mode='replicate'"), "padding_mode"),
        ("lite_3x3", window("3, padding=1, padding_mode='circular'"), "padding_mode"),
    ],
    "weights normalised over streams": [
        ("gated_sum", gated(WEIGHED + ".softmax(0)", "return sum(a * x for a, x in zip(w, streams))"), "softmax"),
        ("gated_sum", gated(WEIGHED, "return sum(a / w.sum(0) * x for a, x in zip(w, streams))"), "by their sum"),
        ("gated_sum", gated("return sum(gate(x) * x for x in streams) / sum(gate(x) for x in streams)"), "their sum"),
        ("shared_gate", mix(GIVEN + "w = w.softmax(0)\nreturn sum(a * x for a, x in zip(w, maps))"), "softmax"),
        ("shared_gate", mix(GIVEN + "w = w / w.sum(0)\nreturn sum(a * x for a, x in zip(w, maps))"), "their sum"),
    ],
    "1 - g": [
        ("gated_sum", gated("return sum((1 - gate(x)) * x for x in streams)"), "1 - G(x)"),
        ("shared_gate", mix("return sum((1 - self.g(x)) * x for x in maps)"), "1 - G(x)"),
        ("gate", whole_gate(f"return 1 - torch.sigmoid(self.b(F.relu(self.a({MEAN}))))"), "1 - sigmoid"),
    ],
    "depthwise over c_in x c_out": [
        ("lite_parameters", "def my_lite_parameters(c_in, c_out):\n    return c_in * c_out * (1 + 9)", "c_in x c_out"),
    ],
    "no floor": [
        ("gate_floor", "def my_hidden(c_out, floor):\n    mid = c_out // 4\n    return mid // 16", "floor is left out"),
    ],
    "normalisation and ReLU first": [
        ("lite_3x3", ordered("self.dw(F.relu(self.bn(self.pw(x))))"), "in front of the depthwise"),
        ("lite_3x3", ordered("self.dw(self.bn(F.relu(self.pw(x))))"), "in front of the depthwise"),
    ],
    "leaky or capped ReLU": [
        ("lite_3x3", ordered("F.leaky_relu(self.bn(self.dw(self.pw(x))))"), "negative numbers through"),
        ("lite_3x3", ordered("F.relu6(self.bn(self.dw(self.pw(x))))"), "ceiling"),
        ("residual", residual("F.leaky_relu(x + branch(x), 0.2)"), "negative numbers through"),
        ("residual", residual("F.relu6(x + branch(x))"), "ceiling"),
        ("residual", residual("(x + branch(x)).clamp(0, 1)"), "ceiling"),
        ("residual", residual("F.gelu(x + branch(x))"), "another function"),
        ("gate", whole_gate(f"return torch.sigmoid(self.b(F.leaky_relu(self.a({MEAN}), 0.1)))"), "negative numbers"),
    ],
    "ReLU on x alone": [
        ("residual", residual("torch.relu(x) + branch(x)"), "Only `x` passes"),
        ("residual", residual("F.relu(F.relu(x) + branch(x))"), "before the sum"),
    ],
}
TRIED = [(kind, *one) for kind, ones in KINDS.items() for one in ones]


@pytest.mark.parametrize("kind, name, source, words", TRIED, ids=[f"{k}-{n}-{i}" for i, (k, n, *_) in enumerate(TRIED)])
def test_each_kind_of_mistake_is_named_and_by_its_own_name(kind, name, source, words):
    task = REGISTRY[name]
    answer = made(source, task.answer)
    found = exercises.check(name, answer)
    assert found.state == "wrong" and found.mistake and words in found.says, found
    (wrong,) = (mistake.wrong for mistake in task.mistakes if mistake.name == found.mistake)
    for seed in FRESH:
        assert task.comparison.trial(answer, seed).difference(wrong) is None
    assert any(task.comparison.trial(answer, seed).difference(task.reference) for seed in FRESH)


def test_a_layer_that_fails_for_some_numbers_is_told_for_which():
    halves = lite(
        "self.pw = nn.Conv2d(c_in, c_out, 1, bias=False)\n"
        "self.dw = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out // 2 * 2, bias=False)" + BN,
        USUAL,
    )
    found = exercises.check("lite_3x3", made(halves, "MyLite3x3"))
    assert found.state == "failed" and "Built with (" in found.says and "divisible by groups" in found.says, found.says
    numbers = found.says[found.says.index("Built with (") + 12 :].split(")")[0].split(", ")
    assert int(numbers[1]) % 2 == 1
    body = "def my_gate_parameters(channels, hidden, streams):\n    assert channels % 2 == 0, 'odd'\n    return 0"
    found = exercises.check("gate_parameters", made(body, "my_gate_parameters"))
    assert found.state == "failed" and "With `channels = " in found.says and "AssertionError" in found.says, found.says


def test_maps_side_by_side_are_told_in_channels():
    found = exercises.check("residual", made(residual("torch.relu(branch(torch.cat([x, x], 1)))"), "my_residual"))
    assert found.state == "failed" and "einsum" not in found.says
    assert "the layer takes maps (B, 2, H, W), and was given (1, 4, 2, 3)" in found.says
