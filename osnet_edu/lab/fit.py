"""Whether the kit can run on this machine: is there a PyTorch for it?

Python 3.6 reads this file too, and it imports no package.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig

from ..refused import Refused

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python that the pinned PyTorch has a build for


def _numbers(version):
    """The first two numbers of a version: '2.36' -> (2, 36)."""
    return tuple(int(n) for n in re.findall(r"\d+", version)[:2])


def machine_facts():
    """What decides whether PyTorch has a build for this machine."""
    return {
        "python": tuple(sys.version_info[:2]),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine().lower(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "musl": "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "") or platform.libc_ver()[0] == "musl",
        "glibc": _numbers(platform.libc_ver()[1]) if platform.libc_ver()[0] == "glibc" else (),
        "macos": _numbers(platform.mac_ver()[0]),
    }


def why_not(facts):
    """The sentence that says why the kit cannot run here, or None where it can."""
    python = "%d.%d" % facts["python"]
    if facts["python"] < OLDEST:
        return "This is Python %s, and the kit needs Python %d.%d or newer." % ((python,) + OLDEST)
    if facts["python"] > NEWEST:
        return (
            "This is Python %s, and the PyTorch that the kit is tested with has no build for it yet. "
            "Use Python %d.%d to %d.%d." % ((python,) + OLDEST + NEWEST)
        )
    if facts["implementation"] != "CPython":
        return "This is %s, and PyTorch has builds only for CPython, python.org's own." % facts["implementation"]
    if facts["bits"] == 32:
        return "This is a 32-bit Python, and PyTorch has only 64-bit builds. Install a 64-bit Python."
    system, machine = facts["system"], facts["machine"]
    if system == "Linux":
        if facts["musl"]:
            return (
                "This Linux uses the musl C library (Alpine does), and PyTorch has no build for it. "
                "Use a distribution with glibc, such as Debian, Ubuntu or Fedora."
            )
        if facts["glibc"] and facts["glibc"] < (2, 28):
            return (
                "This Linux has glibc %d.%d, and PyTorch needs 2.28 or newer (Debian 10, Ubuntu 20.04 and "
                "RHEL 8 have it)." % facts["glibc"]
            )
        if machine not in ("x86_64", "amd64", "aarch64", "arm64"):
            return "PyTorch has no Linux build for a %s processor, only for x86-64 and 64-bit ARM." % machine
    elif system == "Darwin":
        if machine != "arm64":
            return (
                "This is a Mac with an Intel processor (or an Intel Python on Apple silicon), and PyTorch has "
                "had no build for it since version 2.2. On Apple silicon install the arm64 Python of python.org; "
                "on an Intel Mac use Binder (mybinder.org, see the folder binder) or a Linux machine."
            )
        if facts["macos"] and facts["macos"] < (14,):
            return "This is macOS %s, and this PyTorch needs macOS 14 or newer." % ".".join(map(str, facts["macos"]))
    elif system == "Windows":
        if machine not in ("amd64", "x86_64"):
            return (
                "PyTorch's Windows builds are for x86-64 processors. On a Windows machine with an ARM "
                "processor, install the x86-64 Python of python.org and use that."
            )
    else:
        return "PyTorch has builds for Linux, macOS and Windows, and none for %s." % (system or "this system")
    return None


def newer_pythons():
    """Commands on this machine that start a Python that would do."""
    found = []
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        if shutil.which(name):
            with open(os.devnull, "w") as nowhere:
                # A name on the PATH may not work: a version manager's stand-in may refuse to start.
                if subprocess.call([name, "--version"], stdout=nowhere, stderr=nowhere) == 0:
                    found.append(name)
    return found


def refuse_unfit_machine():
    """Raise Refused where the kit cannot run on this machine."""
    facts = machine_facts()
    reason = why_not(facts)
    if reason is None:
        return
    if not OLDEST <= facts["python"] <= NEWEST:
        others = newer_pythons()
        if others:
            reason += " This machine has one: run '%s lab.py'." % others[0]
        elif facts["python"] < OLDEST:
            reason += " Get it from python.org or your system's packages, and run lab.py with it."
    raise Refused(reason)
