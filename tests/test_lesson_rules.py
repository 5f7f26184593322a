"""How lessons choose what they show, and what many differences say at once."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from claims.reading import NOTEBOOKS
from claims.running import run
from test_explain_without import folder  # noqa: F401  a fixture

from osnet_edu import assets, osnet
from osnet_edu.experiments import baselines, causes
from osnet_edu.explain import flow, gates
from osnet_edu.network import weights
from osnet_edu.photos import market
from osnet_edu.refused import Refused
from osnet_edu.trials import ablation, together, twins
from osnet_edu.trials import people as overfitting


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", [ablation.NAME, ablation.LONGER])
def test_a_p_value_below_five_per_cent_is_an_interval_without_0(name):
    for metric in ("mean_ap", "rank1"):
        judged = together.rows_of(ablation.read_shipped(name), metric)
        assert len(judged.p) == 10
        assert judged.alone == [key for key, difference in judged.differences.items() if difference.clear]
        assert set(judged.clear) <= set(judged.alone)


def test_a_block_is_asked_four_questions():
    torch.manual_seed(0)
    model, images = osnet(0.25, gate_hidden=4).eval(), torch.rand(3, 3, 64, 32)
    asked = causes.ask(model, images)
    assert list(asked) == list(model.blocks())
    with torch.no_grad(), gates.mute(model, 3, ["conv3.1"]):
        changed = model(images[:1])[0]
    with torch.no_grad():
        query, match, other = model(images)
    to_match, before = (torch.cosine_similarity(x, match, dim=0).item() for x in (changed, query))
    to_other, ago = (torch.cosine_similarity(x, other, dim=0).item() for x in (changed, query))
    block = asked["conv3.1"]
    assert block.similarity[2] == pytest.approx(to_match - before, abs=1e-6)
    assert block.margin[2] == pytest.approx(to_match - to_other - before + ago, abs=1e-6)
    assert block.share.sum() == pytest.approx(1, abs=1e-4)


def test_the_block_at_odds_has_most_different_answers_and_a_stream_that_nothing_needs_is_not_named():
    def block(name, gate, share, similarity, margin):
        return causes.BlockAnswers(name, *map(np.array, (gate, share, similarity, margin)))

    one = block("one", [0.6, 0.4], [0.7, 0.3], [-0.2, -0.1], [-0.2, 0.1])
    two = block("two", [0.6, 0.4], [0.3, 0.7], [-0.2, -0.1], [0.2, 0.1])
    assert one.first == {"gate": 1, "share": 1, "similarity": 1, "margin": 1} and one.answers == 1
    assert two.first["margin"] == 0 and two.answers == 2
    assert "no stream is needed most for the margin" in two.sentence()
    assert causes.most_at_odds({"one": one, "two": two}) is two


def test_the_pair_whose_part_shows_best_is_shown():
    def photo(person, camera):
        return market.parse_name(market.format_name(person, camera, 1, 1, 0))

    photos = [photo(person, camera) for person in (1, 2, 3, 4) for camera in (1, 2, 3)]
    seen = {1: (50, 9, 40), 2: (30, 99, 60), 3: (20, 20, 20), 4: (90, 90, 90)}
    twin = {1: 2, 2: 1, 3: 4, 4: 3}
    records = [
        SimpleNamespace(path=f"query/{p.name}", twin=twin[p.person], part="logo", visible=seen[p.person][p.camera - 1])
        for p in photos
    ]
    assert twins.seen_best(photos, records, "logo", cameras=2) == twins.TwinPhotos(1, 2, {1: 30, 3: 40})
    assert twins.seen_best(photos, records, "logo", cameras=3) == twins.TwinPhotos(3, 4, {1: 20, 2: 20, 3: 20})
    with pytest.raises(Refused, match="'hat'"):
        twins.seen_best(photos, records, "hat")


def test_the_untrained_network_is_the_same_every_time():
    one, two = (baselines.untrained().state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_people_are_counted_before_the_first_run(tmp_path):
    with pytest.raises(Refused, match=r"400 people .* has 180; `python -m osnet_edu render OUT --people 540`"):
        overfitting.run(assets.subset(), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("hidden", [4, None], ids=["four hidden units", "one hidden unit"])
def test_notebook_08_takes_a_network_and_photos_of_ones_own(hidden, folder, tmp_path):  # noqa: F811
    torch.manual_seed(0)
    weights.save(osnet(0.25, gate_hidden=hidden), tmp_path / "own.safetensors", size=(64, 32))
    assert not (Path(folder) / "people.json").exists()

    def own(cell: str, source: str) -> str:
        if cell != "nb08-choose":
            return source
        source = source.replace("weights.shipped()", f"weights.open({str(tmp_path / 'own.safetensors')!r})")
        return source.replace("assets.subset()", repr(str(folder)))

    lesson = run(nbformat.read(NOTEBOOKS["08"], as_version=4), tmp_path, own)
    said = lesson.printed["nb08-choose"]
    assert ("one number a stream" in said) == (hidden is None)
    agreement = lesson.value["nb08-agreement"].text
    assert "top colour" not in agreement and "camera" in agreement
    assert lesson.end.theatre.sentence.startswith("All streams are on.")


def test_notebook_09_takes_a_network_and_photos_of_ones_own(folder, tmp_path):  # noqa: F811
    torch.manual_seed(0)
    weights.save(osnet(0.25, gate_hidden=4), tmp_path / "own.safetensors", size=(128, 64))
    bare = tmp_path / "market"
    shutil.copytree(folder, bare)
    shutil.rmtree(bare / market.MASKS)

    def own(cell: str, source: str) -> str:
        if cell != "nb09-choose":
            return source
        source = source.replace("weights.shipped()", f"weights.open({str(tmp_path / 'own.safetensors')!r})")
        return source.replace("assets.subset()", repr(str(bare)))

    lesson = run(nbformat.read(NOTEBOOKS["09"], as_version=4), tmp_path, own)
    assert lesson.printed["nb09-noticed"].count("(not known here)") == len(lesson.end.noticed) == 2
    assert lesson.end.widget.graded.kind in ("none", "taken") and lesson.printed.get("nb09-evidence", "") == ""


POINTS = re.compile(r"\[[^\]]+\]\(#flow=([^)]*)\)")


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_every_link_into_the_picture_names_a_place_of_the_shipped_network(number):
    model = weights.shipped().model
    cells = nbformat.read(NOTEBOOKS[number], as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    places = POINTS.findall(text)
    assert len(places) == text.count("#flow="), "each is an ordinary link"
    for place in places:
        flow.place_named(model, place.replace("+", " "))
    assert (2 <= len(places) <= 6) == (number >= "02")
    with pytest.raises(Refused, match=r"conv3\.1 has"):
        flow.place_named(model, "conv3.1 stream 5")
