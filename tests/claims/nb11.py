"""Notebook 11: what the explorer shows, by the shipped weights on the shipped people."""

# ruff: noqa: E501 - a sentence is quoted as it stands

import re

import numpy as np

from osnet_edu.experiments import clothes

from .registry import Book

BOOK = Book("11")
says = BOOK.says


@says("nb11-explorer-text", "Below it stands the gallery, the most similar photo first.")
def _(lesson):
    shown = lesson.end.explorer.left["similarity"]
    similarity = np.frombuffer(shown, "<f4")
    return bool((np.diff(similarity) <= 0).all()), f"{similarity[:5]}"


@says(
    "ask:failures",
    "Of the 26 failures, in how many does the person have a twin in the gallery?",
    "in all of them",
    "In all 26.",
    "Where the people have no twin, the shipped network makes no mistake at rank 1 here.",
)
def _(lesson):
    album, _, hardness = lesson.end.album, lesson.end.shelf, lesson.end.hardness
    queries = album.market.query
    twins = [bool(album.part(queries[k])) for k in np.flatnonzero(hardness.first_hit > 1)]
    printed = lesson.printed["nb11-failures"]
    return twins == [True] * 26 and printed.startswith("26 failures, 26 of people with a twin"), f"{twins}, {printed}"


@says("ask:clothes", "Rank-1 was 92.8 %.", "below 10 %", "4.7 %, where chance is 1.7 %.")
@says("nb11-clothes-says", "With the top alone changed, rank-1 falls to 51 %.")
@says(
    "nb11-clothes-says",
    "If two people exchange their clothes, a query finds whoever wears its clothes in 72 % of the cases, and its own person in 15 %.",
)
def _(lesson):
    text = clothes.read_shipped()
    row = {name.strip(): float(value) for name, value in re.findall(r"^(.+?)\s+(\d+\.\d)%", text, re.MULTILINE)}
    said = (
        row["the same clothes"] == 92.8
        and row["strangers' clothes"] == 4.7
        and round(row["strangers' top alone"]) == 51
        and round(row["first is who wears her clothes"]) == 72
        and row["exchanged clothes"] == 15.0
        and "Chance: 1.7%" in text
    )
    return said and lesson.value["nb11-clothes"].text.strip() == text.strip(), f"{row}"


@says("nb11-large-text", "For more, an index looks at a part of the gallery, and may miss a neighbour.")
def _(lesson):
    found, rankings = lesson.end.found, lesson.end.rankings
    ranked = rankings.ranked(0)
    nearest = np.argsort(-ranked.similarity, kind="stable")[:5]
    return found.indices[0].tolist() == nearest.tolist(), f"{found.indices[0]}, {nearest}"


@says("nb11-lab-text", "Change the top, the bag, the turn, the light.")
def _(lesson):
    lab = lesson.end.lab
    names = {control["name"] for group in lab.groups for control in group["controls"]}
    return {"top", "bag", "yaw", "hour", "weather", "camera"} <= names and lab.rank_before == 1, f"{names}"
