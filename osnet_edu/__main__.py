"""The command line: python -m osnet_edu COMMAND. Each command says what it writes and ends with a plain sentence."""

import sys

from .commands.start import main

if __name__ == "__main__":
    sys.exit(main())
