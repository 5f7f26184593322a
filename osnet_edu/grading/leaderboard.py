"""Every method on the grading set: which one may be believed, about which part, and against which floors?

A block is one method asked about all cases by one network. Blocks are kept in a file, so that an interrupted run goes
on; each says by digests which network and which cases it is of. The shipped network is asked about all families, in
both views; the networks of seeds 0 to 4 about the first families of each part, across views. Beside each network stands
one of the same size that was never trained.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from ..embed import embedder_for, normalise
from ..explain import Network, untrained
from ..machine import pool
from ..network import export, weights
from ..refused import Refused, plain
from ..trials import alike, table
from . import frozen, marks
from .board import ACROSS, NO_NETWORK, SAME_VIEW, SHIPPED_NETWORK, Board, BoardBlock, key_of
from .contestants import CEILINGS, FLOORS, METHODS_GRADED, OWN
from .frozen import FAMILIES, PARTS, Cases

_NAME = "leaderboard"
FEW = 4  # families a part that the seeds are asked about
TOGETHER = 16  # photos in a batch
_COARSE = 8  # pixels of a cell of the common resolution
_MANY = 100_000  # photos that are embedded: enough for the fastest engine


@dataclass(frozen=True)
class Job:
    """A block to make.  path: of a checkpoint that does not ship, or None."""

    network: str
    digest: str
    weights: str
    view: str
    method: str
    families: int
    path: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this job from others, see `board.key_of`: that of the block it makes."""
        return key_of(self)


def jobs(seeds: int = len(alike.SEEDS), paths: Sequence[Path] = (), families: int = FAMILIES) -> list[Job]:
    """What is to be asked: floors, ceilings, the shipped network or one's own, the kit's method, then the seeds."""
    few = min(FEW, families)
    first: list[tuple[str, str | None]] = [(_named(path), str(path)) for path in paths] or [(SHIPPED_NETWORK, None)]
    nets = [(name, export.digest(_opened(name, path).model), path) for name, path in first]
    found = [Job(NO_NETWORK, "", "trained", view, name, families) for view in (ACROSS, SAME_VIEW) for name in FLOORS]
    found += [Job(NO_NETWORK, "", "trained", ACROSS, name, families) for name in CEILINGS]
    found += [
        Job(network, digest, kind, view, name, families, path)
        for network, digest, path in nets
        for view in (ACROSS, SAME_VIEW)
        for kind in ("trained", "untrained")
        for name in METHODS_GRADED
    ]
    found += [
        Job(network, digest, kind, view, name, families, path)
        for network, digest, path in nets
        # slow: only what is compared
        for view, kind in ((ACROSS, "trained"), (ACROSS, "untrained"), (SAME_VIEW, "trained"))
        for name in OWN
    ]
    alone = [f"seed {seed}" for seed in range(0 if paths else seeds)]
    found += [
        Job(network, digest, kind, ACROSS, name, few)
        for network, digest in [(name, export.digest(_opened(name, None).model)) for name in alone]
        for kind in ("trained", "untrained")
        for name in METHODS_GRADED
    ]
    return found


def run(
    root: Path,
    out: Path | str,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int = 1,
    photos: int | None = None,
    seeds: int | Sequence[int] = len(alike.SEEDS),
    weights_at: Path | None = None,
    families: int = FAMILIES,
) -> Board:
    """Make all blocks that OUT/leaderboard.csv lacks, and read them as a board.

    root: not read; the people are rendered.  workers: processes with one thread each.  photos: not taken.  seeds: how
    many of the five networks are asked.  weights_at: a checkpoint, or a folder of them, instead of the shipped ones.
    families: a part.  progress: (blocks done, blocks in all).
    Raises: Refused for more seeds than ship, and where the file holds blocks of another grading set.
    """
    if photos is not None:
        raise Refused(f"{_NAME} trains nothing: it takes no --photos")
    count = seeds if isinstance(seeds, int) else len(seeds)
    if count > len(alike.SEEDS):
        raise Refused(f"networks of {len(alike.SEEDS)} seeds ship, got {count}")
    path = table.file_of_runs(_NAME, out, BoardBlock)
    checkpoints = alike.own(weights_at) if weights_at is not None else [weights.shipped()]
    size = alike.common_size(checkpoints)
    wanted = jobs(count, _files(weights_at), families)
    kept = table.started(path, BoardBlock) if path.is_file() else ()
    done = _done(kept, wanted, _names(size, wanted), path)
    table.repair(path, BoardBlock)
    missing = [*{job.key: job for job in wanted if job.key not in done}.values()]
    if progress:
        progress(len(wanted) - len(missing), len(wanted))
    if missing:
        prepare = partial(_as_given, frozen.render(size=size, families=families))
        with pool.results(_block, missing, workers, prepare=prepare, ordered=False) as blocks:
            for block in blocks:
                table.append(path, block)
                done[block.key] = block
                if progress:
                    progress(sum(job.key in done for job in wanted), len(wanted))
    return Board(tuple(replace(done[job.key], network=job.network) for job in wanted))


def _names(size: tuple[int, int], wanted: Sequence[Job]) -> dict[int, str]:
    """The name of the grading set for each number of families that is asked for."""
    most = max(job.families for job in wanted)
    every = frozen.describe(size=size, families=most)
    place = np.arange(len(every)) % most
    return {few: frozen.name_of(every[place < few]) for few in {job.families for job in wanted}}


def _done(
    kept: Sequence[BoardBlock], wanted: Sequence[Job], names: dict[int, str], path: Path
) -> dict[tuple, BoardBlock]:
    """What was made already.  Raises: Refused for blocks on other cases than those that are asked for."""
    done = {block.key: block for block in kept}
    for job in wanted:
        block = done.get(job.key)
        if block and block.families != job.families:
            raise Refused(
                f"{path} holds blocks of {block.families} families a part, expected {job.families}; "
                "go on with the same numbers, or choose another folder"
            )
        if block and block.cases != names[job.families]:
            raise Refused(
                f"{path} holds blocks on the cases {block.cases}, expected {names[job.families]}; use another folder"
            )
    return done


def shipped() -> Board:
    """The board that ships with the kit."""
    return Board(table.shipped_runs(_NAME, BoardBlock))


def _files(path: Path | None) -> list[Path]:
    if path is None:
        return []
    alike.own(path)  # refuses a file that is not a checkpoint, before the work starts
    return weights.files(path)


def _named(path: Path) -> str:
    """FOLDER/FILE: every training ends in a file of one name, and no network of the kit has a name with a slash."""
    return plain("/".join(path.absolute().parts[-2:]))


def _as_given(cases: Cases) -> Cases:
    return cases


def _block(job: Job, cases: Cases) -> BoardBlock:
    some = _first(cases, job.families)
    if job.method in CEILINGS:
        noticed, heat = "0" * len(some.part), CEILINGS[job.method](some.truth)
    else:
        reference = some.query if job.view == ACROSS else some.same
        if job.network == NO_NETWORK:
            noticed, network = "0" * len(some.part), None
        else:
            noticed = _noticed(job, some)
            network = _network(job, job.weights, some)
        ask = {**METHODS_GRADED, **OWN, **FLOORS}[job.method]
        maps = []
        for start in range(0, len(reference), TOGETHER):
            pool.check_wanted()
            part = slice(start, start + TOGETHER)
            maps.append(ask(network, reference[part].copy(), some.negative[part].copy()))
        heat = np.concatenate(maps)
    rows = [_grades(one, truth) for one, truth in zip(heat, some.truth, strict=True)]
    columns = (tuple(float(value) for value in column) for column in zip(*rows, strict=True))
    asked = job.network, job.digest, job.weights, job.view, job.method
    return BoardBlock(*asked, some.name, job.families, noticed, *columns)


def _grades(heat: np.ndarray, truth: np.ndarray) -> tuple[float, float, float, float]:
    grade = marks.grade(heat, truth, against=True)
    height, width = heat.shape
    cells = heat[: height // _COARSE * _COARSE, : width // _COARSE * _COARSE]
    cells = cells.reshape(height // _COARSE, _COARSE, width // _COARSE, _COARSE).mean((1, 3))
    coarse = np.kron(cells, np.ones((_COARSE, _COARSE)))
    coarse = np.pad(coarse, ((0, height - len(coarse)), (0, width - coarse.shape[1])), "edge")
    return grade.rank, grade.mass, grade.pointing, marks.grade(coarse, truth, against=True).rank


def _first(cases: Cases, families: int) -> Cases:
    """The first families of each part."""
    each = len(cases.part) // len(PARTS)
    chosen = np.arange(len(cases.part)) % each < families
    return Cases(*(getattr(cases, name)[chosen] for name in Cases.__dataclass_fields__))


def _opened(network: str, path: str | None) -> weights.Checkpoint:
    if path is not None:
        return weights.open(path)
    return weights.shipped() if network == SHIPPED_NETWORK else alike.trained(int(network.split()[1]))


@cache
def _checkpoint(network: str, path: str | None, digest: str) -> weights.Checkpoint:
    found = _opened(network, path)
    if export.digest(found.model) != digest:
        raise Refused(f"{path or network} was changed while its maps were made; run the command again")
    return found


_networks: dict[tuple, Network] = {}
_seen: dict[tuple, str] = {}


def _network(job: Job, kind: str, cases: Cases) -> Network:
    key = job.network, job.digest, kind, cases.name
    if key not in _networks:
        checkpoint = _checkpoint(job.network, job.path, job.digest)
        model = checkpoint.model
        if kind == "untrained":
            seed = int(job.network.split()[1]) if job.network.startswith("seed ") else 0
            model = untrained.like(model, seed, normalise(cases.query[: untrained.NORM_PHOTOS]))
        _networks[key] = Network(model, embedder_for(model, photos=_MANY, size=checkpoint.size))
    return _networks[key]


def _noticed(job: Job, cases: Cases) -> str:
    key = job.digest, cases.name
    if key not in _seen:
        embed = _network(job, "trained", cases).embedder
        assert embed is not None  # `_network` gives each one
        found = frozen.noticed(embed, cases)
        times = np.clip(found.difference // found.limit, 0, 3).astype(int) if found.limit > 0 else found.seen * 3
        _seen[key] = "".join("-" if turned else str(t) for t, turned in zip(times, found.turned, strict=True))
    return _seen[key]
