"""JupyterLab on the first of the student's notebooks, on loopback with its token, until Ctrl-C."""

import argparse
import json
import os
import sys
from pathlib import Path

from . import copies, ending, programs


def _serve(browser: bool, port: int) -> int:
    """Serve the checkout until Ctrl-C.  browser: whether one is opened."""
    venv = Path(sys.prefix)
    # This file stands in for a personal jupyter_server_config, which might switch the token off or open the port to the
    # network. JupyterLab's theme and shortcuts stay personal.
    settings: dict[str, dict[str, object]] = {
        "Application": {"log_level": 30},  # warnings, and the address
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": port,
            "root_dir": programs.HERE,
            "open_browser": browser,
            "answer_yes": True,
            "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        },
        "LabApp": {"workspaces_dir": str(first_layout(venv))},
    }
    first_time = not Path(programs.HERE, copies.COPIES).exists()
    newer = copies.bring_up_to_date(programs.HERE)
    if first_time:
        programs.say(
            f"Your copies of the notebooks are in {copies.COPIES}; an update of the kit leaves your work alone."
        )
    if newer:
        programs.say(f"Newer in the kit than your copy: {', '.join(newer)}. Yours stays as it is.")
        programs.say(f"'python3 lab.py reset {newer[0][:2]}' gets the newer one and keeps yours beside it.")
    for first in copies.lessons(programs.HERE)[:1]:
        settings["LabApp"]["default_url"] = f"/lab/tree/{copies.COPIES}/{first}.ipynb"
    config = venv / "jupyter_lab_config.json"
    config.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    silence_news(venv)
    programs.say("JupyterLab starts: the address below opens it, and Ctrl-C here ends it.")
    from jupyterlab.labapp import main  # takes a second

    return main([f"--config={config}"])


def silence_news(venv: Path) -> None:
    """JupyterLab's question whether to show news would cover the first screen. A personal setting comes before this."""
    folder = venv / "etc" / "jupyter" / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (folder / "default_setting_overrides.json").write_text(json.dumps(quiet, indent=2), encoding="utf-8")


def first_layout(venv: Path) -> Path:
    """The folder where JupyterLab keeps its window's layout. At first the sidebar is closed: a lesson needs width."""
    folder = venv / "etc" / "jupyter" / "workspaces"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "default-37a8.jupyterlab-workspace"  # JupyterLab's name for the first workspace
    if not path.exists():
        closed = {"collapsed": True, "visible": True, "widgets": []}
        layout = {"data": {"layout-restorer:data": {"left": closed, "right": closed}}, "metadata": {"id": "default"}}
        path.write_text(json.dumps(layout, indent=2), encoding="utf-8")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    ending.run_program(_serve, not options.no_browser, options.port)
