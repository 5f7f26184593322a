"""What was found by each question, in one or two sentences: the first says it, the next shows by how much.

What stands out is a group: the largest figure and all whose intervals reach its own. So no order is read into chance.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from .. import intervals
from ..intervals import Interval
from .record import ON_ITSELF, Figure, Record
from .written import References, bracketed, enumerated, gap, known, mean_of, paired, plain_name, stated

# A map that keeps half of its ranks when all weights are replaced shows the photo and not the network.
KEPT = 0.5
_NO_COST = "New clothes cost nothing beyond chance."
_NAMED = 3  # figures that a sentence names; the table has all
_ANEW = {
    "skin": "another skin colour takes", "hair": "another hair colour takes", "shoes": "other shoes take",
    "background": "another background takes",
}  # fmt: skip
_MOVES = {
    "turned": "a turn", "farther away": "distance", "looser box": "a looser box", "other camera": "another camera",
}  # fmt: skip


def said_of(question: str, record: Record, references: References) -> str:
    """What was found by a question that was asked, as one or two sentences."""
    return _SAID[question](record, references)


def parts_of(record: Record) -> list[Figure]:
    """The parts whose look was drawn anew: on another photo of the person where that can be measured."""
    answer = record.answers.get("parts")
    some = [one for one in answer.figures if one.name != "step"] if answer else []
    usual = [one for one in some if not one.name.startswith(ON_ITSELF)]
    return usual or some


def figures_told(record: Record, question: str) -> Sequence[Figure]:
    """The figures of a question that count: of parts that are measured in two ways, those of one."""
    return parts_of(record) if question == "parts" else record.answers[question].figures


def background_of(record: Record) -> Figure | None:
    """The background as a part that was drawn anew."""
    return next((one for one in parts_of(record) if part_named(one) == "background"), None)


def part_named(figure: Figure) -> str:
    """Which part it is that was drawn anew."""
    return figure.name.removeprefix(ON_ITSELF)


def at_the_wall(record: Record) -> tuple[Figure | None, Figure | None]:
    """Rank-1 with strangers elsewhere, and with strangers before the query's wall."""
    return record.figure("wall", "strangers elsewhere"), record.figure("wall", "strangers before the same wall")


def exchanged(record: Record) -> tuple[Figure | None, Figure | None]:
    """In exchanged clothes: how often the one in the query's clothes comes first, and the right person."""
    return record.figure("clothes", "first is who wears her clothes"), record.figure("clothes", "exchanged clothes")


def drawn_anew(figure: Figure) -> str:
    """The part drawn anew, as the subject of a sentence."""
    part = part_named(figure)
    return _ANEW.get(part, f"a new {part} takes")


def controls(record: Record, method: str) -> list[Figure]:
    """What a map must be better than: the floors, and itself on a network that was never trained."""
    answer = record.answers["maps"]
    own = f"never trained: {method}"
    return [one for one in answer.figures if one.name.startswith("floor: ") or one.name == own]


def methods(record: Record) -> list[Figure]:
    """The maps that were graded."""
    answer = record.answers.get("maps")
    return [one for one in answer.figures if ": " not in one.name] if answer else []


def _leaders(figures: Sequence[Figure]) -> list[Figure]:
    """The largest figure and all that chance alone may keep from being it, the largest first."""
    ranked = sorted(filter(known, figures), key=lambda one: -mean_of(one).value)
    return [one for one in ranked if mean_of(one).high >= mean_of(ranked[0]).low]


def _each(figures: Sequence[Figure], name: Callable[[str], str] = plain_name) -> str:
    words = [f"{name(one.name)} {stated(one)}" for one in figures[:_NAMED]]
    more = len(figures) - _NAMED
    return enumerated([*words, f"{more} more"] if more > 0 else words)


def _names(figures: Sequence[Figure]) -> str:
    return enumerated([plain_name(one.name) for one in figures])


def _few(record: Record, question: str) -> str:
    counts = [sum(not math.isnan(value) for value in one.values) for one in record.answers[question].figures]
    return f"Too little was asked to say: of {max(counts, default=0)} people or families."


def _against_shipped(record: Record, references: References, question: str, name: str) -> str:
    """How the shipped network does there, and whether the difference is beyond chance."""
    shipped = references.get("the shipped network")
    if shipped is None or shipped.digest == record.digest or question not in shipped.answers:
        return ""
    theirs = shipped.figure(question, name)
    if theirs is None:
        return ""
    more = paired(record, shipped, question, name)
    return f" The shipped network: {stated(theirs)}{'' if more is None else f', {_difference(more, theirs.unit)}'}."


def _difference(more: Interval, unit: str) -> str:
    """A paired difference to another network, which is null unless its interval leaves out 0."""
    text = bracketed(more, unit, sign=True)
    return f"a difference of {text}" if more.low > 0 or more.high < 0 else f"no difference beyond chance, {text}"


def _home(record: Record, references: References) -> str:
    return _searched(record, references, "home", "The right person comes first")


def _other(record: Record, references: References) -> str:
    return _searched(record, references, "other", "In the other world the right person comes first")


def _searched(record: Record, references: References, question: str, start: str) -> str:
    first = record.figure(question, "rank-1")
    if first is None or not known(first):
        return _few(record, question)
    text = f"{start} in {stated(first)} of the searches."
    more = paired(record, references.get("colours alone"), question, "rank-1")
    colours = references["colours alone"].figure(question, "rank-1") if "colours alone" in references else None
    if more is not None and colours is not None:
        start = (
            "Colours alone" if more.low > 0
            else "That is worse than colours alone" if more.high < 0
            else "No difference from colours alone is shown"
        )  # fmt: skip
        text += f" {start}: {stated(colours)}."
    return text + _against_shipped(record, references, question, "rank-1")


def _twins(record: Record, references: References) -> str:
    every = record.figure("twins", "all parts")
    if every is None or not known(every):
        return _few(record, "twins")
    guessed = every.chance if not math.isnan(every.chance) else 0.5
    if mean_of(every).low <= guessed:
        text = f"It does not tell look-alikes apart, beyond chance. Right: {stated(every)}, and a guess in half."
        return text + _against_shipped(record, references, "twins", "all parts")
    parts = [one for one in record.answers["twins"].figures if one is not every and known(one)]
    null = [one for one in parts if mean_of(one).low <= guessed]
    text = f"It tells look-alikes apart in {stated(every)} of the pairs."
    text += f" No better than a guess, beyond chance, where they differ by {_each(null)}." if null else ""
    return text + _against_shipped(record, references, "twins", "all parts")


def _parts(record: Record, references: References) -> str:
    parts = [one for one in parts_of(record) if known(one)]
    noticed = [one for one in parts if mean_of(one).low > (0 if math.isnan(one.limit) else one.limit)]
    if not parts:
        return _few(record, "parts")
    if not noticed:
        return "No part counts beyond chance. No new look moves it more than an edit without meaning does."
    lead = _leaders(noticed)
    rest = [one for one in sorted(noticed, key=lambda one: -mean_of(one).value) if one not in lead]
    text = (
        f"It looks most at the {enumerated([part_named(one) for one in lead])}. Of the step from a person to a "
        f"stranger, when drawn anew: {_each(lead)}"
    )
    text += f", then {_each(rest)}." if rest else "."
    background = background_of(record)
    if background in parts and background not in noticed:
        text += f" The background does not count beyond chance: {stated(background)}."
    return text


def _moves(record: Record, references: References) -> str:
    moves = [one for one in record.answers["moves"].figures if one.name != "another person" and known(one)]
    if not moves:
        return _few(record, "moves")
    lead = _leaders(moves)
    text = f"A photo moves most with {enumerated([_MOVES.get(one.name, one.name) for one in lead])}."
    text += f" Of the step to another person: {_each(lead, lambda name: _MOVES.get(name, name))}."
    far = [one for one in moves if mean_of(one).low >= 1]
    perhaps = [one for one in moves if mean_of(one).low < 1 <= mean_of(one).high]
    if far:
        text += f" As far as another person or farther: {_names(far)}."
    if perhaps:
        text += f" Perhaps as far: {_names(perhaps)}."
    return text if far or perhaps else f"{text} Nothing moves it as far as another person does."


def _wall(record: Record, references: References) -> str:
    elsewhere, before = at_the_wall(record)
    fall = gap(before, elsewhere)
    if elsewhere is None or before is None or fall is None:
        return _few(record, "wall")
    numbers = (
        f"Rank-1 is {stated(before)} with strangers before the query's wall, {stated(elsewhere)} with strangers "
        f"elsewhere: {bracketed(fall, 'share', sign=True)}."
    )
    if fall.high < 0:
        return f"The same wall misleads it. {numbers}"
    if fall.low > 0:
        return f"The same wall does not mislead it. {numbers}"
    return f"The wall changes nothing beyond chance. {numbers}"


def _clothes(record: Record, references: References) -> str:
    wearer, herself = exchanged(record)
    more = gap(wearer, herself)
    text = ""
    if wearer is not None and herself is not None and more is not None:
        start = (
            "It knows the clothes more than the person." if more.low > 0
            else "It knows the person more than the clothes." if more.high < 0
            else "It knows neither clothes nor person more, beyond chance."
        )  # fmt: skip
        text = f"{start} In exchanged clothes the first photo shows the query's clothes in {stated(wearer)} of the "
        text += f"searches, and the query's person in {stated(herself)}."
    own, strangers = record.figure("clothes", "the same clothes"), record.figure("clothes", "strangers' clothes")
    fall = gap(strangers, own)
    if own is not None and strangers is not None and fall is not None:
        cost = f"In clothes of strangers rank-1 is {stated(strangers)}, in the same ones {stated(own)}."
        nobody = mean_of(own).low <= own.chance
        null = "It finds nobody beyond chance, so clothes cannot cost it anything." if nobody else _NO_COST
        text += (" " if text else "") + (cost if fall.high < 0 else f"{null} {cost}")
    return text or _few(record, "clothes")


def _pairs(record: Record, references: References) -> str:
    return (
        "Here it errs, or nearly. Of four people, the query with the smallest margin: its least similar match, and the "
        "most similar stranger."
    )


def _gates(record: Record, references: References) -> str:
    every, home, text = record.figure("gates", "all streams"), record.figure("home", "rank-1"), ""
    silenced = [one for one in record.answers["gates"].figures if one.name.startswith("without ")]
    falls = [(one, change) for one in silenced if (change := gap(one, every)) is not None]
    if every is not None and falls:
        needed = [(one, change) for one, change in falls if change.high < 0]
        worst = min((change.high for _, change in needed), default=0.0)
        lead = [(one, change) for one, change in needed if change.low <= worst]
        names = enumerated([one.name.removeprefix("without ") for one, _ in lead])
        costs = enumerated([bracketed(change, "share", sign=True) for _, change in lead])
        without = "it" if len(lead) == 1 else "one of them"
        text = f"It needs no single stream, beyond chance. Rank-1 is {stated(every)} with all streams."
        if home is not None and mean_of(every).low <= home.chance:
            text = f"It finds nobody beyond chance, so no stream can be missed. Rank-1 is {stated(every)}."
        elif lead:
            most = "each of its streams" if len(lead) == len(silenced) > 1 else f"{names} most"
            text = f"It needs {most}. Without {without}, rank-1 changes by {costs} from {stated(every)}."
    follows, unclear = _follows(record)
    if follows:
        text += (" " if text else "") + f"The gates follow {'; '.join(follows)}."
    if unclear:
        text += (" " if text else "") + f"No cause clearly leads in {enumerated(unclear)}."
    return text or _few(record, "gates")


def causes(record: Record) -> dict[str, dict[str, Figure]]:
    """What the gates of a block may follow, by cause and block: person -> conv2.0 -> the share of their variance."""
    some: dict[str, dict[str, Figure]] = {}
    for one in record.answers["gates"].figures:
        block, _, cause = one.name.partition(" ")
        if block.startswith("conv"):
            some.setdefault(cause, {})[block] = one
    return some


def _follows(record: Record) -> tuple[list[str], list[str]]:
    """For each cause, the blocks whose gates follow it more than any other, beyond chance; and the other blocks."""
    table, words = causes(record), []
    unclear = list(dict.fromkeys(block for blocks in table.values() for block in blocks))
    for cause, blocks in table.items():
        first = []
        for block, one in blocks.items():
            others = [mean_of(row[block]).high for name, row in table.items() if name != cause and block in row]
            if known(one) and others and mean_of(one).low > max(others):
                first.append(block)
        if first:
            words.append(f"the {plain_name(cause)} in {enumerated(first)}")
            unclear = [block for block in unclear if block not in first]
    return words, unclear


def _maps(record: Record, references: References) -> str:
    graded = [one for one in methods(record) if known(one)]
    if not graded:
        return _few(record, "maps")
    good = [one for one in graded if _beats_controls(record, one) and not _kept(record, one)]
    kept = [one for one in graded if _kept(record, one)]
    if good:
        lead = _leaders(good)
        text = f"Believe {_names(lead[:_NAMED])} first. Grades: {_each(lead)}."
        others = [one for one in graded if one not in good and one not in kept]
        if others:
            text += f" Not shown to be better than what they must beat: {_names(others)}."
    else:
        rest = [one for one in graded if one not in kept]
        start = "None that shows the network" if kept else "None"
        text = f"Believe none of these maps. {start} is better than its controls, beyond chance."
        text += f" The best: {_each(_leaders(rest)[:1])}." if rest else ""
    if kept:
        told = [f"{one.name} {stated(figure)}" for one in kept if (figure := _after(record, one)) is not None]
        text += f" Not about this network, since the map stays alike when all weights are replaced: {enumerated(told)}."
    return text


def _beats_controls(record: Record, method: Figure) -> bool:
    gaps = [gap(method, one) for one in controls(record, method.name)]
    return bool(gaps) and all(one is not None and one.low > 0 for one in gaps)


def _after(record: Record, method: Figure) -> Figure | None:
    return record.figure("maps", f"kept after randomisation: {method.name}")


def _kept(record: Record, method: Figure) -> bool:
    figure = _after(record, method)
    return figure is not None and known(figure) and mean_of(figure).low > KEPT


def _real(record: Record, references: References) -> str:
    home, other = record.figure("home", "rank-1"), record.figure("other", "rank-1")
    text = "Real photos were not asked."
    if home is None or other is None or not known(home) or not known(other):
        return f"{text} All people here are rendered."
    fall = intervals.unpaired(other.known, home.known)  # other people: no pairs
    change = bracketed(fall, home.unit, sign=True)
    numbers = f"{stated(home)} at home, {stated(other)} in the other world, {change}"
    if fall.high < 0:
        return f"Expect less on real photos. From one rendered world to another rank-1 falls already: {numbers}."
    return f"{text} Between two rendered worlds rank-1 does not fall beyond chance: {numbers}."


_SAID: Mapping[str, Callable[[Record, References], str]] = {
    "home": _home, "other": _other, "twins": _twins, "parts": _parts, "moves": _moves, "wall": _wall,
    "clothes": _clothes, "pairs": _pairs, "gates": _gates, "maps": _maps, "real": _real,
}  # fmt: skip
