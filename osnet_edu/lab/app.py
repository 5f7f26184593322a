"""One notebook as a page without code, by Voila: on loopback, with a token, until Ctrl-C.

Where something of one's own is named, it is looked at first, and the notebook finds it in the environment.
"""

import argparse
import contextlib
import json
import os
import secrets
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from ..refused import Refused
from . import ending, needs, own
from .programs import say

# Voila's own page asks another machine for the letters of its icons; this one asks nobody for anything. It follows the
# light or dark theme of the visitor's system, or ?theme=light and ?theme=dark, and says what happens from the first
# moment on. `loading` and `rendered_cells` are the names that Voila's script knows.
TEMPLATE = Path(__file__).with_name("page.html.j2")


def app_settings(notebook: str, port: int) -> dict[str, dict[str, object]]:
    """Voila's settings: the whole of them, since no personal file is read beside these."""
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
            "theme": "system",  # of the person who looks; ?theme= may name another
            "allow_template_override": "NO",
            "strip_sources": True,
            "show_tracebacks": True,
        },
    }


def serve(notebook: str, browser: bool, port: int) -> None:
    """Serve a notebook until Ctrl-C.  browser: whether one is opened.  port: the first one that is tried."""
    venv = Path(sys.prefix)
    templates = venv / "share" / "jupyter" / "voila" / "templates" / "osnet_edu"
    settings = venv / "app"
    templates.mkdir(parents=True, exist_ok=True)
    settings.mkdir(exist_ok=True)
    (templates / "conf.json").write_text(json.dumps({"base_template": "lab"}), encoding="utf-8")
    (templates / "index.html.j2").write_bytes(TEMPLATE.read_bytes())
    free = free_port(port)
    if free != port:
        say(f"Port {port} is taken: {free} is used instead.")
    (settings / "voila.json").write_text(json.dumps(app_settings(notebook, free), indent=2), encoding="utf-8")
    token = secrets.token_hex(24)
    address = f"http://127.0.0.1:{free}/?token={token}"
    say(f"The explorer starts: the address below opens it, and Ctrl-C here ends it.\n    {address}")
    if browser:
        threading.Thread(target=open_when_there, args=(free, address), daemon=True).start()
    # In the environment of this process, the token is in no file and in no list of processes beside the server.
    os.environ["JUPYTER_TOKEN"] = token
    from voila.app import main  # takes a second

    main([f"--Voila.config_file_paths={settings}"])


def free_port(port: int) -> int:
    """The first port on loopback from `port` on that nobody listens on."""
    for candidate in range(port, min(port + 50, 65536)):
        with socket.socket() as probe:
            if not needs.WINDOWS:  # there it would take a port from somebody; elsewhere it passes over old connections
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return candidate
    raise Refused(f"No port from {port} on is free. Name another with --port.")


def open_when_there(port: int, address: str, patience: float = 60) -> None:
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


def main(arguments: Sequence[str]) -> None:
    """Look at what is one's own, if something is, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--here", type=Path)
    for name in ("data", "weights", "audit", "grades"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args(arguments)
    if options.here is not None:
        given = own.Brought(options.data, options.weights, options.audit, options.grades)
        shown, said = own.looked_at(given, options.here)
        for sentence in said:
            say(sentence)
        os.environ.update(own.to_environment(shown))
    serve(options.notebook, not options.no_browser, options.port)


if __name__ == "__main__":
    ending.run_program(main, sys.argv[1:])
