"""What all widgets share, without a browser: the joined page, refusals, errors, and records without PyTorch."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import traitlets

from osnet_edu import Refused, colours
from osnet_edu.widgets import records
from osnet_edu.widgets.widget import FOLDER, Widget, checked, joined_script, sentence, styles

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.js") if "export default" in path.read_text(encoding="utf-8"))


class Square(Widget, script="predict.js"):
    """Its side is 1 to 9, its area follows, and 7 is a fault of the kit."""

    side = traitlets.Int(3).tag(sync=True)
    colour = traitlets.Unicode("red").tag(sync=True)
    area = traitlets.Int(9).tag(sync=True)

    def __init__(self, **chosen):
        super().__init__(**chosen)
        self.observe(self._count, "side")
        self._count()

    @checked("side")
    def _check_side(self, side: int) -> int | None:
        if not 1 <= side <= 9:
            raise Refused(f"a side is 1 to 9, not {side}")
        return 9 if side == 8 else None

    def _count(self, _change=None) -> None:
        if self.side == 7:
            raise KeyError("seven")
        if self.side == 6:
            raise Refused("six cannot be drawn.")
        self.area = self.side**2


def sent(widget: Widget) -> list[str]:
    """The names of the traits that go to the page from now on."""
    names: list[str] = []
    widget.send_state = lambda key=None: names.extend([key] if isinstance(key, str) else key or [])
    return names


def test_a_good_value_is_taken():
    w = Square(side=4)
    w.set_state({"side": 5})
    assert (w.side, w.area, w.problem, w.crash) == (5, 25, "", "")


@pytest.mark.parametrize("bad", [0, 10, "five", None])
def test_a_bad_value_from_the_page_is_a_sentence_and_the_last_good_one_stays(bad):
    w = Square(side=4)
    names = sent(w)
    w.set_state({"colour": "blue", "side": bad})
    assert (w.side, w.area, w.colour) == (4, 16, "red"), "all of a message, or nothing"
    assert w.problem.endswith(".") and str(bad).strip("'") in w.problem
    assert {"side", "colour", "problem"} <= set(names), "the page hears what holds"
    w.set_state({"side": 4})
    assert w.problem == ""


def test_a_value_refused_while_it_is_worked_on_is_put_back():
    w = Square(side=4)
    w.set_state({"side": 6})
    assert (w.side, w.area, w.problem) == (4, 16, "Six cannot be drawn.")


def test_a_cell_gets_the_refusal_itself():
    w = Square(side=4)
    with pytest.raises(Refused, match="a side is 1 to 9, not 12"):
        w.side = 12
    assert w.side == 4
    with pytest.raises(Refused, match="not 0"):
        Square(side=0)


def test_a_check_may_take_another_value():
    w = Square()
    w.set_state({"side": 8})
    assert (w.side, w.area) == (9, 81)


def test_a_fault_of_the_kit_shows_its_traceback_and_is_not_swallowed():
    w = Square()
    with pytest.raises(KeyError):
        w.set_state({"side": 7})
    assert "Traceback" in w.crash and "KeyError: 'seven'" in w.crash and w.problem == ""
    w.set_state({"side": 2})
    assert (w.crash, w.area) == ("", 4)


def test_a_buttons_message_is_refused_and_reported_alike(monkeypatch):
    def pressed(message):
        raise TypeError("bug")

    w = Square()
    w._handle_custom_msg("explode", [])
    assert w.problem == "There is no button 'explode' here."
    w.set_state({"asked": 4})  # ends the message, and is none of its own
    assert (w.problem, w.answered) == ("There is no button 'explode' here.", 4)
    monkeypatch.setattr(w, "_pressed", pressed)
    with pytest.raises(TypeError):
        w._handle_custom_msg("bug", [])
    assert "TypeError: bug" in w.crash


def test_the_page_hears_which_message_was_answered_last():
    w = Square()
    w.set_state({"side": 5, "asked": 1})
    assert w.answered == 1
    w.set_state({"side": 50, "asked": 2})
    assert w.answered == 2, "a refusal is an answer"
    with pytest.raises(KeyError):
        w.set_state({"side": 7, "asked": 3})
    assert w.answered == 3, "and so is an error"


def test_words_become_a_sentence():
    assert sentence(Refused("no\n such  thing")) == "No such thing."
    assert sentence(KeyError()) == "KeyError, without a word."


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_joined_page_is_one_module_that_imports_nothing(script):
    text = joined_script(script)
    assert not re.search(r"^\s*import[ {]", text, re.MULTILINE) and "import(" not in text
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names)), "a name of dom.js is taken twice"
    used = re.search(r'import \{([^}]*)\} from "\./dom\.js";', (FOLDER / script).read_text(encoding="utf-8"))[1]
    assert {name.strip() for name in used.split(",")} <= set(names)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_no_page_reads_a_text_as_html():
    for path in FOLDER.glob("*.js"):
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser", path.read_text("utf-8"))
        assert found == [], f"{path.name}: a name with markup in it must show as text"


def test_one_file_speaks_to_python():
    speaks = r"\bmodel\.(?:get|set|save_changes|send|on|off|widget_manager)\b"
    found = {path.name for path in FOLDER.glob("*.js") if re.search(speaks, path.read_text("utf-8"))}
    assert found == {"asking.js"}, "a page without Python answers what asking.js asks, and nothing else"


def test_a_script_that_does_not_import_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("osnet_edu.widgets.widget.FOLDER", tmp_path)
    (tmp_path / "dom.js").write_text("export function add() {}\n")
    (tmp_path / "own.js").write_text("export default { render };\n")
    with pytest.raises(ImportError, match=r"own\.js must import"):
        joined_script("own.js")


def test_every_widget_has_the_shared_style_and_no_other_colours_of_the_page():
    for script in SCRIPTS:
        shared = (FOLDER / "widgets.css").read_text(encoding="utf-8")
        assert styles(script).startswith(f"{colours.css('.oe-box')}\n{shared}")
        own = (FOLDER / script.replace(".js", ".css")).read_text(encoding="utf-8")
        assert "--jp-" not in own, "JupyterLab's names stand in widgets.css alone"
        rules = selectors(own)
        # A link into the picture stands in the text of a lesson, outside of every box.
        outside = [rule for rule in rules if not re.match(r"\.oe-box\.oe-\w+", rule)]
        assert rules and all(rule.startswith(':root a[href^="#flow="]') for rule in outside), script
        assert not outside or script == "flow.js"
        assert "<style" not in (FOLDER / script).read_text(encoding="utf-8")


def weight(selector: str) -> tuple[int, int]:
    """Of a selector: its classes, attributes and states, and its elements."""
    bare = re.sub(r":where\((?:[^()]|\([^()]*\))*\)", "", selector)
    bare = re.sub(r":not\(([^()]*)\)", r"\1", bare)
    elements = re.findall(r"(?:^|[\s>+~])[a-z]+\d?|::[a-z]+", bare)
    return len(re.findall(r"\.[\w-]+|\[[^]]*\]|(?<!:):[a-z-]+", bare)), len(elements)


def selectors(css: str) -> list[str]:
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    plain = re.sub(r"@keyframes \S+ \{(?:[^{}]*\{[^{}]*\})*\s*\}", "", plain)  # its "from" and "to" select nothing
    rules = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", plain)
    return [one.strip() for rule in rules for one in re.split(r",(?![^(]*\))", rule)]


def test_a_shared_rule_never_beats_a_widgets_own():
    """Each widget brings the shared rules along, and so the page's last copy comes after other widgets' own rules."""
    assert weight(".oe-box.oe-x button[aria-pressed=true]:hover") == (4, 1)
    assert weight(".oe-box button:where(:hover, [aria-disabled=true])") == (1, 1)
    shared = selectors((FOLDER / "widgets.css").read_text(encoding="utf-8"))
    assert len(shared) > 30
    for one in shared:
        assert weight(one) <= (2, 0) or ":focus-visible" in one, one
    for script in SCRIPTS:
        for one in selectors((FOLDER / script).with_suffix(".css").read_text(encoding="utf-8")):
            inside = re.sub(r"^\.oe-box\.oe-[a-z]+", "", one)
            assert weight(one) > (2, 0) or not inside.strip(" "), one


def test_records_go_through_json_and_back():
    row = records.CostRow("conv1", "8x4, 4", "7x7", 10, 20, 0.5, 1.0)
    costs = records.Costs(10, 20, (row,), (), "nothing")
    assert records.from_json(records.to_json(costs)) == records.for_page(costs) == {
        "parameters": 10, "multiply_adds": 20, "rows": [dataclasses.asdict(row)], "layers": [], "cited": "nothing",
    }  # fmt: skip
    field = {"heat": bytes(range(256)), "windows": {"longest": (1, 2)}}
    assert records.from_json(records.to_json(field)) == {"heat": bytes(range(256)), "windows": {"longest": [1, 2]}}
    with pytest.raises(TypeError, match="no set"):
        records.to_json({"a": {1}})
    with pytest.raises(ValueError):
        records.to_json({"a": float("nan")})


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import numpy as np
from pathlib import Path
from PIL import Image
from osnet_edu.photos.market import format_name, parse_name
from osnet_edu.widgets import Convolution, Ranking, ask, records, replay
from osnet_edu.widgets.mixtures import mixture, streams_of

folder = Path(sys.argv[1])
def photo(person, camera):
    path = folder / format_name(person, camera, 1, camera, 1)
    Image.new("RGB", (64, 128), (40 * person, 30 * camera, 90)).save(path)
    return parse_name(path)

board = replay()
board.finish()
box = ask("01.closer")
box.set_state({"chosen": 1})
drawn = {
    "predict": box.drawn(),
    "ranking": Ranking([photo(1, 1)], [photo(1, 2), photo(2, 2)]).drawn(),
    "convolution": Convolution(np.full((8, 8, 3), 100, np.uint8)).drawn(),
    "board": board.drawn(),
}
rng = np.random.Generator(np.random.PCG64(0))
streams, gates = rng.random((4, 6, 8, 4)), rng.random((4, 6, 1, 1))
lane = records.LaneDrawn(("3x3",), 3, 1)
block = records.BlockDrawn("a", "A", "", "1x1", "1x1", (lane,), (3,), "sum", "", False, 1, 2, 3, 4)
drawn |= {
    "mixer": {"streams": streams_of(streams, gates, 6), "mixture": mixture([1, 1, 1, 1], streams, gates)},
    "field": records.SeenField(3, 4, 19, 51, 9, {"longest": (0, 0, 51, 51)}, bytes(32), ((1, 3, 19, 51),), ("seen",)),
    "costs": records.Costs(1, 2, (records.CostRow("conv1", "4", "7x7", 1, 2, 1.0, 1.0),), (), ""),
    "blocks": records.Comparison((block, block), "the same"),
}
for name, record in drawn.items():
    assert records.from_json(records.to_json(record)) == records.for_page(record), name
assert drawn["board"]["losses"] and drawn["board"]["pair"][0]["src"].startswith("data:image/png")
assert drawn["convolution"]["output"] and drawn["ranking"]["numbers"][0] == ["rank-1", "100.0 %"]
mixed = drawn["mixer"]["mixture"]
assert abs(sum(mixed.shares) - 1) < 1e-9 and mixed.gap > 0
assert not any(name == "torch" or name.startswith("torch.") for name in sys.modules if sys.modules[name])
"""


def test_what_is_drawn_is_made_without_pytorch(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
