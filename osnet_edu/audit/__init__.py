"""An audit of anybody's network: what it finds, what it looks at, and which explanations of it can be believed.

The rendered people are a test bench in which one thing at a time is changed and the truth is known. `subject` opens the
network that is audited, `questions` asks it, `record` is what was found, `verdicts` says it in sentences, `page` is
the page, and `run` puts them together, answer by answer, so that an audit that was stopped goes on. `shown` is the
record in a cell of a notebook.

Nothing is imported here: the process of somebody else's network passes through this file, and needs none of it.
"""

__all__ = ["page", "questions", "record", "run", "shown", "subject", "verdicts"]
