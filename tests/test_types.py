"""The annotations of osnet_edu hold, in every room."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def check(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_the_type_checker_has_nothing_to_say(tmp_path):
    done = check("--cache-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_planted_mistake_in_a_checked_room_is_found(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("from osnet_edu.refused import plain\n\nlength: int = plain('a')\n")
    done = check("--cache-dir", str(tmp_path), "--follow-imports=silent", str(planted))
    assert done.returncode == 1 and 'expression has type "str", variable has type "int"' in done.stdout


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "osnet_edu" / "py.typed").read_bytes() == b""
