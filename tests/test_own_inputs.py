"""A student's own checkpoint or folder in a lesson: every cell runs, or says in one sentence what it needs."""

import re
import shutil

import nbformat
import pytest
import torch
from claims.reading import NOTEBOOKS
from IPython.core.interactiveshell import InteractiveShell
from test_explain_without import folder  # noqa: F401  a fixture
from traitlets.config import Config

from osnet_edu import Refused, assets, exercises, osnet
from osnet_edu.exercises.refusals import Refusals
from osnet_edu.explain import known
from osnet_edu.network import siblings, weights
from osnet_edu.photos import market

SPLITS = market.SPLITS.values()
CAMERAS = "at least 2 cameras are needed for a score"
TRUTH = "has no people.json, as folders of rendered people have, so it is not known where the two people differ"
GATES = "it has no aggregation gates (keys like conv2.0.gate.fc1.weight)"


@pytest.fixture(scope="module")
def inputs(folder, tmp_path_factory):  # noqa: F811
    """Python for each input: a folder without masks, one with one camera, and three checkpoints."""
    root = tmp_path_factory.mktemp("inputs")
    for split in SPLITS:
        for kind in ("plain", "one"):
            (root / kind / split).mkdir(parents=True)
        for path in sorted((folder / split).glob("*.jpg")):
            for kind, name in (("plain", path.name), ("one", re.sub("_c[0-9]", "_c1", path.name))):
                shutil.copy(path, root / kind / split / name)
    torch.manual_seed(0)
    bare = siblings.build("addition", 0.25).eval()
    for name, model in {"own": osnet(0.25, gate_hidden=4), "wide": osnet(1.0), "bare": bare}.items():
        weights.save(model.eval(), root / f"{name}.safetensors", size=(64, 32))
    given = {kind: {"assets.subset()": repr(str(root / kind))} for kind in ("plain", "one")}
    for kind in ("own", "wide", "bare"):
        given[kind] = {"weights.shipped()": f"weights.open({str(root / f'{kind}.safetensors')!r})"}
    given["built"] = {
        "weights.shipped()": "weights.load(__import__('osnet_edu').network.siblings.build('addition', 0.25), "
        f"{str(root / 'bare.safetensors')!r})"
    }
    return given


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """A notebook's shell, and what it shows of errors."""
    monkeypatch.setenv("OSNET_EDU_PROGRESS", str(tmp_path))
    monkeypatch.setattr(exercises, "_refusals", Refusals())
    found = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    found.shown = []
    monkeypatch.setattr(found, "_showtraceback", lambda _kind, _error, lines: found.shown.append("\n".join(lines)))
    return found


def said(shell, lesson: str, cells: str, *given: dict[str, str]) -> dict[str, str]:
    """Run a lesson's imports and some cells with inputs of one's own: what each that could not go on showed."""
    found = {}
    for cell in nbformat.read(NOTEBOOKS[lesson], as_version=4).cells:
        name = cell.id.removeprefix(f"nb{lesson}-")
        if cell.cell_type != "code" or ("%load_ext" not in cell.source and name not in cells.split()):
            continue
        source = cell.source
        for old, new in (pair for one in given for pair in one.items()):
            source = source.replace(old, new)
        if not shell.run_cell(source).success:
            found[name] = shell.shown[-1]
    assert len(shell.shown) == len(found)
    return found


FIRST = {
    "04": "load vector position",
    "08": "choose pair shares",
    "09": "choose pair occlusion",
    "10": "choose cases",
}
AT = {"04": "load", "08": "choose", "09": "choose", "10": "choose"}  # where the checkpoint is named


@pytest.mark.parametrize("lesson", ["04", "08", "09"])
def test_a_folder_with_one_camera_is_refused_where_it_is_named(lesson, inputs, shell):
    found = said(shell, lesson, FIRST[lesson], inputs["one"])
    assert found and next(iter(found)) == AT[lesson]
    assert all(sentence.startswith("Refused: ") and CAMERAS in sentence for sentence in found.values())
    assert sum("is missing, since its cell was refused: " in sentence for sentence in found.values()) == len(found) - 1


@pytest.mark.parametrize("lesson", FIRST)
def test_a_file_without_gates_is_refused_where_it_is_named(lesson, inputs, shell):
    found = said(shell, lesson, FIRST[lesson], inputs["bare"])
    assert next(iter(found)) == AT[lesson]
    assert all(sentence.startswith("Refused: ") and GATES in sentence for sentence in found.values())


def test_lesson_10_says_that_a_folder_of_real_photos_has_no_truth(inputs, shell):
    found = said(shell, "10", "choose cases trap-grey exchange", inputs["plain"])
    assert list(found) == ["cases", "trap-grey", "exchange"]
    assert all(TRUTH in sentence for sentence in found.values())
    assert found["cases"].endswith(
        "\nin the line: twins = known.Folder(" + inputs["plain"]["assets.subset()"] + ")"
        ".twins_known(*shown, rankings.size)"
    )
    assert found["exchange"].startswith("Refused: one is missing, since its cell was refused: ")


@pytest.mark.parametrize(("lesson", "kind"), [("08", "wide"), ("08", "own"), ("09", "own")])
def test_a_network_of_ones_own_runs(lesson, kind, inputs, shell):
    assert said(shell, lesson, FIRST[lesson], inputs["plain"], inputs[kind]) == {}


def test_two_people_who_are_no_twins_have_no_known_truth():
    found = market.read(assets.subset())
    people = known.Folder(assets.subset())
    query = next(photo for photo in found.query if photo.person == 209)
    twin, other = (next(photo for photo in found.gallery if photo.person == who) for who in (210, 213))
    same = people.twins_known(query, twin, (64, 32))
    assert same.part == "logo" and same.truth.any()
    with pytest.raises(Refused, match=f"{query.name} and {other.name} do not show twins, so it is not known where"):
        people.twins_known(query, other, (64, 32))


def test_other_errors_keep_their_traceback(shell):
    shell.run_cell("%load_ext osnet_edu.exercises")
    shell.run_cell("from osnet_edu import Refused\nfirst = 1\ndef asks(): return second")
    shell.run_cell("second = third = int('1') or 2\nraise Refused('it is too small')")
    assert shell.shown == ["Refused: it is too small\nin the line: raise Refused('it is too small')"]
    del shell.user_ns["second"]
    for code, says in {
        "fourth": "NameError: name 'fourth' is not defined",
        "1 / 0": "ZeroDivisionError",
        "[].third": "AttributeError: 'list' object has no attribute 'third'",
        "asks()": "Refused: second is missing, since its cell was refused: it is too small",
    }.items():
        shell.run_cell(code)
        assert says in re.sub(r"\x1b\[[0-9;]*m", "", shell.shown[-1])
    shell.run_cell("second = 2")
    shell.run_cell("del second")
    shell.run_cell("second")
    assert "NameError" in shell.shown[-1]
