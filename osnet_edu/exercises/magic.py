"""%%exercise NAME: runs the student's cell under guard, checks the answer, and says what it found.

No error reaches the notebook: a cell that is open, wrong, broken, endless or noisy ends in a box of text, and the
cells after it run.
"""

import ast
import difflib
import io
import re
import sys
import textwrap
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field

from .. import progress as kept
from ..refused import Refused, plain
from . import graded, lock
from .guard import Builtins, Capped, Clock, Drained, Room, TimeUp, compile_ticking, text_of
from .judge import Verdict, judge
from .record import Exercise
from .shown import Box, Code, Summary
from .solutions import library_code, pasted

_LONGEST = 600.0
MOST_SHOWN = 3_000_000  # characters of one picture or table
SECONDS = 5.0  # of the clock for the cell, and as many of work for the checks

SIGNS = {"right": ("✓", "Right"), "wrong": ("✗", "Not yet"), "open": ("○", "Not attempted yet")}
FAILED = {"failed": "It raised an error", "slow": "It took too long", "refused": "Nothing to check"}
CUT = "It printed or showed more than fits here, so the rest was cut."
STUCK = (
    "This cell is still running inside compiled code, such as list(itertools.count()) or one huge product. Python "
    "cannot stop that by itself. Use Kernel, Interrupt; or Kernel, Restart."
)


@dataclass
class _Progress:
    """What one person did with one exercise in this kernel: counts, no answers and no names."""

    attempts: int = 0
    solved: bool = False
    hints: int = 0
    solution_seen: bool = False
    mistakes: Counter = field(default_factory=Counter)


class Desk:
    """One notebook's exercises: runs cells, keeps progress, hands out hints and solutions."""

    def __init__(self, registry: dict[str, Exercise]):
        self.registry = registry
        self.progress: dict[str, _Progress] = {}

    # -- the magics ---------------------------------------------------------------------------

    def exercise(self, shell, line: str, cell: str) -> None:
        """%%exercise NAME [--seconds N]"""
        try:
            shown = self._exercise(shell, line, cell)
        except (TimeUp, KeyboardInterrupt):  # an interrupt between two guarded stretches
            shown = Box("The exercise was interrupted", "!", ["Run the cell again when you are ready."])
        _display(shell, shown)

    def hint(self, name: str) -> Box:
        """The next hint of an exercise; after the last one, the last one again."""
        task = self._task(name.strip())
        if isinstance(task, Box):
            return task
        progress = self._of(task.name)
        number = min(progress.hints, len(task.hints) - 1)
        progress.hints += 1
        kept.note(task.notebook, task.name, kept.HINT, str(number + 1))
        more = number + 1 < len(task.hints)
        after = (
            f"There is one more: `%hint {task.name}`"
            if more
            else f"That was the last one. The solution: `%solution {task.name}`"
        )
        return Box(f"Hint {number + 1} of {len(task.hints)}: {task.title}", "?", [task.hints[number], after])

    def solution(self, name: str) -> Box:
        """A model answer and the library's code that does the same; a hint first if there was no attempt yet."""
        task = self._task(name.strip())
        if isinstance(task, Box):
            return task
        if why := lock.why_locked(task.name):
            return Box("This solution is locked", "!", [why])
        progress = self._of(task.name)
        if not (progress.attempts or progress.hints):
            first = self.hint(name)
            after = f"A hint first. If you ask again, the solution is shown: `%solution {task.name}`"
            return Box(first.title, first.sign, (*first.body[:1], after))
        progress.solution_seen = True
        kept.note(task.notebook, task.name, kept.SOLUTION)
        return answered(task)

    def summary(self) -> Summary:
        """The counts of every exercise that was begun, in the order of the lessons."""
        tasks: dict[str, Exercise | graded.OwnNumbers] = {**self.registry, **graded.GRADED}
        known = list(tasks)
        counts = {
            name: {
                "attempts": p.attempts,
                "solved": p.solved,
                "hints": p.hints,
                "solution_seen": p.solution_seen,
                "mistakes": dict(sorted(p.mistakes.items())),
            }
            for name, p in sorted(self.progress.items(), key=lambda item: known.index(item[0]))
        }
        return Summary(counts, {name: f"{tasks[name].notebook} {tasks[name].title}" for name in counts})

    # -- one cell -----------------------------------------------------------------------------

    def _exercise(self, shell, line: str, cell: str) -> Box:
        name, _, rest = line.strip().partition(" ")
        task = self._task(name)
        if isinstance(task, Box):
            return task
        seconds = _seconds(rest)
        if seconds is None:
            says = f"After the name stands nothing, or --seconds and a number up to {_LONGEST:g}, such as --seconds 10."
            return Box(f"{task.title}: '{rest.strip()[:60]}' was not understood", "!", [says])
        room, heard = Room(), io.StringIO()
        told = Capped(heard, Room(1000, 20))
        verdict = self._verdict(shell, task, cell, seconds, room, told)
        if heard.getvalue().strip():
            printed: list[str | Code] = [Code(heard.getvalue().rstrip()), *([CUT] if told.cut else [])]
            _display(shell, Box(f"Printed while `{task.answer}` was checked", ">", printed))
        self._count(task, verdict)
        sign, word = SIGNS.get(verdict.state) or ("!", FAILED[verdict.state])
        kind = {"right": "right", "wrong": "wrong", "open": "plain"}.get(verdict.state, "problem")
        says = [verdict.says, *verdict.notes]
        if room.cut:
            says.append(CUT)
        if verdict.state not in ("right", "open"):
            says.append(f"A hint: `%hint {task.name}` in a cell of its own. The solution: `%solution {task.name}`.")
        if kept.trouble():
            says.append(kept.trouble())
        code = [Code(verdict.code)] if verdict.code else []
        return Box(f"{word}: {task.title}", sign, [*says, *code], kind)

    def _count(self, task: Exercise, verdict: Verdict) -> None:
        progress = self._of(task.name)
        if verdict.state != "open":
            progress.attempts += 1
        if verdict.state == "right":
            progress.solved = True
            kept.note(task.notebook, task.name, kept.SOLVED)
        elif verdict.state != "open":
            kept.note(task.notebook, task.name, kept.MISTAKE, verdict.mistake or verdict.state)
        if verdict.mistake:
            progress.mistakes[verdict.mistake] += 1

    def _verdict(self, shell, task: Exercise, cell: str, seconds: float, room: Room, told: Capped) -> Verdict:
        source = "\n" + shell.transform_cell(cell)  # line 1 of the cell is the magic
        tree = begun(task, source)
        if isinstance(tree, Verdict):
            return tree

        filename = shell.compile.cache(source, shell.execution_count, raw_code=source)

        def stuck() -> None:
            _display(shell, Box("The cell does not stop", "!", [STUCK]))

        clock = Clock(seconds, stuck)
        space = shell.user_ns
        kept = {name: space.pop(name) for name in (task.answer,) if name in space}

        def frame(error: BaseException) -> str:
            return _own_lines(error, filename, source)

        try:
            with Builtins(), _noise(shell, room):
                clock.call(lambda: _execute(shell, tree, filename, clock))
            if clock.over:
                raise TimeUp
            made = task.answer in space
        except TimeUp:
            return Verdict("slow", f"It did not end within {seconds:g} seconds and was stopped. {_LOOP}")
        except KeyboardInterrupt as error:
            return Verdict("failed", "It was interrupted.", code=frame(error))
        except SystemExit:
            return Verdict("failed", "It asked Python to exit. The kernel keeps running; remove that call.")
        except BaseException as error:
            return Verdict("failed", _told(error, clock), code=frame(error))
        finally:
            for name, value in kept.items():  # a failed attempt does not remove an earlier success
                space.setdefault(name, value)
        if not made:
            return Verdict("refused", f"The cell does not define `{task.answer}`. Keep the name that the starter has.")

        answer = space[task.answer]
        started = time.monotonic()
        try:
            with Builtins():
                verdict = clock.again(seconds, worked=True).call(lambda: judge(task, answer, frame, told))
            if clock.over:  # it swallowed the exception that should have ended it
                raise TimeUp
            return verdict
        except TimeUp:
            passed = time.monotonic() - started
            return Verdict(
                "slow", f"`{task.answer}` did not answer the checks. It was stopped after {passed:.0f} seconds. {_LOOP}"
            )
        except KeyboardInterrupt as error:
            return Verdict("failed", "It was interrupted.", code=frame(error))
        except RecursionError:
            return Verdict("failed", f"`{task.answer}` calls itself without end.")
        except BaseException as error:
            if not (lines := frame(error)):
                raise  # none of the student's lines is in it: this is a bug of the kit and keeps its traceback
            return Verdict("failed", f"What `{task.answer}` returns raises {_told(error, clock)}", code=lines)

    def _of(self, name: str) -> _Progress:
        return self.progress.setdefault(name, _Progress())

    def _task(self, name: str) -> Exercise | Box:
        """The exercise of a name, also one with numbers of the student's own; a box where there is none."""
        if name not in graded.GRADED:
            return self.registry.get(name) or self._unknown(name)
        try:
            return graded.own_task(name)
        except Refused as why:
            return Box("Your own numbers", "!", [f"{str(why)[:1].upper()}{str(why)[1:]}"])

    def _unknown(self, line: str) -> Box:
        name = plain((line.split() or [""])[0], 60)
        near = difflib.get_close_matches(name, self.registry, 3)
        says = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(self.registry)}."
        return Box(f"There is no exercise named '{name}'" if name else "Which exercise?", "!", [says])


def answered(task: Exercise) -> Box:
    """A model answer and the library's code that does the same."""
    if task.name in graded.GRADED:
        return Box(f"Solution: {task.title}", "=", [f"The number is {task.reference()}. {task.hints[0]}"])
    says: list[str | Code] = ["A model answer, as you may write it into the cell.", Code(pasted(task))]
    for names, code in library_code(task):
        says += [f"The library's own code, from {names}.", Code(code)]
    return Box(f"Solution: {task.title}", "=", says)


def _seconds(text: str) -> float | None:
    """The time limit that stands behind an exercise's name; None where it is not one."""
    match = re.fullmatch(r"\s*(?:--seconds\s+([0-9]{1,9}(?:\.[0-9]{1,9})?))?\s*", text)
    seconds = float(match[1] or SECONDS) if match else 0.0
    return seconds if 0 < seconds <= _LONGEST else None


_LOOP = "Look for a loop whose condition never becomes false."


def _execute(shell, tree: ast.Module, filename: str, clock: Clock) -> None:
    """Run a cell in the notebook's namespace, and show the value of its last line, as a cell does."""
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body.pop()
    leaves = {name: shell.user_ns[name] for name in ("exit", "quit") if name in shell.user_ns}
    shell.user_ns.update(dict.fromkeys(leaves, _leave))  # IPython's own would end the kernel
    try:
        body = compile_ticking(tree, filename, clock.tick)
        with Builtins():
            exec(body, shell.user_ns)
        if isinstance(last, ast.Expr):
            end = compile_ticking(ast.Expression(last.value), filename, clock.tick)
            with Builtins():
                value = eval(end, shell.user_ns)
            if value is not None:
                data, metadata = shell.display_formatter.format(value)
                if len(data.get("text/plain", "")) > 2000:
                    data["text/plain"] = data["text/plain"][:2000] + " ..."
                shell.display_pub.publish({kind: d for kind, d in data.items() if len(d) < MOST_SHOWN}, metadata)
    finally:
        shell.user_ns.update({name: v for name, v in leaves.items() if shell.user_ns.get(name) is _leave})


def _leave(*_args) -> None:
    raise SystemExit


class _noise:
    """What a cell prints and shows goes through a room with limited space, while the block lasts."""

    def __init__(self, shell, room: Room):
        self.shell, self.room = shell, room

    def __enter__(self):
        self.streams = sys.stdout, sys.stderr
        self.drained = Drained(sys.stdout, self.room)
        self.drained.__enter__()
        sys.stdout, sys.stderr = (Capped(stream, self.room) for stream in self.streams)
        self.register = getattr(self.shell.display_pub, "register_hook", None)
        if self.register:
            self.register(self._hook)

    def _hook(self, message: dict) -> dict | None:
        return message if message["msg_type"] != "display_data" or self.room.show() else None

    def __exit__(self, *error):
        sys.stdout, sys.stderr = self.streams
        self.drained.__exit__()
        if self.register:
            self.shell.display_pub.unregister_hook(self._hook)


def begun(task: Exercise, source: str) -> ast.Module | Verdict:
    """The code of an exercise's cell, as a tree; the verdict where it cannot be read or is still open."""
    try:
        tree = ast.parse(source)
        open_lines, same = holes(tree), not tree.body or same_code(tree, task.starter)
        with warnings.catch_warnings(action="ignore"):  # they are told when it runs
            compile(tree, "<exercise>", "exec", dont_inherit=True)  # also what only the compiler finds
    except (RecursionError, MemoryError):
        return Verdict("failed", "Python cannot read it: an expression in it is too long or nested too deeply.")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f", in line {line}" if line else ""
        return Verdict("failed", f"Python cannot read it{where}: {error.args[0]}.", code=_line(source, line))
    if open_lines:
        *most, last = dict.fromkeys(str(line) for line in open_lines)
        where = f"lines {', '.join(most)} and {last}" if most else f"line {last}"
        part = "Fill the hole" if same else "There is still a hole"
        return Verdict("open", f"{part}: `...` in {where}, then run the cell again.")
    if same:
        return Verdict("open", "Change the cell as the task says, then run it again.")
    return tree


def holes(tree: ast.Module) -> list[int]:
    """The lines of every `...` that is not an index or a type, and of every NotImplementedError that is raised."""
    slices = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for inner in ast.walk(node.slice)}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value is Ellipsis and id(node) not in slices:
            lines.append(node.lineno)
        if isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node):
            lines.append(node.lineno)
    return sorted(lines)


def same_code(tree: ast.Module, starter: str) -> bool:
    """Whether a cell is still the starter: the same code, whatever its layout and comments."""
    return ast.dump(tree) == ast.dump(ast.parse(starter))


def _told(error: BaseException, clock: Clock) -> str:
    try:
        text = clock.again(1.0).call(lambda: text_of(error)[:4000].strip())
    except TimeUp:
        text = "(its own text does not end)"
    return f"{type(error).__name__}: {textwrap.shorten(text, 400)}" if text else type(error).__name__


def _own_lines(error: BaseException, filename: str, source: str) -> str:
    """The student's own lines on the way to an error, innermost last, at most three."""
    found = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    return "\n".join(_line(source, frame.lineno) for frame in found[-3:])


def _line(source: str, number: int | None) -> str:
    lines = source.split("\n")
    if not number or not 0 < number <= len(lines):
        return ""
    return f"line {number}: {lines[number - 1].strip()}"


def _display(shell, box: Box) -> None:
    shell.display_pub.publish({"text/plain": repr(box), "text/html": box._repr_html_()}, {})
