"""An audit asks the right thing: networks made by hand, of which the answer is known, and what is kept of a stop."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from osnet_edu import Refused
from osnet_edu.audit import record as records
from osnet_edu.audit import run as audits
from osnet_edu.audit import scenes
from osnet_edu.audit.questions import AUDIT_QUESTIONS, QUICK_AUDIT, WHOLE_AUDIT, Budget, Inquiry
from osnet_edu.audit.record import ON_ITSELF, Answer, Figure, Record, figure_of
from osnet_edu.audit.subject import Subject

TINY = Budget("tiny", 4, 3, False, 3, 1, 4, 1, 1, (1, 2, 1), False)


def frame(photos: np.ndarray) -> np.ndarray:
    """What a photo shows along its two sides, where the wall is: the features of a network that looks there alone."""
    sides = np.concatenate([photos[:, :, :5], photos[:, :, -5:]], 2).astype(float)
    rows = sides.reshape(len(photos), 16, -1, 3).mean(2)
    return (rows - 128).reshape(len(photos), -1)


def middle(photos: np.ndarray) -> np.ndarray:
    """The colours down the middle of a photo, where the person is."""
    rows = photos[:, 20:100, 26:38].astype(float).mean(2)
    return (rows - 128).reshape(len(photos), -1)


def by_hand(features, digest="0" * 16) -> Subject:
    return Subject(
        name="by hand", kind="function", digest=digest, size=(128, 64), features=1, checkpoint=None,
        embed=lambda photos: np.asarray(features(photos), np.float32), notes=(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    """Scenes that all tests of this file share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSNET_EDU_CACHE", str(tmp_path_factory.mktemp("scenes")))
        yield


def ask(question: str, features) -> Answer:
    return AUDIT_QUESTIONS[question].ask(Inquiry(by_hand(features), TINY, lambda done, total: None))


def test_who_looks_at_the_wall_follows_the_wall(cached):
    found = ask("wall", frame)
    assert found["strangers before the same wall"].interval.value == 0
    assert ask("wall", middle)["strangers before the same wall"].interval.value > 0


def test_a_part_counts_where_the_network_looks(cached):
    walls, clothes = ask("parts", frame), ask("parts", middle)
    part = {one.name: one.interval.value for one in walls.figures if one.name.startswith(ON_ITSELF)}
    part = {name: part[ON_ITSELF + name] for name in ("background", "top", "bottom")}
    assert set(part) & {one.name for one in walls.figures} == set(), "no person is told from a stranger by a frame"
    assert max(part, key=part.__getitem__) == "background"
    part = {name: clothes[name].interval.value for name in ("background", "top", "bottom") if name in clothes}
    assert min(part, key=part.__getitem__) == "background"


def test_the_wall_moves_a_photo_of_who_looks_at_it(cached):
    found = ask("moves", frame)
    assert found["another street"].interval.value > 5 * found["another step"].interval.value
    assert found["another step"].limit < 0.1
    # A stranger in the same view stands before the same wall: for this network nobody is a stranger.
    assert found["another street"].interval.value > found["another person"].interval.value == pytest.approx(1)


def test_one_feature_for_all_photos_is_told_in_words(cached):
    (note,) = ask("moves", lambda photos: np.ones((len(photos), 3))).notes
    assert note == "All photos have the same features: nothing moves."
    answer = ask("parts", lambda photos: np.ones((len(photos), 3)))
    assert answer.notes[0].startswith("All photos have nearly the same features")


def test_clothes_are_followed_by_who_sees_colours(cached):
    found = ask("clothes", middle)
    wearer, same = found["first is who wears her clothes"], found["the same clothes"]
    assert wearer.interval.value > found["exchanged clothes"].interval.value
    assert same.interval.value > found["strangers' clothes"].interval.value
    assert len(same.values) == TINY.dressed and same.chance == pytest.approx(1 / 3)


def test_twins_that_look_the_same_to_a_network_are_a_coin(cached):
    answer = ask("twins", lambda photos: np.ones((len(photos), 3)))
    assert {figure.interval.value for figure in answer.figures} == {0.5}
    assert answer["all parts"].chance == 0.5 and len(answer["all parts"].values) == 8


def test_the_forecast_counts_photos_and_maps():
    # 32 pairs, of which 0.7 are noticed, by two networks, each with 600 + 512 + 300 passes; and 6,000 photos.
    assert audits.minutes_of(1000, QUICK_AUDIT, False) == pytest.approx(1.5 + (6000 + 0.7 * 32 * 1412 * 2) / 60_000)
    fewer = audits.minutes_of(1000, replace(QUICK_AUDIT, mapped=1), True)
    assert fewer == pytest.approx(1.5 + (6000 + 0.7 * 8 * 1412) / 60_000)
    assert audits.minutes_of(1000, WHOLE_AUDIT, False) < 30


def test_a_scene_is_rendered_once_and_again_where_its_file_is_damaged(cached):
    made = []

    def render():
        made.append(1)
        return {"images": np.arange(12, dtype=np.uint8)}

    for damage in (None, None, b"not a file"):
        if damage:
            (scenes.assets.cache() / "audit" / "trial.npz").write_bytes(damage)
        assert scenes.remembered("trial", render)["images"].tolist() == list(range(12))
    assert len(made) == 2


# --- the record -------------------------------------------------------------------------------------------------------


def test_a_figure_is_the_mean_over_clusters():
    figure = figure_of("rank-1", [1, 0, 1, 1], [7, 7, 3, 3])
    assert figure.of == (3, 7) and figure.values == (1.0, 0.5)
    assert figure.interval.value == 0.75
    assert figure_of("x", [math.nan, 1, math.nan], [1, 1, 2]).values[0] == 1
    assert math.isnan(figure_of("x", [math.nan], [1]).interval.value)


def test_a_difference_is_paired_over_shared_clusters():
    one = Figure("rank-1", (1.0, 0.5, 0.25), (1, 2, 3))
    other = Figure("rank-1", (0.5, 0.0), (3, 1))
    found = one.minus(other)
    assert found.value == pytest.approx((0.25 - 0.5 + 1.0 - 0.0) / 2)
    assert one.minus(one).low == one.minus(one).high == 0
    with pytest.raises(Refused, match="share no rank-1"):
        one.minus(Figure("rank-1", (1.0,), (9,)))


def made(name: str, values=(1.0, 0.0), scenes="s") -> Answer:
    return Answer(name, scenes, (Figure("rank-1", tuple(values), (1, 2), chance=0.25),), ("A note.",), (), 1.5)


def test_a_record_comes_back_from_json():
    answer = made("home", (1.0, math.nan))
    record = Record("mine", "onnx", "d", 512, (128, 64), ("Note.",), "quick", {"home": answer})
    told = json.loads(json.dumps(records.to_json(record)))
    assert told["answers"]["home"]["figures"][0]["mean"] == 1.0
    assert told["answers"]["home"]["figures"][0]["values"] == [1.0, None]
    back = records.from_json(told)
    assert back.answers["home"].notes == ("A note.",) and back.size == (128, 64) and back.seconds == 1.5
    assert math.isnan(back.answers["home"]["rank-1"].values[1])
    with pytest.raises(Refused, match="format 2 is expected, got 3"):
        records.from_json({**told, "format": 3})
    with pytest.raises(Refused, match="not complete"):
        records.from_json({"format": 2})
    with pytest.raises(Refused, match="not JSON"):
        records.read("{")


# --- a stop, and going on ---------------------------------------------------------------------------------------------


@pytest.fixture
def questions(monkeypatch):
    """Three questions that count how often they are asked; the second one can be made to fail."""
    asked: list[str] = []
    state = SimpleNamespace(asked=asked, fails=False)

    def question(name: str):
        def answer(given: Inquiry) -> Answer:
            asked.append(name)
            if name == "second" and state.fails:
                raise Refused("the features are NaN")
            return made(name)

        return SimpleNamespace(name=name, ask=answer, suits=lambda subject: True)

    monkeypatch.setattr(audits, "AUDIT_QUESTIONS", {name: question(name) for name in ("first", "second", "maps")})
    return state


def test_an_audit_goes_on_where_it_was_stopped(questions, tmp_path):
    subject = by_hand(middle)
    questions.fails = True
    with pytest.raises(Refused, match="NaN"):
        audits.audit(subject, tmp_path / "kept", TINY)
    assert questions.asked == ["first", "second"]
    questions.fails = False
    found = audits.audit(subject, tmp_path / "kept", TINY)
    assert questions.asked == ["first", "second", "second", "maps"]
    assert list(found.answers) == ["first", "second", "maps"]
    assert audits.audit(subject, tmp_path / "kept", TINY) == found and len(questions.asked) == 4


def test_another_network_is_asked_anew_and_more_maps_ask_nothing_else(questions, tmp_path):
    audits.audit(by_hand(middle), tmp_path, TINY)
    audits.audit(by_hand(middle, digest="1" * 16), tmp_path, TINY)
    audits.audit(by_hand(middle), tmp_path, replace(TINY, mapped=2))
    assert questions.asked[6:] == ["maps"]


def test_a_damaged_answer_is_asked_again(questions, tmp_path):
    audits.audit(by_hand(middle), tmp_path, TINY)
    one, *_ = sorted(tmp_path.glob("*.json"))
    one.write_text(one.read_text()[:-30])
    audits.audit(by_hand(middle), tmp_path, TINY)
    assert len(questions.asked) == 4
