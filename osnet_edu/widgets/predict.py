"""The predict box: a question, a few answers as buttons; a click shows what happens and why. Nothing is graded.

The questions of notebook NN lie in questions/NN_*.toml, so that a student who reads the cell does not read the truth.
The first answer to each question is remembered while the kernel lives, and can be saved as counts for a teacher.
"""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import traitlets

from .. import progress
from ..refused import Refused
from .widget import Widget, checked

QUESTION_FOLDER = Path(__file__).parent / "questions"
_COLUMNS = ("question", "answer", "true", "count")

_boxes: dict[str, "Predict"] = {}  # by name: the box of each question that was shown last
_first: dict[str, int] = {}  # by name: the first answer given, counted from 1. Later clicks know the truth already


class Predict(Widget, script="predict.js"):
    """A question with buttons. What happens, and why, reaches the page only after the click.

    answers: two to six sentences.  truth: the right one, counted from 1.  because: why; shown after the click.
    name: by which the answer is counted; without one, the question.  Text in `backticks` is drawn as code.
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
        _boxes[self.name] = self

    @checked("chosen")
    def _check_chosen(self, chosen: int) -> None:
        if not 1 <= chosen <= len(self.answers):
            raise Refused(f"There are answers 1 to {len(self.answers)}, and no answer {chosen}.")

    def _answered(self, _change) -> None:
        _first.setdefault(self.name, self.chosen)
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


def save_predictions(path: Path | str) -> Path:
    """Write this kernel's first answers as counts: a CSV with the columns question, answer, true, count.

    A name, a time or an order is not in it.  Returns: the path.  Raises: Refused where nothing was answered yet.
    """
    if not _first:
        raise Refused("no predict box has been answered yet, so there is nothing to save")
    rows = [
        (box.question, answer, i == box._truth, int(i == _first[name]))
        for name, box in _boxes.items()
        if name in _first
        for i, answer in enumerate(box.answers, start=1)
    ]
    return _write(Path(path), rows)


def count_predictions(paths: Iterable[Path | str], out: Path | str) -> Path:
    """Add up the files of a class into one of the same form.

    Raises: Refused, naming the file, for one that `save_predictions` did not write.
    """
    total: Counter[tuple[str, str, bool]] = Counter()
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise Refused(f"{path} holds no predictions: expected the columns {', '.join(_COLUMNS)}")
            for row in reader:
                if not (row["count"] or "").isdecimal():
                    raise Refused(f"{path} holds no predictions: the count {row['count']!r} is not a number")
                total[row["question"], row["answer"], row["true"] == "True"] += int(row["count"])
    return _write(Path(out), [(*key, count) for key, count in total.items()])


def _write(path: Path, rows: Sequence[tuple]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    return path
