"""What callers hand to the public functions, checked once a call: one sentence for what does not fit, with the argument and the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.boxes import Boxes
from geovlm_cli.errors import clean
from geovlm_cli.profiles import FRAMES
from geovlm_cli.task import Batch

V = TypeVar("V")

_MOST_INVALID = 2**31  # items of one answer that are no box
_NUMBERS_OF_BOX = 5
_MOST_COUNT = 2**31


def refused(name: str, found: object, allowed: str) -> RewardInputError:
    """Return the error for an option that has another value than it may have."""
    return RewardInputError(f"{name} is {clean(str(found), 40)}; it must be {allowed}.")


def mistyped(name: str, value: object, wanted: str) -> RewardInputError:
    """Return the error for an argument, or one of its rows, that is of another type than it may be."""
    return RewardInputError(f"{name} must be {wanted}; found {type(value).__name__}.")


def sequence(name: str, values: Sequence[V]) -> Sequence[V]:
    """Return a list of one value a row as it is; a text, an iterator or a set is none."""
    if type(values) is list:  # first: the abstract types are asked slowly
        return values
    listed = hasattr(values, "__len__") and hasattr(values, "__getitem__")
    if not listed or isinstance(values, str | bytes | Mapping | AbstractSet):
        raise mistyped(name, values, "a list with one value a row")
    return values


def same_length(name: str, values: Any, batch: Batch) -> None:
    """Raise where an argument has another number of rows than the batch."""
    if not isinstance(batch, Batch):
        raise mistyped("batch", batch, "a Batch")
    if len(values) != len(batch):
        raise RewardInputError(f"{name} has {len(values)} rows and the batch has {len(batch)}; they must be equal.")


def text(name: str, value: Any) -> str:
    """Return a text as it is."""
    if not isinstance(value, str):
        raise mistyped(name, value, "a str")
    return value


def is_number(value: object) -> bool:
    """Say whether a value is a real number, numpy's among them."""
    return type(value) is float or isinstance(value, Real)  # the plain type first: numbers.Real is asked slowly


def is_whole(value: object) -> bool:
    """Say whether a value is a whole number, numpy's among them."""
    return type(value) is int or (isinstance(value, Integral) and not isinstance(value, bool))


def fraction(name: str, value: float) -> float:
    """Return an option that lies in [0, 1]."""
    if not is_number(value) or not 0 <= value <= 1:
        raise refused(name, value, "between 0 and 1")
    return float(value)


def above_zero(name: str, value: float, most: float = np.inf) -> float:
    """Return an option that is a finite number above 0, and at most `most`."""
    if not is_number(value) or not 0 < value <= most or value == np.inf:
        raise refused(name, value, "a number above 0" + ("" if most == np.inf else f" and at most {most:g}"))
    return float(value)


def whole_above_zero(name: str, value: int) -> int:
    """Return an option that counts something, at least 1."""
    if not is_whole(value) or not 1 <= value <= _MOST_COUNT:
        raise refused(
            name, value, f"at least 1 and at most {_MOST_COUNT}" if is_whole(value) and value > 0 else "at least 1"
        )
    return int(value)


def one_of(name: str, value: V, allowed: Sequence[V]) -> V:
    """Return an option that is one of a few values of one type."""
    if not isinstance(value, type(allowed[0])) or value not in allowed:
        *others, last = map(str, allowed)
        raise refused(name, value, f"{', '.join(others)} or {last}")
    return value


def flaw_of(boxes: Boxes) -> str | None:
    """Return what makes these no boxes at all, as half a sentence, or None. Where they lie is not looked at."""
    array, labels = boxes.array, boxes.labels
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] != _NUMBERS_OF_BOX or array.dtype.kind not in "fiu":  # fmt: skip
        found = f"{array.dtype}{list(array.shape)}" if isinstance(array, np.ndarray) else type(array).__name__
        return f"their array must be float64[n, 5]; found {clean(found, 40)}"
    if boxes.frame not in FRAMES:
        return f"their frame is {clean(str(boxes.frame), 40)}; it must be one of {', '.join(FRAMES)}"
    if not isinstance(labels, (tuple, list)) or (labels and not all(isinstance(label, str) for label in labels)):
        return "their labels must be a tuple of str"
    if labels and len(labels) != len(array):
        return f"they are {len(array)} and have {len(labels)} labels; every box needs one, or none has"
    if not is_whole(boxes.invalid) or not 0 <= boxes.invalid < _MOST_INVALID:
        return f"their invalid is {clean(str(boxes.invalid), 40)}; it must be a count"
    return None
