"""The lab as a static site, built into a folder: lab.py book OUT."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..book import build
from ..refused import Refused
from . import badge, ending, installer, programs

NOTEBOOKS = Path(programs.HERE, "notebooks")


def made(out: str, lessons: list[str] | None, slides: bool) -> None:
    """Build the site into a folder and say how large it is.  lessons: two digits each; None for all."""
    started = time.monotonic()
    limits = {} if lessons is None else {"lessons": lessons}
    folder = build.site(out, NOTEBOOKS, says=said, launch=launches(), home=home(), limits=limits, slides=slides)
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    programs.say(f"Built in {installer.clock(time.monotonic() - started)}: {len(files)} files, {size:.1f} MB.")
    if slides:
        programs.say('The slides are in slides/; the page "Lessons" leads to them. S opens the speaker\'s view.')
    programs.say(f"To look at it: python3 -m http.server --directory {out}")


def said(what: str) -> Callable[[int, int], None]:
    """A progress in one line on a terminal; elsewhere a line each time."""
    live = sys.stdout.isatty()

    def update(done: int, total: int) -> None:
        line = f"  {what}: {done} of {total}"
        sys.stdout.write(f"\r{line}{chr(10) * (done >= total)}" if live else f"{line}\n")
        sys.stdout.flush()

    return update


def home() -> str:
    """The address of the repository on GitHub; "" where it is not known."""
    try:
        owner, repo = badge.github_name(badge.ask_git(programs.HERE, "remote", "get-url", "origin"))
    except Refused:
        return ""
    return f"https://github.com/{owner}/{repo}"


def launches() -> dict[str, dict[str, str]]:
    """Where each lesson runs without an installation; nowhere without a tag on GitHub."""
    try:
        owner, repo, tag = badge.newest_release(programs.HERE)
    except Refused:
        return {}
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        found[path.stem] = dict(badge.links(owner, repo, tag, f"notebooks/{path.name}"))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="lab.py book")
    parser.add_argument("out", metavar="OUT", help="a new folder for the site")
    parser.add_argument("--lessons", metavar="NN,NN", help="a small site: only these lessons, such as 00,04")
    parser.add_argument("--slides", action="store_true", help="the lessons as slides, too")
    options = parser.parse_args()
    lessons = options.lessons and options.lessons.split(",")
    ending.run_program(
        made, options.out, lessons, options.slides, stopped="\nlab.py: stopped. Run it again and it goes on.\n"
    )
