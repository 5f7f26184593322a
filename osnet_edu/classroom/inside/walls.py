"""Shuts a process in (Linux): it sees Python and its libraries, writes only into its scratch folder, has no network.

The kernel does it. New namespaces: a tree of files that has only what is named, all of it read-only but for a small
scratch folder in memory; a network without a device; process numbers of its own, so that all ends with the first of
them. Limits of memory, of file sizes, of processor seconds. A filter of system calls (x86-64 and 64-bit ARM) that
refuses new processes, programs, sockets and mounts. No rights are left, also where Python was started by root.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_NEW_FILES, _NEW_USER, _NEW_PROCESSES = 0x00020000, 0x10000000, 0x20000000
_NEW_REST = 0x40000000 | 0x08000000 | 0x04000000  # network, messages of System V, host name
_BIND, _REC, _PRIVATE, _NOSUID, _NODEV = 4096, 16384, 1 << 18, 2, 4
_SET_MOUNT, _HERE, _BELOW = 442, -100, 0x8000  # mount_setattr, AT_FDCWD, AT_RECURSIVE
_READ_ONLY = 1 | 2 | 4  # MOUNT_ATTR_RDONLY, _NOSUID, _NODEV
_NOBODY = 65534
SCRATCH = "/scratch"
_ROOM = 1_500_000_000  # bytes of memory beyond what is there at the start
_LARGEST_FILE, _SCRATCH_BYTES, _FILES_OPEN, _TASKS = 16_000_000, 32_000_000, 64, 32


@dataclass(frozen=True)
class Visible:
    """What a shut-in process sees: folders, read-only.  hidden: folders in them that look empty."""

    folders: Sequence[str]
    hidden: Sequence[str] = ()


def enter(view: Visible, base: str) -> bool:
    """Put this process into namespaces of its own, with a tree of files made at `base`, an empty folder.

    The next process that it starts is the first of its process numbers.  Returns: whether it could do so as root, and
    is to become another user.  Raises: OSError where the system refuses.
    """
    root = True
    me, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", _NEW_FILES | _NEW_PROCESSES | _NEW_REST)
    except PermissionError:
        root = False
        _call("unshare", _NEW_USER | _NEW_FILES | _NEW_PROCESSES | _NEW_REST)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{me} {me} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("tmpfs", base, "tmpfs", _NOSUID | _NODEV, b"size=1m,mode=755")
    for folder in view.folders:
        _show(folder, base)
    for folder in view.hidden:
        if os.path.isdir(base + folder):
            _mount("tmpfs", base + folder, "tmpfs", _NOSUID | _NODEV, b"size=4k,mode=555")
    os.makedirs(base + SCRATCH, exist_ok=True)
    _freeze(base, below=True)
    options = f"size={_SCRATCH_BYTES},nr_inodes=2000,mode=1777".encode()
    _mount("tmpfs", base + SCRATCH, "tmpfs", _NOSUID | _NODEV, options)
    os.chdir(base)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", 2)
    os.chdir(SCRATCH)
    return root


def _show(folder: str, base: str) -> None:
    place = base + folder
    if os.path.islink(folder):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink(os.readlink(folder), place)
    elif os.path.isdir(folder) and not os.path.isdir(place):
        os.makedirs(place)
        _mount(folder, place, None, _BIND | _REC)


def _freeze(place: str, *, below: bool) -> None:
    attributes = ctypes.create_string_buffer(struct.pack("<QQQQ", _READ_ONLY, 0, 0, 0))
    _system_call(_SET_MOUNT, _HERE, place.encode(), _BELOW if below else 0, attributes, 32)


def limit_use(seconds: int, used: int) -> None:
    """Limit what this process may use from now on.  seconds: of the processor.  used: bytes of memory, so far."""
    for what, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, used + _ROOM, used + _ROOM),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE, _LARGEST_FILE),
        (resource.RLIMIT_NOFILE, _FILES_OPEN, _FILES_OPEN),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NPROC, _TASKS, _TASKS),
    ):
        resource.setrlimit(what, (soft, hard))


def memory_used() -> int:
    """Bytes of address space that this process has; where the system does not say, more than PyTorch takes."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # another system than Linux
        return 8_000_000_000


def give_up_rights(root: bool) -> None:
    """Leave this process no rights over the system, and refuse what needs them, for good.

    root: whether it is the system's root, and becomes nobody.  Raises: OSError.
    """
    if root:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    _call("prctl", 1, signal.SIGKILL, 0, 0, 0)  # it ends with the process that started it
    _call("prctl", 38, 1, 0, 0, 0)  # no new privileges
    _call("capset", struct.pack("<Ii", 0x20080522, 0), bytes(24))
    _filter()


# --- the filter of system calls ---------------------------------------------------------------------------------------

_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_FORK = (57, None), (58, None)  # fork, vfork; 64-bit ARM has neither
_REFUSED = (
    *_FORK,
    *((59, 221), (322, 281)),  # execve, execveat
    *((41, 198), (53, 199), (425, 425)),  # socket, socketpair, io_uring_setup
    *((101, 117), (310, 270), (311, 271), (438, 438)),  # ptrace, process_vm_readv and _writev, pidfd_getfd
    *((165, 40), (166, 39), (155, 41), (161, 51)),  # mount, umount2, pivot_root, chroot
    *((428, 428), (429, 429), (430, 430), (442, 442)),  # open_tree, move_mount, fsopen, mount_setattr
    *((272, 97), (308, 268)),  # unshare, setns
    *((321, 280), (298, 241), (323, 282), (248, 217), (250, 219)),  # bpf, perf, userfaultfd, add_key, keyctl
)
_CLONE, _CLONE3, _THREAD = (56, 220), 435, 0x00010000
_LOAD, _EQUAL, _AT_LEAST, _SOME_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def _filter() -> None:
    """Refuse some system calls from now on; on other machines than those of the table nothing is done."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        return
    audit, column = known
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _EPERM)]
    for row in _REFUSED:
        if (number := row[column]) is not None:
            program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    program += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ENOSYS)]  # the C library then takes clone
    program += [(_EQUAL, 0, 3, _CLONE[column]), (_LOAD, 0, 0, 16), (_SOME_BIT, 1, 0, _THREAD), (_RETURN, 0, 0, _EPERM)]
    program += [(_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    _call("prctl", 22, 2, ctypes.c_void_p(ctypes.addressof(head)), 0, 0)


# --- the C library ----------------------------------------------------------------------------------------------------


def _mount(source: str | None, place: str, kind: str | None, flags: int, options: bytes | None = None) -> None:
    _call("mount", source and source.encode(), place.encode(), kind and kind.encode(), ctypes.c_ulong(flags), options)


def _system_call(number: int, *arguments: object) -> None:
    _call("syscall", ctypes.c_long(number), *arguments)


def _call(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, name):  # not a function of every C library
        raise OSError(38, f"{name}: not known here")
    function = getattr(library, name)
    if function(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
