"""Bootstrap 95 % intervals: rows are drawn with replacement, and a draw reaches a protocol as row weights."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
_SEEN = 4096  # values of a column that tell whether few are different
_MANY = 32768  # rows above which groups of them are drawn
_GROUPS = 1024
_SMALL = 1 << 16  # whole numbers below it are counted, not sorted
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


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: columns, how they are summarised, and the row of each completion, int64[completions]; None where each row has one."""

    summarise: Summarise
    columns: Mapping[str, Floats]
    owner: NDArray[np.int64] | None = None


class Resampler:
    """Measures of the same rows, ready to be taken as a whole and slice by slice.

    The completions of one row are drawn together and share its weight. draws: 0 = no intervals. Rows of which few are different are drawn as
    one row many times over. Of others up to 32,768 are drawn as they are; of more, 1,024 random groups of them. Sums over groups are as
    independent as rows are, so intervals keep their width, and a rare event is alone in its group, so it is drawn as its row would be.
    Measures that take one weight a row share their draws.
    """

    def __init__(self, measures: Sequence[Measure], *, draws: int, seed: int) -> None:
        self._draws, self._seed = draws, seed
        self._measures = [_Prepared(measure, draws) for measure in measures]

    def of(self, weights: Floats) -> list[dict[str, Interval]]:
        """Return each metric with its interval, by measure; weights float64[rows]: 1, or 0 for a row that is left out."""
        if not weights.any():
            return [{} for _ in self._measures]
        found = [None if m.is_plain else self._resampled(m.measure, m.sampler(weights)) for m in self._measures]
        together = iter(self._together([m.measure for m in self._measures if m.is_plain], weights))
        return [next(together) if intervals is None else intervals for intervals in found]

    def _resampled(self, measure: Measure, sampler: _Sampler) -> dict[str, Interval]:
        point = measure.summarise(sampler.columns, sampler.whole)
        if not self._draws:
            return {name: _interval(metric, []) for name, metric in point.items()}
        rng = self._rng()
        draws = (sampler.draw(rng) for _ in range(self._draws))
        (drawn,) = _drawn([(measure.summarise, sampler.columns)], draws)
        return {name: _interval(metric, drawn[name]) for name, metric in point.items()}

    def _together(self, measures: list[Measure], weights: Floats) -> list[dict[str, Interval]]:
        """Draw single rows, the same ones for all measures."""
        if not measures:
            return []
        kept = np.flatnonzero(weights)
        if len(kept) > _MANY:
            return self._in_groups(measures, weights, kept)
        parts = [(m.summarise, _taken(m.columns, kept)) for m in measures]
        n, rng = len(kept), self._rng()
        drawn = _drawn(parts, (_counted(rng.integers(0, n, n), n) for _ in range(self._draws)))
        return [
            {name: _interval(metric, values[name]) for name, metric in summarise(columns, np.ones(n)).items()}
            for (summarise, columns), values in zip(parts, drawn, strict=True)
        ]

    def _in_groups(
        self, measures: list[Measure], weights: Floats, kept: NDArray[np.int64]
    ) -> list[dict[str, Interval]]:
        """Draw random groups of the rows, the same ones for all measures."""
        groups, counts = _groups_of(kept, self._rng(), self._draws)
        return [_of_groups(measure, weights, groups, counts) for measure in measures]

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self._seed)


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
    (found,) = Resampler([Measure(summarise, columns, owner)], draws=draws, seed=seed).of(weights)
    return found


@dataclass(frozen=True, slots=True)
class _Sampler:
    """Columns, their weights in the whole sample, and a function that draws weights."""

    columns: Mapping[str, Floats]
    whole: Floats
    draw: Callable[[np.random.Generator], Floats]


class _Prepared:
    """A measure and how its rows are drawn. is_plain: as single rows, one weight each."""

    def __init__(self, measure: Measure, draws: int) -> None:
        self.measure, self._draws = measure, draws
        owner = measure.owner
        self._alone = RANKS not in measure.columns and (owner is None or bool((np.bincount(owner) <= 1).all()))
        rows = len(next(iter(measure.columns.values())))
        self._distinct = _distinct(measure.columns, rows) if self._alone and draws else None
        self.is_plain = bool(draws) and self._alone and owner is None and self._distinct is None

    def sampler(self, weights: Floats) -> _Sampler:
        """Return what is drawn under these weights of the rows."""
        columns, owner = self.measure.columns, self.measure.owner
        if not self._alone:
            return self._clusters(weights)
        spread = weights if owner is None else weights[owner]
        if not self._draws:
            return _Sampler(columns, spread, _never)
        if self._distinct is not None:
            return _repeated(*self._distinct, spread)
        kept = np.flatnonzero(spread)
        n = len(kept)
        return _Sampler(_taken(columns, kept), np.ones(n), lambda rng: _counted(rng.integers(0, n, n), n))

    def _clusters(self, weights: Floats) -> _Sampler:
        """Draw rows with all their completions, or with all boxes of their completion."""
        owner = np.arange(len(weights)) if self.measure.owner is None else self.measure.owner
        share = weights / np.maximum(np.bincount(owner, minlength=len(weights)), 1)
        kept = np.flatnonzero(weights)

        def draw(rng: np.random.Generator) -> Floats:
            picked: Floats = (share * _counted(kept[rng.integers(0, len(kept), len(kept))], len(weights)))[owner]
            return picked

        return _Sampler(self.measure.columns, share[owner], draw)


def _drawn(
    parts: Sequence[tuple[Summarise, Mapping[str, Floats]]], draws: Iterable[Floats]
) -> list[defaultdict[str, list[float]]]:
    """Return the values of each metric over the draws, by measure; NaN for a draw without it that another follows. draws: weights of the rows."""
    found: list[defaultdict[str, list[float]]] = [defaultdict(list) for _ in parts]
    for number, weights in enumerate(draws):
        for values, (summarise, columns) in zip(found, parts, strict=True):
            for name, metric in summarise(columns, weights).items():
                values[name] += [math.nan] * (number - len(values[name])) + [metric.value]
    return found


def _taken(columns: Mapping[str, Floats], rows: NDArray[np.int64]) -> dict[str, Floats]:
    """Return some rows of each column, as the float64 that weights are."""
    return {name: column[rows].astype(np.float64) for name, column in columns.items()}


def _groups_of(
    kept: NDArray[np.int64], rng: np.random.Generator, draws: int
) -> tuple[list[NDArray[np.int64]], NDArray[np.uint8]]:
    """Return 1,024 random groups of the rows, and how often each is drawn, uint8[draws, groups]: of 1,024 draws, more than 255 of one group are none."""
    groups = np.array_split(rng.permutation(kept), _GROUPS)
    drawn = (np.bincount(rng.integers(0, _GROUPS, _GROUPS), minlength=_GROUPS) for _ in range(draws))
    return groups, np.stack([count.astype(np.uint8) for count in drawn])


def _of_groups(
    measure: Measure, weights: Floats, groups: Sequence[NDArray[np.int64]], counts: NDArray[np.uint8]
) -> dict[str, Interval]:
    whole, found = _values_of_groups(measure, weights, groups, counts)
    return {name: _interval(metric, found[name]) for name, metric in whole.items()}


def _values_of_groups(
    measure: Measure, weights: Floats, groups: Sequence[NDArray[np.int64]], counts: NDArray[np.uint8]
) -> tuple[dict[str, Metric], dict[str, list[float]]]:
    """Return each metric and its values in the draws, from `counts` uint8[draws, groups]: how often each group was drawn.

    A mean or another ratio of sums, whose `n` is the lower sum, is made of its groups' own. Where any metric is none, all are measured on all
    rows, draw by draw.
    """
    whole = measure.summarise(measure.columns, weights)
    parts = [measure.summarise(_taken(measure.columns, rows), np.ones(len(rows))) for rows in groups]
    ratios = {name: _ratios(metric, [part.get(name) for part in parts], counts) for name, metric in whole.items()}
    found = {name: values for name, values in ratios.items() if values is not None}
    if len(found) < len(whole):
        owner = np.zeros(len(weights), dtype=np.int64)
        owner[np.concatenate(groups)] = np.repeat(np.arange(len(groups)), list(map(len, groups)))
        (drawn,) = _drawn([(measure.summarise, measure.columns)], (weights * count[owner] for count in counts))
        return whole, dict(drawn)
    return whole, found


def _ratios(whole: Metric, parts: Sequence[Metric | None], counts: NDArray[np.uint8]) -> list[float] | None:
    """Return the metric of each draw from those of the groups; None where theirs do not add up to the whole."""
    lower = np.array([part.n if part else 0.0 for part in parts])
    upper = np.array([part.value * part.n if part and part.n else 0.0 for part in parts])
    if not np.allclose((lower.sum(), upper.sum()), (whole.n, whole.value * whole.n if whole.n else 0.0), rtol=1e-9):
        return None
    sums = np.stack([upper, lower], axis=1)
    blocks = np.array_split(counts, -(-len(counts) // _GROUPS))
    drawn = np.concatenate([block.astype(np.float64) @ sums for block in blocks])
    with np.errstate(invalid="ignore", divide="ignore"):
        values: list[float] = (drawn[:, 0] / drawn[:, 1]).tolist()
    return values


def paired_draws(
    summarise: Summarise, pair: Sequence[Mapping[str, Floats]], owner: NDArray[np.int64], *, draws: int, seed: int
) -> list[dict[str, list[float]]]:
    """Return the values of each metric in each draw, for either of two measures of the same rows; both see the same draws.

    owner: the row of each completion. Up to 32,768 rows are drawn as they are. Of more with one completion each, a row is drawn as many times
    over as there are rows like it, where few are different in both; else 1,024 random groups of rows are drawn, as `Resampler` does.
    """
    rows = int(owner.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    if rows <= _MANY or rows < len(owner) or any(RANKS in columns for columns in pair):
        return _drawn_rows(summarise, pair, owner, (_counted(rng.integers(0, rows, rows), rows) for _ in range(draws)))
    both = {f"{i} {name}": column for i, columns in enumerate(pair) for name, column in columns.items()}
    found = _distinct(both, rows)
    if found is None:
        return _drawn_groups(summarise, pair, rng, draws)
    sampler = _repeated(*found, np.ones(rows))
    parts = [(summarise, {name: sampler.columns[f"{i} {name}"] for name in columns}) for i, columns in enumerate(pair)]
    return [dict(values) for values in _drawn(parts, (sampler.draw(rng) for _ in range(draws)))]


def _drawn_rows(
    summarise: Summarise, pair: Sequence[Mapping[str, Floats]], owner: NDArray[np.int64], draws: Iterable[Floats]
) -> list[dict[str, list[float]]]:
    counts = np.bincount(owner)
    spread = ((weights / counts)[owner] for weights in draws)
    return [dict(values) for values in _drawn([(summarise, columns) for columns in pair], spread)]


def _drawn_groups(
    summarise: Summarise, pair: Sequence[Mapping[str, Floats]], rng: np.random.Generator, draws: int
) -> list[dict[str, list[float]]]:
    weights = np.ones(len(next(iter(pair[0].values()))))
    groups, counts = _groups_of(np.arange(len(weights)), rng, draws)
    return [_values_of_groups(Measure(summarise, columns), weights, groups, counts)[1] for columns in pair]


def _distinct(columns: Mapping[str, Floats], rows: int) -> tuple[Mapping[str, Floats], NDArray[np.integer[Any]]] | None:
    """Return the different rows and the number of its own for each row; None where there are not few, as with any measure of overlap."""
    step = -(-rows // _SEEN) or 1
    if any(len(np.unique(column[::step])) > _SEEN // 2 for column in columns.values()):  # seen without sorting all
        return None
    codes: NDArray[np.integer[Any]] = np.zeros(rows, dtype=np.uint16)
    count = 1
    for column in columns.values():
        values, inverse = _coded(column)
        if values > _FEW * rows:
            return None
        both = codes.astype(np.int64)
        both *= values
        both += inverse
        count, codes = _coded(both)
        if count > _FEW * rows:
            return None
    first = np.empty(count, dtype=np.int64)
    first[codes[::-1]] = np.arange(rows)[::-1]
    return {name: column[first] for name, column in columns.items()}, codes


def _coded(column: NDArray[Any]) -> tuple[int, NDArray[np.integer[Any]]]:
    """Return the number of different values and, for each row, the rank of its own among them; small whole numbers are counted, not sorted."""
    low, high = column.min(initial=0), column.max(initial=0)
    if low >= 0 and high < _SMALL:
        whole = column.astype(np.uint16)
        if np.array_equal(whole, column):
            there = np.bincount(whole, minlength=1) > 0
            return int(there.sum()), (np.cumsum(there) - 1).astype(np.uint16)[whole]
    values, inverse = np.unique(column, return_inverse=True)
    return len(values), inverse


def _repeated(table: Mapping[str, Floats], codes: NDArray[np.integer[Any]], weights: Floats) -> _Sampler:
    """Draw rows of which few are different: labels cost the same for any number of rows."""
    found = np.bincount(codes, weights=weights, minlength=len(next(iter(table.values()))))
    some = np.flatnonzero(found)
    counts = found[some].astype(np.float64)
    n = round(counts.sum())
    shares = counts / counts.sum()
    part = {name: column[some] for name, column in table.items()}
    return _Sampler(part, counts, lambda rng: rng.multinomial(n, shares).astype(np.float64))


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


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
