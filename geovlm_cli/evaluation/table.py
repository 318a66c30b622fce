"""Results as text for the terminal: one block a task, fractions ×100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from geovlm_cli.errors import clean
from geovlm_cli.evaluation.bootstrap import Interval
from geovlm_cli.report.counts import ALL, rows_of_slices, shown
from geovlm_cli.report.notes import notes, unanswered

Cells = tuple[str, ...]
_HEAD = ("protocol", "metric", "value", "95 % interval", "n")
_LEAST_COLUMNS = 2  # a slice and one metric
_MAX_PARTS = 12  # slices of one key that are printed; results.json holds all
_SOURCE_LIMIT = 1000  # characters of the model's and the data's names
_NOT_BY_SLICE = ("malformed", "format")


def report(results: Mapping[str, Any], room: int | None = None) -> str:
    """Return the blocks of all tasks, and notes: what can be gamed, what n counts where boxes are. room: columns that tables may take; None: as many as they need."""
    lines = [_source(results)]
    for task in results["metrics"]:
        lines += ["", *_block(task, results, room)]
    lines += [f"\nnote: {note}" for note in notes(results)]
    return "\n".join(lines)


def _source(results: Mapping[str, Any]) -> str:
    data = results["data"]
    left_out = [
        f"{data[key]} {word}" for key, word in (("flawed", "with bad truth"), ("rejected", "unreadable")) if data[key]
    ] + unanswered(results)
    saved = data.get("predictions")
    asked = results["model"] or (f"saved answers of {saved['source']}" if saved else "saved answers")
    measured = clean(f"{asked} on {data['source']}", _SOURCE_LIMIT)
    return f"{measured}: {data['n']} rows{''.join(f', {part}' for part in left_out)}; structure {results['structure']}, profile {results['profile'] or 'none'}"


def _block(task: str, results: Mapping[str, Any], room: int | None) -> list[str]:
    rows: list[Cells] = [_HEAD]
    for protocol, metrics in results["metrics"][task].items():
        rows += _rows(f"{protocol} ({results['protocols'][protocol]})", metrics)
    reasons = ", ".join(f"{reason} {count}" for reason, count in results["reasons"][task].items())
    parts = _parts(results["slices"].get(task, {}), results["slice_rows"].get(task, {}))
    return [
        task,
        *_metrics(rows, room),
        *([""] if parts else []),
        *_sliced(parts, room),
        *_not_shown(results["slices"].get(task, {})),
        f"  failure reasons: {reasons or 'none'}",
    ]


def _metrics(rows: Sequence[Cells], room: int | None) -> list[str]:
    """The table of metrics; where it does not fit, protocols stand on lines of their own, and at last without the intervals."""
    layouts = (
        aligned(rows, labels=2),
        _under_protocols(rows, [row[1:] for row in rows]),
        _under_protocols(rows, [(row[1], row[2], row[4]) for row in rows]),
    )
    return next((lines for lines in layouts if _fits(lines, room)), layouts[-1])


def _under_protocols(rows: Sequence[Cells], shorter: Sequence[Cells]) -> list[str]:
    lines: list[str] = []
    for row, line in zip(rows, aligned(shorter, labels=1), strict=True):
        lines += [f"  {row[0]}", f"  {line}"] if row[0] else [f"  {line}"]
    return lines


def _sliced(rows: Sequence[Cells], room: int | None) -> list[str]:
    """The table of slices; where it does not fit, its header takes two lines and its columns go on in further tables."""
    whole = aligned(rows, labels=1) if rows else []
    if _fits(whole, room):
        return whole
    # "n" belongs to no protocol.
    protocols, _, metrics = zip(*(cell.rpartition(" ") for cell in rows[0][1:]), strict=True)
    return _continued([("", *protocols), (rows[0][0], *metrics), *rows[1:]], room)


def _continued(rows: Sequence[Cells], room: int | None) -> list[str]:
    """As many columns as fit, at least one beside the labels; then a table of the others."""
    for count in range(len(rows[0]), 1, -1):
        lines = aligned([row[:count] for row in rows], labels=1)
        if _fits(lines, room) or count == _LEAST_COLUMNS:
            break
    others = [(row[0], *row[count:]) for row in rows]
    return [*lines, "", *_continued(others, room)] if len(others[0]) > 1 else lines


def _fits(lines: Sequence[str], room: int | None) -> bool:
    return room is None or all(len(line) <= room for line in lines)


def _parts(
    slices: Mapping[str, Mapping[str, Mapping[str, Interval]]], slice_rows: Mapping[str, Mapping[str, int]]
) -> list[Cells]:
    """A line a slice: its rows, then a column a metric; intervals are in results.json. Protocols that do not measure the same rows have each its own n."""
    names = list(_shown(slices))
    if not names:
        return []
    counts = rows_of_slices(names, slice_rows)
    columns: list[Cells] = [("slice", *map(clean, map(shown, names)))]
    columns += [("n", *map(str, counts[ALL]))] if ALL in counts else []
    for protocol, parts in slices.items():
        columns += [(f"{protocol} n", *map(str, counts[protocol]))] if protocol in counts else []
        columns += _by_metric(protocol, [parts.get(name, {}) for name in names])
    return list(zip(*columns, strict=True))


def _by_metric(protocol: str, parts: Sequence[Mapping[str, Interval]]) -> list[Cells]:
    metrics = dict.fromkeys(metric for part in parts for metric in part if metric not in _NOT_BY_SLICE)
    return [(f"{protocol} {metric}", *(_percent(_value(part, metric)) for part in parts)) for metric in metrics]


def _not_shown(slices: Mapping[str, Mapping[str, Any]]) -> list[str]:
    many = {key: len(names) for key, names in _by_key(slices).items() if len(names) > _MAX_PARTS}
    return [
        f"  {key}: {count} slices, too many to be shown; results.json (--json) and the report have them"
        for key, count in many.items()
    ]


def _shown(slices: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for names in _by_key(slices).values():
        if 1 < len(names) <= _MAX_PARTS:
            yield from names


def _by_key(slices: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for parts in slices.values():
        for name in parts:
            found.setdefault(name.partition("=")[0], {})[name] = None
    return found


def _value(part: Mapping[str, Interval], metric: str) -> float | None:
    return part[metric]["value"] if metric in part and part[metric]["n"] else None


def _rows(label: str, metrics: Mapping[str, Interval]) -> list[Cells]:
    return [
        (label if i == 0 else "", name, _percent(_value(metrics, name)), _span(found), f"{found['n']:g}")
        for i, (name, found) in enumerate(metrics.items())
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _span(found: Interval) -> str:
    return "" if found["low"] is None or not found["n"] else f"{_percent(found['low'])} … {_percent(found['high'])}"


def aligned(rows: Sequence[Cells], *, labels: int) -> list[str]:
    """Return rows with their columns under each other, the first `labels` of them to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            _padded(cell, width, left=i < labels) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _padded(cell: str, width: int, *, left: bool) -> str:
    return cell.ljust(width) if left else cell.rjust(width)
