"""What the kit needs of a machine beside packages: memory, disk, a folder for its cache, a browser for its tests.

Python 3.6 reads this file too, and it imports no package.
"""

import contextlib
import os
import shutil

from .wheels import ROOM_GB

ENOUGH_GB = 3.5  # of memory, for the lessons side by side
GET_CHROMIUM = (
    "only the browser tests need one: install Chrome, or Debian's package chromium, or set CHROME to a browser's path"
)
WINDOWS = os.name == "nt"


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


def container_limit(root="/sys/fs/cgroup"):
    """Bytes that a container on Linux may use, as on Binder or a shared hub; infinite where there is no limit.

    root: the folder of control groups, of version 2 or 1.
    """
    for parts in ("memory.max",), ("memory", "memory.limit_in_bytes"):
        path = os.path.join(root, *parts)
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            return int(file.read())
    return float("inf")


def lines(here):
    """The doctor's lines on memory, disk, cache and browser: (name, whether it is good, text)."""
    memory = memory_gb()
    if memory is None:
        yield "memory", True, "could not be read; 4 GB are enough"
    else:
        enough = memory >= ENOUGH_GB
        yield "memory", enough, "%.1f GB%s" % (memory, "" if enough else "; 4 GB are advised")
    free, needed = shutil.disk_usage(here).free / 1e9, ROOM_GB["cpu"]
    enough = free >= needed or os.path.exists(os.path.join(here, ".venv"))
    yield "disk", enough, "%.1f GB free%s" % (free, "" if enough else "; about %.0f GB are needed" % needed)
    cache = os.path.expanduser(os.environ.get("OSNET_EDU_CACHE") or os.path.join("~", ".cache", "osnet_edu"))
    above = os.path.abspath(cache)
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if cache.startswith("~"):
        yield "photos", False, "%s: no such user has a home folder; set OSNET_EDU_CACHE to a folder" % cache
    elif not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        why = "may not be written to" if os.path.isdir(above) else "is not a folder"
        yield "photos", False, "%s: %s %s; set OSNET_EDU_CACHE to a folder of yours" % (cache, above, why)
    else:
        yield "photos", True, "%s%s" % (cache, "" if os.path.isdir(cache) else " (made by the first notebook)")
    browser = find_chromium()
    yield "Chromium", bool(browser), browser or "none found; " + GET_CHROMIUM
