"""The training board without a browser: the run it watches, stop and go on, what is recorded, what goes wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import shutil
import threading

import numpy as np
import pytest
import torch

from osnet_edu import Refused, assets, train
from osnet_edu.machine.compute import Compute, Timing
from osnet_edu.photos import market
from osnet_edu.widgets import Recording, Replay, Training, Watch, board, replay
from osnet_edu.widgets import training as room
from osnet_edu.widgets.frames import About, Frame, StepLook, frame, written

CONFIG = train.TrainConfig(size=(64, 32), people=4, shots=2, streams=2, photos=240)  # 30 steps of 8 photos
PLAIN = Timing(Compute(), 100.0)


@pytest.fixture(scope="module")
def found() -> market.Market:
    return market.read(assets.subset())


@pytest.fixture(scope="module")
def data(found) -> train.Data:
    return train.load([photo for photo in found.train if photo.person <= 6], CONFIG.size)


@pytest.fixture(scope="module")
def watch(found) -> Watch:
    people = sorted({photo.person for photo in found.query})[:4]
    query = [next(p for p in found.query if p.person == person) for person in people]
    gallery = [photo for photo in found.gallery if photo.person in people]
    return Watch(query, gallery, (query[0], next(p for p in gallery if p.person == people[1])), CONFIG.size)


@pytest.fixture(autouse=True)
def nothing_goes_on():
    yield
    board.going.clear()


@pytest.fixture
def run(data, watch, tmp_path):
    """A function that makes the widget over one and the same folder."""
    return lambda **changes: Training(
        changes.pop("data", data), dataclasses.replace(CONFIG, **changes), watch, out=tmp_path / "runs", timing=PLAIN
    )


def weights_of(model) -> dict:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture(scope="module")
def undisturbed(data) -> dict:
    """The weights that train.fit alone ends with."""
    model = train.build(CONFIG, len(data.people))
    for _ in train.fit(model, data, CONFIG, way=Compute()):
        pass
    return weights_of(model)


# ---- a run


def test_watching_moves_nothing(run, undisturbed):
    w = run()
    assert (w.state, w.actions[0]) == ("ready", ["start", "Start"])
    w.finish()
    assert same(weights_of(w.model), undisturbed)
    assert (w.state, w.step, w.steps) == ("done", 30, 30)
    assert (w.folder / "weights.safetensors").is_file()


def test_the_board_tells_where_photos_grow_and_when_it_will_be_done(run, data, watch):
    growing = train.TrainConfig(photos=64 * 100, growth=((0.5, 0.5), (0.75, 0.75)))
    about = About.of(growing, data, watch, "cpu")
    assert about.grows == ((50, "96x48"), (75, "128x64"))
    played = Replay(Recording(about, (Frame(0, 0.0), Frame(100, 9.0, 2.0))))
    played.finish()
    assert played.grows == [[50, "96x48"], [75, "128x64"]]
    w = run()
    w._running, w._done, w._work, w._worked = growing, 50, 5.0, 50
    # 50 steps of a quarter took 5 s; 25 of nine sixteenths and 25 whole ones are left.
    assert w._seconds_left() == pytest.approx(5 / (50 / 4) * (25 * 9 / 16 + 25))


def test_what_the_board_shows_is_what_fit_says(run, data):
    w = run()
    w.finish()
    model = train.build(CONFIG, len(data.people))
    steps = list(train.fit(model, data, CONFIG, way=Compute()))
    assert [row[0] for row in w.losses] == list(range(1, 31))
    assert [row[1] for row in w.losses] == pytest.approx([s.cross_entropy for s in steps], abs=1e-4)
    assert [row[2] is None for row in w.losses] == [math.isnan(s.triplet) for s in steps]
    assert w.joins == 6 and w.losses[5][2] is None and w.losses[6][2] == pytest.approx(steps[6].triplet, abs=1e-4)
    # Before any training and at the end somebody always looks.
    assert w.scores[0][0] == 0 and w.scores[-1][0] == 30
    assert w.levels[0][0] == pytest.approx(math.log(6))
    assert "rank-1" in w.says and w.says.startswith("Done: 30 steps, 240 photos")
    assert all(text.endswith(".") for text in w.texts) and "cross-entropy from" in w.texts[0]


def test_the_test_and_the_gates_are_those_of_the_network(run, watch):
    from osnet_edu.embed import embed, normalise
    from osnet_edu.explain import gates
    from osnet_edu.retrieval import score

    w = run()
    w.finish()
    sides = [embed(w.model, photos, size=CONFIG.size) for photos in (watch.queries, watch.gallery)]
    assert w.scores[-1][1:] == pytest.approx([score(*sides).rank(1), score(*sides).mean_ap], abs=1e-4)
    images = normalise(market.decode(watch.pair, CONFIG.size).images)
    means = gates.read(w.model, images).means
    w.block = "conv3.0"
    assert w.gate_means[-1][1] == pytest.approx(means["conv3.0"][0].tolist(), abs=1e-4)
    assert w.gate_means[-1][2] == pytest.approx(means["conv3.0"][1].tolist(), abs=1e-4)
    w.block = "all"
    assert w.gate_means[-1][1] == pytest.approx(np.mean([m[0] for m in means.values()], 0).tolist(), abs=1e-4)
    w.set_state({"block": "conv9"})
    assert "no conv9" in w.problem and w.block == "all"
    with pytest.raises(Refused, match="no conv9"):
        w.block = "conv9"


def test_stopped_and_gone_on_with_ends_in_the_same_weights(run, undisturbed):
    async def stopped(w):
        w.start()
        while w._at() < 14:
            await asyncio.sleep(0.01)
        w.stop()
        there = w.step
        await asyncio.sleep(0.2)
        assert w.step == there and w.state == "stopped"

    w = run()
    asyncio.run(stopped(w))
    assert w.actions == [["resume", "Go on from step 10"], ["start", "Start anew"]]
    assert "The checkpoint is of step 10" in w.says
    w.finish()
    assert same(weights_of(w.model), undisturbed)
    assert [row[0] for row in w.losses] == list(range(1, 31)), "no step is missing, and none is there twice"


def test_another_kernel_finds_the_run_and_goes_on(run, undisturbed):
    async def until(w, step):
        w.start()
        while w._at() < step:
            await asyncio.sleep(0.01)

    first = run()
    asyncio.run(until(first, 22))
    second = run()  # the cell again: the old run ends
    assert first.state == "stopped" and "its cell was run again" in first.says
    assert (second.state, second.step) == ("stopped", 20)
    assert second.losses == first.losses[:20]
    with open(second.folder / "frames.jsonl", "a") as file:
        file.write('{"step": 21, "sec')  # a line cut short by a kill
    third = run()
    third.finish()
    assert same(weights_of(third.model), undisturbed) and len(third.losses) == 30
    assert run().state == "done"


def test_a_new_budget_is_a_new_run_and_going_on_keeps_the_old_one(run):
    w = run()
    assert "3,200 photos, about 32 s" in w.choices[1]
    w.finish()
    assert f"3,200 photos, about {board.in_words(3_200 / w._rate())}" in w.choices[1], "by the steps done"
    w.chosen = 1
    assert w.config.photos == 3_200

    async def some():
        w.start()
        assert w.locked
        while w._at() < 11:
            await asyncio.sleep(0.01)
        w.stop()

    asyncio.run(some())
    assert (w.steps, w.folder.name) == (400, "run-002")
    again = run()
    assert (again.steps, again.step) == (400, 10)
    again._begin(10)
    assert again.chosen == 1 and again.step == 10


def test_a_run_that_is_found_again_shows_all_that_it_showed(run):
    async def until(w, step):
        w.chosen = 1
        w.start()
        while w._at() < step:
            await asyncio.sleep(0.01)
        w.stop()

    first = run()
    asyncio.run(until(first, 22))
    again = run()
    assert again.chosen == 1 and "3,200 photos" in again.choices[again.chosen]
    for name in ("levels", "joins", "grows", "test", "pair", "blocks", "steps"):
        assert getattr(again, name) == getattr(first, name), name
    assert again.pair and again.joins > 0 and again.levels


def test_a_small_trial_leaves_the_larger_budgets_to_the_whole_recipe(data, watch, tmp_path):
    full = dataclasses.replace(CONFIG, people=6, photos=9_600)
    w = Training(data, CONFIG, watch, out=tmp_path / "runs", timing=PLAIN, full=full)
    assert w.choices[:2] == ["240 photos, about 2 s", "3,200 photos, about 32 s, 6 people a batch"]
    w.chosen = 1
    assert (w.config.people, w.config.photos) == (6, 3_200)
    w.chosen = 0
    assert w.config == CONFIG


def test_the_forecast_is_that_of_the_steps_done(run, monkeypatch):
    w, now = run(photos=800), [0.0]  # 100 steps; forecast to take 8 s
    monkeypatch.setattr(room.time, "perf_counter", lambda: now[0])
    w._before = None
    for step in range(1, 11):
        w._running, w._done = w.config, step
        started, now[0] = now[0], now[0] + 0.3
        w._count(started)
        now[0] += 100.0 if step == 5 else 0.2  # once a cell runs for long; else the kernel takes its share
    assert w._seconds_left() == pytest.approx(90 * 0.49, rel=0.05)


def test_a_replay_leaves_the_training_alone(run):
    async def both():
        w, played = run(photos=960), Replay(recorded(), speed=10)
        w.start()
        await asyncio.sleep(0.05)
        played.start()
        await asyncio.sleep(0.1)
        assert (w.state, played.state) == ("running", "running")
        Replay(recorded())  # its cell again: that replay ends, and nothing else
        assert (w.state, played.state) == ("running", "stopped")
        w.stop()

    asyncio.run(both())


def test_an_error_of_the_kit_shows_its_traceback(run, monkeypatch):
    w = run()
    monkeypatch.setattr(w, "_slice", lambda: {}["missing"])
    with pytest.raises(KeyError):
        w.finish()
    assert w.state == "failed" and "KeyError" in w.problem
    assert "Traceback" in w.crash and "_advance" in w.crash


def test_only_one_run_goes_on_in_a_kernel(run, data, watch, tmp_path):
    async def both():
        first = run()
        second = Training(data, CONFIG, watch, out=tmp_path / "other", timing=PLAIN)
        first.start()
        await asyncio.sleep(0.05)
        second.start()
        await asyncio.sleep(0.05)
        assert first.state == "stopped" and "another run was started" in first.says
        assert second.state == "running"
        second.stop()
        second.stop()

    asyncio.run(both())


def test_buttons_are_messages(run):
    async def clicked():
        w = run()
        w._pressed("start")
        await asyncio.sleep(0.1)
        assert w.state == "running" and w.actions[0] == ["stop", "Stop"]
        w._pressed("start")  # a second click on a slow page
        assert w.folder.name == "run-001"
        w._pressed("stop")
        assert w.state == "stopped"

    asyncio.run(clicked())


def test_an_interrupt_stops_the_cell_and_keeps_the_run(run, monkeypatch):
    w = run()
    kept = w._slice

    def interrupted():
        if w._at() == 12:
            raise KeyboardInterrupt
        return kept()

    monkeypatch.setattr(w, "_slice", interrupted)
    w.finish()
    assert w.state == "stopped" and w.actions[0][1] == "Go on from step 10"


# ---- what goes wrong


def test_a_loss_that_is_no_number_becomes_a_sentence(run):
    w = run(learning_rate=1e6, warmup=0.0)
    with pytest.raises(FloatingPointError):
        w.finish()
    assert w.state == "failed" and w.problem.startswith("The loss is nan at step") and "checkpoint" in w.problem
    assert w.actions[0][1].startswith(("Start anew", "Go on"))

    async def clicked():
        again = run(learning_rate=1e6, warmup=0.0)
        again._pressed("start")
        while again.state == "running":
            await asyncio.sleep(0.01)
        return again

    assert asyncio.run(clicked()).problem == w.problem


def test_other_data_and_another_config_are_refused_by_name(run, data, found):
    async def some(w):
        w.start()
        while w._at() < 11:
            await asyncio.sleep(0.01)
        w.stop()

    asyncio.run(some(run()))
    other = run(margin=0.5)
    with pytest.raises(ValueError, match=r"margin was 0\.3, is 0\.5"):
        other.finish()
    assert "margin was 0.3, is 0.5" in other.problem
    fewer = train.load([photo for photo in found.train if photo.person <= 5], CONFIG.size)
    w = run(data=fewer)
    with pytest.raises(ValueError):
        w.finish()
    assert w.state == "failed" and w.problem.endswith(".")


def test_a_folder_that_went_away_is_a_sentence(run):
    async def clicked():
        w = run()
        w.start()
        while w._at() < 5:
            await asyncio.sleep(0.01)
        shutil.rmtree(w.folder)
        w.folder.write_text("in the way")
        while w.state == "running":
            await asyncio.sleep(0.01)
        return w

    w = asyncio.run(clicked())
    assert w.state == "failed" and w.problem


def test_a_pair_is_two_photos(found):
    with pytest.raises(ValueError, match="two readable photos, got 1"):
        Watch(found.query[:1], found.gallery[:20], found.query[:1], CONFIG.size)


# ---- levels


def test_the_least_loss_is_what_the_target_itself_would_get():
    about = About(100, 8, 5, 0.1, 20, ({}, {}), "", "")
    target = torch.tensor([0.92, 0.02, 0.02, 0.02, 0.02])
    logits = target.log()[None]
    wanted = torch.nn.functional.cross_entropy(logits, torch.tensor([0]), label_smoothing=0.1).item()
    assert about.least == pytest.approx(wanted, abs=1e-6)
    assert about.guessing == pytest.approx(math.log(5))
    assert dataclasses.replace(about, label_smoothing=0.0).least == 0


@pytest.mark.parametrize(("steps", "frames"), [(1, 1), (30, 30), (150, 150), (1500, 188), (5468, 196)])
def test_a_run_of_any_length_makes_about_two_hundred_frames_and_a_few_looks(steps, frames):
    about = About(steps, 64, 5, 0.1, 20, ({}, {}), "", "")
    ends = [s for s in range(1, steps + 1) if s % about.every == 0 or about.looks_at(s)]
    looks = [s for s in range(1, steps + 1) if about.looks_at(s)]
    assert len(ends) == frames and looks[-1] == steps and len(looks) <= 26
    assert all(step % about.every == 0 for step in looks[:-1])


# ---- recordings


def recorded(seconds: float = 6.0) -> Recording:
    look = StepLook(0.5, 0.25, {"conv2.0": [[0.1, 0.2], [0.3, 0.4]], "conv2.1": [[0.3, 0.4], [0.5, 0.6]]})
    about = About(40, 64, 5, 0.1, 8, ({"src": "data:,", "text": "a"}, {"src": "data:,", "text": "b"}), "few", "cpu")
    frames = [Frame(0, 0.0, look=look)]
    frames += [Frame(s, s * seconds / 40, 2 / s, math.nan if s < 9 else 0.5, 0.5, 0.01) for s in range(1, 40)]
    return Recording(about, (*frames, Frame(40, seconds, 0.05, 0.5, 0.9, 0.0, look)))


def test_a_recording_survives_the_file(tmp_path, run):
    w = run()
    with pytest.raises(ValueError, match="nothing has been trained yet"):
        w.recording()
    w.finish()
    path = w.recording().save(tmp_path / "sub" / "r.jsonl")
    again = Recording.read(path)
    assert [written(f) for f in again.frames] == [written(f) for f in w.frames] and again.about == w.recording().about
    played = Replay(again)
    played.finish()
    for name in ("losses", "scores", "gate_means", "levels", "joins", "pair", "texts", "step", "steps"):
        assert getattr(played, name) == getattr(w, name), name


def test_nan_is_nothing_in_the_file():
    one = Frame(3, 1.0, 2.0)
    assert '"triplet": null' in written(one)
    assert math.isnan(frame(written(one)).triplet) and frame(written(one)).look is None


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", '{"steps": 3}\n'])
def test_another_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"other\.jsonl holds no recorded training"):
        Recording.read(path)


def test_a_replay_keeps_time_and_can_be_stopped():
    async def watched():
        w = Replay(recorded(), speed=10)
        assert w.choices[w.chosen] == "10 times as fast, 1 s" and w.actions[0] == ["start", "Play"]
        w.start()
        await asyncio.sleep(0.3)
        w.stop()
        there = w.step
        assert 8 <= there <= 30, "about 20 of 40 steps in 0.3 of 0.6 seconds"
        assert w.state == "stopped" and w.actions[0] == ["resume", f"Go on from step {there}"]
        w.chosen = len(w.choices) - 1
        w.resume()
        while w.state == "running":
            await asyncio.sleep(0.02)
        assert w.step == 40 and len(w.losses) == 40 and w.state == "done"
        assert w.says.startswith("Played to the end: 40 steps in 6 s") and "rank-1 50%" in w.says

    asyncio.run(watched())


def test_a_replay_at_once_and_block_by_block():
    w = Replay(recorded())
    w.finish()
    assert w.gate_means[-1] == [40, pytest.approx([0.2, 0.3]), pytest.approx([0.4, 0.5])]
    w.block = "conv2.0"
    assert w.gate_means[-1] == [40, [0.1, 0.2], [0.3, 0.4]]
    assert "conv2.0, of the query: stream 1 0.100" in w.texts[2]
    w.finish()
    assert w.state == "done"


def test_an_empty_recording_is_refused():
    with pytest.raises(ValueError, match="no frames"):
        Replay(dataclasses.replace(recorded(), frames=()))


def test_a_run_can_be_recorded_without_a_page(tmp_path, data, watch, monkeypatch):
    monkeypatch.setattr(room.train, "load", lambda photos, size: data)
    monkeypatch.setattr(room.Watch, "of", lambda found, size: watch)
    config = dataclasses.replace(CONFIG, photos=80)
    path = room.record(tmp_path / "r.jsonl", config=config, out=tmp_path / "runs", way=Compute())
    assert [f.step for f in Recording.read(path).frames] == list(range(11))


def test_the_shipped_recording_is_a_whole_run_and_small():
    path = assets.path("results/replay.jsonl")
    assert path.stat().st_size < 300_000
    w = replay()
    w.finish()
    assert w.state == "done" and w.step == w.steps == w.recording.frames[-1].step
    assert [row[0] for row in w.losses] == sorted({row[0] for row in w.losses})
    assert w.losses[-1][1] > w.levels[1][0], "less than the least there is"
    assert w.scores[-1][1] > w.scores[0][1], "it has learned nothing"
    if w.steps >= 1000:
        assert w.losses[-1][1] < w.levels[0][0] / 2 and w.scores[-1][1] > 0.5


def test_a_click_in_another_thread_is_obeyed_after_the_step_in_hand(run, undisturbed):
    async def clicked():
        w = run()
        w._pressed("start")
        while w._at() < 11:
            await asyncio.sleep(0.01)
        await asyncio.gather(*(asyncio.to_thread(w._pressed, "stop") for _ in range(3)))
        assert w.state == "stopped" and w.problem == ""
        w.finish()
        return w

    assert same(weights_of(asyncio.run(clicked()).model), undisturbed)


def test_a_cell_that_runs_to_the_end_can_be_stopped_by_a_click(run):
    w = run(photos=960)
    clicks = threading.Timer(1.0, w._pressed, ["stop"])
    clicks.start()
    w.finish()
    clicks.join()
    assert w.state == "stopped" and 0 < w.step < 120
