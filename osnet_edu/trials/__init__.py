"""Trainings that are compared: many networks, each trained anew by several seeds, and a table of how they scored.

`runs` trains them and adds a line for each to a file; `table` reads and writes that file; `compare` says by how much
two ways differ, with an interval. The questions: `ablation` (each part of the block), `decided` (four of its rows, with
more seeds), `hand_made` (layers that are all alike, or windows chosen by hand), `together` (all siblings at once),
`ingredients` (of the recipe), `people` (how many there are to learn from), `collapse` (of the triplet loss).
`alike` trains networks that differ by their seed alone, and `twins` asks a network to tell twins apart.
"""

__all__ = [
    "ablation", "alike", "collapse", "compare", "decided", "hand_made", "ingredients", "people", "runs", "table",
    "together", "twins",
]  # fmt: skip
