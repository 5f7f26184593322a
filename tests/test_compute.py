"""How many threads a call computes with: measured, never more than allowed, and given back."""

import time

import pytest
import torch

from osnet_edu.machine import compute


@pytest.fixture(autouse=True)
def two_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(compute, "_steady", compute.Steady())
    yield
    torch.set_num_threads(before)


def slow_with(threads: int):
    """Work that takes longer with this number of threads."""
    return lambda: time.sleep(0.02 if torch.get_num_threads() == threads else 0.001)


@pytest.mark.parametrize(("slow", "expected"), [(2, 1), (1, 2)])
def test_the_faster_number_of_threads_is_taken_and_given_back(slow, expected):
    with compute.steadily(slow_with(slow)):
        assert torch.get_num_threads() == expected
    assert torch.get_num_threads() == 2


def test_it_is_given_back_after_an_error_too():
    with pytest.raises(RuntimeError, match="planted"), compute.steadily(slow_with(2)):
        raise RuntimeError("planted")
    assert torch.get_num_threads() == 2


def test_what_was_found_holds_for_a_while_and_is_measured_again_when_it_is_stale():
    tried = []
    with compute.steadily(lambda: tried.append(1)):
        pass
    first = len(tried)
    with compute.steadily(lambda: tried.append(1)):
        pass
    assert len(tried) == first > 1
    with compute.steadily(lambda: tried.append(1), stale=0.0):
        pass
    assert len(tried) > first


def test_one_allowed_thread_is_taken_without_a_trial():
    torch.set_num_threads(1)
    with compute.steadily(lambda: pytest.fail("nothing to choose")):
        assert torch.get_num_threads() == 1


def test_a_way_that_is_hopeless_at_first_is_not_tried_again():
    calls = {1: 0, 2: 0}

    def work():
        calls[torch.get_num_threads()] += 1
        time.sleep(0.1 if torch.get_num_threads() == 2 else 0.002)

    ways = [compute.Compute(threads=1), compute.Compute(threads=2)]
    found = compute.fastest_first(lambda way: work, ways, seconds=0.1, hopeless=5)
    assert [timing.compute.threads for timing in found] == [1, 2]
    assert calls[2] == 1 and calls[1] > 5 and found[1].rate == pytest.approx(10, rel=0.2)
