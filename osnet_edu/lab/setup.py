"""The installation beside a checkout: made once, mended where it broke off, checked before it counts as done.

Python 3.6 reads this file too, and it imports no package.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time

from ..refused import Refused
from . import installer, needs, programs, wheelhouse, wheels
from .fit import NEWEST, OLDEST
from .programs import HERE, say


class Setup:
    """The installation beside one checkout.

    .venv/osnet_edu.json is the stamp: which Python and which requirements (by hash) are in. It is
    written last, so that an installation that broke off is never taken for a finished one.
    .venv/unfinished exists while packages are being unpacked: where it is found later, what is
    there cannot be trusted, and the folder is made anew.
    """

    def __init__(self, here=HERE, gpu=False, folder=None):
        """gpu: PyTorch's GPU build is asked for.  folder: a wheelhouse to install from; None for the package index."""
        self.here = here
        self.gpu = gpu
        self.folder = folder
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
            and not self.other_build()
            and os.path.exists(self.python)
            and not os.path.exists(self.unfinished)
        )

    def other_build(self):
        """Whether .venv holds PyTorch's CPU build and the one for GPUs is asked for."""
        stamp = self.stamp()
        return self.gpu and bool(stamp) and stamp.get("build") != "gpu"

    def build(self):
        """The build of PyTorch to install: the one that is asked for, that is there, or that the machine can use."""
        if self.folder:
            return "cpu"
        asked = self.gpu or self.stamp().get("build") == "gpu"
        return "gpu" if asked or (not self.stamp() and wheels.gpu_there()) else "cpu"

    def make(self, kind):
        """Bring .venv up to what 'run' or 'test' needs; nothing is done where it is there already."""
        wanted = self.wanted(kind)
        if self.folder:
            wheelhouse.check_serves(self.folder, self.here)
        if self.ready(kind):
            return
        with installer.only_one(self.here):
            if self.ready(kind):  # another lab.py did it while this one waited
                return
            started = time.time()
            build, first = self.build(), not self.stamp()
            say("Setting up in %s%s" % (self.venv, " (once)" if first else ""))
            if self.folder:
                say("  The packages come from %s." % self.folder)
            elif first or self.other_build():
                say("  With %s: %s are downloaded." % (wheels.BUILD_NAMES[build], wheels.size_told(build, kind)))
            self.make_venv(build)
            self.install(kind, build)
            site = self.link_checkout()
            self.check_imports(kind)
            stamp = self.stamp()
            version = programs.answer_of(self.python, "import sys; print(sys.version.split()[0])")
            stamp.update({"python": version, "build": build, kind: wanted})
            stamp["site"] = os.path.relpath(site, self.venv)
            if kind == "test":
                stamp["run"] = self.wanted("run")
            with open(self.stamp_path + ".new", "w", encoding="utf-8") as file:
                json.dump(stamp, file, indent=2)
            os.replace(self.stamp_path + ".new", self.stamp_path)
            say("Set up in %s." % installer.clock(time.time() - started))

    def make_venv(self, build):
        """Make .venv, or keep it where it is sound and its build of PyTorch is the one to install."""
        broken = os.path.exists(self.unfinished)
        if os.path.isdir(self.venv) and os.listdir(self.venv):
            if not os.path.exists(os.path.join(self.venv, "pyvenv.cfg")):
                if not broken and not os.path.exists(self.log):
                    raise Refused("%s exists and is not a virtual environment: move it away." % self.venv)
                broken = True
            if not broken and not self.other_build() and self.usable():
                return
            why = "holds the CPU build" if self.other_build() else "is unfinished or does not start"
            say("  What is in .venv %s: making it anew" % why)
        free, needed = shutil.disk_usage(self.here).free / 1e9, wheels.ROOM_GB[build]
        if free < needed:
            raise Refused(
                "About %.0f GB of disk are needed in %s, and %.1f GB are free. Make room and run lab.py again."
                % (needed, self.here, free)
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
        if not wheels.find_uv(self.python):
            code = "import pip; " + code
        return programs.answer_of(self.python, code) == "True"

    def has_pip(self):
        """Whether .venv has pip: Debian's Python without ensurepip makes it without."""
        return programs.answer_of(self.python, "import pip; print(True)") == "True"

    def install(self, kind, build):
        """Install the packages: by uv where it is at hand or can be brought, else by pip."""
        name = "requirements.txt" if kind == "run" else "requirements-dev.txt"
        requirements = os.path.join(self.here, name)
        uv = self.uv(build)
        if uv:
            command = wheels.by_uv(uv, self.python, requirements, build, self.folder)
            settings = {} if self.folder else wheels.uv_settings(self.python)
            title = "installing packages with uv"
            status, output = installer.run_shown(title, command, self.log, self.watch, settings)
            if status == 0:
                self.unpacked()
                return
            if installer.disk_is_full(output) or not self.has_pip():
                raise Refused(installer.explain_failure(output, self.log))
        if uv or wheels.wants_uv(build, self.folder):
            self.say_what_pip_brings(build)
        command = wheels.by_pip(self.python, requirements, self.folder)
        status, output = installer.run_shown("installing packages with pip", command, self.log, self.watch)
        if status and self.folder and not installer.disk_is_full(output):
            lines = [line for line in output.splitlines() if line.strip()] or ["no reason given"]
            raise Refused("The wheelhouse %s lacks what is needed: %s." % (self.folder, lines[-1].strip().rstrip(".")))
        if status:
            raise Refused(installer.explain_failure(output, self.log))
        self.unpacked()

    def uv(self, build):
        """The program uv; pip brings it into .venv where it makes a difference.  None where there is none."""
        found = wheels.find_uv(self.python)
        if found or not wheels.wants_uv(build, self.folder) or not self.has_pip():
            return found
        command = wheels.by_pip(self.python, os.path.join(self.here, wheels.UV_PIN), self.folder)
        installer.run_shown("fetching uv", command, self.log)
        return wheels.find_uv(self.python)

    def say_what_pip_brings(self, build):
        """uv failed and pip is tried: on Linux that may be another build of PyTorch, and a larger download."""
        if self.folder or build == "gpu" or not wheels.wants_uv(build, None):
            say("  uv did not come through: pip is tried")
            return
        say("  uv could not reach %s: pip's own is taken." % wheels.BUILD_NAMES["cpu"])
        say(
            "  On Linux that is the GPU build, %s and %.0f GB of disk, unless pip's settings name a smaller one."
            % (wheels.size_told("gpu", "run"), wheels.ROOM_GB["gpu"])
        )

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
