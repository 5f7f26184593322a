"""Pictures say what the records hold, to the eye and to a screen reader, on white and on black."""

import base64
import re
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from osnet_edu import Refused, explain, figures
from osnet_edu.embed import Embedding
from osnet_edu.explain.gates import GateReading
from osnet_edu.figures.heat import overlay
from osnet_edu.figures.paper import DARK, wide
from osnet_edu.photos import market
from osnet_edu.retrieval import mining


def noise(count, height=128, width=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def drawn(figure):
    """The light and the dark picture of a figure, as arrays."""
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", figures.show(figure).data)
    return [np.asarray(Image.open(BytesIO(base64.b64decode(p))).convert("RGB")) for p in pictures]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def edges(figure, colour):
    return [p for p in figure.axes[0].patches if to_hex(p.get_edgecolor()) == colour and p.get_linewidth() > 1]


def find(picture, part):
    """Whether an image stands in a picture, pixel for pixel."""
    height, width = part.shape[:2]
    rows, columns = np.nonzero((picture == part[0, 0]).all(2))
    return any(np.array_equal(picture[y : y + height, x : x + width], part) for y, x in zip(rows, columns, strict=True))


# ---- show --------------------------------------------------------------------------------------------------------


def test_a_figure_is_one_img_with_alt_text_and_a_picture_for_each_theme():
    figure = figures.photos(noise(1), ["one"])
    shown = figures.show(figure, 'A "map" of <OSNet>').data
    assert shown.count("<img") == 1
    assert 'alt="A &quot;map&quot; of &lt;OSNet&gt;"' in shown
    light, dark = drawn(figure)
    assert light.shape == dark.shape
    assert (light[0] == 255).all() and (dark[0] == 0x11).all()
    # Where styles are stripped, the light picture is what remains.
    bare = re.sub(r"<style>.*</style>", "", shown)
    assert bare.count("base64,") == 1 and "data-jp-theme-light" not in bare
    assert 'data-jp-theme-light="false"' in shown


def test_showing_leaves_the_figure_as_it_was():
    figure = figures.photos(noise(2), ["one", "two"], same=[True, False])
    assert figures.show(figure).data == figures.show(figure).data
    assert to_hex(figure.get_facecolor()) == figures.PAPER
    assert {to_hex(text.get_color()) for text in figure.findobj(Text)} >= {figures.ORANGE, figures.BLUE}


def test_a_figure_from_elsewhere_gets_light_ink_on_black():
    figure = Figure((2, 1), facecolor="white")
    figure.text(0.1, 0.5, "black words", fontsize=20)
    light, dark = drawn_with(figure, "words")
    assert light.min() < 40 and light[0, 0].min() == 255
    assert dark.max() > 200 and dark[0, 0].max() == 0x11


def drawn_with(figure, alt):
    figure.set_label(alt)
    return drawn(figure)


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="needs alt text"):
        figures.show(Figure())
    with pytest.raises(ValueError, match="needs alt text"):
        figures.show(figures.photos(noise(1), ["one"]), "  ")


def test_no_global_state():
    code = "import sys, osnet_edu.figures; print('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# ---- photos ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "factor"), [((128, 64), 4), ((64, 32), 8), ((256, 128), 2)])
def test_a_pixel_stays_a_square(size, factor):
    image = noise(1, *size)
    picture, _ = drawn(figures.photos(image, ["noise"]))
    assert find(picture, np.kron(image[0], np.ones((factor, factor, 1), np.uint8)))


def test_same_and_other_are_marked_by_more_than_colour():
    figure = figures.photos(noise(3), ["a", "b", "c"], same=[True, False, None])
    (solid,), (dashed,) = edges(figure, figures.ORANGE), edges(figure, figures.BLUE)
    assert solid.get_linestyle() in ("-", "solid") and dashed.get_linestyle() not in ("-", "solid")
    assert words(figure).count("✓ same person") == words(figure).count("✗ other person") == 1
    assert figure.get_label() == "3 photos. a (same person); b (other person); c."


@pytest.mark.parametrize("images", [noise(2).astype(float), noise(2)[0], noise(2)[..., :1]])
def test_what_is_no_photo_is_refused(images):
    with pytest.raises(ValueError, match=r"expected photos \(N, H, W, 3\) of uint8"):
        figures.photos(images, ["a", "b"])


def test_a_caption_is_missing():
    with pytest.raises(ValueError, match="one caption and one mark for each of 2 photos"):
        figures.photos(noise(2), ["a"])


# ---- rankings and triplets ---------------------------------------------------------------------------------------


def test_a_ranking_says_who_is_found_where_and_what_was_left_out():
    figure = figures.ranking(
        noise(1)[0], noise(4), [False, True, False, True], [0.91, 0.9, 0.5, 0.123], left_out=2, query_caption="q"
    )
    assert "rank 2, 4." in figure.get_label() and "0.91 at rank 1 to 0.12 at rank 4" in figure.get_label()
    assert "2 photos of this person by the query's own camera" in figure.get_label()
    assert words(figure).count("✓ same person") == len(edges(figure, figures.ORANGE)) == 2
    assert words(figure).count("✗ other person") == len(edges(figure, figures.BLUE)) == 2
    assert "similarity 0.12" in words(figure)
    nobody = figures.ranking(noise(1)[0], noise(2), [False, False], [0.9, 0.8])
    assert "none of these ranks" in nobody.get_label() and "Left out" not in nobody.get_label()


@pytest.fixture
def embedded(tmp_path):
    """A query and a gallery whose features are directions in a plane: degrees are their distance."""

    def side(name, rows):
        photos, features = [], []
        for i, (person, camera, degrees) in enumerate(rows):
            path = tmp_path / name / market.format_name(person, camera, 1, i, 0)
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.full((128, 64, 3), 10 * i + 5, np.uint8)).save(path, quality=100)
            photos.append(market.parse_name(path))
            features.append([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        return Embedding(np.array(features, np.float32), tuple(photos))

    gallery = [(7, 1, 1), (7, 2, 60), (8, 1, 30), (-1, 2, 5), (0, 3, 45), (7, 3, 10)]
    return side("query", [(7, 1, 0)]), side("gallery", gallery)


def test_ranked_follows_the_market_rule(embedded):
    figure = figures.ranked(*embedded, 0)
    shown = [word for word in words(figure) if word.startswith("similarity")]
    assert shown == [f"similarity {np.cos(np.radians(a)):.2f}" for a in (10, 30, 45, 60)]
    assert "rank 1, 4." in figure.get_label() and "1 photo of this person" in figure.get_label()


def test_mined_draws_the_triplet(embedded):
    queries, gallery = embedded
    distances = 1 - queries.features @ gallery.features.T
    ids = (queries.people, gallery.people, queries.cameras, gallery.cameras)
    (case,) = mining.triplets(distances, *ids)
    figure = figures.mined(case, queries, gallery, title="Hard?")
    assert {"0.50", "0.87", "person 7, camera 2", "person 8, camera 1"} <= set(words(figure))
    assert {"query", "hard positive", "hard negative"} <= set(words(figure)) and "impostor" not in words(figure)
    assert figure.get_label().startswith("Hard? A query") and "the other person is closer" in figure.get_label()
    easy = figures.triplet(noise(3), (0.9, 0.4))
    assert "the same person is closer" in easy.get_label()


# ---- gates and heat ----------------------------------------------------------------------------------------------


def test_gates_show_means_above_and_changes_below():
    one = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.8, 0.2], [0.5, 0.9]], [[0.2, 0.8], [0.5, 0.5]]])
    reading = GateReading({"conv2.0": one, "conv2.1": one[:, ::-1]}, {}, {})
    figure = figures.gates(reading, ["query", "match", "impostor"])
    found = words(figure)
    assert found.count("0.70") == 2  # the mean that moved: once a block, in the match
    assert found.count("0.60") == 2 and found.count("0.28") == 2  # sqrt(.36) and sqrt(.16 / 2)
    assert found.count("0.00") == 4  # the impostor's gates are the query's
    average = (0.6 + 0.4 / 2**0.5) / 2
    assert f"match {average:.3f}, impostor 0.000" in figure.get_label()
    assert "at most 0.20" in figure.get_label()


def test_gates_that_do_not_move_are_drawn():
    still = GateReading({"conv2.0": np.full((2, 4, 3), 0.5)}, {}, {})
    assert "match 0.000" in figures.gates(still, ["query", "match"]).get_label()


def test_heat_is_blue_and_orange_and_leaves_the_photo_where_there_is_none():
    image = noise(1, 16, 8)[0]
    heat = np.zeros((16, 8))
    heat[2, 3], heat[9, 5] = 1, -1
    over = overlay(image, heat, 1.0)
    grey = 0.35 + 0.6 * (image @ np.array([0.299, 0.587, 0.114])) / 255
    still = heat == 0
    np.testing.assert_allclose(over[still], np.repeat(grey[still][:, None], 3, 1))
    red, _, blue = over[2, 3]
    assert red > 0.5 > blue
    red, _, blue = over[9, 5]
    assert blue > red and over[9, 5, 1] < 0.5
    assert figures.HEAT(0.5)[:3] == pytest.approx((0.95,) * 3, abs=0.01)


def test_heats_name_each_method_and_its_scale():
    rising = np.linspace(-1, 3, 128 * 64).reshape(128, 64)
    figure = figures.heats(noise(1)[0], {"integrated gradients": rising, "nothing": rising * 0}, title="Why?")
    expected = {"integrated", "gradients", "nothing", "speaks for", "speaks against", "full colour: ±3"}
    assert expected | {"below the noise", "All maps have one scale."} <= set(words(figure))
    assert "integrated gradients, 90% of the heat speaks for the match" in figure.get_label()
    with pytest.raises(ValueError, match=r"the map 'x' is \(2, 2\), the photo \(128, 64\)"):
        figures.heats(noise(1)[0], {"x": np.zeros((2, 2))})


def painted(figure) -> list[float]:
    """How far each map that is drawn leaves the grey: the largest gap between red and blue."""
    pictures = [np.asarray(image.get_array()) for image in figure.findobj(AxesImage)]
    maps = [picture for picture in pictures if picture.shape[:2] == (128, 64)]
    return [float(np.abs(picture[..., 0] - picture[..., 2]).max()) for picture in maps]


def test_one_scale_a_figure_keeps_a_faint_map_faint_and_noise_is_pale():
    grey = np.full((128, 64, 3), 128, np.uint8)
    heat = np.linspace(-1, 1, 128 * 64).reshape(128, 64)
    maps = {"strong": heat, "faint": heat / 100, "rounding": heat * 1e-10}
    _, strong, faint, rounding = painted(figures.heats(grey, maps))
    assert strong > 0.5 and faint < 0.15 and rounding < 0.01
    alone = painted(figures.heats(grey, maps, one_scale=False))[1:]
    assert alone[0] == pytest.approx(alone[1], abs=1e-6) and alone[2] < 0.01
    assert "rounding, 50% of the heat speaks for the match, which is below the noise and says nothing" in (
        figures.heats(grey, maps).get_label()
    )
    with pytest.raises(Refused, match="'x' holds numbers that are NaN"):
        figures.heats(grey, {"x": heat * np.nan})


def test_every_method_has_a_name_that_fits_its_column():
    for name in explain.METHODS:
        assert all(wide(word, 9.5) < 1.5 for word in name.split(" "))


def test_an_explained_pair_says_whose_photos_they_are():
    pair = [market.parse_name(market.format_name(person, 1, 1, 0, 0)) for person in (3, 4)]
    figure = figures.explained_pair(noise(2), pair, np.ones((128, 64)), "occlusion", 0.07)
    told = "0004_c1s1_000000_00.jpg speaks for 0003_c1s1_000000_00.jpg? (other person, similarity 0.07)"
    assert told in figure.get_label()


# ---- measurements ------------------------------------------------------------------------------------------------


def test_the_first_figure_reads_its_verdict_off_the_numbers():
    strangers = np.linspace(0, 0.5, 101)
    figure = figures.first_figure(
        np.stack([noise(3), noise(3)]), [[0.8, 0.7], [0.9, 0.3]], np.stack([strangers, strangers])
    )
    assert {"match and impostor both stand out", "only the match stands out", "impostor 0.30"} <= {
        word.lstrip("◇ ") for word in words(figure)
    }
    assert "Sharp: match 0.90, impostor 0.30" in figure.get_label()
    dots = figure.axes[0].collections[0].get_offsets()
    assert len(dots) == 101 and len(np.unique(dots, axis=0)) == 101  # one dot for each stranger, none on another
    with pytest.raises(ValueError, match="expected photos"):
        figures.first_figure(noise(3), [[1, 1]], strangers)


def test_intervals_lie_where_their_numbers_are():
    from osnet_edu.experiments.first_figure import Share

    figure = figures.intervals({"told apart": [Share(0.5, 0.25, 0.75), Share(1, 1, 1)]}, ["blurred", "sharp"])
    lines = {tuple(np.round(line.get_xdata(), 6)) for line in figure.axes[0].lines}
    grid = sorted(x[0] for x in lines if x[0] == x[1])
    assert (grid[1], grid[3]) in lines  # from the line of 25 % to that of 75 %
    assert figure.get_label() == "told apart: blurred 50% (25% to 75%), sharp 100% (100% to 100%)."
    with pytest.raises(ValueError, match="one or two columns"):
        figures.intervals({"a": []}, [])


def test_light_and_dark_colours_keep_their_contrast():
    def luminance(colour):
        channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return float(np.dot((0.2126, 0.7152, 0.0722), channels))

    def contrast(one, other):
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    for colour in (figures.INK, figures.MUTED, figures.ORANGE, figures.BLUE, figures.ONE, figures.TWO):
        assert contrast(colour, figures.PAPER) >= 4.5
        assert contrast(DARK[colour], DARK[figures.PAPER]) >= 4.5


def test_no_words_leave_the_page():
    still = GateReading({f"conv{i}.0": np.full((3, 4, 3), 0.5) for i in (2, 3, 4)}, {}, {})
    heat = {name: np.ones((128, 64)) for name in explain.METHODS}
    pages = [
        figures.photos(noise(1), ["a caption"], title="A title that is quite a bit longer than the photo is wide"),
        figures.ranking(noise(1)[0], noise(7), [True] * 7, [0.5] * 7, left_out=3, captions=["camera 3"] * 7),
        figures.triplet(noise(3), (0.1, 0.9), captions=["person 1234, camera 5"] * 3, title="The hardest case of all"),
        figures.gates(still, ["query", "same person", "other person"]),
        figures.heats(noise(1)[0], heat, reference=noise(1)[0], title="What speaks for the match?"),
    ]
    for figure in pages:
        figure.canvas.draw() if hasattr(figure.canvas, "draw") else None
        width, height = figure.bbox.width, figure.bbox.height
        for text in figure.findobj(Text):
            if text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, text.get_text()


def test_frames_are_rectangles_on_the_photo():
    figure = figures.photos(noise(1), ["a"], same=[True])
    (frame,) = edges(figure, figures.ORANGE)
    assert isinstance(frame, Rectangle)
    (image,) = figure.axes[0].images
    left, right, bottom, top = image.get_extent()
    assert frame.get_x() < left and frame.get_x() + frame.get_width() > right
    assert frame.get_y() < top and frame.get_y() + frame.get_height() > bottom


def test_numbers_are_a_sentence_and_folded_lines_whose_columns_do_not_wrap():
    text = "A first <line>. (3b23ac9fe0d33649)\n\nname   rank-1\nhers    4.7%\nChance: 1.7%."
    found = figures.numbers("What was found:", text)
    html = found._repr_html_()
    assert html.startswith("<details><summary") and "What was found:</summary>" in html
    assert "<p style" in html and "A first &lt;line&gt;.</p>" in html and "3b23ac9fe0d33649" not in html
    assert re.search(r"<pre [^>]*white-space:pre;[^>]*>name   rank-1\nhers    4.7%</pre>", html)
    assert html.endswith("Chance: 1.7%.</p></details>")
    assert repr(found).startswith("What was found:\n\nA first <line>.\n\nname   rank-1")
    assert figures.numbers("", text, folded=False)._repr_html_().startswith("<details open>")
