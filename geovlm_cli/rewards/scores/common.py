"""What all scores share: the mark of a built-in, and references that stand instead of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.task import Batch, Sample

Column = NDArray[np.float64]
Truth = Batch | Sequence[Any]
Several = Literal["best", "mean"]
Angles = Literal["rotated", "hull", "drop"]
Matching = Literal["optimal", "greedy"]
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
    return Batch([Sample(id=str(row), task="", reference=reference) for row, reference in enumerate(truth)])


def check(answers: Sequence[Any], batch: Batch) -> None:
    if len(answers) != len(batch):
        raise RewardInputError(f"answers has {len(answers)} rows and the batch has {len(batch)}; they must be equal.")
