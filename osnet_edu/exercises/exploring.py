"""Exercises of notebook 11, explore: things to find with the explorer. The kit looks at what was found."""

from dataclasses import fields
from functools import cache

from .. import explore, people
from ..embed import embedder_for
from ..explain import duel, known
from ..grading import judging, marks
from ..refused import Refused
from .answers import exploring as solved
from .finds import RIGHT, Diagnosis, Finds
from .record import Exercise, Mistake

_SLOW = duel.SLOW  # too long for a check
_APART = 0.1  # the least difference of two maps in rank accuracy
_BLUE = (0.1, 0.2, 0.9)
OF_THE_GALLERY = "That photo is one of the gallery. Take a query, from the strip above."


def _shipped():
    """The shipped people as the explorer has them: facts, rankings, how hard each query is."""
    album, shelf = explore.shipped()
    return album, shelf.rankings(explore.SHIPPED), shelf.hardness(explore.SHIPPED)


@cache
def _limit() -> float:
    """How much an edit without meaning moves a similarity."""
    album, rankings, _ = _shipped()
    return judging.Judge(rankings, album.folder).limit()


@cache
def _fast():
    _, rankings, _ = _shipped()
    return embedder_for(rankings.model, photos=10_000, size=rankings.size)


def _query(name) -> int | Diagnosis:
    album, rankings, _ = _shipped()
    if any(photo.name == name for photo in rankings.queries):
        return album.find(rankings.queries, name, "query")
    if any(photo.name == name for photo in rankings.gallery):
        return Diagnosis("gallery photo", f"{name} is a photo of the gallery. Take a query, from the strip above.")
    return Diagnosis("other", f"Expected the whole name of a query of the shipped people, got {str(name)[:60]!r}.")


# --- what is looked at ------------------------------------------------------------------------------------------------


def _is_hard_stranger(name) -> Diagnosis:
    place = _query(name)
    if isinstance(place, Diagnosis):
        return place
    album, rankings, _ = _shipped()
    query = rankings.queries[place]
    if not album.part(query):
        return Diagnosis("no twin", f"{name} shows somebody without a twin.")
    triplet = next(one for one in rankings.triplets() if one.query == place)
    negative = rankings.gallery[triplet.negative]
    if album.folder.part(query, negative):
        return Diagnosis("twin", f"The nearest stranger to {name} is the twin.")
    return Diagnosis(RIGHT)


def _is_needed_stream(name, block, stream) -> Diagnosis:
    place = _query(name)
    if isinstance(place, Diagnosis):
        return place
    _, rankings, hardness = _shipped()
    if hardness.first_hit[place] != 1:
        return Diagnosis("lost before", f"{name} is lost with all streams on.")
    try:
        ranked = rankings.ranked(place, [(block, stream)])
    except (Refused, ValueError, TypeError) as error:
        return Diagnosis("other", f"Expected a block and a stream: {error}.")
    if rankings.gallery[ranked.order[0]].person == rankings.queries[place].person:
        return Diagnosis("still wins", f"Without stream {stream} of {block}, {name} still wins.")
    return Diagnosis(RIGHT)


def _is_disagreement(name, impostor, better, worse) -> Diagnosis:
    place = _query(name)
    if isinstance(place, Diagnosis):
        return place
    album, rankings, _ = _shipped()
    names = [photo.name for photo in rankings.gallery]
    if impostor not in names:
        return Diagnosis("other", f"Expected the whole name of a gallery photo, got {str(impostor)[:60]!r}.")
    for method in (better, worse):
        if method not in duel.EXPLAINERS or method in _SLOW:
            fast = ", ".join(one for one in duel.EXPLAINERS if one not in _SLOW)
            return Diagnosis("other", f"Expected one of the quick methods, which are {fast}, got {str(method)[:60]!r}.")
    query, negative = rankings.queries[place], rankings.gallery[names.index(impostor)]
    twins = album.folder.twins(query, negative, rankings.size)
    if twins is None:
        return Diagnosis("no twins", "The two are not twins, so it is not known where they differ.")
    try:
        triplet = explore.triplet(rankings, place, names.index(impostor))
    except Refused as error:
        return Diagnosis("other", f"Expected a pair that the ranking knows: {error}.")
    images = rankings.pictures([query, rankings.gallery[triplet.positive], negative])
    if known.noticed_gain(_fast(), images[0], images[2], twins.same) <= _limit():
        return Diagnosis("unnoticed", "The network does not notice this difference: there is nothing to find.")
    one, other = (
        marks.grade(duel.between(rankings.model, images, method).heat[2], twins.truth, against=True).rank
        for method in (better, worse)
    )
    if abs(one - other) < _APART:
        return Diagnosis("agree", f"The two maps get {one:.2f} and {other:.2f}: they do not disagree clearly.")
    if one < other:
        return Diagnosis("turned", f"{better} gets {one:.2f} and {worse} {other:.2f}.")
    return Diagnosis(RIGHT)


def _is_one_change(name, attribute, value) -> Diagnosis:
    place = _query(name)
    if isinstance(place, Diagnosis):
        return place
    album, rankings, _ = _shipped()
    record = album.folder.record(rankings.queries[place])
    if attribute not in {field.name for field in fields(people.Identity)}:
        return Diagnosis("other", f"Expected an attribute such as top_color or hat, got {str(attribute)[:60]!r}.")
    try:
        changed = explore.edited(record.identity, {attribute: value})
    except Refused as error:
        return Diagnosis("other", f"Expected a value that the attribute allows: {error}.")
    if changed == record.identity:
        return Diagnosis("no change", f"{attribute} is {value!r} already.")
    who = record.person, record.view.camera
    first = []
    for identity in (record.identity, changed):
        image = people.render(identity, record.view, size=rankings.size).image
        ranked = rankings.by_features(rankings.features(image[None]), who=who)
        first.append(rankings.gallery[ranked.order[0]].person)
    if first[0] != record.person:
        return Diagnosis("lost before", f"{name} is lost before anything is changed.")
    if first[1] == record.person:
        return Diagnosis("still known", f"With {attribute} = {value!r} the network still finds the person.")
    return Diagnosis(RIGHT)


# --- one way to find each ---------------------------------------------------------------------------------------------


def _hard_stranger():
    album, rankings, _ = _shipped()
    for triplet in rankings.triplets():  # the hardest first
        query, negative = rankings.queries[triplet.query], rankings.gallery[triplet.negative]
        if album.part(query) and not album.folder.part(query, negative):
            return query.name


def _needed_stream():
    _, rankings, hardness = _shipped()
    for triplet in rankings.triplets():
        if hardness.first_hit[triplet.query] != 1:
            continue
        person = rankings.queries[triplet.query].person
        for block, count in rankings.streams.items():
            for stream in range(1, count + 1):
                ranked = rankings.ranked(triplet.query, [(block, stream)])
                if rankings.gallery[ranked.order[0]].person != person:
                    return rankings.queries[triplet.query].name, block, stream


@cache
def _maps_disagree():
    album, rankings, _ = _shipped()
    for triplet in reversed(rankings.triplets()):
        query, negative = rankings.queries[triplet.query], rankings.gallery[triplet.negative]
        if album.folder.part(query, negative) in ("top color", "bottom color"):
            found = query.name, negative.name, "gradient x activation", "gradient"
            if _is_disagreement(*found).kind == RIGHT:
                return found


@cache
def _one_change():
    album, rankings, hardness = _shipped()
    for triplet in rankings.triplets():
        query = rankings.queries[triplet.query]
        if hardness.first_hit[triplet.query] == 1 and album.wears(query).get("top colour") != "blue":
            found = query.name, "top_color", _BLUE
            if _is_one_change(*found).kind == RIGHT:
                return found


def _first(look, kind: str, answers):
    """A function that returns the first of some answers that is of a kind; it looks once."""
    return cache(lambda: next(one for one in answers() if look(*one).kind == kind))


def _names():
    album, rankings, _ = _shipped()
    with_twin = [photo for photo in rankings.queries if album.part(photo)]
    alone = [photo for photo in rankings.queries if not album.part(photo)]
    return [photo.name for photo in (*alone[:3], *with_twin)]


def _gallery_name():
    return _shipped()[1].gallery[0].name


def _hardest_names():
    _, rankings, _ = _shipped()
    return [rankings.queries[one.query].name for one in rankings.triplets()]


def _pairs(twins: bool):
    """Every query with its hardest negative, the hardest first: pairs of twins, or of others."""

    def made():
        album, rankings, _ = _shipped()
        for one in rankings.triplets():
            query, negative = rankings.queries[one.query], rankings.gallery[one.negative]
            if bool(album.folder.part(query, negative)) == twins:
                yield query.name, negative.name, "gradient x activation", "gradient"

    return made


def _turned():
    query, impostor, better, worse = _maps_disagree()
    return query, impostor, worse, better


def _agree():
    query, impostor, better, _ = _maps_disagree()
    return query, impostor, better, better


def _still_known():
    name = _hardest_names()[-1]
    identity = _shipped()[0].folder.record(_shipped()[1].queries[_query(name)]).identity
    return name, "height", round(min(2.05, identity.height + 0.001), 3)


STRANGER = Exercise(
    name="hard_stranger",
    notebook="11",
    title="Nearer than the twin",
    required=True,
    stars=1,
    minutes=6,
    answer="my_query",
    prompt=(
        "A twin looks like the person in all but one part. Still the nearest stranger is sometimes **somebody else**. "
        "Find a query of a person who has a twin, whose hardest negative is *not* that twin. Return the query's name."
    ),
    starter='''def my_query():
    """Returns the name of a query, such as "0181_c1s1_018100_01.jpg"."""
    return ...
''',
    hints=(
        "The order *hardest negative* puts the queries with the nearest strangers first. *Has a twin by* lists people "
        "with a twin.",
        "Twins have neighbouring numbers, and the words below the query say in which part its twin differs. Open the "
        "first photo of another person: the duel's list of triples says *twins by* where the two are twins.",
    ),
    reference=_hard_stranger,
    solution=solved.my_query,
    comparison=Finds(_is_hard_stranger, "the name of a query"),
    mistakes=(
        Mistake(
            "twin",
            "The nearest stranger of this query is the twin. Look for one where somebody else comes first.",
            _first(_is_hard_stranger, "twin", lambda: ((name,) for name in _names())),
        ),
        Mistake(
            "no twin",
            "This person has no twin, so its hardest negative cannot be one. Choose a part under *Has a twin by*.",
            _first(_is_hard_stranger, "no twin", lambda: ((name,) for name in _names())),
        ),
        Mistake(
            "gallery photo", "That photo is one of the gallery. Take a query, from the strip above.", _gallery_name
        ),
    ),
)

STREAM = Exercise(
    name="needed_stream",
    notebook="11",
    title="A query that hangs on one stream",
    required=True,
    stars=2,
    minutes=7,
    answer="my_stream",
    prompt=(
        "Find a query that the network **wins** with all streams on, and **loses** as soon as one single stream is "
        "silenced in the query alone. Return the query's name, the block and the stream."
    ),
    starter='''def my_stream():
    """Returns a query's name, a block such as "conv3.1", and a stream from 1 to 4."""
    return ...
''',
    hints=(
        "Put *shipped* beside *shipped*, and silence one stream of the second network.",
        "A query that is won by very little is lost first: order the queries by *smallest margin*.",
    ),
    reference=_needed_stream,
    solution=solved.my_stream,
    comparison=Finds(_is_needed_stream, "the name of a query", "a block", "a stream"),
    mistakes=(
        Mistake(
            "lost before",
            "This query is lost with all streams on: a stranger comes first already. Take one that is won.",
            _first(_is_needed_stream, "lost before", lambda: ((name, "conv2.0", 1) for name in _hardest_names())),
        ),
        Mistake(
            "still wins",
            "Without this stream the query still wins. Try another stream, or a query with a smaller margin.",
            _first(_is_needed_stream, "still wins", lambda: ((name, "conv2.0", 1) for name in _hardest_names()[::-1])),
        ),
        Mistake(
            "gallery photo",
            OF_THE_GALLERY,
            lambda: (_gallery_name(), "conv2.0", 1),
        ),
    ),
)

MAPS = Exercise(
    name="maps_disagree",
    notebook="11",
    title="Two maps disagree: which is right?",
    stars=3,
    minutes=8,
    answer="my_pair",
    prompt=(
        "Find a query and a photo of its **twin** for which two quick methods clearly disagree: their grades lie 0.1 "
        "or more apart. Return the query's name, the twin's photo, the method that is right, and the one that is wrong."
    ),
    starter='''def my_pair():
    """Returns a query's name, a gallery photo's name, the better method, the worse method."""
    return ...
''',
    hints=(
        "Open a photo of the twin, and change the method of the duel. The grade stands beside the maps.",
        "A large part gives large differences: choose people with a twin by *top colour*.",
    ),
    reference=_maps_disagree,
    solution=solved.my_pair,
    comparison=Finds(
        _is_disagreement, "the name of a query", "the name of the twin's photo", "the better method", "the worse method"
    ),
    mistakes=(
        Mistake(
            "turned",
            "They disagree, but the other way around: the method that you call wrong has the higher grade.",
            _turned,
        ),
        Mistake(
            "agree",
            "The two maps get nearly the same grade. Look for a pair, or for methods, that differ by 0.1 or more.",
            _agree,
        ),
        Mistake(
            "no twins",
            "These two are not twins, so it is not known where they differ, and no map can be graded.",
            _first(_is_disagreement, "no twins", _pairs(twins=False)),
        ),
        Mistake(
            "unnoticed",
            "The network does not notice where these two differ. There is nothing to find, so no map is right.",
            _first(_is_disagreement, "unnoticed", _pairs(twins=True)),
        ),
    ),
)

CHANGE = Exercise(
    name="one_change",
    notebook="11",
    title="One change, and she is somebody else",
    stars=2,
    minutes=7,
    answer="my_change",
    prompt=(
        "In the pedestrian lab: find a query that the network wins, and **one attribute** whose change makes a "
        "stranger come first. Return the query's name, the attribute and its new value."
    ),
    starter='''def my_change():
    """Returns a query's name, an attribute such as "top_color" or "bag", and its new value."""
    return ...
''',
    hints=(
        "The line of Python below the lab holds the attribute and the value as they have to be returned.",
        "The colour of the top usually matters most. A colour is three numbers from 0 to 1: red, green, blue.",
    ),
    reference=_one_change,
    solution=solved.my_change,
    comparison=Finds(_is_one_change, "the name of a query", "an attribute", "its new value"),
    mistakes=(
        Mistake(
            "lost before",
            "This query is lost before you change anything. Take one that is won.",
            _first(
                _is_one_change, "lost before", lambda: ((n, "top_color", (0.1, 0.2, 0.9)) for n in _hardest_names())
            ),
        ),
        Mistake(
            "still known",
            "The network still finds the person. Make a larger change, or change another attribute.",
            _still_known,
        ),
        Mistake(
            "gallery photo",
            OF_THE_GALLERY,
            lambda: (_gallery_name(), "hat", "cap"),
        ),
    ),
)

EXERCISES = (STRANGER, STREAM, MAPS, CHANGE)
