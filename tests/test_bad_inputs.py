"""Hundreds of bad and hostile inputs: each ends in a sentence, in a right result, or in a skip that is said."""

import pytest
from bad_inputs import every
from bad_inputs.outcome import GOOD, run

CASES = list(every.cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.door}: {case.name}")
def test_it_ends_well(case):
    ended = run(case)
    assert ended.how in GOOD, f"{ended.how}: {ended.says}"


def test_there_are_hundreds_over_every_door_and_no_name_stands_twice():
    names = [(case.door, case.name) for case in CASES]
    assert len(names) >= 1000 and len(set(names)) == len(names)
