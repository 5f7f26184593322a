"""Maps graded by a student: the numbers are those of `marks` and `badge`, and what is not there is refused."""

import numpy as np
import pytest
import torch
from planted_cases import H, W, planted

from osnet_edu import osnet
from osnet_edu.embed import normalise
from osnet_edu.explain import METHODS, embed, similarity
from osnet_edu.grading import marks
from osnet_edu.widgets import MapGrader


@pytest.fixture(scope="module")
def cases():
    return planted()


@pytest.fixture
def widget(cases):
    torch.manual_seed(0)
    return MapGrader(osnet(0.25, gate_hidden=4).eval(), cases)


def test_the_first_case_of_a_part_is_shown_and_graded(widget, cases):
    assert [name for name, _ in widget.parts] == ["top color", "hat", "strap"]
    assert widget.parts[0][1] == "colour of the top" and "occlusion" not in widget.methods
    widget.part, widget.method = "hat", "integrated gradients"
    query, image = (normalise(photos[3:4]) for photos in (cases.query, cases.negative))
    alike = similarity(embed(widget._model, query))
    heat = METHODS["integrated gradients"](widget._model, image, alike)[0]
    assert np.allclose(widget.heat, heat, atol=1e-7)
    graded = marks.grade(heat, cases.truth[3], against=True)
    assert [(bar["name"], bar["value"]) for bar in widget.grades] == [
        ("rank accuracy", pytest.approx(graded.rank, abs=1e-3)),
        ("mass", pytest.approx(graded.mass, abs=1e-4)),
    ]
    assert widget.grades[0]["chance"] == 20 * 16 / (H * W)
    assert [photo["mark"] for photo in widget.photos] == ["", "✗", "✓"]


def test_a_difference_that_is_not_noticed_hatches_every_map(widget):
    widget.part = "strap"  # nothing differs
    for method in ("gradient", "Grad-CAM"):
        widget.method = method
        assert widget.hatched and "There is nothing to find" in widget.verdict
    assert "does not notice it" in widget.answer and "0.000 more similar" in widget.measured


def test_what_is_not_there_is_refused(widget):
    before = widget.part, widget.method, widget.verdict
    widget.set_state({"part": "nose"})
    assert "part" in widget.problem and "nose" in widget.problem
    widget.set_state({"method": "segment exchange"})
    assert "method" in widget.problem and (widget.part, widget.method, widget.verdict) == before
