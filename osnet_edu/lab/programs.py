"""Other programs: started, asked, attended and ended. Python 3.6 reads this file too, and it imports no package."""

import contextlib
import os
import re
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # the checkout


def say(text=""):
    """Print a line at once."""
    print(text, flush=True)


def quiet_environment():
    """This environment, without what would lead a child Python astray."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")}
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PYTHONUTF8"] = "1"
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return environment


def stop(process):
    """End a child and wait until it has gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answer_of(python, code, patience=120):
    """The line that another Python prints, or '' where it does not answer. What its environment prints is left out.

    patience: in seconds.
    """
    marked = "def print(text, say=print): say('\\n<answer>' + str(text))\n" + code
    try:
        done = subprocess.run(
            [python, "-c", marked], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace", env=quiet_environment(), timeout=patience,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"^<answer>(.*)$", done.stdout, re.MULTILINE)
    return found.group(1).strip() if found and done.returncode == 0 else ""


def attend(command, extra=None):
    """Run a program in the foreground. extra: more variables for it. Returns (status, whether Ctrl-C ended it)."""
    process = subprocess.Popen(command, cwd=HERE, env=dict(quiet_environment(), **(extra or {})))
    try:
        return process.wait(), False
    except KeyboardInterrupt:
        # A terminal's Ctrl-C has reached the program too, which now puts its things away.
        with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
            process.wait(15)
        stop(process)
        return process.returncode, True
    finally:
        stop(process)
