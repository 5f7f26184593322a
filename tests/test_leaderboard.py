"""The leaderboard: means, floors and differences of blocks made by hand, and a run that is stopped and goes on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from osnet_edu import figures, intervals, osnet
from osnet_edu.grading import board, contestants, frozen, leaderboard
from osnet_edu.grading.board import ACROSS, SAME_VIEW, Board, BoardBlock
from osnet_edu.grading.frozen import PARTS
from osnet_edu.network import weights
from osnet_edu.trials import table

N = 2 * len(PARTS)  # two families a part
NOTICED = "1" * (N - 4) + "0-32"  # the logo's last two and the strap's two: unseen, turned round, seen well, seen


def block(method, rank, network="shipped", weights="trained", view=ACROSS, noticed=NOTICED):
    rank = tuple(np.broadcast_to(np.asarray(rank, float), N).tolist())
    half = tuple(value / 2 for value in rank)
    digest = "" if network == "none" else f"digest of {network}"
    return BoardBlock(network, digest, weights, view, method, "name", 2, noticed, rank, half, rank, half)


@pytest.fixture
def made():
    rising = np.arange(N) / 100 + 0.2
    good, bad = rising + 0.3, np.where(np.arange(N) % 2, 0.3, 0.0)
    blocks = [block(name, 0.1, network="none", noticed="0" * N) for name in ("random", "centre prior")]
    for network in ("shipped", "seed 0", "seed 1"):
        blocks += [
            block("good", good, network),
            block("bad", bad, network),
            block("good", rising, network, "untrained"),
            block("bad", bad[::-1], network, "untrained"),
        ]
    return Board(tuple(blocks))


def test_means_are_over_the_noticed_cases_alone(made):
    rank = np.array(made.block("good").rank)
    seen = np.array([c in "123" for c in NOTICED])
    assert seen.sum() == N - 2
    np.testing.assert_array_equal(made.seen("shipped"), seen)
    found = made.mean("good")
    assert found.value == pytest.approx(rank[seen].mean()) and found.low < found.value < found.high
    assert made.mean("good", times=0).value == pytest.approx(rank.mean())
    assert made.mean("good", times=2).value == pytest.approx(rank[-2:].mean())
    assert made.mean("good", times=3).value == pytest.approx(rank[-2])
    assert made.mean("good", "mass").value == pytest.approx(rank[seen].mean() / 2)
    by_part = made.by_part("good")
    assert list(by_part) == list(PARTS)
    assert by_part["top color"].value == pytest.approx(rank[:2].mean())
    assert np.isnan(by_part["logo"].value)  # of its two families the network notices none
    assert by_part["strap"].value == pytest.approx(rank[-2:].mean())
    assert made.floors() == pytest.approx({"random": 0.1, "centre prior": 0.1})
    assert made.best() == "good" and made.best("strap", among=["bad"]) == "bad"


def test_a_difference_is_paired_and_corrected(made):
    found = made.above_untrained()
    assert found["good"].value == pytest.approx(0.3) and found["good"].low == pytest.approx(0.3)
    assert found["good"].shown and not found["bad"].shown
    alone = intervals.holm({"good": 2 / 2000, "bad": 1.0})
    assert found["good"].p == pytest.approx(alone["good"])
    floor = made.above_floor()
    assert floor["good"].shown and floor["good"].value == pytest.approx(made.mean("good").value - 0.1)
    seeds = made.over_seeds()
    assert seeds["good"].value == pytest.approx(0.3) and seeds["good"].shown and not seeds["bad"].shown


def test_a_better_negative_of_one_family_cannot_pass_for_all(made):
    """One family that is far better does not make a method better than its untrained network."""
    one = np.zeros(N)
    one[0] = 1
    blocks = [b for b in made.blocks if b.method != "bad"] + [
        block("bad", one),
        block("bad", 0.0, weights="untrained"),
    ]
    assert not Board(tuple(blocks)).above_untrained()["bad"].shown


def test_the_table_says_who_beats_whom():
    blocks = [block("centre prior", 0.1, network="none", view=view, noticed="0" * N) for view in (ACROSS, SAME_VIEW)]
    for view in (ACROSS, SAME_VIEW):
        blocks += [block("good", 0.6, view=view), block("good", 0.2, weights="untrained", view=view)]
    said = str(Board(tuple(blocks)))
    assert f"shipped, across views: {N - 2} of {N} differences noticed" in said
    assert "1 of 1 methods beat their own untrained score, 1 of these the centre prior too." in said
    assert "0.60 [ 0.60, 0.60]" in said and "in the same view" in said


def test_the_picture_tells_every_method_in_words(made):
    figure = figures.leaderboard(made, title="Who finds it?")
    words = figure.get_label()
    assert words.startswith("Who finds it? ") and "good 0.5" in words and "centre prior 0.10" in words
    with pytest.raises(ValueError, match="nothing of 'seed 9'"):
        figures.leaderboard(made, network="seed 9")


def test_a_method_of_several_variants_has_one_row_and_the_numbers_have_all():
    blocks = [block(f"Grad-CAM, conv{k}", value) for k, value in ((2, 0.1), (3, 0.4), (4, 0.2))]
    blocks += [block(f"stream {t} of conv3.1", 0.05 * t) for t in (1, 2)] + [block("gradient", 0.3)]
    found = Board(tuple(blocks))
    told = figures.leaderboard(found).get_label()
    assert told.index("Grad-CAM, conv3 (best of 3) 0.40") < told.index("gradient 0.30")
    assert "stream 2 of conv3.1 (best of 2) 0.10" in told and "conv2" not in told
    rows = figures.leaderboard_numbers(found).splitlines()
    assert (
        len(rows) == 7
        and rows[1].startswith("Grad-CAM, conv3")
        and rows[1].split()[2:6] == ["0.40", "0.40", "to", "0.40"]
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda b: b.block("magic"), "the board has no 'magic' of shipped"),
        (lambda b: b.mean("good", "speed"), "a score is one of rank, mass, pointing, coarse, got 'speed'"),
        (lambda b: b.mean("good", part="nose"), "a part is one of"),
        (lambda b: b.seen("seed 9"), "nothing of seed 9"),
        (lambda b: Board(b.blocks[:6]).over_seeds(), "fewer than two seeds"),
    ],
)
def test_what_the_board_does_not_know_is_refused(made, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(made)


# ---- a run -----------------------------------------------------------------------------------------------------------

QUICK = ("gradient", "gradient x activation, conv4")


@pytest.fixture
def quick(monkeypatch):
    """Two methods, no own ones, two floors: as many blocks as a run of seconds can make."""
    monkeypatch.setattr(leaderboard, "METHODS_GRADED", {name: contestants.METHODS_GRADED[name] for name in QUICK})
    monkeypatch.setattr(leaderboard, "OWN", {})
    floors = {name: contestants.FLOORS[name] for name in ("centre prior", "new colours")}
    monkeypatch.setattr(leaderboard, "FLOORS", floors)


def test_a_run_that_was_stopped_goes_on_and_says_the_same(quick, tmp_path, monkeypatch):
    told = []
    whole = leaderboard.run(tmp_path, tmp_path / "a", lambda *at: told.append(at), seeds=1, families=1)
    assert told[0] == (0, len(whole.blocks)) and told[-1] == (len(whole.blocks),) * 2
    assert [b.method for b in whole.blocks[-2:]] == list(QUICK) and whole.blocks[-1].weights == "untrained"
    assert whole.networks == ["shipped"] and whole.seeds == ["seed 0"]
    lines = (tmp_path / "a" / "leaderboard.csv").read_text().splitlines(keepends=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "leaderboard.csv").write_text("".join(lines[:5]) + lines[5][:40])  # killed in its fifth line
    again = leaderboard.run(tmp_path, tmp_path / "b", seeds=1, families=1)
    assert (tmp_path / "b" / "leaderboard.csv").read_text() == "".join(lines)
    assert [b.key for b in again.blocks] == [b.key for b in whole.blocks]
    rank = {(b.network, b.weights, b.view, b.method): b.rank for b in again.blocks}
    assert rank["shipped", "trained", ACROSS, QUICK[1]] != rank["shipped", "untrained", ACROSS, QUICK[1]]
    assert rank["shipped", "trained", ACROSS, QUICK[1]] != rank["shipped", "trained", SAME_VIEW, QUICK[1]]
    assert all(0 <= value <= 1 for row in rank.values() for value in row)
    with pytest.raises(ValueError, match="holds blocks of 1 families a part, expected 2"):
        leaderboard.run(tmp_path, tmp_path / "b", seeds=1, families=2)
    first = again.blocks[-1]
    table.append(tmp_path / "c.csv", replace(first, noticed="0" * len(first.noticed)))
    assert table.read(tmp_path / "c.csv", BoardBlock)[0].noticed == "0" * len(first.noticed)


@pytest.fixture
def told(quick, monkeypatch):
    """Blocks that are made up at once: their grades tell which network was asked.  Returns: the jobs that were done."""
    jobs = []

    def made(job, _cases):
        jobs.append(job)
        count = job.families * len(PARTS)
        grades = (int(job.digest or "0", 16) % 1000 / 1000,) * count
        names = {f: frozen.name_of(frozen.describe(size=(64, 32), families=f)) for f in (1,)}
        asked = job.network, job.digest, job.weights, job.view, job.method, names[job.families], job.families
        return BoardBlock(*asked, "3" * count, grades, grades, grades, grades)

    monkeypatch.setattr(leaderboard, "_block", made)
    monkeypatch.setattr(frozen, "render", lambda **_: None)
    return jobs


def trained(path, seed):
    torch.manual_seed(seed)
    weights.save(osnet(0.1, gate_hidden=2), path, size=(64, 32))
    return path


def ranks(found):
    return {found.block(QUICK[0], network).rank[0] for network in found.networks}


def test_two_networks_in_files_of_one_name_are_two_networks(told, tmp_path):
    one, other = (trained(tmp_path / run / "weights.safetensors", seed) for seed, run in enumerate("AB"))
    first = leaderboard.run(tmp_path, tmp_path / "out", weights_at=one, families=1)
    count = len(told)
    second = leaderboard.run(tmp_path, tmp_path / "out", weights_at=other, families=1)
    assert (first.networks, second.networks) == (["A/weights.safetensors"], ["B/weights.safetensors"])
    assert len(told) == 2 * count - 6 and ranks(first).isdisjoint(ranks(second))  # six floors and ceilings ask nobody
    moved = tmp_path / "C" / "another name.safetensors"
    moved.parent.mkdir()
    moved.write_bytes(one.read_bytes())
    again = leaderboard.run(tmp_path, tmp_path / "out", weights_at=moved, families=1)
    assert (
        ranks(again) == ranks(first) and again.networks == ["C/another name.safetensors"] and len(told) == 2 * count - 6
    )
    trained(one, 2)  # trained anew, in the same place and the same process
    third = leaderboard.run(tmp_path, tmp_path / "out", weights_at=one, families=1)
    assert ranks(third).isdisjoint(ranks(first) | ranks(second)) and third.networks == first.networks


def test_a_file_that_is_whole_is_held_to_its_cases_too(told, tmp_path):
    one = trained(tmp_path / "A" / "weights.safetensors", 0)
    out = tmp_path / "out"
    leaderboard.run(tmp_path, out, weights_at=one, families=1)
    path, count = out / "leaderboard.csv", len(told)
    text, name = path.read_text(), table.read(path, BoardBlock)[0].cases
    for forged in ("0" * 16, "000" + name[3:], name[:-1] + ("0" if name[-1] != "0" else "1"), name.upper() + "x"):
        path.write_text(text.replace(name, forged))
        with pytest.raises(
            ValueError, match=f"holds blocks on the cases {forged}, expected {name}; use another folder"
        ):
            leaderboard.run(tmp_path, out, weights_at=one, families=1)
    path.write_text(text + text.splitlines(keepends=True)[-1])
    with pytest.raises(ValueError, match=r"holds the run .* gradient x activation, conv4 twice, in lines 15 and 16"):
        leaderboard.run(tmp_path, out, weights_at=one, families=1)
    path.write_text(text)
    leaderboard.run(tmp_path, out, weights_at=one, families=1)
    assert len(told) == count and path.read_text() == text


def test_a_network_that_changes_while_it_is_asked_is_refused(tmp_path):
    path = trained(tmp_path / "weights.safetensors", 0)
    job = leaderboard.jobs(0, [path], 1)[-1]
    trained(path, 1)
    with pytest.raises(ValueError, match=r"weights\.safetensors was changed while its maps were made"):
        leaderboard._checkpoint(job.network, job.path, job.digest)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"noticed": "1" * N + "1"}, f"noticed must be {N} characters of -0123"),
        ({"noticed": "4" * N}, f"noticed must be {N} characters"),
        ({"rank": (0.5,) * (N - 1)}, f"rank must be {N} numbers from 0 to 1, got {N - 1}"),
        ({"mass": (float("nan"),) * N}, "mass must be"),
        ({"pointing": (77.0,) * N}, "pointing must be"),
        ({"coarse": (-0.1,) * N}, "coarse must be"),
        ({"families": 3}, "noticed must be 24 characters"),
    ],
)
def test_a_block_that_cannot_be_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(block("good", 0.5), **change)


def test_the_shipped_board_is_of_the_networks_and_the_set_that_ship():
    """Where this fails, one of them has changed: python -m osnet_edu experiment leaderboard --out assets/results"""
    wanted = {job.key: job.families for job in leaderboard.jobs()}
    found = {b.key: b for b in leaderboard.shipped().blocks}
    assert wanted == {key: b.families for key, b in found.items()}
    names = leaderboard._names((128, 64), leaderboard.jobs(1))
    assert {b.families: b.cases for b in found.values()} == names


def test_what_cannot_be_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="takes no --photos"):
        leaderboard.run(tmp_path, tmp_path, photos=100)
    with pytest.raises(ValueError, match="networks of 5 seeds ship, got 6"):
        leaderboard.run(tmp_path, tmp_path, seeds=6)
    (tmp_path / "leaderboard.csv").write_text("some,other,file\n1,2,3\n")
    with pytest.raises(ValueError, match="is not a file of runs: expected the columns network, digest, weights, view"):
        leaderboard.run(tmp_path, tmp_path)


def test_a_map_of_coarse_cells_is_graded_on_its_cells():
    truth = np.zeros((16, 16), bool)
    truth[:8, :8] = True
    heat = np.zeros((16, 16))
    heat[3, 3], heat[12, 12] = -4, -1
    rank, mass, pointing, coarse = leaderboard._grades(heat, truth)
    assert (mass, pointing, coarse) == (0.8, 1.0, 1.0)
    assert rank == pytest.approx((1 + 62 * 63 / 254) / 64)  # one hit of two, and of the blank ones what chance gives


def test_ceilings_are_the_truth_as_cells_show_it():
    truth = np.zeros((1, 128, 64), bool)
    truth[0, 32:48, 16:32] = True  # one cell of conv4's map
    whole, finer = (contestants.CEILINGS[f"the truth on conv{k}'s cells"](truth)[0] for k in (4, 2))
    assert -1 <= whole.min() < -0.9 and -1 <= finer.min() < -0.9
    coarse, fine = (leaderboard._grades(heat, truth[0])[0] for heat in (whole, finer))
    assert 0.8 < coarse < fine <= 1  # a square cell becomes a soft hill, whose foot lies outside
    assert contestants.FLOORS["centre prior"](None, None, np.zeros((1, 9, 5, 3)))[0].argmin() == 22
    assert board.CENTRE in contestants.FLOORS
