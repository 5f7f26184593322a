"""What all widgets share: one page of scripts and styles, one way to refuse a value, one way to tell of an error.

A widget is a Python file that computes, a .js beside it that draws, and, where it has a look of its own, a .css. What
the pages share stands once in dom.js and widgets.css and is joined to them when the class is made: the browser gets one
script and one style sheet, and asks nobody for more.
"""

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anywidget
import traitlets

from .. import colours
from ..refused import Refused
from .records import for_page

FOLDER = Path(__file__).parent
NOT_DRAWN = {*anywidget.AnyWidget().keys, "_esm", "_css", "_anywidget_id", "asked", "answered", "child"}
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const)", re.MULTILINE)


class Widget(anywidget.AnyWidget):
    """A widget of the kit.  class Ranking(Widget, script="ranking.js").

    problem: why the last value from the page was refused, in a sentence.  crash: the traceback of an error.
    asked, answered: the number of the page's last message, and of the last one that Python is done with.
    """

    asked = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    crash = traitlets.Unicode("").tag(sync=True)

    def __init_subclass__(cls, *, script: str = "", **kwargs):
        if script:
            cls._esm, cls._css = joined_script(script), styles(script)
        super().__init_subclass__(**kwargs)

    def set_state(self, sync_data: dict) -> None:
        """Take what the page sends: all of it, or, where some of it is refused, nothing."""
        known = [name for name in sync_data if name in self.keys]
        before = {name: getattr(self, name) for name in known if name != "asked"}
        if known == ["asked"]:  # the end of a button's message
            self.answered = self.asked = sync_data["asked"]
            return
        with self.hold_sync(), self._hearing():
            try:
                super().set_state(sync_data)
            except (Refused, traitlets.TraitError):
                for name, value in before.items():  # traitlets has put back what a check refused; here the rest
                    if getattr(self, name) != value:
                        self.set_trait(name, value)
                self.send_state(list(before))  # the page shows what it has sent; now what holds
                raise
            finally:
                self.answered = self.asked = sync_data.get("asked", self.asked)

    def show(self, record: object) -> None:
        """Give the page a record: each field becomes the trait of its name."""
        with self.hold_sync():
            for name, value in for_page(record).items():
                self.set_trait(name, value)

    def drawn(self) -> dict:
        """Everything that the page draws, as plain values; `records.to_json` makes a text of it."""
        own = [name for name in self.keys if name not in NOT_DRAWN]
        return {name: for_page(getattr(self, name)) for name in own}

    def _handle_custom_msg(self, content: object, buffers: list) -> None:
        with self._hearing():  # not by on_msg, which would log what goes wrong and swallow it
            if buffers:
                self._brought(content, [bytes(one) for one in buffers])
            else:
                self._pressed(content)

    def _pressed(self, message: object) -> None:
        """A button was pressed.  message: its name."""
        raise Refused(f"there is no button {message!r} here")

    def _brought(self, message: object, files: list[bytes]) -> None:
        """The page brings files.  message: what they are."""
        raise Refused("this widget takes no file")

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """A message of the page is dealt with: a refusal becomes a sentence, an error shows its traceback."""
        self.problem = self.crash = ""
        try:
            yield
        except (Refused, traitlets.TraitError) as refusal:
            self.problem = sentence(refusal)
        except Exception:
            self.crash = traceback.format_exc()
            raise


class _Rejected(Refused, traitlets.TraitError):
    """A refusal that traitlets understands: it keeps the last good values of all traits in a message."""


def checked(*names: str) -> Callable:
    """The method below looks at each new value of these traits.

    It takes the value and raises Refused for a bad one; what it returns, if anything, is taken instead of the value.
    From the page, the last good value stays and the widget says why; in a cell, Refused is raised.
    """

    def made(check: Callable) -> traitlets.traitlets.ValidateHandler:
        @traitlets.validate(*names)
        def look(self, proposal):
            try:
                instead = check(self, proposal["value"])
            except Refused as refusal:
                raise _Rejected(str(refusal)) from refusal
            return proposal["value"] if instead is None else instead

        return look

    return made


def one_of(value: object, allowed, what: str) -> None:
    """Raises: Refused naming what is allowed."""
    if value not in allowed:
        raise Refused(f"there is no {what} {value!r}; expected one of {', '.join(map(str, allowed))}")


def sentence(error: BaseException) -> str:
    """An error's words as a sentence for the page."""
    told = " ".join(str(error).split()) or f"{type(error).__name__}, without a word"
    return f"{told[0].upper()}{told[1:]}{'' if told.endswith('.') else '.'}"


def joined_script(script: str) -> str:
    """A widget's .js with what it imports from this folder in front of it: one ES module that imports nothing."""
    texts: dict[str, str] = {}

    def take(name: str) -> None:
        text = (FOLDER / name).read_text(encoding="utf-8")
        needed = _IMPORT.findall(text)
        if len(set(needed)) < len(needed):
            raise ImportError(f"{name} imports from one file twice; one statement at the start of a line is enough")
        for other in needed:
            if other not in texts:
                take(other)
        texts[name] = _IMPORT.sub("", text)

    take(script)
    if "dom.js" not in texts:
        raise ImportError(f"{script} must import from ./dom.js in one statement at the start of a line")
    own = texts.pop(script)
    shared = [f"// ---- {name}\n{_EXPORT.sub('', text)}" for name, text in texts.items()]
    return "\n".join([*shared, f"// ---- {script}\n{own}"])


def styles(script: str) -> str:
    """The colours, widgets.css, and the widget's own .css where it has one."""
    files = [FOLDER / "widgets.css", (FOLDER / script).with_suffix(".css")]
    return "\n".join([colours.css(".oe-box"), *(path.read_text(encoding="utf-8") for path in files if path.is_file())])
