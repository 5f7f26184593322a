"""The predict box: a question, a few answers as buttons; a click shows what happens and why. Nothing is graded.

The questions of notebook NN lie in questions/NN_*.toml, so that a student who reads the cell does not read the truth.
Each answer goes into the student's record (`progress`), which has no name in it.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import traitlets

from .. import progress
from ..refused import Refused
from .widget import Widget, checked

QUESTION_FOLDER = Path(__file__).parent / "questions"


class Predict(Widget, script="predict.js"):
    """A question with buttons. What happens, and why, reaches the page only after the click.

    answers: two to six sentences.  truth: the right one, counted from 1.  because: why; shown after the click.
    name: by which the answer is kept; without one, the question.  Text in `backticks` is drawn as code.
    chosen: the answer clicked, counted from 1; 0 before.
    """

    question = traitlets.Unicode().tag(sync=True)
    answers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    shown_truth = traitlets.Int(0).tag(sync=True)  # 0 until an answer is chosen
    shown_because = traitlets.Unicode("").tag(sync=True)

    def __init__(self, question: str, answers: Sequence[str], *, truth: int, because: str, name: str = ""):
        if not 2 <= len(answers) <= 6:
            raise Refused(f"a predict box needs 2 to 6 answers, got {len(answers)}")
        if not 1 <= truth <= len(answers):
            raise Refused(f"truth counts the answers from 1, so it must be 1 to {len(answers)}, got {truth}")
        if not question.strip() or not because.strip():
            raise Refused("a predict box needs a question and, in `because`, the reason that follows the click")
        self._truth, self._because, self.name = truth, because, name or question
        super().__init__(question=question, answers=list(answers))
        self.observe(self._answered, "chosen")

    @checked("chosen")
    def _check_chosen(self, chosen: int) -> None:
        if not 1 <= chosen <= len(self.answers):
            raise Refused(f"There are answers 1 to {len(self.answers)}, and no answer {chosen}.")

    def _answered(self, _change) -> None:
        if re.match(r"\d\d\.", self.name):  # a question of a lesson
            progress.note(self.name[:2], self.name, progress.PREDICTED, str(self.chosen))
        with self.hold_sync():
            self.shown_truth, self.shown_because = self._truth, self._because


def ask(name: str) -> Predict:
    """The predict box of a question that ships with the kit.

    name: the notebook's two digits and the question's name, such as "01.same-camera".
    Raises: Refused naming the questions there are.
    """
    notebook, _, key = name.partition(".")
    asked = asked_in(notebook)
    if key not in asked:
        raise Refused(f"no question {name!r}; there are {', '.join(f'{notebook}.{k}' for k in asked) or 'none'}")
    return Predict(**asked[key], name=name)


def asked_in(notebook: str) -> dict[str, dict]:
    """The questions of a notebook by name: question, answers, truth, because.

    notebook: its two digits, such as "01"; no such file means no questions.
    """
    files = sorted(QUESTION_FOLDER.glob(f"{notebook}_*.toml"))
    return tomllib.loads(files[0].read_text(encoding="utf-8")) if files else {}
