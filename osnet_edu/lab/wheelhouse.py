"""A folder of wheels from which lab.py sets the kit up without a network: filled, and checked before it is used.

wheelhouse.json in the folder lists the kinds of machine that it serves. A kind is written there when its last wheel is
in, so that a folder whose filling broke off is never taken for a full one. Python 3.6 reads this file too, and it
imports no package.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import zipfile

from ..refused import Refused
from . import installer, wheels
from .programs import say

SERVED_FILE = "wheelhouse.json"
A_CALL = 20  # packages of one call of pip


def kind_of_machine(here):
    """What a wheel has to fit: Python, system, processor, and the kit's requirements by their hash."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", wheels.UV_PIN):
        with open(os.path.join(here, name), "rb") as file:
            digest.update(file.read().replace(b"\r\n", b"\n") + b"\0")
    return {
        "python": "%d.%d" % sys.version_info[:2],
        "system": platform.system(),
        "machine": platform.machine().lower(),
        "requirements": digest.hexdigest(),
    }


def served(folder):
    """The kinds of machine that a folder serves; None where it is not a wheelhouse."""
    try:
        with open(os.path.join(folder, SERVED_FILE), encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return None
    return told if isinstance(told, list) else None


def check_serves(folder, here):
    """Raise Refused where the kit cannot be set up from this folder on this machine."""
    if not os.path.isdir(folder):
        raise Refused("There is no folder %s." % folder)
    there, wanted = served(folder), kind_of_machine(here)
    if there is None:
        raise Refused("%s is not a wheelhouse: 'lab.py wheelhouse FOLDER' makes one." % folder)
    if wanted in there:
        return
    again = "Fill it with 'lab.py wheelhouse %s' on such a machine that has a network." % folder
    if not there:
        raise Refused("The wheelhouse %s is not full: its filling broke off. %s" % (folder, again))
    words = "Python {python} on {system} {machine}".format
    if any(dict(one, requirements="") == dict(wanted, requirements="") for one in there):
        raise Refused("The wheelhouse %s is for another version of the kit. %s" % (folder, again))
    others = " and ".join(sorted(words(**one) for one in there))
    raise Refused("The wheelhouse %s is for %s, and this is %s. %s" % (folder, others, words(**wanted), again))


def begin_folder(folder):
    """Make the folder, or take one that was begun; wheels that broke off are removed."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Refused("%s is not a folder: name a new one for the wheels." % folder)
    os.makedirs(folder, exist_ok=True)
    if served(folder) is None:
        if os.listdir(folder):
            raise Refused("%s holds other files: name a new folder for the wheels." % folder)
        _note(folder, [])
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".whl") and not zipfile.is_zipfile(path):
            say("  %s broke off: it is fetched again" % name)
            os.remove(path)


def _note(folder, kinds):
    path = os.path.join(folder, SERVED_FILE)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(kinds, file, indent=2)
    os.replace(path + ".new", path)


def pinned(compiled):
    """What uv has resolved, by the index in which it found it: [(index, ['name==version', ...])], the largest first.

    compiled: the output of 'uv pip compile --emit-index-annotation'.
    """
    found = {}
    for part in re.split(r"\n(?=\S)", compiled):
        pin = re.match(r"[A-Za-z0-9][\w.-]*==[^\s;]+", part)
        index = re.search(r"^\s+# from (\S+)$", part, re.MULTILINE)
        if pin:
            found.setdefault(index.group(1) if index else "", []).append(pin.group(0))
    return sorted(found.items(), key=lambda item: -len(item[1]))


def fill(setup, folder):
    """Fetch every wheel that the kit needs on this kind of machine.

    setup: whose environment has pip.  Files that are there already are not fetched again.  Returns the status 0.
    """
    begin_folder(folder)
    say("Filling %s with %s: %s." % (folder, wheels.BUILD_NAMES["cpu"], wheels.size_told("cpu", "run")))
    with installer.only_one(setup.here):
        setup.make_venv("cpu")
        if not setup.has_pip():
            raise Refused(
                "A wheelhouse is filled by pip, which .venv lacks. Install pip for this Python (Debian and Ubuntu: "
                "'sudo apt install python%d.%d-venv'), delete .venv and try again." % sys.version_info[:2]
            )
        _fetch(setup, ["--no-deps", "-r", os.path.join(setup.here, wheels.UV_PIN)], folder, "fetching uv")
        calls = _what(setup)
        for count, what in enumerate(calls, start=1):
            _fetch(setup, what, folder, "fetching packages, %d of %d" % (count, len(calls)))
    _note(
        folder,
        [one for one in served(folder) or [] if one != kind_of_machine(setup.here)] + [kind_of_machine(setup.here)],
    )
    names = [name for name in os.listdir(folder) if name.endswith(".whl")]
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in names) / 1e6
    say(
        "%d wheels, %.0f MB, for %s."
        % (len(names), size, "Python %(python)s on %(system)s %(machine)s" % kind_of_machine(setup.here))
    )
    say("Without a network: python3 lab.py --wheelhouse %s" % folder)
    return 0


def _what(setup):
    """pip's words for the packages, a list for each call: what uv would install with PyTorch's CPU build, package by
    package, else the requirements."""
    requirements, compiled = os.path.join(setup.here, "requirements.txt"), os.path.join(setup.venv, "pins.txt")
    uv = setup.uv("cpu")
    if uv:
        command = [uv, "pip", "compile", "--quiet", "--no-header", "--python", setup.python, "--torch-backend=cpu"]
        command += ["--emit-index-annotation", requirements, "--output-file", compiled]
        settings = wheels.uv_settings(setup.python)
        status, _ = installer.run_shown("asking which packages", command, setup.log, extra=settings)
        if status == 0:
            with open(compiled, encoding="utf-8") as file:
                (_, most), *others = pinned(file.read())
            # Most packages come from pip's own index; only PyTorch's build is asked for elsewhere. pip puts what it has
            # fetched into the folder at the end of a call, so that a few packages a call are lost where it breaks off.
            calls = [["--no-deps"] + most[k : k + A_CALL] for k in range(0, len(most), A_CALL)]
            where = [(["--index-url", index] if index else [], pins) for index, pins in others]
            return [["--no-deps"] + flags + pins for flags, pins in where] + calls
    setup.say_what_pip_brings("cpu")
    return [["-r", requirements]]


def _fetch(setup, what, folder, title):
    free = shutil.disk_usage(folder).free / 1e6
    if free < wheels.DOWNLOAD_MB["cpu"]:
        raise Refused(
            "About %d MB of disk are needed in %s, and %.0f MB are free." % (wheels.DOWNLOAD_MB["cpu"], folder, free)
        )
    command = [setup.python, "-m", "pip", "download", "--progress-bar", "off", "--only-binary", ":all:"]
    status, output = installer.run_shown(title, command + ["--dest", folder] + what, setup.log)
    if status:
        raise Refused(installer.explain_failure(output, setup.log) + " What was fetched stays in the folder.")
