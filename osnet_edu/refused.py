"""The one exception for bad input. Its text is the sentence that the user reads."""


class Refused(ValueError):
    """The input cannot be used; the text names what was expected and what came.

    A command, a widget and a notebook show the text alone. Any other exception is a bug and keeps its traceback.
    """

    def __str__(self) -> str:
        return plain(super().__str__())


def plain(text: object, most: int = 2000) -> str:
    """A text that is safe to print in a terminal: control characters are escaped, and a very long text is cut.

    File names and keys of checkpoints come from elsewhere; an escape sequence in one could rewrite the screen.
    """
    text = str(text)
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-most // 4 :]}"
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
