"""The command `lock`: a file beside a class's notebooks that locks solutions."""

import argparse
from pathlib import Path

from .. import exercises
from ..machine import whole
from ..refused import Refused
from .speech import tell


def run(options: argparse.Namespace) -> None:
    """Write the lock.  It is never written over an older one."""
    unknown = [name for name in options.exercises if name not in {**exercises.REGISTRY, **exercises.GRADED}]
    if unknown:
        raise Refused(f"there is no exercise named {unknown[0]!r}")
    out = whole.new_file(Path(options.out) / exercises.LOCK_FILE)
    text = exercises.lock_text(options.until, options.key, options.exercises)
    with whole.file(out) as growing:
        growing.write_text(text, encoding="utf-8")
    which = f"{len(options.exercises)} solutions" if options.exercises else "all solutions"
    tell(f"Wrote {out}: it locks {which} in the notebooks of this folder and of the folders in it.")
