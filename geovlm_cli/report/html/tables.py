"""Figures of results.json as the page prints them: fractions ×100 with two decimals, nothing computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geovlm_cli.report.counts import WITHOUT, rows_of_slices

Slices = Mapping[str, Mapping[str, Mapping[str, Any]]]

_NOT_BY_SLICE = ("malformed", "format")
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric in print. bar: (low, value, high) as percents inside [0, 100] for the drawn interval, or None."""

    name: str
    value: str
    low: str
    high: str
    n: str
    bar: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of one protocol."""

    protocol: str
    version: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Sliced:
    """A table of the slices of one key: a column a metric, a row a value; None where a slice lacks the metric.

    counted: the protocol of each column of row numbers, empty where one column holds for all.
    """

    key: str
    counted: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[int, ...], tuple[Figure | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: `share` of the longest, in percent."""

    name: str
    count: int
    share: float


def measured(metrics: Mapping[str, Mapping[str, Any]], versions: Mapping[str, str]) -> list[Measured]:
    """Return the figures of one task by protocol; metrics: protocol → metric → {value, low, high, n}."""
    return [
        Measured(protocol, str(versions.get(protocol, "")), tuple(_figure(name, found) for name, found in part.items()))
        for protocol, part in metrics.items()
    ]


def sliced(slices: Slices, slice_rows: Mapping[str, Mapping[str, int]]) -> list[Sliced]:
    """Return one table a key; slices: protocol → `key=value` → metric → {value, low, high, n}; slice_rows: protocol → `key=value` → rows."""
    keys: dict[str, dict[str, None]] = {}
    for parts in slices.values():
        for name in parts:
            keys.setdefault(name.partition("=")[0], {})[name] = None
    return [_table(key, list(names), slices, rows_of_slices(names, slice_rows)) for key, names in keys.items()]


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """Return the bars of a chart, in the order given."""
    most = max(counts.values(), default=0)
    return [Bar(name, count, 100 * count / most if most else 0.0) for name, count in counts.items()]


def _table(key: str, names: Sequence[str], slices: Slices, counts: Mapping[str, Sequence[int]]) -> Sliced:
    columns = tuple(
        dict.fromkeys(
            (protocol, metric)
            for protocol, parts in slices.items()
            for name in names
            for metric in parts.get(name, {})
            if metric not in _NOT_BY_SLICE
        )
    )
    rows = tuple(
        (
            name.partition("=")[2] if "=" in name else WITHOUT,
            tuple(count[i] for count in counts.values()),
            tuple(_cell(slices[protocol].get(name, {}), metric) for protocol, metric in columns),
        )
        for i, name in enumerate(names)
    )
    return Sliced(key, tuple(counts), columns, rows)


def _cell(part: Mapping[str, Any], metric: str) -> Figure | None:
    return _figure(metric, part[metric]) if metric in part else None


def _figure(name: str, found: Mapping[str, Any]) -> Figure:
    value, low, high = (found[key] if found["n"] else None for key in ("value", "low", "high"))
    return Figure(name, _percent(value), _percent(low), _percent(high), f"{found['n']:g}", _bar(low, value, high))


def _bar(low: float | None, value: float | None, high: float | None) -> tuple[float, float, float] | None:
    if low is None or value is None or high is None or not 0 <= low <= value <= high <= 1:
        return None
    return 100 * low, 100 * value, 100 * high


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{100 * value:.2f}"
