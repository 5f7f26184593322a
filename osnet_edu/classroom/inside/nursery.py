"""Starts the process of each answer, from one that has read NumPy and PyTorch and nothing of the kit.

nursery.py's main("fork", NUMBER)         for many answers, one child each, shut in; NUMBER: of the control socket
nursery.py's main("single", PORT, TOKEN)  this process is the one of a single answer, and not shut in
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any

import torch

from . import runner, wire


def main(how: str, *given: str) -> None:
    """What `python -c` starts."""
    torch.set_num_threads(1)
    if how == "single":
        _single(int(given[0]), given[1])
    else:
        _fork(int(given[0]))


def _single(port: int, token: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as end:
        end.sendall(token.encode())
        if os.name == "posix":
            from . import walls

            walls.limit_use(int(json.loads(wire.Speaking(end).receive())["seconds"]), walls.memory_used())
        else:
            wire.Speaking(end).receive()
        runner.serve_answer(wire.Speaking(end))


def _fork(number: int) -> None:
    """One child for each request: a JSON object, and with it the sockets of its line and of its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    with socket.socket(fileno=number) as control:
        control.sendall(b"ready")
        while True:
            asked, ends, _, _ = socket.recv_fds(control, 65536, 2)
            if not asked:
                return
            if os.fork() == 0:
                control.close()
                try:
                    _child(json.loads(asked), *ends)
                finally:
                    os._exit(0)
            for end in ends:
                os.close(end)


def _child(asked: dict[str, Any], line: int, end: int) -> None:
    """Enter new namespaces, start the answer's process in them, and say on `end` how it ended.

    It is ended at once when the other side closes `end`, with all processes that it may have started.
    """
    from . import walls

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=end) as told:
        try:
            memory = walls.memory_used()
            root = walls.enter(walls.Visible(asked["folders"], asked["hidden"]), asked["base"])
            inner = os.fork()
            if inner == 0:
                told.close()
                with contextlib.suppress(BaseException):
                    _inner(line, asked, memory, root)
                os._exit(0)
            os.close(line)
            held = os.pidfd_open(inner)
            select.select([held, told.fileno()], [], [])
            signal.pidfd_send_signal(held, signal.SIGKILL)
            _, status, used = os.wait4(inner, 0)
            how = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}
            told.sendall(json.dumps({**how, "seconds": used.ru_utime + used.ru_stime}).encode())
        except OSError as error:
            with contextlib.suppress(OSError):
                told.sendall(json.dumps({"refused": str(error)}).encode())


def _inner(line: int, asked: dict[str, Any], memory: int, root: bool) -> None:
    """The answer's process.  Its first message says "ready", or why it cannot be shut in."""
    from . import walls

    nothing = os.memfd_create("nothing")
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    end = os.dup2(line, 3)
    os.closerange(4, 65536)
    os.environ.clear()
    os.environ.update(HOME=walls.SCRATCH, TMPDIR=walls.SCRATCH, PATH="/usr/bin:/bin", LANG="C.UTF-8")
    os.environ["OSNET_EDU_CACHE"] = asked.get("cache", walls.SCRATCH)
    with socket.socket(fileno=end) as open_end:
        told = wire.Speaking(open_end)
        try:
            walls.limit_use(asked["seconds"], memory)
            walls.give_up_rights(root)
        except OSError as error:
            told.send(str(error).encode())
            return
        told.send(b"ready")
        runner.serve_answer(told)


if __name__ == "__main__":
    main(*sys.argv[1:])
