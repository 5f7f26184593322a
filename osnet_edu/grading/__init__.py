"""Explanations held against the truth, which is known because the people are rendered.

`marks` grades one map against the pixels that truly differ; `frozen` is the set of pairs that every method is graded
on, and `contestants` are the methods that take part. `graded` grades one method on all pairs, `leaderboard` many on
several networks, and `board` is their table. `anyone` grades a method from a file in a process of its own: `asked`
asks it, and `answering` is that process. `written` reads its grades again. `checks` and `sanity` need no truth.
`importance` and `hard_positives` ask by which part two photos match, `exchanged` what segment exchange finds. `badge`
says how far to believe one map, by `removal`, and `judging` brings together what is known of a pair.
"""

__all__ = [
    "answering", "anyone", "asked", "badge", "board", "checks", "contestants", "exchanged", "frozen", "graded",
    "hard_positives", "importance", "judging", "leaderboard", "marks", "removal", "sanity", "written",
]  # fmt: skip
