"""The first figure's triples, counted by hand on a set whose similarities are given."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from osnet_edu import osnet
from osnet_edu.experiments import EXPERIMENTS, first_figure
from osnet_edu.experiments.first_figure import BLURRED, SHARP, Share, blur, compare
from osnet_edu.photos import market


def photo(person, camera, box=0):
    return market.parse_name(market.format_name(person, camera, 1, 1, box))


def record(one, twin=0, part="", visible=100):
    return SimpleNamespace(path=f"somewhere/{one.name}", twin=twin, part=part, visible=visible)


# Twins 1 and 2 (shoes). One query of 1 by camera 1. Of the gallery only these make triples with it:
# matches G1 (camera 2) and G2 (camera 3); impostor G4 (camera 2), so with G2 alone.
QUERY = (photo(1, 1),)
GALLERY = (
    photo(1, 1, 1),  # G0: same person, but the query's own camera
    photo(1, 2),  # G1
    photo(1, 3),  # G2
    photo(2, 1),  # G3: the twin, but by the query's own camera
    photo(2, 2),  # G4
    photo(2, 3),  # G5: the part does not show
    photo(3, 1),  # G6: a stranger by the query's own camera
    photo(3, 2),  # G7: the strangers
    photo(0, 3),  # G8
    photo(4, 4),  # G9
    photo(5, 4),  # G10
    photo(-1, 2),  # G11: junk
)
RECORDS = [record(QUERY[0], 2, "shoes")] + [
    record(one, {1: 2, 2: 1}.get(one.person, 0), "shoes" if one.person in (1, 2) else "", 0 if i == 5 else 100)
    for i, one in enumerate(GALLERY)
]
STRANGERS = [7, 8, 9, 10]


def similarities(blurred, sharp):
    """(2, 1, 12) with match, impostor and four strangers as given, and what must not matter at its most misleading."""
    rows = np.ones((2, 1, len(GALLERY)))
    for row, (match, impostor, *strangers) in zip(rows[:, 0], (blurred, sharp), strict=True):
        row[2], row[4] = match, impostor
        row[STRANGERS] = strangers
    return rows


def test_a_triple_is_three_cameras_that_show_the_part():
    result = compare(
        similarities([0.9, 0.8, 0.1, 0.2, 0.3, 0.85], [0.9, 0.2, 0.1, 0.2, 0.3, 0.4]), QUERY, GALLERY, RECORDS
    )
    assert result.triples.tolist() == [[0, 2, 4]]
    assert result.parts == ("shoes",) and result.left_out == 0
    np.testing.assert_allclose(result.pair(0), [[0.9, 0.8], [0.9, 0.2]])
    np.testing.assert_allclose(result.strangers(0), [[0.1, 0.2, 0.3, 0.85], [0.1, 0.2, 0.3, 0.4]])
    # Of four strangers: how many are less similar? An equal one is not less.
    assert result.match_above[:, 0].tolist() == [1, 1]
    assert result.impostor_above[:, 0].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("blurred", "sharp", "who", "story"),
    [
        ([0.9, 0.8], [0.9, 0.3], ("both", "only the match"), True),
        ([0.9, 0.8], [0.9, 0.8], ("both", "both"), False),
        ([0.9, 0.3], [0.9, 0.3], ("only the match", "only the match"), False),
        ([0.9, 0.8], [0.3, 0.8], ("both", "only the impostor"), False),
        ([0.3, 0.3], [0.9, 0.3], ("neither", "only the match"), False),
    ],
)
def test_outcomes_and_the_story(blurred, sharp, who, story):
    rest = [0.5, 0.5, 0.5, 0.5]
    result = compare(similarities(blurred + rest, sharp + rest), QUERY, GALLERY, RECORDS)
    for resolution, name in zip((BLURRED, SHARP), who, strict=True):
        shares = {key: share.value for key, share in result.outcomes(resolution).items()}
        assert shares == {key: float(key == name) for key in first_figure.OUTCOMES}
    assert result.holds().tolist() == [story]
    assert result.narrowed().tolist() == [who[0] == "both"]


def test_told_apart_counts_ties_half():
    result = compare(similarities([0.5, 0.5, 0, 0, 0, 0], [0.9, 0.8, 0, 0, 0, 0]), QUERY, GALLERY, RECORDS)
    assert result.told_apart(BLURRED).value == 0.5 and result.told_apart(SHARP).value == 1
    assert result.gain() == Share(0.5, 0.5, 0.5)  # one family: nothing to draw from but itself
    assert np.isnan(result.told_apart(SHARP, np.array([False])).value)


@pytest.mark.parametrize("why", ["hidden in the query", "no other camera", "nobody else"])
def test_a_query_without_a_triple_is_left_out(why):
    records, gallery = list(RECORDS), GALLERY
    if why == "hidden in the query":
        records[0] = record(QUERY[0], 2, "shoes", 11)
    elif why == "no other camera":
        gallery = tuple(one for i, one in enumerate(GALLERY) if i != 2)
    else:
        gallery = GALLERY[:7]
    values = np.zeros((2, 2, len(gallery)))
    with pytest.raises(ValueError, match="no twins whose part shows in three cameras"):
        compare(values[:, :1], QUERY, gallery, records)
    # A second query, by camera 4, still has its triples; nobody else is in sight of one of the cases.
    if why != "nobody else":
        second = photo(1, 4)
        result = compare(values, (*QUERY, second), gallery, [*records, record(second, 2, "shoes")])
        assert result.left_out == 1 and set(result.triples[:, 0]) == {1}


def families(*values):
    """A result of which only the families matter: one triple for each value."""
    count = len(values)
    photos = np.zeros((2, count))
    return first_figure.FirstFigure(
        (), (), np.zeros((count, 3), int), np.arange(count), ("hat",) * count, *(photos,) * 4, np.zeros((2, 1, 1)), 0
    )


def test_intervals_draw_families_and_not_triples():
    one = families(*[0] * 2)
    assert one.share(np.array([0.0, 1.0])) == Share(0.5, 0.0, 1.0)
    # A hundred more triples of the second family make it heavier, not surer.
    heavy = first_figure.FirstFigure(
        (), (), np.zeros((101, 3), int), np.array([0] + [1] * 100), ("a", "b"), *(np.zeros((2, 101)),) * 4,
        np.zeros((2, 1, 1)), 0,
    )  # fmt: skip
    share = heavy.share(np.array([0.0] + [1.0] * 100))
    assert (share.low, share.high) == (0, 1) and share.value == pytest.approx(100 / 101)
    only = heavy.share(np.array([0.0] + [1.0] * 100), among=np.array([True] + [False] * 99 + [True]))
    assert only.value == 0.5


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_an_interval_holds_its_value_and_stays_among_the_families(values):
    share = families(*values).share(np.array(values))
    assert min(values) - 1e-9 <= share.low <= share.value + 1e-9 and share.value <= share.high + 1e-9
    assert share.high <= max(values) + 1e-9 and share.value == pytest.approx(np.mean(values))


def test_the_example_is_the_middle_of_those_that_tell_the_story():
    story = np.array([False, True, True, True, False])
    above = np.stack([np.ones(5), np.ones(5)])
    impostor_above = np.stack([np.ones(5), np.where(story, 0.0, 1.0)])
    match = np.stack([np.zeros(5), np.array([9, 0.3, 0.1, 0.2, 9])])
    result = first_figure.FirstFigure(
        (), (), np.zeros((5, 3), int), np.zeros(5, int), ("a",), match, np.zeros((2, 5)), above, impostor_above,
        np.zeros((2, 1, 1)), 0,
    )  # fmt: skip
    assert result.example() == 3
    nobody = first_figure.FirstFigure(
        (), (), np.zeros((3, 3), int), np.zeros(3, int), ("a",), match[:, 1:4], np.zeros((2, 3)), above[:, :3],
        above[:, :3], np.zeros((2, 1, 1)), 0,
    )  # fmt: skip
    assert not nobody.holds().any() and nobody.example() == 2


def test_words_and_table_say_the_same():
    result = compare(similarities([0.9, 0.8, 0, 0, 0, 0], [0.9, -0.1, 0, 0, 0, 0]), QUERY, GALLERY, RECORDS)
    assert "both stand out from strangers in 100% of the triples" in result.sentence()
    assert "holds in 100.0% of the triples" in result.sentence() and "left open" in result.sentence()
    table = str(result)
    assert "1 triples of 1 twin families" in table and "stands out: only the match" in table
    assert list(result.rows())[4] == "match closer than impostor"


# ---- photos ------------------------------------------------------------------------------------------------------


def test_blurred_photos_know_their_coarse_pixels_alone():
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 216, (1, 16, 8, 3))
    checker = np.indices((128, 64)).sum(0)[None, :, :, None] % 2 * 2 - 1
    plain = np.repeat(np.repeat(coarse, 8, 1), 8, 2)
    with_detail = (plain + 30 * checker).astype(np.uint8)  # fine detail of mean zero
    plain = plain.astype(np.uint8)
    np.testing.assert_array_equal(blur(plain), blur(with_detail))
    assert blur(plain).shape == plain.shape and blur(plain).dtype == np.uint8
    flat = np.full((2, 128, 64, 3), 77, np.uint8)
    np.testing.assert_array_equal(blur(flat), flat)


def test_measure_reads_a_folder(tmp_path, monkeypatch):
    root = tmp_path / "market"
    rng = np.random.default_rng(0)
    records = []

    def take(split, person, camera, box, twin=0):
        path = root / market.SPLITS[split] / market.format_name(person, camera, 1, 1, box)
        path.parent.mkdir(parents=True, exist_ok=True)
        tone = np.random.default_rng(person).integers(0, 200, 3)
        image = np.clip(tone + rng.integers(0, 56, (64, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(image).save(path)
        records.append(record(market.parse_name(path), twin, "bag" if twin else ""))

    for person in (1, 2):
        take("train", person, person, 0)
    for person, twin in ((11, 12), (12, 11), (13, 0), (14, 0)):
        for camera in (1, 2, 3):
            take("query", person, camera, 0, twin)
            take("gallery", person, camera, 1, twin)
    monkeypatch.setattr(first_figure.people, "read_people", lambda folder: records if folder == root else None)
    steps = []
    result = first_figure.measure(
        osnet(0.25).eval(), root, size=(64, 32), progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(1, 2), (2, 2)]
    # Two twins, three queries each; a match by one of two other cameras and an impostor by the last one.
    assert len(result.triples) == 2 * 3 * 2 and result.parts == ("bag",) and result.left_out == 0
    for q, p, n in result.triples:
        cameras = {result.query[q].camera, result.gallery[p].camera, result.gallery[n].camera}
        assert cameras == {1, 2, 3}
        assert result.query[q].person == result.gallery[p].person != result.gallery[n].person
    assert result.strangers(0).shape == (2, 4)
    pictures = result.pictures(0, (64, 32))
    np.testing.assert_array_equal(pictures[0], blur(pictures[1]))
    again = first_figure.measure(osnet(0.25).eval(), root, size=(64, 32))
    assert again.triples.tolist() == result.triples.tolist()


def test_it_can_be_run_by_name():
    assert EXPERIMENTS["first-figure"].load() is first_figure.run
    assert Path(first_figure.__file__).stem == "first_figure"
