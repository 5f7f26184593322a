"""The exercises: right answers pass however they are written, and each wrong one is told its own mistake."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import io
import random
import re
import warnings
from pathlib import Path

import nbformat
import pytest
import torch
from exercise_answers import ANSWERS, PRELUDE, made

from osnet_edu import exercises, explore
from osnet_edu.exercises.finds import Finds
from osnet_edu.exercises.guard import Capped, Clock, Room, TimeUp, compile_ticking
from osnet_edu.exercises.judge import IN_PLACE, judge
from osnet_edu.exercises.magic import Desk, holes, same_code
from osnet_edu.exercises.shown import Code
from osnet_edu.exercises.solutions import pasted
from osnet_edu.network.model import OSBlock, osnet

NOTEBOOKS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
REGISTRY = exercises.REGISTRY
BODY = "return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))"
EACH = pytest.mark.parametrize("name", REGISTRY)
RIGHT = {name: (pasted(task), *ANSWERS[name].right) for name, task in REGISTRY.items()}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def verdict(name: str, source: str):
    return exercises.check(name, made(source, REGISTRY[name].answer))


# ---------------------------------------------------------------------------------------------
# The collection


def test_every_notebook_has_two_or_three_required_ones_and_there_are_twenty():
    assert len(REGISTRY) >= 20 and set(ANSWERS) == set(REGISTRY)
    for notebook in NOTEBOOKS:
        tasks = exercises.by_notebook(notebook)
        assert sum(task.required for task in tasks) in (2, 3)
        assert len(tasks) >= 4
        assert sum(task.minutes for task in tasks if task.required) <= 25, "45 minutes are for the whole notebook"


@EACH
def test_a_task_can_be_read_and_its_starter_is_open(name):
    task = REGISTRY[name]
    assert 1 <= task.stars <= 4 and task.hints and task.prompt.count("`") % 2 == 0
    assert exercises.cell(name).startswith(f"%%exercise {name}\n")
    defined = {node.name for node in ast.parse(task.starter).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert defined == {task.answer}
    text = exercises.card(name).markdown
    assert task.prompt in text and f"({task.stars} of 4 stars)" in text and ("required" in text) == task.required
    # No two mistakes share a name, and none says so little that it helps nobody.
    names = [mistake.name for mistake in task.mistakes]
    assert len(set(names)) == len(names) >= 3
    assert all(mistake.says.endswith((".", ")")) and mistake.says.count("`") % 2 == 0 for mistake in task.mistakes)


@EACH
def test_the_starter_is_not_right(name):
    space = {}
    with contextlib.suppress(Exception):
        exec(REGISTRY[name].starter, space)
    if REGISTRY[name].answer in space:
        assert exercises.check(name, space[REGISTRY[name].answer]).state != "right"


@pytest.mark.parametrize("notebook", ["00", *NOTEBOOKS])
def test_the_notebook_has_its_exercises_and_none_is_filled_in(notebook):
    paths = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob(f"{notebook}_*.ipynb"))
    if not paths:
        pytest.skip(f"notebook {notebook} is not there yet")
    cells = [cell.source for cell in nbformat.read(paths[0], as_version=4).cells if cell.cell_type == "code"]
    placed = {}
    for source in cells:
        if match := re.match(r"%%exercise (\w+)\n", source):
            placed[match.group(1)] = source[match.end() :]
    assert {task.name for task in exercises.by_notebook(notebook) if task.required} <= set(placed)
    for name, source in placed.items():
        assert REGISTRY[name].notebook == notebook
        tree = ast.parse(source)
        assert holes(tree) or same_code(tree, REGISTRY[name].starter), f"{name} is not open"


@pytest.mark.parametrize("notebook", ["00", *NOTEBOOKS])
def test_a_task_and_its_starter_stand_in_the_notebook_word_for_word(notebook):
    (path,) = (Path(__file__).resolve().parent.parent / "notebooks").glob(f"{notebook}_*.ipynb")
    before, placed = "", 0
    for cell in nbformat.read(path, as_version=4).cells:
        if match := re.match(r"%%exercise (\w+)\n", cell.source):
            placed += 1
            assert cell.source.rstrip() == exercises.cell(match.group(1)).rstrip()
            assert before.rstrip() == exercises.card(match.group(1)).markdown.rstrip()
        before = cell.source
    assert placed >= 1


def test_the_references_agree_with_the_figures_of_the_paper():
    reference = {name: task.reference for name, task in REGISTRY.items()}
    assert [reference["lite_parameters"](c, c) for c in (64, 96, 128)] == [4672, 10080, 17536]
    assert [reference["gate_parameters"](c, h, 4) for c, h in ((64, 4), (96, 6), (128, 8))] == [580, 1254, 2184]
    assert [reference["receptive_field"](t) for t in (1, 2, 3, 4)] == [3, 5, 7, 9]
    assert reference["stack_field"]([(7, 2), (3, 2)]) == 11
    assert [reference["field_in_pixels"](t, 11, 4) for t in (1, 4)] == [19, 43]
    assert reference["count_parameters"](osnet()) == 2_169_508
    for c_out, floor in ((64, 1), (64, 4), (256, 1), (512, 4), (128, 8), (4, 1)):
        assert reference["gate_floor"](c_out, floor) == OSBlock(8, c_out, gate_hidden=floor).gate.fc1.out_channels
    first = OSBlock(64, 256)
    assert reference["gate_parameters"](64, 4, 4) == sum(p.numel() for p in first.gate.parameters())
    assert reference["average_precision"](torch.tensor([True, False, True]).numpy()) == pytest.approx((1 + 2 / 3) / 2)
    assert reference["camera_hour"](4, 30) == pytest.approx((1800, 3.6864))
    assert reference["multiply_adds"](64, 64, 3, 64, 32) == 75_497_472


# ---------------------------------------------------------------------------------------------
# Right and wrong


@EACH
def test_right_answers_pass_however_they_are_written(name):
    assert len(RIGHT[name]) >= 2
    model: dict = {}
    exec(compile(RIGHT[name][0], "solution", "exec"), model)  # with nothing but what the block itself imports
    assert exercises.check(name, model[REGISTRY[name].answer]).state == "right"
    for source in RIGHT[name][1:]:
        found = verdict(name, source)
        assert found.state == "right", f"{source}\n{found}"
        assert not differs(REGISTRY[name], made(source, REGISTRY[name].answer), REGISTRY[name].reference)


@EACH
def test_a_wrong_answer_is_told_its_own_mistake(name):
    assert len(ANSWERS[name].wrong) >= 3
    says = {mistake.name: mistake.says for mistake in REGISTRY[name].mistakes}
    for mistake, source in ANSWERS[name].wrong.items():
        found = verdict(name, source)
        assert (found.state, found.mistake) == ("wrong", mistake), f"{source}\n{found}"
        assert found.says == says.get(mistake, found.says)


@EACH
def test_a_wrong_answer_of_no_known_kind_is_told_what_was_seen(name):
    for source in ANSWERS[name].other:
        found = verdict(name, source)
        assert found.state in ("wrong", "failed") and found.mistake is None, f"{source}\n{found}"
        assert re.search(
            r"(?i)expected|raises|it has to|nothing is negative|other numbers|its state lacks", found.says
        ), found


@EACH
def test_each_known_mistake_is_known_by_its_own_name(name):
    for mistake in REGISTRY[name].mistakes:
        found = exercises.check(name, mistake.wrong)
        assert found.mistake == mistake.name, f"{mistake.name} is taken for {found.mistake}"


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("depthwise", "groups", "groups=C"),
        ("shared_gate", "not shared", "4 x the parameters"),
        ("lite_3x3", "bias of the depthwise", "bias of the depthwise convolution is left on"),
        ("lite_3x3", "pointwise after depthwise", "pointwise convolution comes after the depthwise"),
        ("lite_3x3", "padding", "lost a row"),
        ("gated_sum", "sum before the gate", "added up before the gate"),
    ],
)
def test_the_words_name_the_mistake(name, wrong, words):
    assert words in verdict(name, ANSWERS[name].wrong[wrong]).says


def test_two_mistakes_at_once_are_both_named():
    found = verdict("depthwise", "def my_depthwise(channels):\n    return nn.Conv2d(channels, channels, 3, padding=1)")
    assert "groups=C" in found.says and "bias" in found.says


def test_what_was_seen_is_said_in_numbers():
    found = verdict("receptive_field", "def my_receptive_field(t):\n    return 7 * t")
    assert re.fullmatch(r"With `t = (\d+)` it gives (\d+); expected: (\d+)\.", found.says)
    t, gives, expected = map(int, re.findall(r"\d+", found.says))
    assert (gives, expected) == (7 * t, 2 * t + 1)


# ---------------------------------------------------------------------------------------------
# Mutants: changed a little by a machine, they never pass where they behave otherwise, and never get a wrong diagnosis

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Mult, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Gt: ast.GtE, ast.GtE: ast.Lt, ast.Lt: ast.LtE, ast.And: ast.Or, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
NAMES = {
    "argmax": "argmin", "argmin": "argmax", "any": "all", "mean": "sum", "sum": "mean", "max": "min", "min": "max",
    "relu": "sigmoid", "sigmoid": "relu", "AvgPool2d": "MaxPool2d", "AdaptiveAvgPool2d": "AdaptiveMaxPool2d",
    "c_in": "c_out", "c_out": "c_in", "height": "width", "person": "camera", "positive": "negative", "kernel": "row",
    "channels": "hidden", "hidden": "channels", "x": "y", "squeezed": "x", "streams": "maps", "field": "jump",
}  # fmt: skip


def mutants(source: str):
    """Every source that differs by one small change."""
    tree = ast.parse(source)
    for index, node in enumerate(ast.walk(tree)):
        for change in changes(node):
            other = copy.deepcopy(tree)
            change(next(n for i, n in enumerate(ast.walk(other)) if i == index))
            yield ast.unparse(ast.fix_missing_locations(other))


def changes(node: ast.AST):
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in SWAPS:
        yield lambda n: setattr(n, "op", SWAPS[type(n.op)]())
    if isinstance(node, ast.BinOp):
        yield lambda n: (right := n.right, setattr(n, "right", n.left), setattr(n, "left", right))
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield lambda n: n.ops.__setitem__(0, SWAPS[type(n.ops[0])]())
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda n: setattr(n, "value", not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda n: setattr(n, "value", n.value + 1)
        yield lambda n: setattr(n, "value", 0)
    if isinstance(node, ast.UnaryOp):
        yield lambda n: setattr(n, "op", ast.UAdd()) if isinstance(n.op, ast.USub) else setattr(n, "op", ast.USub())
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield lambda n: setattr(n, "attr", NAMES[n.attr])
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield lambda n: setattr(n, "id", NAMES[n.id])
    if isinstance(node, ast.Call) and len(node.args) > 1:
        yield lambda n: n.args.__setitem__(slice(0, 2), n.args[1::-1])
    if isinstance(node, ast.Call) and node.args:
        yield lambda n: n.args.pop()
    if isinstance(node, ast.Call) and node.keywords:
        yield lambda n: n.keywords.pop()
    if isinstance(node, ast.FunctionDef | ast.For | ast.If) and len(node.body) > 1:
        for line in range(len(node.body)):
            yield lambda n, line=line: n.body.pop(line)
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Call) and node.value.args:
        yield lambda n: setattr(n, "value", n.value.args[0])


def mutant_answer(source: str, name: str, clock: Clock):
    """The mutated object with the clock's ticks in it, or None where the source itself raises."""
    space: dict = {}
    try:
        exec(PRELUDE, space)
        exec(compile_ticking(ast.parse(source), "mutant", clock.tick), space)
    except Exception:
        return None
    return space.get(name)


FRESH = (11, 12, 13)  # draws that the checks never see


def differs(task, answer, other) -> bool:
    return any(task.comparison.trial(answer, seed).difference(other) for seed in FRESH)


def hold(task, found, answer, source: str) -> None:
    """A verdict on a mutant is true: on draws that the checks never saw, it behaves as the verdict says."""
    wrong = {mistake.name: mistake.wrong for mistake in task.mistakes}
    if found.state == "right":
        assert not differs(task, answer, task.reference), f"it passes and behaves otherwise:\n{source}"
    elif found.mistake == IN_PLACE:
        assert any(task.comparison.trial(answer, seed).changed() for seed in FRESH)
    elif found.mistake:
        assert not differs(task, answer, wrong[found.mistake]), f"{found.mistake} is not:\n{source}"
        assert differs(task, answer, task.reference)
    else:
        assert differs(task, answer, task.reference), f"it is right:\n{source}\n{found}"


@pytest.mark.slow
@EACH
def test_mutants_never_pass_and_never_get_a_wrong_diagnosis(name):
    task = REGISTRY[name]
    sources = sorted({mutant for source in RIGHT[name] for mutant in mutants(source)})
    sources = random.Random(name).sample(sources, min(len(sources), 18))
    assert len(sources) >= 4
    judged = 0
    for source in sources:
        clock = Clock(2.0, worked=True)  # of work: a busy machine is no reason to judge fewer of them
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            answer = mutant_answer(source, task.answer, clock)
            if answer is None:
                continue
            with contextlib.suppress(TimeUp):
                found = clock.call(lambda answer=answer: exercises.check(name, answer))
                judged += 1
                clock.call(lambda found=found, answer=answer, source=source: hold(task, found, answer, source))
    assert judged >= 3


# ---------------------------------------------------------------------------------------------
# Bad input, without a kernel: test_exercises_kernel.py has the rest


@EACH
@pytest.mark.parametrize(
    "answer",
    [lambda *given: None, lambda *given: "text", lambda *given: [], lambda *given: given, lambda: 1, object, print, 3],
    ids=["None", "text", "an empty list", "its input", "no arguments", "object", "print", "a number"],
)
def test_an_answer_of_another_kind_is_wrong_in_a_sentence(name, answer, capsys):
    found = exercises.check(name, answer)
    assert found.state in ("wrong", "failed", "refused") and found.says.strip().endswith((".", ")", "given", "s"))
    assert capsys.readouterr().out == ""


def test_random_numbers_go_on_as_if_nothing_had_been_checked():
    torch.manual_seed(5), random.seed(5)
    first = torch.rand(1).item(), random.random()
    torch.manual_seed(5), random.seed(5)
    verdict("lite_3x3", RIGHT["lite_3x3"][0])
    assert (torch.rand(1).item(), random.random()) == first


def test_what_an_answer_raises_is_told_and_not_raised():
    for error in ("SystemExit(3)", "KeyError('q')", "RecursionError", "StopIteration", "GeneratorExit"):
        found = verdict("cosine", f"def my_cosine(a, b):\n    raise {error}")
        assert found.state == "failed" and error.split("(")[0] in found.says


def test_an_answer_of_another_length_is_told_what_was_expected():
    found = verdict("needed_stream", "def my_stream():\n    return 'x'")
    assert found.says == "It returns one value. Expected: 3 values, the name of a query, a block and a stream."
    found = verdict("hard_stranger", "def my_query():\n    return 'x', 1")
    assert found.says == "It returns 2 values. Expected: one value, the name of a query."
    assert "`return` missing" in verdict("one_change", "def my_change():\n    pass").says


def test_a_bug_in_what_looks_at_an_answer_is_not_taken_for_a_wrong_one():
    def broken(_name):
        raise TypeError("a bug of the kit's")

    with pytest.raises(TypeError, match="a bug"):
        Finds(broken, "a name").seen(lambda: "x")


def test_the_names_in_the_starters_of_what_is_found_are_queries():
    queries = {photo.name for photo in explore.shipped()[1].rankings("shipped").queries}
    found = {name for task in exercises.by_notebook("11") for name in re.findall(r"[-\w]+\.jpg", task.starter)}
    assert found and found <= queries


def test_what_an_answer_prints_is_heard_up_to_the_limit():
    task, heard = REGISTRY["cosine"], io.StringIO()
    answer = made(f"def my_cosine(a, b):\n    print('seen', a.shape)\n    {BODY}", task.answer)
    assert judge(task, answer, listener=Capped(heard, Room(1000, 20))).state == "right"
    assert re.fullmatch(r"(seen \(\d+,\)\n){20}", heard.getvalue())


# ---------------------------------------------------------------------------------------------
# Solutions


def shown_by_solution(name: str) -> list[str]:
    desk = Desk(REGISTRY)
    desk.hint(name)  # a hint comes first
    return [part.text for part in desk.solution(name).body if isinstance(part, Code)]


@EACH
def test_the_first_block_of_a_solution_is_the_model_answer_that_was_tried_above(name):
    first, *library = shown_by_solution(name)
    assert first == RIGHT[name][0] and not holes(ast.parse(first))
    assert len(library) == len({inspect.getmodule(one).__name__ for one in REGISTRY[name].shows})


def test_what_follows_is_the_librarys_own_and_no_wrapper_alone():
    for name, task in REGISTRY.items():
        assert all(not inspect.getmodule(shown).__name__.startswith("osnet_edu.exercises") for shown in task.shows), (
            name
        )
    formula, around = shown_by_solution("stream_shares")[1].split("\n\n", 1)
    assert formula.startswith("def _share(") and "def read_shares(" in around
    assert "return _keep(" in (silence := shown_by_solution("silence")[1]) and "def _keep(" in silence
