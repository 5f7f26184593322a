"""One command, from its options to its exit status.

The options are read before PyTorch is loaded, which takes seconds: a mistake and --help are answered at once.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ..machine import whole
from ..refused import Refused
from . import arguments, parser


def main(given: Sequence[str] | None = None) -> int:
    """Run one command.  Returns: the exit status, 0 for success, 2 where the input was refused."""
    _any_terminal()
    options = parser.parser().parse_args(given)
    try:
        arguments.check_options(options)
        from ..machine import distributed
        from .speech import one_voice

        with whole.ending(), one_voice(distributed.launched()):
            import_module(f".{options.command}", __package__).run(options)
        return 0
    except whole.Ended as ended:
        arguments.say("Stopped by a request to end.")
        return ended.code
    except KeyboardInterrupt:
        arguments.say("Stopped.")
        return 130
    except OSError as error:
        full = "; the disk is full" if error.errno == errno.ENOSPC else ""
        where = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return _refuse(f"{where}{full}")
    except (Refused, FloatingPointError) as error:  # anything else is a bug and shows its traceback
        return _refuse(error)
    except (MemoryError, RuntimeError) as error:  # but for the end of the memory, which is the system's own
        from ..train import memory

        if not memory.is_full(error):
            raise
        there = memory.available()
        of = f" of {there / 1e9:.1f} GB" if there else ""
        return _refuse(f"the memory{of} is used up; a smaller --size or --batch, or fewer photos, need less")


def _any_terminal() -> None:
    """What a terminal's encoding lacks is written escaped: no score is lost to the name of a file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _refuse(reason: object) -> int:
    who = ""
    if "WORLD_SIZE" in os.environ:  # of torchrun, which starts several
        from ..machine import distributed

        with contextlib.suppress(Refused):
            team = distributed.launched()
            who = f"{team}: " if team.size > 1 else ""
    arguments.say(f"osnet_edu: {who}{reason}")
    return 2
