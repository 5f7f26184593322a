"""An audit of anybody's network: what it finds, what it looks at, and which explanations of it can be believed.

The rendered people are a test bench in which one thing at a time is changed and the truth is known. `subject` opens the
network that is audited, `questions` asks it, `record` is what was found, `verdicts` says it in sentences, `page` is
the page, and `run` puts them together, answer by answer, so that an audit that was stopped goes on. `shown` is the
record in a cell of a notebook.
"""

from .shown import shown

__all__ = ["shown"]
