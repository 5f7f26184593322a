"""The command line: what each command of `python -m osnet_edu` reads, does and says.

`start` begins a command and says how it ended. `parser` has the options, and `arguments` reads their texts. Each
command is the file of its name, with a function `run`. `scoring` and `speech` are what several commands need. A file is
loaded when its command is run.
"""

__all__ = [
    "arguments", "evaluate", "experiment", "explain", "export", "grade", "lock", "parser", "render", "report", "room",
    "scoring", "speech", "split", "start", "subset", "train",
]  # fmt: skip
