"""Bootstrap 95 % intervals: rows are drawn with replacement, and a draw reaches a protocol as row weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.task import Metric

Floats = NDArray[np.float64]
Summarise = Callable[[Mapping[str, Any], Any], dict[str, Metric]]

DRAWS = 1000
_BOUNDS = (2.5, 97.5)
_CHUNK = 1 << 22  # numbers drawn at a time, so that many draws of many rows fit in memory


class Interval(TypedDict):
    """A metric as results.json holds it: fractions; None where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None
    n: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of `b − a` over the rows with its 95 % interval, and the number of rows."""

    value: float
    low: float
    high: float
    n: int


def intervals(
    summarise: Summarise,
    columns: Mapping[str, Any],
    weights: Floats,
    owner: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
) -> dict[str, Interval]:
    """Return each metric of a protocol with its interval.

    weights float64[rows]: 0 leaves a row out. owner int64[completions]: the row of each completion; the completions of one row are drawn
    together and share its weight. The same seed gives the same draws, so two protocols are compared on the same resamples.
    """
    share = 1.0 / np.maximum(np.bincount(owner, minlength=len(weights)), 1)
    kept = np.flatnonzero(weights)
    if not len(kept):
        return {}
    point = summarise(columns, (weights * share)[owner])
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in point}
    for _ in range(draws):
        picks = kept[rng.integers(0, len(kept), len(kept))]
        resampled = weights * np.bincount(picks, minlength=len(weights))
        for name, metric in summarise(columns, (resampled * share)[owner]).items():
            drawn[name].append(metric.value)
    return {name: _interval(metric, np.array(drawn[name])) for name, metric in point.items()}


def paired_difference(a: Floats, b: Floats, *, draws: int = 2000, seed: int = 0) -> Difference:
    """Return the mean of `b − a` with its bootstrap interval; a and b float64[n] are scores of the same rows in the same order."""
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(f"paired scores must be two columns of one length above 0, not {a.shape} and {b.shape}")
    difference = b - a
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // len(difference))
    means = [
        difference[rng.integers(0, len(difference), (min(step, draws - done), len(difference)))].mean(axis=1)
        for done in range(0, draws, step)
    ]
    low, high = np.percentile(np.concatenate(means), _BOUNDS)
    return Difference(float(difference.mean()), float(low), float(high), len(difference))


def _interval(metric: Metric, drawn: Floats) -> Interval:
    counted = drawn[np.isfinite(drawn)]
    if not np.isfinite(metric.value) or not len(counted):
        return Interval(value=_finite(metric.value), low=None, high=None, n=float(metric.n))
    low, high = np.percentile(counted, _BOUNDS)
    return Interval(value=float(metric.value), low=float(low), high=float(high), n=float(metric.n))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
