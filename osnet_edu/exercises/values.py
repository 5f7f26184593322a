"""Values as answers: whether two are the same one, what one is in words, and how to show it in a sentence."""

from numbers import Number
from typing import Any

import numpy as np
from torch import Tensor

RELATIVE, ABSOLUTE = 1e-4, 1e-5
# Kept here, so that a right answer is still told from a wrong one if a notebook has replaced np.allclose.
_abs, _allclose, _array_equal, _asarray, _isfinite = np.abs, np.allclose, np.array_equal, np.asarray, np.isfinite


def same_answer(a: Any, b: Any, *, exact: bool = False) -> bool:
    """Whether two values are the same answer: counts exactly, numbers and arrays closely, containers entry by entry."""
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(same_answer(a[k], b[k], exact=exact) for k in a)
        )
    if isinstance(b, Tensor) and b.dim() > 0 and not isinstance(a, Tensor):
        return False
    if _ragged(a) or _ragged(b):
        return (
            isinstance(a, list | tuple)
            and isinstance(b, list | tuple)
            and len(a) == len(b)
            and all(same_answer(x, y, exact=exact) for x, y in zip(a, b, strict=True))
        )
    x, y = _array(a), _array(b)
    if x is None or y is None:
        return a is b or (type(a) is type(b) and isinstance(a, str | type(None)) and a == b)
    if x.shape != y.shape or (x.dtype == bool) != (y.dtype == bool):
        return False
    if exact or x.dtype == bool:
        return bool(_array_equal(x, y, equal_nan=x.dtype.kind == "f"))
    if y.dtype.kind in "iu":  # a count is right or wrong, also where it comes as a float
        return bool(_allclose(x, y, 1e-9, 0))
    # In a map rounding follows the largest number, also where others nearly cancel out.
    largest = _abs(y).max() if isinstance(b, Tensor) and b.numel() and _isfinite(y).all() else 0.0
    return bool(_allclose(x, y, RELATIVE, ABSOLUTE + RELATIVE * largest, equal_nan=True))


def is_data(value: Any) -> bool:
    """Something that is compared by value: a number, an array, or containers of them."""
    if isinstance(value, list | tuple):
        return all(map(is_data, value))
    if isinstance(value, dict):
        return all(map(is_data, value.values()))
    return _array(value) is not None


def kind(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}" if value.dim() else "one number"
    if isinstance(value, np.ndarray):
        truth = " of True and False" if value.dtype == bool else ""
        return f"an array of shape {value.shape}{truth}" if value.ndim else "one number"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, Number):
        return "one number"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def other_kind(mine: Any, theirs: Any) -> str | None:
    """A sentence if the answer is not even of the right kind, else None."""
    if mine is None and theirs is not None:
        return f"It returns None: is a `return` missing? Expected: {kind(theirs)}."
    if kind(mine) == kind(theirs) or (isinstance(mine, list | tuple) and isinstance(theirs, list | tuple)):
        return None
    x, y = _array(mine), _array(theirs)
    if x is not None and y is not None and x.shape == y.shape and not isinstance(theirs, Tensor):
        if (x.dtype == bool) == (y.dtype == bool):
            return None
    return f"It returns {kind(mine)}; expected: {kind(theirs)}."


def shown(value: Any, most: int = 12) -> str:
    """A value in a sentence: small ones in full, large ones by their shape."""
    array = None if _ragged(value) else _array(value)
    if array is None:
        if isinstance(value, list | tuple) and is_data(value) and len(value) <= 4:
            inner = ", ".join(shown(entry, most) for entry in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        return kind(value)
    if array.size > most:
        return kind(value) if not isinstance(value, list | tuple) else f"{kind(value)} numbers"
    if array.ndim == 0:
        number = array.item()
        return f"{number:.4g}" if isinstance(number, float) else str(number)
    return np.array2string(array, precision=3, separator=", ", suppress_small=True, max_line_width=10**6).replace(
        "\n", ""
    )


def _ragged(value: Any) -> bool:
    """A container that is compared entry by entry, because its entries are not plain numbers."""
    return isinstance(value, list | tuple) and not all(isinstance(entry, Number | np.bool_) for entry in value)


def _array(value: Any) -> np.ndarray | None:
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic | Number) or (isinstance(value, list | tuple) and not _ragged(value)):
        array = _asarray(value)
        return array if array.dtype.kind in "biuf" else None
    return None
