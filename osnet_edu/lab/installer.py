"""An installer at work: one at a time, with a line of progress, and a sentence where it failed.

Python 3.6 reads this file too, and it imports no package.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from .needs import WINDOWS
from .programs import HERE, quiet_environment, say, stop
from .wheels import ROOM_GB

SAYS = r"(Collecting|Downloading|Using cached|Processing|Building|Resolved|Prepared|Installed) (.+)"


def clock(seconds):
    """A time in seconds as text: 75 s, 2 min 05 s."""
    return "%d s" % seconds if seconds < 90 else "%d min %02d s" % divmod(int(seconds), 60)


def gist(line):
    """What one line of an installer's output tells a person, or None."""
    line = line.strip()
    found = re.match(SAYS, line)
    if found:
        rest = found.group(2).split(" (from ")[0]
        return "%s %s" % (found.group(1).lower(), os.path.basename(rest.split("#")[0]))
    if line.startswith("Installing collected packages"):
        return "unpacking %d packages" % (line.count(",") + 1)
    return None


def run_shown(title, command, log_path, on_line=None, extra=None):
    """Run a command, showing a line of progress; its output goes to a log. Returns (status, output).

    on_line: called with each line.  extra: more variables for the command.
    """
    started = time.time()
    live = sys.stdout.isatty()
    latest = [""]
    lines = []
    if not live:
        say("  %s ..." % title)
    process = subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True, encoding="utf-8", errors="replace",
        env=dict(quiet_environment(), **(extra or {})),
    )  # fmt: skip

    def read():
        with open(log_path, "a", encoding="utf-8") as log, process.stdout:
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


def disk_is_full(output):
    """Whether an installation failed since the disk is full."""
    full = r"No space left on device|not enough space on the disk|Errno 28|WinError 112|os error 28"
    return bool(re.search(full, output))


def explain_failure(output, log_path):
    """The sentence that says why an installation failed."""
    kept = " Its output is in %s." % os.path.relpath(log_path, HERE)
    if disk_is_full(output):
        return "The disk is full: about %.0f GB are needed. Make room and run lab.py again." % ROOM_GB["cpu"] + kept
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
