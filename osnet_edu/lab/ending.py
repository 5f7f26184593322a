"""Every end of a program is a sentence and a status. Python 3.6 reads this file too, and it imports no package."""

import sys

from ..refused import Refused


def run_program(work, *given, stopped=""):
    """Run `work(*given)` as a whole program, and exit.

    stopped: what is said after Ctrl-C.  The status is the one that `work` returns, 1 where the input was refused or
    the system failed, and 130 after Ctrl-C.
    """
    try:
        sys.exit(work(*given))
    except Refused as refused:
        sys.stdout.flush()
        sys.exit("lab.py: %s" % refused)
    except KeyboardInterrupt:
        sys.stdout.flush()
        sys.stderr.write(stopped)
        sys.exit(130)
    except OSError as error:
        sys.stdout.flush()
        full = error.errno == 28 or getattr(error, "winerror", None) == 112
        sys.exit("lab.py: %s" % ("the disk is full: make room and run lab.py again." if full else error))
