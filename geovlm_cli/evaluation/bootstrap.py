"""Bootstrap 95 % intervals: rows are drawn with replacement, and a draw reaches a protocol as row weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.columns import RANKS
from geovlm_cli.task import Metric

Floats = NDArray[np.float64]
Summarise = Callable[[Mapping[str, Any], Any], dict[str, Metric]]

DRAWS = 1000
_BOUNDS = (2.5, 97.5)
_FEW = 0.125  # share of distinct rows below which they are drawn by their numbers
_PART, _PARTS = 8192, 10
_MANY = 4 * _PART  # rows above which they are measured in parts
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


class Resampler:
    """The columns of one protocol, ready to be measured as a whole and slice by slice.

    owner int64[completions]: the row of each completion, None where each row has one; the completions of one row are drawn together and
    share its weight. draws: 0 = no intervals. Up to 32,768 rows are drawn as they are, rows of equal columns as one row many times over. More
    rows are measured by the bag of little bootstraps (Kleiner et al. 2014, arXiv 1112.5016): random parts of 8,192 rows, each reweighted to
    stand for all.
    """

    def __init__(
        self,
        summarise: Summarise,
        columns: Mapping[str, Floats],
        owner: NDArray[np.int64] | None,
        *,
        draws: int,
        seed: int,
    ) -> None:
        self._summarise, self._columns, self._draws, self._seed = summarise, columns, draws, seed
        alone = RANKS not in columns and (owner is None or bool((np.bincount(owner) <= 1).all()))
        self._owner = None if alone and owner is None else owner
        self._alone = alone

    def of(self, weights: Floats) -> dict[str, Interval]:
        """Return each metric with its interval; weights float64[rows]: 1, or 0 for a row that is left out."""
        if not weights.any():
            return {}
        if not self._alone:
            return self._resampled(self._clusters(weights))
        spread = weights if self._owner is None else weights[self._owner]
        if not self._draws:
            return self._resampled(_Sampler(self._columns, spread, _never))
        if self._distinct is not None:
            return self._resampled(_repeated(*self._distinct, spread))
        kept = np.flatnonzero(spread)
        if len(kept) > _MANY:
            return self._in_parts(spread, kept)
        return self._resampled(_single({name: column[kept] for name, column in self._columns.items()}, len(kept)))

    @cached_property
    def _distinct(self) -> tuple[Mapping[str, Floats], NDArray[np.int64]] | None:
        return _distinct(self._columns, len(next(iter(self._columns.values()))))

    def _resampled(self, sampler: _Sampler) -> dict[str, Interval]:
        point = self._summarise(sampler.columns, sampler.whole)
        drawn = _drawn(self._summarise, sampler, self._draws, np.random.default_rng(self._seed))
        return {name: _interval(metric, drawn[name]) for name, metric in point.items()}

    def _clusters(self, weights: Floats) -> _Sampler:
        """Draw rows with all their completions, or with all boxes of their completion."""
        owner = np.arange(len(weights)) if self._owner is None else self._owner
        share = weights / np.maximum(np.bincount(owner, minlength=len(weights)), 1)
        kept = np.flatnonzero(weights)

        def draw(rng: np.random.Generator) -> Floats:
            picked: Floats = (share * _counted(kept[rng.integers(0, len(kept), len(kept))], len(weights)))[owner]
            return picked

        return _Sampler(self._columns, share[owner], draw)

    def _in_parts(self, spread: Floats, kept: NDArray[np.int64]) -> dict[str, Interval]:
        """Average, over random parts of the rows, how far the bounds lie from each part's own figure."""
        rng, share = np.random.default_rng(self._seed), len(kept) / _PART
        offsets: dict[str, list[tuple[float, float]]] = {}
        for _ in range(_PARTS):
            rows = kept[rng.integers(0, len(kept), _PART)]
            part = {name: column[rows] for name, column in self._columns.items()}
            sampler = _Sampler(part, np.full(_PART, share), lambda rng: rng.standard_gamma(share, _PART))
            drawn = _drawn(self._summarise, sampler, -(-self._draws // _PARTS), rng)
            for name, metric in self._summarise(part, sampler.whole).items():
                found = _interval(metric, drawn[name])
                if found["value"] is not None and found["low"] is not None and found["high"] is not None:
                    offsets.setdefault(name, []).append((found["low"] - found["value"], found["high"] - found["value"]))
        return {
            name: _moved(metric, offsets.get(name, []))
            for name, metric in self._summarise(self._columns, spread).items()
        }


def intervals(
    summarise: Summarise,
    columns: Mapping[str, Floats],
    weights: Floats,
    owner: NDArray[np.int64] | None,
    *,
    draws: int,
    seed: int,
) -> dict[str, Interval]:
    """Return each metric of a protocol with its interval, as `Resampler` gives it."""
    return Resampler(summarise, columns, owner, draws=draws, seed=seed).of(weights)


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Columns, their weights in the whole sample, and a function that draws weights."""

    columns: Mapping[str, Floats]
    whole: Floats
    draw: Callable[[np.random.Generator], Floats]


def _drawn(
    summarise: Summarise, sampler: _Sampler, draws: int, rng: np.random.Generator
) -> defaultdict[str, list[float]]:
    """Return the values of each metric over the draws."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(draws):
        for name, metric in summarise(sampler.columns, sampler.draw(rng)).items():
            found[name].append(metric.value)
    return found


def _distinct(columns: Mapping[str, Floats], rows: int) -> tuple[Mapping[str, Floats], NDArray[np.int64]] | None:
    """Return the different rows and the number of its own for each row; None where there are not few, as with any measure of overlap."""
    codes, count = np.zeros(rows, dtype=np.int64), 1
    for column in columns.values():
        values, inverse = np.unique(column, return_inverse=True)
        if len(values) > _FEW * rows:
            return None
        kinds, codes = np.unique(codes * len(values) + inverse, return_inverse=True)
        count = len(kinds)
        if count > _FEW * rows:
            return None
    first = np.empty(count, dtype=np.int64)
    first[codes[::-1]] = np.arange(rows)[::-1]
    return {name: column[first] for name, column in columns.items()}, codes


def _repeated(table: Mapping[str, Floats], codes: NDArray[np.int64], weights: Floats) -> _Sampler:
    """Draw rows of which few are different: labels cost the same for any number of rows."""
    found = np.bincount(codes, weights=weights, minlength=len(next(iter(table.values()))))
    some = np.flatnonzero(found)
    counts = found[some].astype(np.float64)
    n = round(counts.sum())
    shares = counts / counts.sum()
    part = {name: column[some] for name, column in table.items()}
    return _Sampler(part, counts, lambda rng: rng.multinomial(n, shares).astype(np.float64))


def _single(columns: Mapping[str, Floats], n: int) -> _Sampler:
    """Draw single rows, all of them different."""
    return _Sampler(columns, np.ones(n), lambda rng: _counted(rng.integers(0, n, n), n))


def _never(rng: np.random.Generator) -> Floats:
    raise AssertionError("nothing is drawn where no intervals are asked for")


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


def _interval(metric: Metric, drawn: list[float]) -> Interval:
    values = np.array(drawn)
    counted = values[np.isfinite(values)]
    if not np.isfinite(metric.value) or not len(counted):
        return Interval(value=_finite(metric.value), low=None, high=None, n=float(metric.n))
    low, high = np.percentile(counted, _BOUNDS)
    return Interval(value=float(metric.value), low=float(low), high=float(high), n=float(metric.n))


def _moved(metric: Metric, offsets: list[tuple[float, float]]) -> Interval:
    """Return the metric with bounds at the mean of these offsets."""
    value = _finite(metric.value)
    if value is None or not offsets:
        return Interval(value=value, low=None, high=None, n=float(metric.n))
    low, high = np.mean(offsets, axis=0).tolist()
    return Interval(value=value, low=value + low, high=value + high, n=float(metric.n))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
