#!/usr/bin/env python3
"""Set the kit up and open it: one file, standard library only, on Linux, macOS and Windows.

    python3 lab.py                 set everything up, then open JupyterLab on the first notebook
    python3 lab.py test [...]      set everything up, then run the tests (what follows goes to pytest)
    python3 lab.py app             set everything up, then open the explorer as a page of its own, without code
    python3 lab.py setup           set everything up, and open nothing
    python3 lab.py doctor          say what is there and what is missing; changes nothing
    python3 lab.py badge           write the links to Binder, Colab and Codespaces into README.md, for the newest tag,
                                   and print the first cell that a notebook needs on Colab

    --no-browser    serve JupyterLab or the explorer and print the address, but open no browser
    --port N        the first port to try (default 8888); the next free one is taken
    --on-demand     make a page of the explorer only when it is opened: slower, with half the memory. Without it, the
                    next page is made ahead wherever the machine has 3.5 GB of memory

Everything is installed into .venv beside this file: delete that folder and it is gone. The notebooks
also unpack the kit's photos into a cache, which "doctor" names; it may be deleted at any time.
The first run downloads the packages; later runs start at once.
"""
# This file has to parse on Python 3.6, so that an old Python is told what is wrong in a sentence
# instead of a SyntaxError. Hence no newer syntax anywhere in it.

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import webbrowser

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python that the pinned PyTorch has a build for
ROOM_NEEDED = 2.0  # GB of disk for a first installation with PyTorch's CPU build
GET_CHROMIUM = (
    "only the browser tests need one: install Chrome, or Debian's package chromium, or set CHROME to a browser's path"
)
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
EXPLORER = "assets/app.ipynb"
ENOUGH_GB = 3.5  # of memory, for the lessons side by side and for a page that is made before it is opened

HERE = os.path.dirname(os.path.abspath(__file__))
WINDOWS = os.name == "nt"


class Refusal(Exception):
    """Something a person can mend; its text is the sentence that is shown."""


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
                # A name on the PATH is no promise: a version manager's stand-in may refuse to start.
                if subprocess.call([name, "--version"], stdout=nowhere, stderr=nowhere) == 0:
                    found.append(name)
    return found


def refuse_unfit_machine():
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
    raise Refusal(reason)


def find_chromium(environ=os.environ):
    """A Chromium, Chrome or Edge to drive in the browser tests: its path, or None."""
    if environ.get("CHROME"):
        return shutil.which(environ["CHROME"])
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        path = shutil.which(name)
        if path:
            return path
    places = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ]
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if environ.get(variable):
            places.append(os.path.join(environ[variable], "Google", "Chrome", "Application", "chrome.exe"))
            places.append(os.path.join(environ[variable], "Microsoft", "Edge", "Application", "msedge.exe"))
    for path in places:
        if os.path.exists(path):
            return path
    return None


# ---------------------------------------------------------------------------------------------
# Running a long command with something to look at


INSTALLER_SAYS = r"(Collecting|Downloading|Using cached|Processing|Building|Resolved|Prepared|Installed) (.+)"


def clock(seconds):
    return "%d s" % seconds if seconds < 90 else "%d min %02d s" % divmod(int(seconds), 60)


def gist(line):
    """What one line of an installer's output tells a person, or None."""
    line = line.strip()
    found = re.match(INSTALLER_SAYS, line)
    if found:
        rest = found.group(2).split(" (from ")[0]
        return "%s %s" % (found.group(1).lower(), os.path.basename(rest.split("#")[0]))
    if line.startswith("Installing collected packages"):
        return "unpacking %d packages" % (line.count(",") + 1)
    return None


def say(text=""):
    print(text, flush=True)


def run_shown(title, command, log_path, on_line=None):
    """Run a command, showing a line of progress; its output goes to a log. Returns (status, output)."""
    started = time.time()
    live = sys.stdout.isatty()
    latest = [""]
    lines = []
    if not live:
        say("  %s ..." % title)
    process = subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True, encoding="utf-8", errors="replace", env=quiet_environment(),
    )  # fmt: skip

    def read():
        with open(log_path, "a", encoding="utf-8") as log:
            log.write("$ %s\n" % " ".join(command))
            for line in process.stdout:
                lines.append(line)
                latest[0] = gist(line) or latest[0]
                if on_line:
                    on_line(line)
                # A full disk must not end the reading: the installer would wait on a full pipe for ever.
                with contextlib.suppress(OSError):
                    log.write(line)
                    log.flush()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    said = 0.0
    try:
        while reader.is_alive():
            reader.join(0.2)
            elapsed = time.time() - started
            if live:
                width = max(40, shutil.get_terminal_size().columns - 1)
                text = "  %s  %s  %s" % (title, clock(elapsed), latest[0])
                sys.stdout.write("\r" + text[:width].ljust(width))
                sys.stdout.flush()
            elif elapsed - said >= 15:
                said = elapsed
                say("    %s  %s" % (clock(elapsed), latest[0]))
        status = process.wait()
    except BaseException:
        stop(process)
        if live:
            say()
        raise
    elapsed = time.time() - started
    text = "  %s  %s  %s" % (title, clock(elapsed), "done" if status == 0 else "FAILED")
    if live:
        sys.stdout.write("\r" + text.ljust(max(40, shutil.get_terminal_size().columns - 1)) + "\n")
        sys.stdout.flush()
    else:
        say(text)
    return status, "".join(lines)


def stop(process):
    """End a child and wait until it has gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def quiet_environment():
    """This environment, less what would lead a child Python astray."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")}
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PYTHONUTF8"] = "1"
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return environment


def explain_failure(output, log_path):
    """The plain sentence for an installation that did not come through."""
    kept = " Its output is in %s." % os.path.relpath(log_path, HERE)
    if re.search(r"No space left on device|not enough space on the disk|Errno 28|WinError 112|os error 28", output):
        return "The disk is full: about %.0f GB are needed. Make room and run lab.py again." % ROOM_NEEDED + kept
    if re.search(
        r"Failed to establish a new connection|Name or service not known|Temporary failure in name resolution"
        r"|nodename nor servname|getaddrinfo failed|Network is unreachable|Connection refused|ConnectTimeoutError"
        r"|ReadTimeoutError|Read timed out|ProxyError|Connection aborted|dns error|error sending request"
        r"|Could not connect",
        output,
    ):
        return (
            "The packages could not be downloaded: the package index did not answer. Check the network (and the "
            "proxy, where there is one) and run lab.py again; it goes on where it can." + kept
        )
    if re.search(r"CERTIFICATE_VERIFY_FAILED|SSLError", output):
        return (
            "The packages could not be downloaded: the connection's certificate was not accepted. On macOS run "
            "'Install Certificates.command' of your Python; behind a proxy set PIP_CERT." + kept
        )
    if re.search(r"(No matching distribution found for|no version of) torch", output):
        return "The package index offers no build of PyTorch for this machine and this Python." + kept
    if re.search(r"Long Path|filename or extension is too long|WinError 206", output):
        return (
            "Windows refused a path that is too long. Move this folder nearer to the drive's root (C:\\osnet_edu, "
            "say) and run lab.py again." + kept
        )
    if re.search(r"Permission denied|WinError 5\b|WinError 32\b|Access is denied", output):
        return "A file in .venv could not be written: close what is using it, and see whose the folder is." + kept
    complaint = [line.strip() for line in output.splitlines() if re.match(r"\s*(ERROR|error|\w*Error)\b", line)]
    complaint = complaint[-1] if complaint else "no reason was given"
    return "The installation did not come through (%s)." % complaint + kept


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
        self.python = os.path.join(self.venv, *(("Scripts", "python.exe") if WINDOWS else ("bin", "python")))
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
                raise Refusal("%s is missing: lab.py has to stay in the checkout it came with." % name) from None
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
        with only_one(self.here):
            if self.ready(kind):  # another lab.py did it while this one waited
                return
            started = time.time()
            say("Setting up in %s%s" % (self.venv, "" if self.stamp() else " (once; the packages are downloaded)"))
            self.make_venv()
            self.install(kind)
            site = self.link_checkout()
            self.check_imports(kind)
            stamp = self.stamp()
            stamp.update({"python": ask(self.python, "import sys; print(sys.version.split()[0])"), kind: wanted})
            stamp["site"] = os.path.relpath(site, self.venv)
            if kind == "test":
                stamp["run"] = self.wanted("run")
            with open(self.stamp_path + ".new", "w", encoding="utf-8") as file:
                json.dump(stamp, file, indent=2)
            os.replace(self.stamp_path + ".new", self.stamp_path)
            say("Set up in %s." % clock(time.time() - started))

    def make_venv(self):
        broken = os.path.exists(self.unfinished)
        if os.path.isdir(self.venv) and os.listdir(self.venv):
            if not os.path.exists(os.path.join(self.venv, "pyvenv.cfg")):
                if not broken and not os.path.exists(self.log):
                    raise Refusal("%s is there and is no virtual environment: move it away." % self.venv)
                broken = True
            if not broken and self.usable():
                return
            say("  What is in .venv is unfinished or does not start: making it anew")
        free = shutil.disk_usage(self.here).free / 1e9
        if free < ROOM_NEEDED:
            raise Refusal(
                "About %.0f GB of disk are needed in %s, and %.1f GB are free. Make room and run lab.py again."
                % (ROOM_NEEDED, self.here, free)
            )
        options = ["--clear"]
        try:
            import ensurepip  # noqa: F401  (Debian and Ubuntu leave it out of their python3)
        except ImportError:
            if not shutil.which("uv"):
                raise Refusal(
                    "This Python cannot make virtual environments: Debian and Ubuntu keep that in a package of its "
                    "own. Run 'sudo apt install python%d.%d-venv' and then lab.py again." % sys.version_info[:2]
                ) from None
            options.append("--without-pip")
        command = [sys.executable, "-m", "venv"] + options + [self.venv]
        spare_log = os.path.join(tempfile.gettempdir(), "osnet_edu-%d.log" % os.getpid())
        status, output = run_shown("making .venv", command, spare_log)
        with contextlib.suppress(OSError):
            os.remove(spare_log)
        if status:
            raise Refusal(
                "The virtual environment could not be made: %s" % (output.strip()[-300:] or "status %d" % status)
            )

    def usable(self):
        """Whether .venv's Python starts, is new enough and can install."""
        code = "import sys; print(sys.version_info[:2] >= %r and sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
        if not shutil.which("uv"):
            code = "import pip; " + code
        return ask(self.python, code) == "True"

    def install(self, kind):
        requirements = "requirements.txt" if kind == "run" else "requirements-dev.txt"
        uv = shutil.which("uv")
        if uv:
            # uv knows where PyTorch keeps its small CPU builds; pip does not.
            command = [uv, "pip", "install", "--python", self.python, "--torch-backend=cpu", "-r", requirements]
            status, output = run_shown("installing packages with uv", command, self.log, self.watch)
            if status == 0:
                self.unpacked()
                return
            if ask(self.python, "import pip; print(True)") != "True":
                raise Refusal(explain_failure(output, self.log))
            say("  uv did not come through: trying pip")
        elif platform.system() == "Linux" and ask(self.python, "import torch; print(True)") != "True":
            say("  (pip may bring PyTorch's GPU build, several GB; README.md says how to get the small one with uv.)")
        command = [self.python, "-m", "pip", "install", "--progress-bar", "off", "-r", requirements]
        status, output = run_shown("installing packages with pip", command, self.log, self.watch)
        if status:
            raise Refusal(explain_failure(output, self.log))
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
        site = ask(self.python, "import sysconfig; print(sysconfig.get_path('purelib'))")
        if not site:
            raise Refusal("%s does not start. Delete .venv and run lab.py again." % self.python)
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
        status, output = run_shown("checking that everything loads", command, self.log)
        if status:
            hint = ""
            if WINDOWS and ".dll" in output.lower():
                hint = " PyTorch needs the Microsoft Visual C++ Redistributable (x64): install it and try again."
            last = ([line for line in output.splitlines() if line.strip()] or ["no reason given"])[-1]
            raise Refusal("The packages are installed but do not load: %s.%s" % (last.strip().rstrip("."), hint))


@contextlib.contextmanager
def only_one(here):
    """Let one lab.py at a time set up a checkout; a second one waits."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    name = "osnet_edu-%s-%s.lock" % (user, hashlib.sha256(here.encode("utf-8", "replace")).hexdigest()[:12])
    with open(os.path.join(tempfile.gettempdir(), name), "a+") as file:
        waiting = False
        while True:
            try:
                if WINDOWS:
                    import msvcrt

                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not waiting:
                    say("Another lab.py is setting this folder up: waiting for it ...")
                waiting = True
                time.sleep(0.5)
        yield  # the lock goes with the file


def ask(python, code):
    """The line that another Python prints, or '' where it does not answer. What its environment prints is left out."""
    marked = "def print(text, say=print): say('\\n<answer>' + str(text))\n" + code
    try:
        done = subprocess.run(
            [python, "-c", marked], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace", env=quiet_environment(), timeout=120,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"^<answer>(.*)$", done.stdout, re.MULTILINE)
    return found.group(1).strip() if found and done.returncode == 0 else ""


# ---------------------------------------------------------------------------------------------
# What a person asks for


def open_lab(browser=True, port=8888):
    """Serve JupyterLab on loopback, with its token, until Ctrl-C."""
    setup = Setup()
    setup.make("run")
    # A settings file of our own stands in for a personal jupyter_server_config, which might switch
    # the token off or open the port to the network; JupyterLab's theme and shortcuts stay personal.
    settings = {
        "Application": {"log_level": 30},  # warnings, and the address
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": port,
            "root_dir": HERE,
            "open_browser": browser,
            "answer_yes": True,
            "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        },
    }
    settings["LabApp"] = {"workspaces_dir": first_layout(setup.venv)}
    if os.path.exists(os.path.join(HERE, FIRST_NOTEBOOK)):
        settings["LabApp"]["default_url"] = "/lab/tree/" + FIRST_NOTEBOOK
    config = os.path.join(setup.venv, "jupyter_lab_config.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=2)
    silence_news(setup.venv)
    say("JupyterLab starts: the address below opens it, and Ctrl-C here ends it.")
    status, interrupted = attend([setup.python, "-m", "jupyterlab", "--config=" + config])
    return 0 if interrupted else status


def silence_news(venv):
    """JupyterLab's question whether to show news would cover the first screen. A personal setting comes before this."""
    folder = os.path.join(venv, "etc", "jupyter", "labconfig")
    os.makedirs(folder, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    with open(os.path.join(folder, "default_setting_overrides.json"), "w", encoding="utf-8") as file:
        json.dump(quiet, file, indent=2)


def first_layout(venv):
    """The folder where JupyterLab keeps its window's layout. At first the sidebar is closed: a lesson needs width."""
    folder = os.path.join(venv, "etc", "jupyter", "workspaces")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "default-37a8.jupyterlab-workspace")  # JupyterLab's name for the first workspace
    if not os.path.exists(path):
        closed = {"collapsed": True, "visible": True, "widgets": []}
        layout = {"data": {"layout-restorer:data": {"left": closed, "right": closed}}, "metadata": {"id": "default"}}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(layout, file, indent=2)
    return folder


# Voila's own page asks another machine for the letters of its icons; this one asks nobody for anything. It follows the
# light or dark theme of the visitor's system, or ?theme=light and ?theme=dark, and says what happens from the first
# moment on. `loading` and `rendered_cells` are the names that Voila's script knows.
APP_TEMPLATE = """{%- extends 'voila/templates/lab/index.html.j2' -%}
{% from "voila_setup.macro.html.j2" import voila_setup_helper_functions with context %}
{%- block notebook_css -%}
  {{ resources.include_js("static/voila-style.js") }}
  {{ super.super() }}
  {% if resources.theme not in ("light", "dark") %}
  {{ resources.include_css("static/theme-light.css") }}
  {% set dark_css = resources.include_url("static/theme-dark.css") %}
  <link rel="stylesheet" media="(prefers-color-scheme: dark)" href="{{ dark_css }}">
  {% set _ = page_config.update(jupyterLabTheme="light") %}
  {% endif %}
  <style>
    :root { color-scheme: {{ resources.theme if resources.theme in ("light", "dark") else "light dark" }}; }
    body.jp-Notebook { margin: 0; background: var(--jp-layout-color1) !important; }
    body.jp-Notebook { color: var(--jp-content-font-color1); }
    #rendered_cells, #loading { box-sizing: border-box; max-width: 76em; margin: 0 auto; padding: 12px 16px; }
    #loading { font: 16px/1.5 sans-serif; padding-top: 18vh; max-width: 36em; }
    #loading progress { width: 100%; accent-color: #616161; }
    #rendered_cells .jp-Cell { padding: 0; }
    .jp-InputPrompt, .jp-OutputPrompt, .jp-mod-noOutputs.jp-mod-noInput { display: none; }
    #rendered_cells .oe-box { margin: 2px auto; max-width: none; }
  </style>
{%- endblock notebook_css -%}
{%- block body_header -%}
<link rel="icon" href="data:;base64,=">
<body class="jp-Notebook" data-base-url="{{ resources.base_url }}voila/" data-voila="voila">
<script>
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const named = "{{ resources.theme if resources.theme in ("light", "dark") }}";
  const dress = () => {
    const light = named ? named === "light" : !dark.matches;
    document.body.dataset.jpThemeLight = light;
    document.body.dataset.jpThemeName = light ? "JupyterLab Light" : "JupyterLab Dark";
    document.body.classList.toggle("theme-dark", !light);
    document.body.classList.toggle("theme-light", light);
  };
  dress();
  dark.addEventListener("change", dress);
</script>
<main id="loading">
  <h1>{{ nb.metadata.get("title", resources["metadata"]["name"]) | e }}</h1>
  <p>Python starts on this machine and prepares the page. This takes a few seconds.</p>
  <progress aria-label="How much of the page is ready" value="0" max="1"></progress>
</main>
{{ voila_setup_helper_functions() }}
<script>
  window.voila_process = (done, all) => {
    const bar = document.querySelector("#loading progress");
    if (bar) bar.value = done / (all + 1);
  };
</script>
<div id="rendered_cells" style="display: none">
  <div>
{%- endblock body_header -%}
"""


def app_settings(notebook, port, ahead):
    """Voila's settings: the whole of them, since no personal file is read beside these.

    ahead: whether one page is made before anybody opens it, and the next one as soon as it is taken.
    """
    return {
        "Application": {"log_level": 30},  # warnings; the address is said here
        "Voila": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": False,  # Voila would open the address without its token
            "auto_token": True,  # which is the one in JUPYTER_TOKEN
            "notebook_path": notebook,
            "tornado_settings": {
                # A page that closes asks for its kernel's end, in a request that cannot carry the XSRF cookie's
                # answer: with the check on, the kernel stays. Off, it lets no stranger in: every request needs
                # the token or its cookie, which no page of another site sends along (SameSite, below), and what
                # ends a kernel names it by its random number. WebSockets are held to their origin.
                "disable_check_xsrf": True,
                # Only a request to this machine's own name counts: no site can pass itself off as this one.
                "allow_remote_access": False,
            },
        },
        "IdentityProvider": {"cookie_options": {"samesite": "Strict"}},
        # A browser that crashed says no goodbye: a kernel that no page is connected to ends after a minute.
        "MappingKernelManager": {"cull_idle_timeout": 60, "cull_interval": 10, "cull_connected": False},
        "VoilaConfiguration": {
            "template": "osnet_edu",
            "theme": "system",  # of whoever looks; ?theme= may name another
            "allow_template_override": "NO",
            "strip_sources": True,
            "show_tracebacks": True,
            "preheat_kernel": ahead,
            "default_pool_size": 1,
        },
    }


def open_app(notebook=None, browser=True, port=8888, on_demand=False):
    """Serve one notebook as a page without code, on loopback, with a token, until Ctrl-C."""
    path = os.path.abspath(notebook or os.path.join(HERE, EXPLORER))
    if not os.path.isfile(path):
        raise Refusal("The notebook of the app is missing: %s." % path)
    setup = Setup()
    setup.make("run")
    templates = os.path.join(setup.venv, "share", "jupyter", "voila", "templates", "osnet_edu")
    settings = os.path.join(setup.venv, "app")
    os.makedirs(templates, exist_ok=True)
    os.makedirs(settings, exist_ok=True)
    with open(os.path.join(templates, "conf.json"), "w", encoding="utf-8") as file:
        json.dump({"base_template": "lab"}, file)
    with open(os.path.join(templates, "index.html.j2"), "w", encoding="utf-8") as file:
        file.write(APP_TEMPLATE)
    free = free_port(port)
    if free != port:
        say("Port %d is taken: %d is used instead." % (port, free))
    with open(os.path.join(settings, "voila.json"), "w", encoding="utf-8") as file:
        # A page that waits for its visitor needs as much memory as an open one.
        ahead = not on_demand and (memory_gb() or 0) >= ENOUGH_GB
        json.dump(app_settings(path, free, ahead), file, indent=2)
    token = secrets.token_hex(24)
    address = "http://127.0.0.1:%d/?token=%s" % (free, token)
    say("The explorer starts: the address below opens it, and Ctrl-C here ends it.\n    %s" % address)
    if browser:
        threading.Thread(target=open_when_there, args=(free, address), daemon=True).start()
    command = [setup.python, "-m", "voila", "--Voila.config_file_paths=" + settings]
    # By the environment, the token stands in no file, and in no list of processes beside the server.
    status, interrupted = attend(command, {"JUPYTER_TOKEN": token})
    return 0 if interrupted else status


def free_port(port):
    """The first port on loopback from `port` on that nobody listens on."""
    for candidate in range(port, min(port + 50, 65536)):
        with socket.socket() as probe:
            if not WINDOWS:  # where it would take a port from under somebody; elsewhere it passes over old connections
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return candidate
    raise Refusal("No port from %d on is free. Name another with --port." % port)


def open_when_there(port, address, patience=60):
    """Open the browser as soon as somebody listens on the port."""
    ends = time.time() + patience
    while time.time() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.2)
            continue
        webbrowser.open(address)
        return


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


QUICK = ("-m", "not slow and not browser")  # a developer's every day: what needs no browser and no long computation


def run_tests(arguments):
    setup = Setup()
    setup.make("test")
    if "--quick" in arguments:
        arguments = [argument for argument in arguments if argument != "--quick"] + list(QUICK)
    elif not find_chromium():
        say("No Chromium was found; " + GET_CHROMIUM)
    options, extra = [], {}
    if (os.cpu_count() or 1) > 1 and not any(argument.startswith(("-n", "--pdb", "-s")) for argument in arguments):
        # Two processes, a file of tests at a time in each; the files that take longest come first (tests/conftest.py).
        options = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
        extra["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", str(max(1, os.cpu_count() // 2)))
    return attend([setup.python, "-m", "pytest"] + options + arguments, extra)[0]


PROBE = r"""
import json, time
import torch
x = torch.randn(32, 64, 64, 32).to(memory_format=torch.channels_last)
layer = torch.nn.Conv2d(64, 64, 1)
took = {}
with torch.inference_mode():
    for kind in (torch.float32, torch.bfloat16):
        a, f = x.to(kind), layer.to(kind)
        f(a)
        best = 1e9
        for _ in range(5):
            start = time.perf_counter(); f(a); best = min(best, time.perf_counter() - start)
        took[str(kind)] = best
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(),
                  "gain": took["torch.float32"] / took["torch.bfloat16"]}))
"""


def memory_gb():
    """The memory in GB that the kit may use here, or None where it cannot be read."""
    try:
        if WINDOWS:
            import ctypes

            class Status(ctypes.Structure):
                _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
                    (name, ctypes.c_ulonglong)
                    for name in "total free page pagefree virtual virtualfree extended".split()
                ]

            status = Status()
            status.length = ctypes.sizeof(status)
            ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
            return status.total / 1e9
        return min(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), container_limit()) / 1e9
    except (AttributeError, OSError, ValueError):
        return None


def container_limit():
    """Bytes that a container on Linux may use, as on Binder or a shared hub; infinite where there is no limit."""
    for path in "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes":
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            return int(file.read())
    return float("inf")


def doctor():
    """Say what is there. Status 0 where the kit can run, 1 where something stands in its way."""
    well = True

    def line(name, good, text):
        say("  %-10s %-5s %s" % (name, "ok" if good else "LOOK", text))
        return good

    facts = machine_facts()
    reason = why_not(facts)
    about = "Python %s, %s %s" % (platform.python_version(), facts["system"], facts["machine"])
    well &= line("machine", reason is None, about if reason is None else reason)
    setup = Setup()
    if not os.path.exists(setup.python):
        well &= line("packages", False, "not installed yet: run 'python3 lab.py'")
    elif setup.ready("run"):
        line("packages", True, "installed in .venv%s" % (", with the tests' own" if setup.ready("test") else ""))
    else:
        well &= line("packages", False, "unfinished or out of date: run 'python3 lab.py'")
    probed = ask(setup.python, PROBE) if os.path.exists(setup.python) else ""
    if probed:
        torch = json.loads(probed)
        line("PyTorch", True, "%s, %d threads" % (torch["version"], torch["threads"]))
        gain = torch["gain"]
        verdict = "training gains by it" if gain > 1.1 else "training does better without it"
        line("bfloat16", True, "%.1f times the speed of float32 here: %s" % (gain, verdict))
    elif os.path.exists(setup.python):
        well &= line("PyTorch", False, "does not load: run 'python3 lab.py', which says why")
    memory = memory_gb()
    if memory is None:
        line("memory", True, "could not be read; 4 GB are enough")
    else:
        enough = memory >= ENOUGH_GB
        line("memory", enough, "%.1f GB%s" % (memory, "" if enough else "; 4 GB are advised"))
    line("disk", True, "%.1f GB free" % (shutil.disk_usage(HERE).free / 1e9))
    cache = os.path.expanduser(os.environ.get("OSNET_EDU_CACHE") or os.path.join("~", ".cache", "osnet_edu"))
    above = os.path.abspath(cache)
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if cache.startswith("~"):
        well &= line("photos", False, "%s: no such user has a home folder; set OSNET_EDU_CACHE to a folder" % cache)
    elif not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        why = "may not be written to" if os.path.isdir(above) else "is no folder"
        well &= line("photos", False, "%s: %s %s; set OSNET_EDU_CACHE to a folder of yours" % (cache, above, why))
    else:
        line("photos", True, "%s%s" % (cache, "" if os.path.isdir(cache) else " (made by the first notebook)"))
    browser = find_chromium()
    line("Chromium", bool(browser), browser or "none found; " + GET_CHROMIUM)
    return 0 if well else 1


# ---------------------------------------------------------------------------------------------
# Links that open the kit elsewhere

OPENING, CLOSING = b"<!-- badges -->", b"<!-- /badges -->"

# On Colab the library comes from the tag, with the ranges of pyproject.toml and not the pins of requirements.txt.
# Colab's own PyTorch and NumPy are named with the versions they have: they may be loaded already, and pip then keeps
# them or says what is wrong, but never puts others in their place, so that nothing has to be restarted.
COLAB_CELL = """\
# On Colab this cell installs the kit at {tag}. Everywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess
    from importlib.metadata import version

    kept = [f"{{name}}=={{version(name)}}" for name in ("torch", "numpy")]
    kit = "osnet_edu @ git+https://github.com/{owner}/{repo}@{tag}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", kit, *kept], check=True)
"""


def ask_git(here, *arguments):
    """What git says about the checkout, or '' where it has no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", here] + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, universal_newlines=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise Refusal("git is not installed, and the links are made from what it knows.") from None
    return done.stdout.strip() if done.returncode == 0 else ""


def github_name(remote):
    """(owner, repository) of a remote's address on GitHub, by https or ssh."""
    start = r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]*@)?([\w.-]+)(?::\d+(?=/))?[:/]+(.*)$"
    found = re.match(start, remote, re.DOTALL | re.IGNORECASE)
    if not found or found.group(1).lower() not in ("github.com", "www.github.com", "ssh.github.com"):
        # The host alone: the rest of an address may hold a password.
        host = "at %s" % found.group(1) if found else "no address of a host"
        raise Refusal("The links are known for GitHub only, and the remote 'origin' is %s." % host)
    name = re.match(r"([A-Za-z0-9][A-Za-z0-9_-]*)/([A-Za-z0-9._-]+?)(?:\.git)?/?\Z", found.group(2))
    if not name or name.group(2) in (".", ".."):
        raise Refusal("The remote 'origin' does not end in OWNER/REPOSITORY as GitHub spells them.")
    return name.groups()


def newest_tag(here):
    """The newest tag behind what is checked out; of several of one second the highest version."""
    # The last key counts first.
    order = ["--sort=-version:refname", "--sort=-creatordate"]
    tags = ask_git(here, "for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", *(order + ["refs/tags"]))
    if not tags:
        raise Refusal(
            "There is no tag, and a link to what still changes would break: make one with "
            "'git tag v0.1.0 && git push --tags', then run 'lab.py badge' again."
        )
    tag = tags.splitlines()[0]
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", tag):
        raise Refusal("The newest tag is %r; a link needs one of letters, digits, '.', '_' and '-'." % tag)
    return tag


def badge_line(owner, repo, tag):
    """One line of Markdown: words and no pictures, since a picture from elsewhere would tell who reads the page."""
    return (
        "[Open in Binder](https://mybinder.org/v2/gh/{0}/{1}/{2}?urlpath=lab/tree/{3}) · "
        "[Open in Colab](https://colab.research.google.com/github/{0}/{1}/blob/{2}/{3}) · "
        "[Open in Codespaces](https://codespaces.new/{0}/{1}/tree/{2})"
    ).format(owner, repo, tag, FIRST_NOTEBOOK)


def with_badges(readme, line):
    """README.md's bytes with the line between the two marks; every other byte stays."""
    end = b"\r\n" if b"\r\n" in readme else b"\n"
    block = end.join([OPENING, line.encode("utf-8"), CLOSING])
    if (readme.count(OPENING), readme.count(CLOSING)) == (1, 1):
        start, stop = readme.index(OPENING), readme.index(CLOSING)
        if start < stop:
            return readme[:start] + block + readme[stop + len(CLOSING) :]
    if OPENING in readme or CLOSING in readme:
        raise Refusal("README.md needs %s once and %s once after it." % (OPENING.decode(), CLOSING.decode()))
    title = re.match(rb"# [^\n]*\n", readme)
    if not title:
        raise Refusal("README.md does not begin with a title ('# ...'), below which the links would go.")
    return title.group(0) + end + block + end + readme[title.end() :]


def write_badges(here=HERE):
    """Write the links into README.md; print them, and the first cell for Colab."""
    if not ask_git(here, "rev-parse", "--git-dir") or ask_git(here, "rev-parse", "--show-prefix"):
        raise Refusal("%s is not a git checkout of its own, and the links are made from its remote and tag." % here)
    remote = ask_git(here, "remote", "get-url", "origin")
    if not remote:
        raise Refusal("There is no remote 'origin': add it with 'git remote add origin https://github.com/OWNER/REPO'.")
    owner, repo = github_name(remote)
    tag = newest_tag(here)
    line = badge_line(owner, repo, tag)
    path = os.path.join(here, "README.md")
    try:
        with open(path, "rb") as file:
            before = file.read()
    except FileNotFoundError:
        raise Refusal("README.md is missing: %s." % path) from None
    after = with_badges(before, line)
    if after != before:
        target = os.path.realpath(path)  # a link stays one
        handle, growing = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".README.md-")
        try:
            with open(handle, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(handle)
            shutil.copymode(target, growing)
            os.replace(growing, target)
        except BaseException:
            os.remove(growing)
            raise
    say("README.md %s:" % ("has now" if after != before else "had already"))
    say("    " + line.replace(" · ", "\n    "))
    say("They work once the tag is on GitHub: git push origin %s" % tag)
    say("\nThe first cell of a notebook that is to run on Colab:\n")
    say(COLAB_CELL.format(owner=owner, repo=repo, tag=tag))
    return 0


def main(arguments):
    if arguments[:1] == ["test"]:
        refuse_unfit_machine()
        return run_tests(arguments[1:])
    import argparse

    parser = argparse.ArgumentParser(
        prog="lab.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.add_argument("verb", nargs="?", choices=["test", "app", "setup", "doctor", "badge"], help=argparse.SUPPRESS)
    parser.add_argument("--no-browser", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8888, help=argparse.SUPPRESS)
    parser.add_argument("--notebook", help=argparse.SUPPRESS)  # another notebook for "app" to serve
    parser.add_argument("--on-demand", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        raise Refusal("A port is a number from 1 to 65535, got %d." % options.port)
    if options.verb == "doctor":
        return doctor()
    if options.verb == "badge":
        return write_badges()
    refuse_unfit_machine()
    if options.verb == "setup":
        Setup().make("run")
        return 0
    if options.verb == "app":
        return open_app(options.notebook, not options.no_browser, options.port, options.on_demand)
    return open_lab(browser=not options.no_browser, port=options.port)


def end_at_once(*_):
    """On a polite kill, unwind, so that children are ended too."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_at_once)
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        sys.stdout.flush()
        sys.exit("lab.py: %s" % refusal)
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write("\nlab.py: stopped. Run it again and it takes up the work.\n")
        sys.exit(130)
    except OSError as error:
        sys.stdout.flush()
        full = error.errno == 28 or getattr(error, "winerror", None) == 112
        sys.exit("lab.py: %s" % ("the disk is full: make room and run lab.py again." if full else error))
