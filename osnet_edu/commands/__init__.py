"""The command line: what each command of `python -m osnet_edu` reads, does and says.

`parser` has the options, `arguments` reads their texts, and each command is the file of its name, with a function
`run`. `scoring` and `speech` are what several commands need. A file is loaded when its command is run.
"""

__all__ = [
    "arguments", "evaluate", "experiment", "explain", "export", "grade", "parser", "render", "scoring", "speech",
    "subset", "train",
]  # fmt: skip
