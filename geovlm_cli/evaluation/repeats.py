"""What several samples of one prompt tell: mean@k, pass@k and the majority answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.task import Malformed, Metric

Floats = NDArray[np.float64]
_TOLERANCE = 1e-9


def pass_at(k: int, samples: int, correct: int) -> float:
    """Return the unbiased estimate that one of k answers is right, given `correct` of `samples` (Chen et al. 2021, arXiv 2107.03374, equation 1)."""
    return 1.0 - comb(samples - correct, k) / comb(samples, k)


def repeat_columns(scores: Floats, answers: Sequence[Sequence[Any]] | None, threshold: float) -> dict[str, Floats]:
    """Return columns float64[rows] from scores float64[rows, K] of the task's first component.

    `mean@K`; `pass@k` for k = 1, 2, 4 … K, an answer being right where it reaches `threshold`; `majority@K` where `answers` [rows][K] is given.
    """
    samples = scores.shape[1]
    right = (scores >= threshold - _TOLERANCE).sum(axis=1)
    columns = {f"mean@{samples}": scores.mean(axis=1)}
    for k in sorted({*(2**power for power in range(samples.bit_length()) if 2**power <= samples), samples}):
        columns[f"pass@{k}"] = np.array([pass_at(k, samples, int(count)) for count in right])
    if answers is not None:
        columns[f"majority@{samples}"] = np.array(
            [majority(row, found) for row, found in zip(scores, answers, strict=True)]
        )
    return columns


def majority(scores: Floats, answers: Sequence[Any]) -> float:
    """Return the score of the most frequent answer, the first of equals; malformed answers have no vote, and only they give 0."""
    votes: Counter[Hashable] = Counter(answer for answer in answers if not isinstance(answer, Malformed))
    if not votes:
        return 0.0
    chosen = votes.most_common(1)[0][0]
    return float(scores[list(answers).index(chosen)])


def summarise_means(columns: Mapping[str, Any], weights: Floats) -> dict[str, Metric]:
    """Return the weighted mean of every column: a protocol's `summarise` for columns of one number a row."""
    total = float(weights.sum())
    return {name: Metric(float(column @ weights) / total, total) for name, column in columns.items()} if total else {}
