"""A notebook's kernel, driven without a browser: every wait in it ends."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

import nbformat
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

from ..refused import Refused

CELL_TIMEOUT = 400  # seconds that one cell may take
# A warning about the way to the kernel would stand in the middle of a build's progress.
_QUIET = ["--IPKernelApp.log_level=ERROR"]


@contextmanager
def running(
    notebook: nbformat.NotebookNode, folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple[NotebookClient, Callable[[str], None]]]:
    """A fresh kernel whose folder is `folder`, while the block lasts.  environment: all of its variables.

    Gives the client, whose `execute_cell` runs a cell, and ask(code), which runs code that leaves no trace in the
    notebook and raises Refused with the traceback where that fails.
    """
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, resources=resources, extra_arguments=_QUIET)

    def ask(code: str) -> None:
        answer = run_sync(client.kc.execute_interactive)(
            code, silent=True, store_history=False, timeout=CELL_TIMEOUT, output_hook=lambda _message: None
        )
        if answer["content"]["status"] != "ok":
            raise Refused("the kernel failed:\n" + "\n".join(answer["content"].get("traceback", [])))

    with client.setup_kernel(env=dict(environment)):
        look_again(client.kc.shell_channel)
        yield client, ask


def look_again(channel) -> None:
    """Ask a kernel's channel for its next message once a second, however long the wait is.

    An Output widget sends to the kernel while nbclient waits for an answer on the same socket. ZeroMQ may then wake
    nobody when the answer comes, and the wait lasts until its limit.
    """
    ask = channel.get_msg

    async def get_msg(timeout: float | None = None):
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            left = 1.0 if ends is None else ends - time.monotonic()
            try:
                return await ask(timeout=max(0.0, min(1.0, left)))
            except Empty:
                if left <= 0:
                    raise

    channel.get_msg = get_msg
