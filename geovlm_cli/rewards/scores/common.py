"""What all scores share: the mark of a built-in, and references that stand instead of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.rewards.arguments import mistyped, same_length, sequence
from geovlm_cli.task import Batch, Sample

Column = NDArray[np.float64]
Truth = Batch | Sequence[Any]
Several = Literal["best", "mean"]
Angles = Literal["rotated", "hull", "drop"]
Matching = Literal["optimal", "greedy"]
SEVERAL, ANGLES, MATCHING = get_args(Several), get_args(Angles), get_args(Matching)
F = TypeVar("F", bound=Callable[..., Any])

_BUILTINS: set[Callable[..., Any]] = set()


def builtin(function: F) -> F:
    _BUILTINS.add(function)
    return function


def is_builtin(function: Callable[..., Any]) -> bool:
    """Say whether a reward is one of this package's, perhaps with options bound by `functools.partial`: it scores whole columns."""
    return getattr(function, "func", function) in _BUILTINS


def as_batch(truth: Truth) -> Batch:
    """Return a batch as it is; ordinary references as the batch of samples that have nothing else."""
    if isinstance(truth, Batch):
        return truth
    references = map(_reference, range(len(sequence("truth", truth))), truth)
    return Batch([Sample(id=str(row), task="", reference=reference) for row, reference in enumerate(references)])


def _reference(row: int, value: Any) -> Any:
    """Return a reference as a sample has it: a set of labels as a tuple."""
    if isinstance(value, np.ndarray):
        raise mistyped(f"truth[{row}]", value, "a reference as `Sample` describes it")
    return tuple(sorted(value, key=str)) if isinstance(value, set | frozenset) else value


def check(answers: Sequence[Any], batch: Batch) -> None:
    """Raise where there is not one answer a row."""
    same_length("answers", sequence("answers", answers), batch)
