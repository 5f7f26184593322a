"""lab.py doctor: what is there, what is missing, and how long the lessons compute on this machine; changes nothing.

Python 3.6 reads this file too, and it imports no package.
"""

import itertools
import json
import os
import platform

from . import fit, needs, programs, setup, wheels
from .programs import HERE, say

COSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lesson_costs.json")
TOO_LONG = 20  # minutes of computing in one lesson: a machine that needs more is too slow for a class
INSTEAD = "use your school's JupyterHub (HUB.md) or the lab in a page (README.md)"
ADVICE = ("memory", "Chromium", "lessons")


def doctor():
    """Say what is there. Status 0 where the kit can run, 1 where something stands in its way."""
    well = True
    for name, good, text in itertools.chain(found(), needs.lines(HERE)):
        say("  %-10s %-5s %s" % (name, "ok" if good else "LOOK", text))
        well = well and (good or name in ADVICE)
    return 0 if well else 1


def found():
    """The doctor's lines on the machine, the packages and the lessons: (name, whether it is good, text)."""
    facts = fit.machine_facts()
    reason = fit.why_not(facts)
    about = "Python %s, %s %s" % (platform.python_version(), facts["system"], facts["machine"])
    yield "machine", reason is None, about if reason is None else "%s Or %s." % (reason, INSTEAD)
    here = setup.Setup()
    if not os.path.exists(here.python):
        size = wheels.size_told(here.build(), "run")
        yield "packages", False, "not installed yet: run 'python3 lab.py', which downloads %s" % size
        return
    if here.ready("run"):
        yield "packages", True, "installed in .venv%s" % (", with the tests' own" if here.ready("test") else "")
    else:
        yield "packages", False, "unfinished or out of date: run 'python3 lab.py'"
    code = "import sys; sys.path.insert(0, %r); from osnet_edu.lab import probe; print(probe.speeds())" % HERE
    probed = programs.answer_of(here.python, code, 300)
    if not probed:
        yield "PyTorch", False, "does not load: run 'python3 lab.py', which says why"
        return
    torch = json.loads(probed)
    yield "PyTorch", True, "%s, %d threads" % (torch["version"], torch["threads"])
    yield (
        "wheels",
        True,
        "%s; .venv holds %s MB" % (wheels.BUILD_NAMES[torch["build"]], format(megabytes(here.venv), ",.0f")),
    )
    verdict = "training gains by it" if torch["gain"] > 1.1 else "training does better without it"
    yield "bfloat16", True, "%.1f times the speed of float32 here: %s" % (torch["gain"], verdict)
    yield "training", True, "%.2f s a step of %d photos" % (torch["step"], torch["photos"])
    yield forecast(torch["step"])


def megabytes(folder):
    """MB of all files below a folder; links are not followed."""
    paths = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(path).st_size for path in paths) / 1e6


def forecast(step):
    """The doctor's line on the lessons: minutes of Run All.  step: seconds of a training step here."""
    with open(COSTS, encoding="utf-8") as file:
        steps = json.load(file)["steps"]
    minutes = {lesson: step * count / 60 for lesson, count in sorted(steps.items())}
    told = ", ".join("%s %.1f" % pair for pair in minutes.items())
    slow = [lesson for lesson, need in minutes.items() if need > TOO_LONG]
    text = "minutes that all cells compute here: %s" % told
    return "lessons", not slow, text + ("; for %s %s" % (", ".join(slow), INSTEAD) if slow else "")
