"""The one exception for bad input: its text is the sentence that a person reads."""


class Refused(ValueError):
    """What was given cannot be used; the text names what was expected and what came.

    A command, a widget and a notebook show the text alone. Any other exception is a bug and keeps its traceback.
    """
