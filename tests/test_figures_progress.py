"""The progress line of a cell: late, true, and gone at the end."""

import time

from osnet_edu import figures


def test_quick_work_shows_nothing(capsys):
    update = figures.progress("embedding")
    for done in range(1, 51):
        update(done, 50)
    assert capsys.readouterr().out == ""


def test_slow_work_says_how_far_it_is_and_leaves_nothing(capsys):
    update = figures.progress("embedding", "step")
    update(1, 4)
    time.sleep(1.1)
    update(2, 4)
    shown = capsys.readouterr().out
    assert "embedding" in shown and "50%" in shown and "2/4" in shown
    update(4, 4)
    assert capsys.readouterr().out.split("\r")[-1].strip() == ""
    update(1, 2)  # the same function serves the next work
    update(2, 2)
