"""Pictures of differences and of overfitting say what the runs hold."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from osnet_edu import figures
from osnet_edu.network.siblings import find
from osnet_edu.trials.compare import PairedDifference


def line(key, published, value, half, verdict):
    difference = PairedDifference(key, "primary", "mean_ap", value, value - half, value + half, (), 1, 1, 0.5)
    return SimpleNamespace(row=find(key), published_difference=published, difference=difference, verdict=verdict)


LINES = [
    SimpleNamespace(row=find("primary"), published_difference=0.0, difference=None, verdict=""),
    line("T1", -13.3, -8.0, 2.0, "agrees"),
    line("full", 1.7, -3.0, 1.0, "contradicts"),
    line("addition", -2.8, 0.5, 2.0, "open"),
    line("se", np.nan, -4.0, 1.5, ""),
]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def marks(figure, colour):
    return [tuple(c.get_offsets()[0]) for c in figure.axes[0].collections if to_hex(c.get_edgecolor()[0]) == colour]


def test_differences_are_drawn_where_they_are():
    figure = figures.differences(LINES, reference="the omni-scale block", title="What changes?")
    shown, label = words(figure), figure.get_label()
    assert {"✓ agrees", "✗ contradicts", "? open", "9  T = 1", "–  SE-style"} <= set(shown)
    assert not any("-8.0" in word for word in shown)  # numbers stand in the description and behind a button
    assert not any("omni-scale block" == word for word in shown)  # the reference has no line
    assert "9  T = 1: paper -13.3, ours -8.0 [-10.0, -6.0], agrees" in label
    assert "SE-style: ours -4.0 [-5.5, -2.5]." in label
    ours, paper = marks(figure, figures.ONE)[1:], marks(figure, figures.TWO)[1:]  # the first is the key's
    assert (len(ours), len(paper)) == (4, 3)
    # One scale for both: the distances are those of the numbers.
    per_point = (ours[2][0] - ours[0][0]) / (0.5 + 8.0)
    assert (paper[1][0] - ours[0][0]) / per_point == pytest.approx(1.7 + 8.0)
    assert ours[0][1] < ours[1][1] < ours[2][1] < ours[3][1]


def test_differences_of_earlier_runs_stand_beside_their_own_row_only():
    earlier = {"T1": line("T1", 0, 7.0, 4.0, "").difference, "T2": line("T2", 0, 90.0, 1.0, "").difference}
    figure = figures.differences(
        LINES, reference="the omni-scale block", ours="long", earlier=earlier, earlier_is="short"
    )
    label = figure.get_label()
    assert "9  T = 1: paper -13.3, short +7.0 [+3.0, +11.0], long -8.0 [-10.0, -6.0], agrees" in label
    assert "SE-style: long -4.0" in label and "90" not in label  # T = 2 is no line
    assert {"short", "long, 95 % interval"} <= set(words(figure))
    rings = marks(figure, figures.ONE)[2:]  # the first two are the key's
    assert len(rings) == 5
    ring, dot, full = rings[:3]
    per_point = (full[0] - dot[0]) / (-3.0 + 8.0)
    assert (ring[0] - dot[0]) / per_point == pytest.approx(15.0) and ring[1] < dot[1] < full[1]


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="at least one line with a difference"):
        figures.differences(LINES[:1], reference="x")


def point(people, seen, unseen):
    gap = tuple(np.subtract(seen, unseen))
    return SimpleNamespace(people=people, seen=seen, unseen=unseen, gap=gap)


KINDS = {
    "Lite 3x3": [point(25, (90.0, 92.0), (10.0, 12.0)), point(50, (80.0, 80.0), (20.0, 22.0))],
    "full 3x3": [point(25, (95.0, 97.0), (10.0, 12.0)), point(50, (85.0, 87.0), (24.0, 26.0))],
}


def test_overfitting_draws_seen_unseen_and_gap():
    figure = figures.overfitting(KINDS, title="Less?")
    assert "Lite 3x3, 25 people: seen 91, unseen 11, gap 80" in figure.get_label()
    heads = {"mAP, people seen in training", "mAP, people never seen", "gap: seen minus unseen"}
    assert heads | {"people to train on", "Lite 3x3", "full 3x3", "25", "50"} <= set(words(figure))
    lite, full = (marks(figure, colour)[1:] for colour in (figures.ONE, figures.TWO))  # the first is the key's
    assert len(lite) == len(full) == 6  # two numbers of people: seen, unseen and gap
    per_point = (lite[1][1] - lite[0][1]) / (91 - 80)  # of the seen; y runs down
    assert lite[2][1] - lite[0][1] == pytest.approx((91 - 11) * per_point)
    assert lite[4][1] - full[4][1] == pytest.approx((85 - 80) * per_point)  # of the gap: one scale in all panels


def test_unequal_kinds_are_refused():
    with pytest.raises(ValueError, match="two kinds"):
        figures.overfitting({"Lite 3x3": KINDS["Lite 3x3"]})
    with pytest.raises(ValueError, match="the same numbers of people"):
        figures.overfitting({"a": KINDS["Lite 3x3"], "b": KINDS["full 3x3"][:1]})


@pytest.mark.parametrize(
    "figure", [figures.differences(LINES, reference="the omni-scale block", title="x"), figures.overfitting(KINDS)]
)
def test_no_words_leave_the_page(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for text in figure.findobj(Text):
        if text.get_text():
            box = text.get_window_extent(canvas.get_renderer())
            assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, text.get_text()
