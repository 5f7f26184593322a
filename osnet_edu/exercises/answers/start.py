"""The model answer of notebook 00."""


def my_rank1(first_hit):
    """first_hit: (Q,) whole numbers, from 1, an array. Returns a share in [0, 1]."""
    return (first_hit == 1).mean()
