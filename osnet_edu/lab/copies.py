"""The student's own copy of the lessons, beside the kit's: made once, completed with what is new, never overwritten.

my_notebooks/made_from.json says of each lesson from which version it was copied, and whether it was somebody's own
from the start. A lesson that is still as it was copied follows the kit; somebody's own never does. Python 3.6 reads
this file too, and it imports no package.
"""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time

from ..refused import Refused
from .programs import say

LESSONS = "notebooks"
COPIES = "my_notebooks"
RECORD = "made_from.json"


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def version(path):
    """A hash of a notebook's cells, without what JupyterLab adds as it opens one; of the bytes where it is broken."""
    whole = _read(path)
    try:
        cells = json.loads(whole.decode("utf-8"))["cells"]
        kept = [[c["cell_type"], "".join(c["source"]), c.get("outputs"), c.get("attachments")] for c in cells]
        whole = json.dumps(kept, sort_keys=True).encode("ascii")
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return hashlib.sha256(whole).hexdigest()


def lessons(here):
    """The names of the kit's lessons, in order: 00_start_here, ..."""
    folder = os.path.join(here, LESSONS)
    if not os.path.isdir(folder):
        return []
    return sorted(name[: -len(".ipynb")] for name in os.listdir(folder) if name.endswith(".ipynb"))


def _paths(here, name):
    return [os.path.join(here, folder, name + ".ipynb") for folder in (LESSONS, COPIES)]


def _put(path, whole):
    """Write a file, whole or not at all."""
    handle, growing = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".growing-")
    try:
        with open(handle, "wb") as file:
            file.write(whole)
        os.chmod(growing, 0o644)
        os.replace(growing, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(growing)
        raise


def _record(here):
    try:
        told = json.loads(_read(os.path.join(here, COPIES, RECORD)).decode("utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = told.items() if isinstance(told, dict) else ()
    return {name: one for name, one in pairs if isinstance(one, dict) and {"from", "own"} <= set(one)}


def _note(here, record):
    _put(os.path.join(here, COPIES, RECORD), json.dumps(record, indent=1, sort_keys=True).encode("ascii"))


def _changed_in_git(here):
    """The lessons that somebody has changed in the checkout itself, as git sees them; none where there is no git."""
    command = ["git", "-C", here, "status", "--porcelain", "--", LESSONS]
    try:
        told = subprocess.check_output(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return set()
    return set(re.findall(r"([^/\"]+)\.ipynb\"?$", told.decode("utf-8", "replace"), re.MULTILINE))


def bring_up_to_date(here):
    """Make my_notebooks/, or add to it what is new in the kit.

    Returns: the names of lessons that are newer in the kit and that the student has changed; they stay as they are.
    """
    folder = os.path.join(here, COPIES)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Refused("%s is not a folder: the copies of the lessons go there. Move it away." % folder)
    os.makedirs(folder, exist_ok=True)
    record, before, newer, changed = _record(here), _record(here), [], None
    for name in lessons(here):
        kit, own = _paths(here, name)
        latest = version(kit)
        if os.path.lexists(own):
            copied = record.setdefault(name, {"from": latest, "own": True})  # made by hand, or the record is lost
            if copied["from"] == latest:
                continue
            now = version(own)
            if now == latest:
                record[name] = {"from": latest, "own": copied["own"]}
                continue
            if copied["own"] or now != copied["from"]:
                newer.append(name)
                continue
        if changed is None:
            changed = _changed_in_git(here)
        _put(own, _read(kit))
        record[name] = {"from": latest, "own": name in changed}
    if record != before:
        _note(here, record)
    return newer


def lesson_named(here, given):
    """The lesson that somebody means by '02', '02_one_convolution' or a path.  Raises: Refused where there is none."""
    there = lessons(here)
    stem = os.path.basename(given.rstrip("/\\"))
    stem = stem[: -len(".ipynb")] if stem.endswith(".ipynb") else stem
    found = [name for name in there if name == stem or name.split("_")[0] == stem]
    if len(found) != 1:
        raise Refused("There is no lesson %r. There are: %s." % (given, ", ".join(there) or "none"))
    return found[0]


def _keep(path):
    """Copy a notebook beside itself, with the date in its name, and a number where that is taken.  Returns the path."""
    stem = "%s_%s" % (path[: -len(".ipynb")], time.strftime("%Y-%m-%d_%H%M"))
    whole, count = _read(path), 1
    while True:
        kept = "%s%s.ipynb" % (stem, "" if count == 1 else "_%d" % count)
        try:
            with open(kept, "xb") as file:
                try:
                    file.write(whole)
                    file.flush()
                    os.fsync(file.fileno())
                except BaseException:  # a full disk, Ctrl-C: no half copy
                    file.close()
                    os.remove(kept)
                    raise
            return kept
        except FileExistsError:
            count += 1


def reset(here, given):
    """Give a lesson back as the kit has it, and keep the student's beside it.  Returns the status 0."""
    name = lesson_named(here, given)
    kit, own = _paths(here, name)
    os.makedirs(os.path.dirname(own), exist_ok=True)
    if os.path.isdir(own):
        raise Refused("%s is a folder: move it away." % own)
    there = os.path.lexists(own)
    if there and _read(own) == _read(kit):
        say("%s is as the kit has it: nothing to do." % os.path.relpath(own, here))
    else:
        if there:
            say("Yours is now %s." % os.path.relpath(_keep(own), here))
        _put(own, _read(kit))
        say("%s is as the kit has it." % os.path.relpath(own, here))
        if there:
            say("If it is open in JupyterLab, choose 'Reload Notebook from Disk' in the menu File.")
    record = _record(here)
    record[name] = {"from": version(kit), "own": name in _changed_in_git(here)}
    _note(here, record)
    return 0
