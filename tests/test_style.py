"""The linter's word, as part of the tests: what CONTRIBUTING.md asks of a change is held here."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=["linter", "layout"])
def test_ruff_has_nothing_to_say(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---- no function is longer than a screen

LONGEST = 80  # lines of a function
EXCEPTED = {  # (file, function): why it may be longer
    ("people/identity.py", "draw_identity"): "every shipped photo depends on the order of its draws",
    ("people/clothes.py", "make_bottom"): "a drawing of a shape",
    ("people/carried.py", "make_bag"): "a drawing of a shape",
    ("people/props.py", "sprite"): "a drawing of a shape",
    ("people/figure.py", "draw"): "a drawing of a shape",
    ("people/view.py", "draw_view"): "every shipped photo depends on the order of its draws",
    ("experiments/gate_scale.py", "measure_lean"): "its steps share what they measure",
}
_OPENS = re.compile(
    r"^(?P<indent>\s*)(?:export )?(?:default )?(?:async )?"
    r"(?:function\*? (?P<name>\w+)\(|(?:const|let) (?P<arrow>\w+) = (?:async )?(?:\([^)]*\)|\w+) => \{$"
    r"|(?P<method>(?!(?:if|for|while|switch|catch)\b)\w+)\([^;]*\) \{$)"
)


def python_functions(path: Path) -> list[tuple[str, int]]:
    """(name, lines) of each function of a file, the docstring counted."""
    found = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, FUNCTIONS)]
    return [(node.name, node.end_lineno - node.lineno + 1) for node in found]


def page_functions(path: Path) -> list[tuple[str, int]]:
    """(name, lines) of each named function, arrow function with a body, and method of a .js file."""
    lines, found = path.read_text("utf-8").splitlines(), []
    for start, line in enumerate(lines):
        opened = _OPENS.match(line)
        if opened and line.endswith("{"):
            end = next(k for k in range(start + 1, len(lines)) if lines[k].startswith(f"{opened['indent']}}}"))
            found.append((opened["name"] or opened["arrow"] or opened["method"], end - start + 1))
    return found


def functions() -> dict[tuple[str, str], int]:
    """The longest function of each name in each file of the library, in Python and JavaScript."""
    found: dict[tuple[str, str], int] = {}
    for pattern, read in (("*.py", python_functions), ("*.js", page_functions)):
        for path in sorted((ROOT / "osnet_edu").rglob(pattern)):
            for name, lines in read(path):
                key = path.relative_to(ROOT / "osnet_edu").as_posix(), name
                found[key] = max(lines, found.get(key, 0))
    return found


def test_no_function_is_longer_than_a_screen():
    found = functions()
    assert {key: lines for key, lines in found.items() if lines > LONGEST and key not in EXCEPTED} == {}
    assert {name for file, name in found if file == "widgets/explorer.js"} >= {"render", "draw", "opened"}


def test_a_long_function_is_found(tmp_path):
    body = "  add();\n" * 90
    (tmp_path / "long.js").write_text(
        f"export function one() {{\n{body}}}\nconst two = (a) => {{\n{body}}};\n"
        f"const x = {{\n  three(a) {{\n{body}  }},\n}};\n"
    )
    assert page_functions(tmp_path / "long.js") == [("one", 92), ("two", 92), ("three", 92)]
    (tmp_path / "long.py").write_text("def one():\n" + "    pass\n" * 90 + "class A:\n    async def two(self): ...\n")
    assert python_functions(tmp_path / "long.py") == [("one", 91), ("two", 1)]


# ---- what others may use says what it does


def undocumented(path: Path) -> list[str]:
    """The public functions and classes of a file without a docstring; the stubs of an overload need none."""
    return [
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, (*FUNCTIONS, ast.ClassDef))
        and not node.name.startswith("_")
        and not any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)
        and not ast.get_docstring(node)
    ]


def test_every_public_function_and_class_has_a_docstring():
    files = [path for path in sorted((ROOT / "osnet_edu").rglob("*.py")) if path.parent.name != "answers"]
    assert len(files) > 200
    assert [(path.relative_to(ROOT).as_posix(), name) for path in files for name in undocumented(path)] == []


def test_a_missing_docstring_is_found(tmp_path):
    (tmp_path / "one.py").write_text(
        "@overload\ndef a(x: int): ...\ndef a(x):\n    'It does.'\ndef b():\n    pass\n"
        "def _c():\n    pass\nclass D:\n    x = 1\nclass E:\n    'It is.'\n    def f(self):\n        pass\n"
    )
    assert undocumented(tmp_path / "one.py") == ["b", "D"]
