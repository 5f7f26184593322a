#!/usr/bin/env python3
"""Set the kit up and open it: one file, standard library only, on Linux, macOS and Windows.

    python3 lab.py                 set everything up, then open JupyterLab on the first notebook
    python3 lab.py test [...]      set everything up, then run the tests (what follows goes to pytest)
    python3 lab.py app             set everything up, then open the explorer as a page of its own, without code
    python3 lab.py book OUT        set everything up, then build the lab as a static site in the new folder OUT;
                                   with --slides, the lessons as slides, too
    python3 lab.py setup           set everything up, and open nothing
    python3 lab.py doctor          say what is there and what is missing; changes nothing
    python3 lab.py export [...]    write your notebooks as HTML pages, with outputs and answers as they are: all of
                                   them, or those that follow; --out FOLDER names the new folder
    python3 lab.py badge           write the links to the site, Binder, Colab and Codespaces into README.md, for the
                                   newest tag, and print the first cell that a notebook needs on Colab

    --no-browser    serve JupyterLab or the explorer and print the address, but open no browser
    --port N        the first port to try (default 8888); the next free one is taken

Everything is installed into .venv beside this file: delete that folder and it is gone. The notebooks
also unpack the kit's photos into a cache, which "doctor" names; it may be deleted at any time.
The first run downloads the packages; later runs start at once.
"""
# This file has to parse on Python 3.6, so that an old Python is told what is wrong in a sentence
# instead of a SyntaxError. Hence no newer syntax anywhere in it.

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time

try:
    from osnet_edu import Refused
    from osnet_edu.lab import badge, ending, installer, needs, programs
    from osnet_edu.lab.programs import say
except ImportError as missing:
    sys.exit("lab.py: %s. lab.py has to stay in the checkout it came with." % missing)

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python that the pinned PyTorch has a build for
EXPLORER = "assets/app.ipynb"

HERE = os.path.dirname(os.path.abspath(__file__))


# ---------------------------------------------------------------------------------------------
# The machine


def numbers(version):
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
        "glibc": numbers(platform.libc_ver()[1]) if platform.libc_ver()[0] == "glibc" else (),
        "macos": numbers(platform.mac_ver()[0]),
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


# ---------------------------------------------------------------------------------------------
# Setting up


class Setup:
    """The installation beside one checkout.

    .venv/osnet_edu.json is the stamp: which Python and which requirements (by hash) are in. It is
    written last, so that an installation that broke off is never taken for a finished one.
    .venv/unfinished exists while packages are being unpacked: where it is found later, what is
    there cannot be trusted, and the folder is made anew.
    """

    def __init__(self, here=HERE):
        self.here = here
        self.venv = os.path.join(here, ".venv")
        self.python = os.path.join(self.venv, *(("Scripts", "python.exe") if needs.WINDOWS else ("bin", "python")))
        self.stamp_path = os.path.join(self.venv, "osnet_edu.json")
        self.unfinished = os.path.join(self.venv, "unfinished")
        self.log = os.path.join(self.venv, "setup.log")

    def wanted(self, kind):
        """The hash of everything that decides what is installed for 'run' or 'test'."""
        digest = hashlib.sha256()
        for name in ("requirements.txt", "requirements-dev.txt")[: 1 if kind == "run" else 2]:
            try:
                with open(os.path.join(self.here, name), "rb") as file:
                    digest.update(file.read().replace(b"\r\n", b"\n") + b"\0")
            except OSError:
                raise Refused("%s is missing: lab.py has to stay in the checkout it came with." % name) from None
        return digest.hexdigest()

    def stamp(self):
        try:
            with open(self.stamp_path, encoding="utf-8") as file:
                stamp = json.load(file)
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def ready(self, kind):
        return (
            self.stamp().get(kind) == self.wanted(kind)
            and os.path.exists(self.python)
            and not os.path.exists(self.unfinished)
        )

    def make(self, kind):
        """Bring .venv up to what 'run' or 'test' needs; nothing is done where it is there already."""
        wanted = self.wanted(kind)
        if self.ready(kind):
            return
        with installer.only_one(self.here):
            if self.ready(kind):  # another lab.py did it while this one waited
                return
            started = time.time()
            say("Setting up in %s%s" % (self.venv, "" if self.stamp() else " (once; the packages are downloaded)"))
            self.make_venv()
            self.install(kind)
            site = self.link_checkout()
            self.check_imports(kind)
            stamp = self.stamp()
            version = programs.answer_of(self.python, "import sys; print(sys.version.split()[0])")
            stamp.update({"python": version, kind: wanted})
            stamp["site"] = os.path.relpath(site, self.venv)
            if kind == "test":
                stamp["run"] = self.wanted("run")
            with open(self.stamp_path + ".new", "w", encoding="utf-8") as file:
                json.dump(stamp, file, indent=2)
            os.replace(self.stamp_path + ".new", self.stamp_path)
            say("Set up in %s." % installer.clock(time.time() - started))

    def make_venv(self):
        broken = os.path.exists(self.unfinished)
        if os.path.isdir(self.venv) and os.listdir(self.venv):
            if not os.path.exists(os.path.join(self.venv, "pyvenv.cfg")):
                if not broken and not os.path.exists(self.log):
                    raise Refused("%s exists and is not a virtual environment: move it away." % self.venv)
                broken = True
            if not broken and self.usable():
                return
            say("  What is in .venv is unfinished or does not start: making it anew")
        free = shutil.disk_usage(self.here).free / 1e9
        if free < installer.ROOM_NEEDED:
            raise Refused(
                "About %.0f GB of disk are needed in %s, and %.1f GB are free. Make room and run lab.py again."
                % (installer.ROOM_NEEDED, self.here, free)
            )
        options = ["--clear"]
        try:
            import ensurepip  # noqa: F401  (Debian and Ubuntu leave it out of their python3)
        except ImportError:
            if not shutil.which("uv"):
                raise Refused(
                    "This Python cannot make virtual environments: Debian and Ubuntu keep that in a package of its "
                    "own. Run 'sudo apt install python%d.%d-venv' and then lab.py again." % sys.version_info[:2]
                ) from None
            options.append("--without-pip")
        command = [sys.executable, "-m", "venv"] + options + [self.venv]
        spare_log = os.path.join(tempfile.gettempdir(), "osnet_edu-%d.log" % os.getpid())
        status, output = installer.run_shown("making .venv", command, spare_log)
        with contextlib.suppress(OSError):
            os.remove(spare_log)
        if status:
            raise Refused(
                "The virtual environment could not be made: %s" % (output.strip()[-300:] or "status %d" % status)
            )

    def usable(self):
        """Whether .venv's Python starts, is new enough and can install."""
        code = "import sys; print(sys.version_info[:2] >= %r and sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
        if not shutil.which("uv"):
            code = "import pip; " + code
        return programs.answer_of(self.python, code) == "True"

    def install(self, kind):
        requirements = "requirements.txt" if kind == "run" else "requirements-dev.txt"
        uv = shutil.which("uv")
        if uv:
            # uv knows where PyTorch keeps its small CPU builds; pip does not.
            command = [uv, "pip", "install", "--python", self.python, "--torch-backend=cpu", "-r", requirements]
            status, output = installer.run_shown("installing packages with uv", command, self.log, self.watch)
            if status == 0:
                self.unpacked()
                return
            if programs.answer_of(self.python, "import pip; print(True)") != "True":
                raise Refused(installer.explain_failure(output, self.log))
            say("  uv did not come through: trying pip")
        elif platform.system() == "Linux" and programs.answer_of(self.python, "import torch; print(True)") != "True":
            say("  (pip may bring PyTorch's GPU build, several GB; README.md says how to get the small one with uv.)")
        command = [self.python, "-m", "pip", "install", "--progress-bar", "off", "-r", requirements]
        status, output = installer.run_shown("installing packages with pip", command, self.log, self.watch)
        if status:
            raise Refused(installer.explain_failure(output, self.log))
        self.unpacked()

    def watch(self, line):
        """Mark the moment from which a broken-off installer leaves packages half unpacked.

        Until then it only downloads, and what was installed before is still whole.
        """
        if line.startswith(("Installing collected packages", "Prepared ")):
            with contextlib.suppress(OSError), open(self.unfinished, "w") as file:
                file.write("Packages are being unpacked; lab.py removes this file when they are.\n")

    def unpacked(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.unfinished)

    def link_checkout(self):
        """Make `import osnet_edu` find this checkout from any folder, edits included.

        One relative line in a .pth file: nothing to build, no encoding to get wrong, and it still
        holds after the checkout was moved.
        """
        site = programs.answer_of(self.python, "import sysconfig; print(sysconfig.get_path('purelib'))")
        if not site:
            raise Refused("%s does not start. Delete .venv and run lab.py again." % self.python)
        line = os.path.relpath(os.path.realpath(self.here), os.path.realpath(site))
        with open(os.path.join(site, "osnet_edu_checkout.pth"), "w", encoding="ascii") as file:
            file.write(line + "\n")
        return site

    def check_imports(self, kind):
        """A package that is there but does not load is best met here, not in the first notebook."""
        names = ["torch", "captum", "numpy", "PIL", "matplotlib", "jupyterlab", "ipywidgets", "anywidget", "osnet_edu"]
        if kind == "test":
            names.append("pytest")
        command = [self.python, "-c", "import " + ", ".join(names)]
        status, output = installer.run_shown("checking that everything loads", command, self.log)
        if status:
            hint = ""
            if needs.WINDOWS and ".dll" in output.lower():
                hint = " PyTorch needs the Microsoft Visual C++ Redistributable (x64): install it and try again."
            last = ([line for line in output.splitlines() if line.strip()] or ["no reason given"])[-1]
            raise Refused("The packages are installed but do not load: %s.%s" % (last.strip().rstrip("."), hint))


# ---------------------------------------------------------------------------------------------
# What a person asks for


QUICK = ("-m", "not slow and not browser")  # a developer's every day: what needs no browser and no long computation


def run_tests(arguments):
    setup = Setup()
    setup.make("test")
    if "--quick" in arguments:
        arguments = [argument for argument in arguments if argument != "--quick"] + list(QUICK)
    elif not needs.find_chromium():
        say("No Chromium was found; " + needs.GET_CHROMIUM)
    options, extra = [], {}
    if (os.cpu_count() or 1) > 1 and not any(argument.startswith(("-n", "--pdb", "-s")) for argument in arguments):
        # Two processes, a file of tests at a time in each; the files that take longest come first (tests/conftest.py).
        options = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
        extra["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", str(max(1, os.cpu_count() // 2)))
    return programs.attend([setup.python, "-m", "pytest"] + options + arguments, extra)[0]


def doctor():
    """Say what is there. Status 0 where the kit can run, 1 where something stands in its way."""
    well = True
    for name, good, text in itertools.chain(found(), needs.lines(HERE)):
        say("  %-10s %-5s %s" % (name, "ok" if good else "LOOK", text))
        well = well and (good or name in ("memory", "Chromium"))  # these two are advice
    return 0 if well else 1


def found():
    """The doctor's lines on the machine and the packages: (name, whether it is good, text)."""
    facts = machine_facts()
    reason = why_not(facts)
    about = "Python %s, %s %s" % (platform.python_version(), facts["system"], facts["machine"])
    yield "machine", reason is None, reason or about
    setup = Setup()
    if not os.path.exists(setup.python):
        yield "packages", False, "not installed yet: run 'python3 lab.py'"
        return
    if setup.ready("run"):
        yield "packages", True, "installed in .venv%s" % (", with the tests' own" if setup.ready("test") else "")
    else:
        yield "packages", False, "unfinished or out of date: run 'python3 lab.py'"
    code = "import sys; sys.path.insert(0, %r); from osnet_edu.lab import probe; print(probe.speeds())" % HERE
    probed = programs.answer_of(setup.python, code)
    if not probed:
        yield "PyTorch", False, "does not load: run 'python3 lab.py', which says why"
        return
    torch = json.loads(probed)
    yield "PyTorch", True, "%s, %d threads" % (torch["version"], torch["threads"])
    verdict = "training gains by it" if torch["gain"] > 1.1 else "training does better without it"
    yield "bfloat16", True, "%.1f times the speed of float32 here: %s" % (torch["gain"], verdict)


def main(arguments):
    if arguments[:1] == ["test"]:
        refuse_unfit_machine()
        return run_tests(arguments[1:])
    if arguments[:1] == ["export"] and not {"-h", "--help"} & set(arguments):
        refuse_unfit_machine()
        return start("handout", [one if one.startswith("-") else os.path.abspath(one) for one in arguments[1:]])
    parser = argparse.ArgumentParser(
        prog="lab.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    verbs = ["test", "app", "book", "setup", "doctor", "export", "badge"]
    parser.add_argument("verb", nargs="?", choices=verbs, help=argparse.SUPPRESS)
    parser.add_argument("out", nargs="?", help=argparse.SUPPRESS)  # the folder of "book"
    parser.add_argument("--no-browser", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8888, help=argparse.SUPPRESS)
    parser.add_argument("--notebook", help=argparse.SUPPRESS)  # another notebook for "app" to serve
    parser.add_argument("--lessons", help=argparse.SUPPRESS)  # a small site, such as 00,04
    parser.add_argument("--slides", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.verb == "book" and not options.out:
        raise Refused("'book' needs the name of a new folder for the site: 'lab.py book site'.")
    if options.verb != "book" and (options.out or options.lessons or options.slides):
        given = options.out or options.lessons or "--slides"
        raise Refused("Only 'book' takes a folder, lessons or slides, got %r." % given)
    if not 1 <= options.port <= 65535:
        raise Refused("A port is a number from 1 to 65535, got %d." % options.port)
    if options.verb == "doctor":
        return doctor()
    if options.verb == "badge":
        return badge.write_badges(HERE)
    refuse_unfit_machine()
    if options.verb == "setup":
        Setup().make("run")
        return 0
    if options.verb == "book":
        more = ["--lessons", options.lessons] if options.lessons else []
        more += ["--slides"] if options.slides else []
        return start("book", more + ["--", os.path.abspath(options.out)], "test")
    how = ["--port", str(options.port)] + (["--no-browser"] if options.no_browser else [])
    if options.verb == "app":
        notebook = os.path.abspath(options.notebook or os.path.join(HERE, EXPLORER))
        if not os.path.isfile(notebook):
            raise Refused("The notebook of the app is missing: %s." % notebook)
        return start("app", [*how, "--", notebook])
    return start("notebooks", how)


def start(module, arguments, kind="run"):
    """Set everything up, then run a module of osnet_edu/lab inside the environment until it ends or Ctrl-C ends it."""
    setup = Setup()
    setup.make(kind)
    status, interrupted = programs.attend([setup.python, "-m", "osnet_edu.lab." + module] + arguments)
    return 0 if interrupted else status


def end_at_once(*_):
    """On a polite kill, unwind, so that children are ended too."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_at_once)
    ending.run_program(main, sys.argv[1:], stopped="\nlab.py: stopped. Run it again and it takes up the work.\n")
