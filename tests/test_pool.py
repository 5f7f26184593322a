"""Work shared over real processes: order, errors, a killed worker, Ctrl-C, and no worker that outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from osnet_edu import Refused
from osnet_edu.machine import pool

ROOT = Path(pool.__file__).parents[2]


def squared(job):
    return job**2, os.getpid()


def added(job, prepared):
    base, process = prepared
    return base + job, process


def base(value):
    return value, os.getpid()


def late(job):
    time.sleep(0.5 if job == 0 else 0)
    return job


def broken(job):
    if job == 2:
        raise Refused("job 2 cannot be")
    return job


def unprepared():
    raise Refused("there is nothing to prepare")


def dies(job):
    if job == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def long(job, *, where):
    """Marks each of its steps; ends at the first check after nobody wants it any more."""
    for step in range(600):
        pool.check_wanted()
        (Path(where) / f"{job}-{step}").touch()
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2, None])
def test_results_come_in_the_order_of_the_jobs_whoever_makes_them(workers):
    with pool.results(squared, range(7), workers) as results:
        found = list(results)
    assert [value for value, _ in found] == [0, 1, 4, 9, 16, 25, 36]
    here = {process == os.getpid() for _, process in found}
    assert here == {(workers or os.cpu_count()) == 1}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_prepared_is_prepared_once_in_each_process(workers):
    with pool.results(added, range(6), workers, prepare=partial(base, 100)) as results:
        found = list(results)
    assert [value for value, _ in found] == [100, 101, 102, 103, 104, 105]
    assert len({process for _, process in found}) <= workers


def test_results_may_come_as_they_are_done():
    with pool.results(late, range(3), 2, ordered=False) as results:
        assert next(results) != 0


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_work_comes_as_it_is(workers):
    with pytest.raises(Refused, match="job 2 cannot be"), pool.results(broken, range(5), workers) as results:
        assert [next(results), next(results)] == [0, 1]
        list(results)
    with (
        pytest.raises(Refused, match="nothing to prepare"),
        pool.results(added, range(5), workers, prepare=unprepared) as results,
    ):
        list(results)


def test_no_jobs_are_no_work_and_no_workers_are_refused():
    with pool.results(squared, (), 2, prepare=unprepared) as results:
        assert list(results) == []
    with pytest.raises(Refused, match="workers must be 1 or more, got 0"), pool.results(squared, (1,), 0):
        pass


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_worker_is_a_sentence_of_the_system_s_kin():
    with pytest.raises(pool.WorkerLost, match="one of 2 worker processes was ended from outside") as lost:
        with pool.results(dies, range(4), 2) as results:
            list(results)
    assert isinstance(lost.value, OSError) and "fewer --workers" in str(lost.value)


def test_leaving_the_block_ends_the_work_before_anything_else_happens(tmp_path):
    class Enough(Exception):
        pass

    start = time.monotonic()
    with pytest.raises(Enough), pool.results(partial(long, where=tmp_path), range(4), 2):
        while len(list(tmp_path.iterdir())) < 6:
            time.sleep(0.01)
        raise Enough
    left = len(list(tmp_path.iterdir()))
    assert time.monotonic() - start < 25  # the work would take 60 s
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == left


PARENT = """
import signal, sys
from functools import partial
sys.path.insert(0, sys.argv[2])
from osnet_edu.machine import pool
from test_pool import long
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pool.results(partial(long, where=sys.argv[1]), range(4), 2) as results:
        list(results)
"""


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such signals to send to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_a_parent_that_is_stopped_or_killed(tmp_path, number):
    script, marks = tmp_path / "parent.py", tmp_path / "marks"
    script.write_text(PARENT)
    marks.mkdir()
    command = [sys.executable, str(script), str(marks), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while len(list(marks.iterdir())) < 6 and process.poll() is None:
            time.sleep(0.01)
        # Ctrl-C in a terminal goes to the workers as well.
        os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
        process.communicate(timeout=120)
    assert process.returncode == -number
    time.sleep(1)
    left = len(list(marks.iterdir()))
    time.sleep(0.5)
    assert len(list(marks.iterdir())) == left < 1000


@pytest.mark.parametrize(
    ("rest", "cause"),
    [("", ""), ("raise KeyError('a bug of the script')", "KeyError: 'a bug of the script'")],
    ids=["no main guard", "a script that fails when a worker loads it"],
)
def test_a_script_that_workers_cannot_load_is_told_of_the_main_guard(tmp_path, rest, cause):
    start = "with pool.results(abs, [-1, -2, -3], 2) as found:\n    print(list(found))\n"
    guarded = f'if __name__ == "__main__":\n    {start.replace(chr(10), chr(10) + "    ")}\n'
    script = tmp_path / "mine.py"
    script.write_text(
        f"from osnet_edu.machine import pool\n{guarded if rest else start}" + (f"else:\n    {rest}\n" if rest else "")
    )
    done = subprocess.run([sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert done.returncode == 1 and "could not load mine.py before its first job" in done.stderr
    assert 'the line `if __name__ == "__main__":`, the main guard' in done.stderr and cause in done.stderr
    assert "bootstrapping phase" not in done.stderr and done.stdout == ""
