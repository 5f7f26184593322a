"""Work shared over processes: results as they come, one answer to Ctrl-C, and no worker that outlives its parent.

    with pool.results(shoot, jobs, workers) as results:
        for done, found in enumerate(results, start=1):
            progress(done, len(jobs))

Leaving the block, also by an error, ends the work: workers finish what `pool.check_wanted` does not interrupt, and only
then does the block end, so that nobody writes any more.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from ..refused import Refused

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


UNGUARDED = 3  # exit code of a worker whose script would start workers in its turn


class WorkerLost(ChildProcessError):
    """A worker ended without a word; the text is a sentence."""


class GivenUp(Exception):
    """Nobody wants this worker's result any more."""


@contextmanager
def results(
    work: Callable[..., _Result],
    jobs: Sequence[_Job],
    workers: int | None = None,
    *,
    prepare: Callable[[], Any] | None = None,
    ordered: bool = True,
) -> Iterator[Iterator[_Result]]:
    """The results of work(job) for all jobs, to be iterated over inside the block.

    work, prepare, jobs: can be pickled, as what a module defines.  workers: processes, None is one a core; with 1, or
    with a single job, all is done in this process.  prepare: called once in each process before its first job; then
    work(job, prepared) is called.  ordered: in the order of the jobs, else as they are done.
    Raises: what work and prepare raise; WorkerLost where a worker was killed; Refused for fewer than one worker, and
    for a script whose workers cannot load it, as without a main guard.
    """
    if workers is not None and workers < 1:
        raise Refused(f"workers must be 1 or more, got {workers}")
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        made = (prepare(),) if prepare and jobs else ()
        yield (work(job, *made) for job in jobs)
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(UNGUARDED)  # a worker that loads the caller's script runs it again: the caller says what is missing
    context = _Context()
    given_up, begun = context.RawValue("b", 0), context.RawValue("b", 0)  # no lock: a killed worker would keep it
    executor = ProcessPoolExecutor(workers, context, _begin, (given_up, begun, work, prepare))

    @contextmanager
    def in_words() -> Iterator[None]:
        try:
            yield
        except BrokenProcessPool as error:
            executor.shutdown(wait=True, cancel_futures=True)  # now all exit codes are known
            if not begun.value and any((process.exitcode or 0) > 0 for process in context.started):
                raise _unguarded() from None
            raise WorkerLost(
                f"one of {workers} worker processes was ended from outside, as happens when memory runs out; "
                "fewer --workers need less of it"
            ) from error

    try:
        with in_words():
            futures = [executor.submit(_do, job) for job in jobs]
        yield _found(futures, in_words, ordered)
    finally:
        given_up.value = 1
        executor.shutdown(wait=True, cancel_futures=True)


class _Context(SpawnContext):
    """Starts fresh processes, and keeps them, since their exit codes tell why they ended.

    Not forks: the caller may hold threads, and macOS and Windows know no other way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args, **options) -> SpawnProcess:  # type: ignore[override]  # there it is the class itself
        self.started.append(SpawnProcess(*args, **options))
        return self.started[-1]


def _found(futures: Sequence[Future], in_words: Callable, ordered: bool) -> Iterator:
    for future in futures if ordered else as_completed(futures):
        with in_words():
            result = future.result()
        yield result


def _unguarded() -> Refused:
    script = getattr(sys.modules["__main__"], "__file__", None)
    name = Path(script).name if script else "the script"
    return Refused(
        f"a worker process could not load {name} before its first job. Each worker loads the script that starts it, so "
        'the script must start its work below the line `if __name__ == "__main__":`, the main guard'
    )


def check_wanted() -> None:
    """To be called between the steps of long work.  Raises: GivenUp, in a worker whose result nobody wants any more."""
    if _given_up is not None and _given_up.value:
        raise GivenUp


# --- in a worker ------------------------------------------------------------------------------------------------------

_given_up = None  # shared with the parent: not 0 once nobody wants the results any more
_work: Callable
_prepare: Callable | None = None
_prepared: tuple = ()


def _begin(given_up, begun, work: Callable, prepare: Callable | None) -> None:
    """Ctrl-C is for the parent to answer, and no worker outlives it."""
    global _given_up, _work, _prepare
    _given_up, _work, _prepare = given_up, work, prepare
    begun.value = 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(multiprocessing.parent_process(),), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _do(job: object) -> object:
    global _prepared
    check_wanted()
    if _prepare and not _prepared:  # here, so that what it raises reaches the parent as it is
        _prepared = (_prepare(),)
    return _work(job, *_prepared)
