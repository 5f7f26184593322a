"""Tables of runs, configs of a run that goes on, and colours in people.json: numbers that cannot be."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path

from osnet_edu import people, train
from osnet_edu.photos import market
from osnet_edu.train import checkpoints
from osnet_edu.trials import runs, table
from osnet_edu.trials.table import Outcome

from . import ground, tables
from .outcome import Case

RUN = Outcome("a", 0, 32, 4, 0.5, 0.4, 0.6, 0.9, 0.4, 4, 0.5, 0.9, 6.0, "cpu", "x", (1.0, 0.5), (0.25, 0.75))
NAN, INF = "nan", "inf"
WRONG = {
    **dict.fromkeys(("rank1", "mean_ap", "seen_map", "unseen_map", "accuracy"), ("77", "-0.1", "1.01", INF, NAN)),
    "twins": ("77", "-1", INF),
    **dict.fromkeys(("photos", "people", "compared"), ("0", "-3", "1.5", "", NAN)),
    "seed": ("1.5", "", "x"),
    **dict.fromkeys(("cross_entropy", "seconds"), ("-1", INF, NAN, "x")),
    **dict.fromkeys(("person_rank1", "person_map"), ("77 0.5", "-1 0.5", "inf 0.5", "x 0.5", "0.5", "")),
}


def _lines(*lines: dict[str, str]) -> str:
    """A table: the good run with other texts in some columns, a line each."""
    names = [field.name for field in fields(Outcome)]
    good = dict(zip(names, table._line(RUN).rstrip("\n").split(","), strict=True))
    return "\n".join([",".join(names), *(",".join({**good, **line}.values()) for line in lines)]) + "\n"


def _read(text: str) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        (work / "runs.csv").write_text(text)
        found = table.read(work / "runs.csv")
        return "correct" if found[0] == RUN else "silently-wrong"

    return run


def _continued(changed: dict[str, object]) -> Callable[[Path], str]:
    """A plan goes on with a file that holds this run: refused, and the file is as it was."""

    def run(work: Path) -> str:
        variant = runs.Variant("a", replace(ground.CONFIG, photos=32))
        plan = runs.Plan("mine", ground.folder(), (variant,), (0,))
        found = market.read(ground.folder())
        usual = {"data": runs._fingerprint(found), "person_rank1": (1.0,) * 4, "person_map": (0.5,) * 4}
        mine = replace(RUN, **(usual | changed))
        table.append(work / "mine.csv", mine)
        before = (work / "mine.csv").read_bytes()
        try:
            done = runs.run_all(plan, work, workers=1)
        finally:
            assert (work / "mine.csv").read_bytes() == before
        return "correct" if done == (mine,) else "silently-wrong"

    return run


CONFIGS = {
    "growth": ([1], [[1]], [[0.5, 0.5, 0.5]], [None], [["a", 0.5]], [[None, 0.5]], [[True, 0.5]], [[[0.5], 0.5]], [{}]),
    "milestones": ([[0.4]], [[0.4, 0.8]], [None], [True], ["0.4"], {}, 0.4),
    "size": ([64], [64, 32, 3], [[64], [32]], [64.0, 32.0], [True, True], [[64, 32]]),
}

GIVEN = (
    ("growth", (1,)), ("growth", 5), ("growth", ((0.5, "x"),)), ("growth", ((0.5,),)), ("growth", "ab"),
    ("milestones", 5), ("milestones", ("x",)), ("milestones", None), ("size", 64), ("size", "ab"),
)  # fmt: skip


def _resumed(name: str, value: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        saved = Path(shutil.copytree(checkpoints.latest(ground.run()), work / checkpoints.latest(ground.run()).name))
        state = json.loads((saved / checkpoints.STATE).read_text())
        state["config"][name] = value
        (saved / checkpoints.STATE).write_text(json.dumps(state))
        train.read_config(work)
        return "silently-wrong"

    return run


def _configured(name: str, value: object) -> Callable[[Path], str]:
    def run(_work: Path) -> str:
        train.TrainConfig(**{**asdict(ground.CONFIG), name: value})
        return "silently-wrong"

    return run


def _coloured(kind: str, field: str, value: object) -> Callable[[Path], str]:
    def run(work: Path) -> str:
        content = json.loads(tables.table())
        person = content["people"][0]
        row = person["identity"] if kind == "identity" else person["photos"][0][3]
        row[content[f"{kind}_fields"].index(field)] = value
        (work / "people.json").write_text(json.dumps(content))
        people.read_people(work)
        return "silently-wrong"

    return run


def cases() -> Iterator[Case]:
    right = ("correct",)
    yield Case("runs", "a good table", _read(_lines({})), right)
    yield Case("runs", "two runs of other seeds", _read(_lines({}, {"seed": "1"}, {"variant": "b"})), right)
    for name, values in WRONG.items():
        for value in values:
            yield Case("runs", f"a table with {name} {value!r}", _read(_lines({name: value})))
    lost = replace(RUN, twins=float("nan"), person_map=(float("nan"), 0.5))
    yield Case("runs", "a run without twins", lambda work: _kept(work, lost), right)
    yield Case("runs", "a line twice", _read(_lines({}, {})))
    yield Case("runs", "a run twice with other scores", _read(_lines({}, {"seed": "1"}, {"rank1": "0.9"})))
    longer = {"seed": "1", "person_rank1": "1.0 0.5 0.5", "person_map": "0.5 0.5 0.5"}
    yield Case("runs", "a run tested by other people", _read(_lines({}, longer)))
    yield Case("runs", "a run on other photos by other people", _read(_lines({}, {**longer, "data": "y"})), right)
    yield Case("runs", "a plan goes on with its run", _continued({}), right)
    for name, changed in {
        "more people to train on": {"people": 9},
        "more people to test with": {"person_rank1": (0.5,) * 9, "person_map": (0.5,) * 9},
        "other photos": {"data": "y"},
        "another budget": {"photos": 64},
    }.items():
        yield Case("runs", f"a plan goes on with a run of {name}", _continued(changed))
    for name, values in CONFIGS.items():
        for value in values:
            yield Case("resume", f"{name} {value!r}", _resumed(name, value))
    for name, value in GIVEN:
        yield Case("config", f"{name}={value!r}", _configured(name, value))
    for field, value in (("top_color", [1, 0]), ("hat_color", []), ("hair_color", [0.5]), ("top_color2", [0, 0, 0, 1]),
                         ("height", [1.7]), ("skin", []), ("bag_color", 0.5), ("top_color", [[1, 0, 0]])):  # fmt: skip
        yield Case("people", f"people.json: {field} {value}", _coloured("identity", field, value))
    for field, value in (("gain", [1, 1]), ("gain", [1, 1, 1, 1]), ("gain", 1), ("hour", [12]), ("jpeg", [90, 90])):
        yield Case("people", f"people.json: {field} {value}", _coloured("view", field, value))


def _kept(work: Path, run: Outcome) -> str:
    table.append(work / "runs.csv", run)
    return "correct" if repr(table.read(work / "runs.csv")[0]) == repr(run) else "silently-wrong"
