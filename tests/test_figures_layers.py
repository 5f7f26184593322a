"""What layers cost and what streams see: the bars are as long as the numbers say."""

from types import SimpleNamespace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

from osnet_edu import Refused, colours, figures


def part(parameters, multiply_adds):
    return SimpleNamespace(parameters=parameters, multiply_adds=multiply_adds)


LAYERS = {  # two parts of a Lite layer, whose sums are 4,672 and 17,536 weights
    "64 channels": ([part(36_864, 75_497_472)], [part(4_096, 8_388_608), part(576, 1_179_648)]),
    "128 channels": ([part(147_456, 18_874_368)], [part(16_384, 2_097_152), part(1_152, 147_456)]),
}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def bars(figure, style):
    return [p.get_width() for p in figure.axes[0].patches if to_hex(p.get_facecolor()) == style.colour.light][1:]


def test_bars_of_layers_are_as_long_as_their_prices():
    figure = figures.layer_costs(LAYERS, title="Full or Lite?")
    label = "Full or Lite? Full 3x3 and Lite 3x3. 64 channels: weights 36,864 and 4,672, multiply-adds 75.5 M and 9.6 M"
    assert figure.get_label().startswith(label)
    assert {"weights", "multiply-adds", "147,456", "17,536", "18.9 M", "7.9", "8.4"} <= set(words(figure))
    full, lite = bars(figure, colours.FULL), bars(figure, colours.LITE)  # the first of each is the key's
    assert full[0] / full[1] == pytest.approx(36_864 / 147_456) and lite[1] / full[1] == pytest.approx(17_536 / 147_456)
    assert full[3] / full[2] == pytest.approx(18_874_368 / 75_497_472) and full[1] == pytest.approx(full[2])
    hatched = [p.get_hatch() for p in figure.axes[0].patches if to_hex(p.get_facecolor()) == colours.FULL.colour.light]
    assert set(hatched) == {"////"}


def test_the_bars_of_layers_as_numbers():
    lines = figures.layer_costs_numbers(LAYERS).splitlines()
    assert lines[0].split("  ")[-1] == "times less" and "Lite multiply-adds" in lines[0]
    assert lines[1].split() == ["64", "channels", "36,864", "4,672", "75,497,472", "9,568,256", "7.9"]
    with pytest.raises(Refused, match="at least one layer"):
        figures.layer_costs({})


def field(block, stream, shortest, longest):
    return SimpleNamespace(block=block, stream=stream, step=4, shortest=shortest, longest=longest)


FIELDS = [field("conv2.0", 1, 19, 19), field("conv2.0", 2, 27, 27), field("conv2.1", 1, 19, 51)]
FIELDS += [field("conv2.1", 2, 27, 260)]
TRAINED = {"trained": (colours.TRAINED, [10, 20, 30, 40])}


def test_a_stream_is_a_bar_from_its_shortest_to_its_longest_path():
    figure = figures.stream_fields(FIELDS, photo=(256, 128), marks=TRAINED, title="Seen")
    assert "conv2.1 stream 2: 27 to 260, trained 40. The photo: 256 x 128." in figure.get_label()
    bars = [line for line in figure.axes[0].lines if line.get_linewidth() == 3]
    lengths = [line.get_xdata()[1] - line.get_xdata()[0] for line in bars]
    assert lengths[0] == lengths[1] == 0 and lengths[3] / lengths[2] == pytest.approx(233 / 32)
    assert [line.get_color() for line in bars[:2]] == [style.colour.light for style in colours.STREAMS[:2]]
    dashed = {line.get_xdata()[0] for line in figure.axes[0].lines if line.is_dashed()}
    per_pixel = lengths[2] / 32
    assert max(dashed) - min(dashed) == pytest.approx(128 * per_pixel)
    marks = [c for c in figure.axes[0].collections if to_hex(c.get_edgecolor()[0]) == colours.TRAINED.colour.light]
    places = [c.get_offsets()[0][0] for c in marks[:-1]]  # the last is the key's
    assert places[3] - places[0] == pytest.approx(30 * per_pixel)
    assert {"photo's width, 128", "photo's height, 256", "stream 2", "trained"} <= set(words(figure))


def test_fields_that_are_no_table_are_refused():
    for fields, marks in (([], {}), (FIELDS[:3], {}), (FIELDS[::-2] + FIELDS[::2], {}), (FIELDS, {"x": (None, [1])})):
        with pytest.raises(Refused, match="block by block"):
            figures.stream_fields(fields, photo=(256, 128), marks=marks)


@pytest.mark.parametrize(
    "figure", [figures.layer_costs(LAYERS, title="x"), figures.stream_fields(FIELDS, photo=(256, 128), marks=TRAINED)]
)
def test_no_words_leave_the_page(figure):
    renderer = FigureCanvasAgg(figure).get_renderer()
    for text in figure.findobj(Text):
        if text.get_text():
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0 and box.x1 <= figure.bbox.width, text.get_text()
            assert box.y0 >= 0 and box.y1 <= figure.bbox.height, text.get_text()
    assert figure.get_figwidth() * figures.CSS <= 800
