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
RANKS = "row"  # the column of a protocol that ranks boxes: the row of the batch that each box belongs to
_FEW = 0.125  # share of distinct rows below which they are drawn by their numbers
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

    weights float64[rows]: 1, or 0 for a row that is left out. owner int64[completions]: the row of each completion; the completions of one
    row are drawn together and share its weight.
    """
    if not weights.any():
        return {}
    alone = RANKS not in columns and bool((np.bincount(owner) <= 1).all())
    sampler = _rows(columns, weights[owner] != 0) if alone else _clusters(columns, weights, owner)
    point = summarise(sampler.columns, sampler.whole)
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in point}
    for _ in range(draws):
        for name, metric in summarise(sampler.columns, sampler.draw(rng)).items():
            drawn[name].append(metric.value)
    return {name: _interval(metric, np.array(drawn[name])) for name, metric in point.items()}


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Columns, their weights in the whole sample, and a function that draws weights."""

    columns: Mapping[str, Any]
    whole: Floats
    draw: Callable[[np.random.Generator], Floats]


def _rows(columns: Mapping[str, Floats], kept: NDArray[np.bool_]) -> _Sampler:
    """Draw single rows. Rows of equal columns weigh as one row many times over, so that labels cost the same for any number of rows."""
    table = np.stack([column[kept] for column in columns.values()], axis=1)
    distinct, counts = np.unique(table, axis=0, return_counts=True)
    n = len(table)
    if len(distinct) > _FEW * n:
        return _Sampler(
            dict(zip(columns, table.T.copy(), strict=True)), np.ones(n), lambda rng: _counted(rng.integers(0, n, n), n)
        )
    shares = counts / n
    return _Sampler(
        dict(zip(columns, distinct.T.copy(), strict=True)),
        counts.astype(np.float64),
        lambda rng: rng.multinomial(n, shares).astype(np.float64),
    )


def _clusters(columns: Mapping[str, Any], weights: Floats, owner: NDArray[np.int64]) -> _Sampler:
    """Draw rows with all their completions, or with all boxes of their completion."""
    share = weights / np.maximum(np.bincount(owner, minlength=len(weights)), 1)
    kept = np.flatnonzero(weights)

    def draw(rng: np.random.Generator) -> Floats:
        picked: Floats = (share * _counted(kept[rng.integers(0, len(kept), len(kept))], len(weights)))[owner]
        return picked

    return _Sampler(columns, share[owner], draw)


def _counted(picks: NDArray[np.int64], n: int) -> Floats:
    return np.bincount(picks, minlength=n).astype(np.float64)


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
