"""Run a student's code so that the kernel outlives it: a time limit, an output limit, and builtins put back.

The time limit works on every system, without signals. The code is read as a tree, and a tick is put at the start of
every loop, function, `except` and `finally`; a tick past the deadline raises TimeUp. Because the handlers tick as well,
`while True` around `try: ... except: pass` ends too. The tick is a constant of the compiled code, not a name: it
cannot be deleted or shadowed, shows up in no namespace, and costs a comparison where no deadline runs.

Python code that is not the cell's own (a function of an earlier cell, `exec`) carries no ticks. For it a second thread
waits a little longer and has TimeUp raised in the first, again and again; and last it sends an interrupt, which also
ends a sleep. A loop inside compiled code (`list(itertools.count())`, one huge matrix product) cannot be stopped from
inside the process. Then `on_stuck` is called to say so: interrupt or restart the kernel. A crash inside compiled
code (a segmentation fault, as `ctypes.string_at(0)` makes one) ends the kernel with all its variables. Nothing here can
prevent that, because the code has to run in the process that holds them; JupyterLab says that the kernel has died.
"""

import _thread
import ast
import builtins
import ctypes
import functools
import os
import signal
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

_PLACEHOLDER = "a tick of the exercise's clock"
_NAMES = builtins.__dict__


class TimeUp(BaseException):
    """The time limit is over. It is not an Exception, so an ordinary `except Exception` does not catch it."""


class Builtins:
    """Restores afterwards what was there before: with Builtins(): ...

    Put back are the builtins, the functions of NumPy, PyTorch and this package (an answer that replaces np.allclose
    would make every wrong answer right), the limit of recursion, and how NumPy and PyTorch treat numbers.
    It is a class and not a generator, because its exit must work even if no builtin name is left.
    """

    def __enter__(self):
        self.kept = dict(_NAMES)
        self.modules = [(module.__dict__, module.__dict__.copy()) for module in _modules()]
        self.recursion = sys.getrecursionlimit()
        self.numbers = _numbers()
        return self

    def __exit__(self, *error, _restore=sys.setrecursionlimit):
        _NAMES.update(self.kept)
        _restore(self.recursion)
        for names, kept in self.modules:
            names.update(kept)
        self.numbers()


_KEPT = ("math", "random", "numpy", "numpy.linalg", "torch", "torch.nn", "torch.nn.functional")


def _modules() -> tuple[types.ModuleType, ...]:
    return _modules_among(len(sys.modules))


@functools.lru_cache(maxsize=1)
def _modules_among(_how_many: int) -> tuple[types.ModuleType, ...]:
    """The modules to restore, looked up again after an import: a check asks for them at every call."""
    ours = __package__.partition(".")[0]
    names = [name for name in list(sys.modules) if name in _KEPT or name.partition(".")[0] == ours]
    return tuple(module for name in names if isinstance(module := sys.modules[name], types.ModuleType))


def _numbers() -> Callable[[], None]:
    """A function that restores how NumPy reports overflow, and PyTorch's default type and gradient mode."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    put = []
    if numpy:
        put.append(functools.partial(numpy.seterr, **numpy.geterr()))
    if torch:
        put.append(functools.partial(torch.set_default_dtype, torch.get_default_dtype()))
        put.append(functools.partial(torch.set_grad_enabled, torch.is_grad_enabled()))

    def back() -> None:
        for function in put:
            function()

    return back


def text_of(error: BaseException) -> str:
    """The text of an exception; a student's own exception may raise while it makes its text."""
    try:
        return str(error)
    except TimeUp:
        raise
    except BaseException:
        return "(its own text cannot be shown: its __str__ raises)"


class _Watched:
    """One call under a clock.  closing: set by the call's thread; after that no exception is pushed into it."""

    def __init__(self):
        self.thread, self.closing = threading.get_ident(), False
        self.lock, self.done = threading.Lock(), threading.Event()

    def push(self, kind: type[BaseException] | None) -> None:
        """Have an exception raised in the call's thread at its next step; None takes one back that has not come yet."""
        raised = None if kind is None else ctypes.py_object(kind)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), raised)

    def stop(self) -> None:
        with self.lock:
            self.done.set()
            self.push(None)


class Clock:
    """A deadline for calls in this thread: Clock(5.0).call(work) raises TimeUp inside work after 5 seconds.

    worked: count seconds of this thread's own work, so that a busy machine cannot end it early; else wall-clock time.
    tick: what compile_ticking puts into code.  on_stuck: called from another thread where nothing helps.
    over: whether the time of the last call was over, also where its code swallowed TimeUp.
    """

    PATIENCE = 3  # times so long on the wall, where work is counted
    GRACE, AGAIN, STUCK = 0.3, 0.2, 2.0  # seconds after the deadline: first push, every further one, interrupt

    def __init__(self, seconds: float, on_stuck: Callable[[], None] | None = None, *, worked: bool = False):
        self.seconds, self.on_stuck, self.worked = seconds, on_stuck, worked
        self.ends: float | None = None
        self.over = False

    def again(self, seconds: float, *, worked: bool = False) -> "Clock":
        """Start the same clock again; its ticks are in the code already."""
        self.seconds, self.worked = seconds, worked
        return self

    def _now(self) -> float:
        return time.thread_time() if self.worked else time.monotonic()

    def tick(self) -> bool:
        """True while there is time.  Raises: TimeUp afterwards."""
        if self.ends is not None and self._now() > self.ends:
            self.over = True
            raise TimeUp
        return True

    def call(self, work: Callable[[], Any]) -> Any:
        """What work() returns.  Raises: TimeUp when the time is over, and whatever work raises.

        A method and not a `with` block: a push may come before the first line of __exit__, which would then stop
        nobody. Here the first step after the work is an assignment, before which nothing can come, and a push that
        was under way at that moment is caught.
        """
        watched = _Watched()
        self.over = False
        self.ends = self._now() + self.seconds
        watch = threading.Thread(target=self._watch, args=(watched,), daemon=True, name="exercise clock")
        try:
            watch.start()
            return work()
        except KeyboardInterrupt:
            if self.over:
                raise TimeUp from None  # our own interrupt, not the student's
            raise
        finally:
            watched.closing = True
            self.ends = None
            try:
                watched.stop()
            except (TimeUp, KeyboardInterrupt):
                try:  # a push and an interrupt may both have been under way
                    watched.stop()
                except (TimeUp, KeyboardInterrupt):
                    watched.stop()

    def _watch(self, watched: _Watched) -> None:
        wait, sent, told = self.seconds * (self.PATIENCE if self.worked else 1) + self.GRACE, 0, False
        while not watched.done.wait(wait):
            wait = self.AGAIN
            with watched.lock:
                if watched.closing or watched.done.is_set():
                    return
                self.over = True
                late = sent * self.AGAIN
                watched.push(TimeUp)
                if sent and late >= self.STUCK and sent % 10 == 0 and not told:
                    _interrupt(watched.thread)
                sent += 1
            if late >= 2 * self.STUCK and not told:
                told = True
                if self.on_stuck:
                    self.on_stuck()


def _interrupt(thread: int) -> None:
    """The same as Ctrl-C: it ends a sleep or a wait, if it reaches the main thread."""
    if thread != threading.main_thread().ident or signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
        return
    if os.name == "nt":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)


class _Ticks(ast.NodeTransformer):
    """Puts a tick wherever code can run more than once."""

    def _tick(self, node: ast.AST) -> ast.Call:
        return ast.copy_location(ast.Call(ast.copy_location(ast.Constant(_PLACEHOLDER), node), [], []), node)

    def _before(self, body: list[ast.stmt], *, docstring: bool = False) -> list[ast.stmt]:
        skip = int(docstring and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant))
        tick = ast.copy_location(ast.Expr(self._tick(body[0])), body[0])
        return [*body[:skip], tick, *body[skip:]]

    def _loop(self, node):
        self.generic_visit(node)
        node.body = self._before(node.body)
        return node

    def _function(self, node):
        self.generic_visit(node)
        node.body = self._before(node.body, docstring=True)
        return node

    def _try(self, node):
        self.generic_visit(node)
        if node.finalbody:
            node.finalbody = self._before(node.finalbody)
        return node

    visit_While = visit_For = visit_AsyncFor = visit_ExceptHandler = _loop
    visit_FunctionDef = visit_AsyncFunctionDef = _function
    visit_Try = visit_TryStar = _try

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.ifs.insert(0, self._tick(node.iter))
        return node


def compile_ticking(tree: ast.Module | ast.Expression, filename: str, tick: Callable[[], bool]) -> types.CodeType:
    """Compile a tree with ticks in it."""
    mode = "eval" if isinstance(tree, ast.Expression) else "exec"
    tree = ast.fix_missing_locations(_Ticks().visit(tree))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'str' object is not callable", SyntaxWarning)
        return _with_tick(compile(tree, filename, mode, dont_inherit=True), tick)


def _with_tick(code: types.CodeType, tick: Callable[[], bool]) -> types.CodeType:
    def put(constant):
        if isinstance(constant, types.CodeType):
            return _with_tick(constant, tick)
        return tick if isinstance(constant, str) and constant == _PLACEHOLDER else constant

    return code.replace(co_consts=tuple(map(put, code.co_consts)))


class Capped:
    """A stream that passes on the first `most` characters and `lines` lines of what is written, and drops the rest."""

    def __init__(self, stream, room: "Room"):
        self._stream, self._room = stream, room

    def write(self, text: str) -> int:
        if passed := self._room.take(text):
            self._stream.write(passed)
        return len(text)

    @property
    def cut(self) -> bool:
        """Whether something was dropped."""
        return self._room.cut

    def writelines(self, lines) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


class Room:
    """How much a cell may still print and show.  cut: whether something was dropped."""

    def __init__(self, characters: int = 4000, lines: int = 80, displays: int = 12):
        self.characters, self.lines, self.displays = characters, lines, displays
        self.cut = False

    def take(self, text: str) -> str:
        """The start of a text, as much as there is room for."""
        kept = text[: self.characters]
        rows = kept.split("\n")
        if len(rows) - 1 > self.lines:
            kept = "\n".join(rows[: self.lines]) + "\n"
        if self.lines <= 0:
            kept = ""
        self.characters -= len(kept)
        self.lines -= kept.count("\n")
        self.cut = self.cut or len(kept) < len(text)
        return kept

    def show(self) -> bool:
        """Whether one more picture or table may be shown."""
        self.displays -= 1
        self.cut = self.cut or self.displays < 0
        return self.displays >= 0


class Drained:
    """What is written straight to the files 1 and 2 (os.write, C code) goes through a room: with Drained(stream, room).

    stream: where what passes is written.  Where `stream` itself writes to those files, nothing is done.
    """

    def __init__(self, stream, room: Room):
        self._stream, self._room = stream, room
        self._kept: list[tuple[int, int]] = []

    def __enter__(self):
        try:
            direct = self._stream.fileno() in (1, 2)
        except (OSError, ValueError, AttributeError):  # a notebook's stream is not a file
            direct = False
        if direct:
            return self
        try:
            self._kept = [(number, os.dup(number)) for number in (1, 2)]
        except OSError:  # a program without them
            return self
        out, into = os.pipe()
        for number, _ in self._kept:
            os.dup2(into, number)
        os.close(into)
        self._found = bytearray()
        self._thread = threading.Thread(target=self._read, args=(out,), daemon=True, name="exercise output")
        self._thread.start()
        return self

    def _read(self, out: int) -> None:
        with open(out, "rb", buffering=0) as file:
            while some := file.read(65536):
                self._found += some[: max(0, 65536 - len(self._found))]

    def __exit__(self, *error):
        if not self._kept:
            return
        for number, kept in self._kept:
            os.dup2(kept, number)
            os.close(kept)
        self._thread.join(0.5)  # a process that the cell started may hold the other end for longer
        if passed := self._room.take(bytes(self._found).decode(errors="replace")):
            self._stream.write(passed)
