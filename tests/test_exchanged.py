"""The exchange beside its rivals and controls, on a few real cases and the shipped weights."""

from dataclasses import fields, replace

import numpy as np
import pytest

from osnet_edu import Refused
from osnet_edu.embed import MANY, embedder_for
from osnet_edu.experiments import EXPERIMENTS
from osnet_edu.explain import exchange
from osnet_edu.grading import exchanged, frozen, graded
from osnet_edu.network import weights


@pytest.fixture(scope="module")
def shipped():
    return weights.shipped()


@pytest.fixture(scope="module")
def cases(shipped):
    """Two cases that the network notices, a top and a bottom of another colour."""
    some = frozen.render(frozen.TUNING, families=1)
    some = replace(some, **{f.name: getattr(some, f.name)[:2] for f in fields(some)})
    seen = frozen.noticed(embedder_for(shipped.model, photos=8, size=shipped.size), some).seen
    assert seen.all()
    return some


def test_each_row_asks_what_its_name_says(shipped, cases):
    told = []
    found = exchanged.measure_exchange(shipped, cases, lambda *done: told.append(done))
    rows = found.methods
    assert list(rows) == ["segment exchange", "segment occlusion", "gradient x activation", "the same view",
                          "an untrained network", "another family's query"]  # fmt: skip
    assert told == [(k + 1, 12) for k in range(12)]
    embed = embedder_for(shipped.model, photos=MANY, size=shipped.size)
    everything = np.ones(2, bool)

    def own(query, photo):
        return exchange.against(embed, query, photo)

    for name, some, same in (
        (exchanged.BY_EXCHANGE, cases, False),
        (exchanged.IN_SAME_VIEW, cases, True),
        (exchanged.OTHER_QUERY, replace(cases, query=cases.query[::-1]), False),
    ):
        again = graded.of(own, some, everything, same_view=same)
        assert np.allclose(rows[name].rank, again.rank, atol=0.02), name
    text = str(found)
    assert "2 of 2 differences noticed" in text and found.name in text
    assert f"{rows[exchanged.BY_EXCHANGE].mean().value:.2f}" in text


def test_the_command_knows_it():
    assert EXPERIMENTS["exchange"].load() is exchanged.run and EXPERIMENTS["exchange"].load_own() is exchanged.run_own


def test_a_network_that_notices_nothing_is_told_so(shipped, cases):
    same = replace(cases, negative=cases.same)  # no difference at all
    with pytest.raises(Refused, match="notices none of the 2 differences"):
        exchanged.measure_exchange(shipped, same)
