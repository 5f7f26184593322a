"""The duel and correspondence in Python: what they say is what the library computes; what is known of a pair."""

import re
import shutil

import numpy as np
import pytest
from test_explain_without import folder  # noqa: F401  a fixture: six people of the shipped test

from osnet_edu import assets, people, retrieval
from osnet_edu.embed import TorchEmbedder
from osnet_edu.explain import correspondence, duel, known, without
from osnet_edu.grading import badge, judging, removal
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.widgets import Duelling, Matching


@pytest.fixture(scope="module")
def widget():
    return Duelling(weights.shipped(), assets.subset(), query="0209_c5s1_020900_01.jpg")


# ---- what is known ---------------------------------------------------------------------------------------------------


def test_the_right_person_in_the_impostors_view_differs_in_the_twins_part_alone(widget):
    shown = [photo for _, photo in widget._shown(widget.triple)]
    twins = known.Folder(assets.subset()).twins(shown[0], shown[2], (128, 64))
    assert twins.part == "logo" and 50 < twins.truth.sum() < 200
    there = widget.rankings.pictures(shown)[2].astype(int)
    apart = np.abs(there - twins.same).max(2)
    assert np.median(apart[twins.truth]) > 40 > 12 > np.quantile(apart[~twins.truth], 0.95)  # the rest is JPEG's
    print_mask = market.read_mask(shown[2].path, len(known.NAMES)) == people.PARTS.index("print")
    assert (twins.truth & print_mask).sum() > 0.7 * twins.truth.sum()


def test_strangers_and_real_photos_have_no_truth(widget, folder, tmp_path):  # noqa: F811
    found = known.Folder(assets.subset())
    queries = widget.rankings.queries
    assert found.part(queries[0], queries[-1]) == "" and found.twins(queries[0], queries[-1], (128, 64)) is None
    assert not (folder / "people.json").is_file()
    assert known.Folder(folder).twins(queries[0], queries[1], (128, 64)) is None


def test_what_is_noticed_is_a_difference_of_two_similarities():
    """features = mean colour: the query is red, the right person too, the other person half red, half green."""
    red, both = np.zeros((2, 4, 4, 3), np.uint8)
    red[..., 0] = both[..., 0] = 200
    both[..., 1] = 200
    found = known.noticed_gain(lambda photos: photos.mean((1, 2)), red, both, red)
    assert found == pytest.approx(1 - 0.5**0.5)


def test_the_limit_is_what_edits_without_meaning_move():
    photos = np.random.default_rng(0).integers(0, 256, (40, 16, 8, 3), np.uint8)
    assert known.limit(lambda some: np.ones((len(some), 2)), photos) == 0
    moved = known.limit(lambda some: some[:, :, 1].reshape(len(some), -1).astype(float), photos)
    assert moved > 0.05  # one column of noise: a shift by a pixel brings another one
    with pytest.raises(ValueError, match="at least 20 photos"):
        known.limit(lambda some: some, photos[:3])


# ---- the duel --------------------------------------------------------------------------------------------------------


def test_the_widget_shows_the_duel_its_evidence_and_its_badge(widget):
    shown = [photo for _, photo in widget._shown(widget.triple)]
    pictures = widget.rankings.pictures(shown)
    found = duel.between(widget.rankings.model, pictures)
    np.testing.assert_allclose(widget.found.heat, found.heat)
    masks = np.stack([market.read_mask(photo.path, len(known.NAMES)) for photo in shown])
    evidence = duel.evidence(found, masks, known.NAMES)
    assert widget.question == judging.APART and widget.sentence == str(evidence)
    first = widget.shares[0]
    assert max(first["match"], first["impostor"]) == pytest.approx(
        max(max(evidence.speaks_for.values()), max(evidence.speaks_against.values()))
    )
    truth = known.Folder(assets.subset()).twins(shown[0], shown[2], (128, 64)).truth
    assert widget.graded.kind == badge.TWIN
    assert widget.graded.grade == pytest.approx(badge.award(found.heat[2], truth=truth).grade)
    assert widget.truth.startswith("data:image/png")
    assert [heat["text"].split(",")[0] for heat in widget.heats] == ["On the query", "On the match", "On the impostor"]
    assert widget.methods[0][0] == "gradient" and {*widget.buttons} < {name for name, _ in widget.methods}


def test_an_impostor_whose_difference_is_not_noticed_gets_an_answer_of_its_own(widget):
    """The sentences are true: each number is worked out anew, by PyTorch."""
    before = widget.triple
    try:
        widget.triple = 0
        query, _, other = (photo for _, photo in widget._shown())
        record, there = widget._folder.record(query), widget._folder.record(other)
        same = people.render(record.identity, there.view, size=(128, 64)).image
        pictures = np.concatenate([widget.rankings.pictures([photo for _, photo in widget._shown()]), same[None]])
        q, p, n, c = retrieval.unit(np.asarray(TorchEmbedder(widget.rankings.model)(pictures), float))
        gain, view, lead = q @ c - q @ n, q @ c - q @ p, q @ n - q @ p
        assert lead > 0.3 and abs(gain) < 0.015 and lead == pytest.approx(view - gain)
        assert widget.answer == "The impostor differs only in the logo, and this network does not notice it."
        said = [float(number) for number in re.findall(r"[-+]?0\.\d{3}", widget.verdict)]
        assert said == pytest.approx([lead, view, -gain], abs=1.1e-3)
        assert widget.verdict.startswith("The impostor comes first, by 0.3")
        assert widget.question == judging.SIMILAR and not widget.hatched and widget.graded.kind == badge.TAKEN
        assert widget.column == "for the impostor" and "speaks for the impostor is on the" in widget.sentence
        shape = removal.strongest(widget.found.heat[2])
        assert shape.mean() >= 0.1 and widget.found.heat[2][shape].min() >= widget.found.heat[2][~shape].max()
        assert f"most orange {round(100 * shape.mean())} % of the photo" in widget.grade
        widget.question = judging.APART
        assert widget.hatched and widget.graded.kind == badge.UNSEEN and "There is nothing to find." in widget.grade
        assert widget.column == "against the impostor"
        widget.method = "gradient"
        assert widget.question == judging.APART  # another method, the same question
        widget.method = duel.DEFAULT
    finally:
        widget.triple = before
    assert not widget.hatched and widget.question == judging.APART


@pytest.mark.parametrize(
    ("gain", "kind", "answer"),
    [
        (0.03, known.NOTICED, "notices it"),
        (0.02, known.UNNOTICED, "does not notice it"),
        (-0.02, known.UNNOTICED, "does not notice it"),
        (-0.03, known.REVERSED, "finds the wrong hat more similar"),
    ],
)
def test_what_is_noticed_is_told_in_a_sentence(gain, kind, answer):
    found = known.Noticing("hat", gain, 0.05, 0.02)
    assert (found.kind, found.answer) == (kind, f"The impostor differs only in the hat, and this network {answer}.")
    assert f"would be {abs(gain):.3f} {'more' if gain > 0 else 'less'} similar" in found.measured
    assert ("a shift by one pixel" in found.measured) == (kind == known.UNNOTICED)
    assert found.account == f"Of that, the view makes +0.050 and the hat {-gain:+.3f}."
    stranger = known.Noticing("", gain, 0.05, 0.02)
    assert stranger.answer.startswith("The impostor differs in more than one thing")
    assert "the person" in stranger.account


def test_what_speaks_for_counts_where_taking_it_away_lowers_the_similarity():
    """features = mean colour: the query is red, the photo is blue with a red patch."""
    query, photo = np.zeros((2, 32, 16, 3), np.uint8)
    heat = np.zeros((32, 16))
    heat[4:12, 4:12] = 1
    query[..., 0], photo[..., 2] = 200, 200
    photo[4:12, 4:12] = 200, 0, 0

    def mean(photos):
        return photos.reshape(len(photos), -1, 3).mean(1)

    found = removal.measure_removal(mean, query, photo, heat)
    assert found.share == 0.125 and found.fall > 0.01 > found.elsewhere and found.counts
    assert f"most orange 12 % of the photo blurred, the similarity falls by {found.fall:.3f}." in str(found)
    wrong = removal.measure_removal(mean, query, photo, heat[::-1])
    assert wrong.fall < 0 and not wrong.counts and "the similarity rises by" in str(wrong)
    assert "counts no more than" in badge.award(heat, against=False, removal=wrong).reasons[0]
    assert removal.measure_removal(mean, query, photo, -heat) is None
    with pytest.raises(ValueError, match="two photos and a map of one size"):
        removal.measure_removal(mean, query, photo, heat[:4])


def test_an_answer_is_worked_out_once_whoever_asks(widget, monkeypatch):
    triplet = widget._triplets[3]
    judging.Judge(widget.rankings, widget._folder).prepare(triplet)
    for name in ("limit", "noticing"):
        monkeypatch.setattr(known, name, None)
    monkeypatch.setattr(judging.untrained, "like", None)
    again = judging.Judge(widget.rankings, widget._folder)
    assert again.pair(triplet).noticing.limit == again.limit() == widget.judge.limit()
    assert again.ask(triplet).duel is again.ask(triplet).duel


def test_what_the_page_may_not_set_is_refused_and_the_last_good_state_stays(widget):
    kept = widget.drawn()
    for name, value, sentence in (
        ("method", "magic", "There is no method 'magic'"),
        ("triple", 9999, "There are triples 0 to"),
        ("question", "Why", "There is no question 'Why'"),
        ("opacity", 2.0, "The opacity must be 0 to 1, got 2."),
    ):
        with pytest.raises(ValueError, match=sentence[6:]):
            setattr(widget, name, value)
        widget.set_state({name: value})
        assert sentence in widget.problem and widget.drawn() == {**kept, "problem": widget.problem}
    widget.set_state({"opacity": 0.5})
    assert widget.problem == "" and widget.opacity == 0.5


def test_photos_without_masks_are_explained_and_not_graded(folder, tmp_path):  # noqa: F811
    bare = tmp_path / "market"
    shutil.copytree(folder, bare)
    shutil.rmtree(bare / market.MASKS, ignore_errors=True)
    found = Duelling(weights.shipped(), bare)
    assert found.shares == [] and found.sentence == "" and found.truth == ""
    assert found.answer == "" and found.question == judging.SIMILAR and found.graded.kind == badge.TAKEN
    found.question = judging.APART
    assert found.graded.kind == badge.NO_TRUTH and "nobody knows the truth about this pair" in found.grade
    assert "is strongest at row" in found.heats[0]["text"]


def test_named_photos_are_taken(folder):  # noqa: F811
    rankings = without.Rankings(weights.shipped(), folder)
    triplets, _ = rankings.triplets_with()
    other = next(p for p in rankings.gallery if p.person not in (rankings.queries[triplets[3].query].person, 0, -1))
    name = rankings.queries[triplets[3].query].name
    found, at = rankings.triplets_with(name, negative=other.name)
    assert at == 3 and rankings.gallery[found[3].negative].name == other.name
    with pytest.raises(ValueError, match=r"there is no query 'nobody\.jpg'"):
        rankings.triplets_with("nobody.jpg")
    with pytest.raises(ValueError, match="need their query"):
        rankings.triplets_with(None, other.name)


# ---- correspondence --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def renders():
    who = people.draw_identity(21, 0)
    return [people.render(who, people.draw_view(21, 0, camera, 0)) for camera in (2, 5)]


def test_the_widget_shows_matches_and_their_score(renders):
    model = weights.shipped().model
    w = Matching(model, *renders)
    found = correspondence.matches(model, renders[0].image, renders[1].image)
    np.testing.assert_array_equal(np.array(w.best).reshape(16, 8, 2), found.best)
    graded = correspondence.match_score(found, correspondence.truth(*renders, (16, 8)))
    assert w.score.startswith(f"{graded.right:.0%} of {graded.cells} cells find their true place".replace("%", " %"))
    row, column = w.cell
    assert w.true[8 * row + column] and "Truly it lies" in w.said
    table = np.frombuffer(w.table, np.uint8).reshape(128, 128)
    assert (table.max(1) == 255).all() and (table.min(1) == 0).all()
    at = np.array(w.best)
    assert (table[np.arange(128), 8 * at[:, 0] + at[:, 1]] == 255).all()
    w.stage = "conv2.1"
    assert w.cells == [32, 16] and len(w.best) == 512
    w.set_state({"cell": [40, 2]})
    assert "There are cells 0 to 31, 0 to 15, got [40, 2]." in w.problem
    w.set_state({"stage": "conv9"})
    assert "There is no stage 'conv9'" in w.problem and w.stage == "conv2.1"


def test_photos_have_matches_and_no_truth(renders):
    w = Matching(weights.shipped().model, renders[0].image, renders[1].image, stage="conv4.1")
    assert w.cells == [8, 4] and not any(w.true) and "known only for two renders of one person" in w.score
    assert "Truly" not in w.said
    with pytest.raises(ValueError, match="two photos of one size"):
        Matching(weights.shipped().model, renders[0].image, renders[1].image[:64])
