"""Published tables with our own column beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geovlm_cli.evaluation.table import aligned
from geovlm_cli.report.notes import notes

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.evaluation.bootstrap import Interval

OURS = "ours"
PARTIAL = "*"
_NONE = "–"
_MARK = (
    f"{PARTIAL} not as many rows as the published test set has: these figures do not compare with the published ones"
)

Tables = dict[str, list[list[str]]]


def figure_of(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> Interval | None:
    """Return a published figure as measured here, fractions: a metric, or `metric [key=value]` of a slice; None where it is not there."""
    metric, _, part = figure.partition(" [")
    task, protocol = benchmark.task, benchmark.protocol
    if part:
        found = results["slices"].get(task, {}).get(protocol, {}).get(part.rstrip("]"), {})
    else:
        found = results["metrics"].get(task, {}).get(protocol, {})
    measured: Interval | None = found.get(metric)
    return measured


def tables(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return each published table as rows of cells in percent: a line a figure, a column a model, then ours with its interval, n and rows.

    ours: the content of results.json by benchmark, of those that were run. Rows say `210 of 1093 *` where geovlm knows another number.
    """
    names = dict.fromkeys(table for benchmark in benchmarks for table in benchmark.tables)
    return {name: list(_table([b for b in benchmarks if name in b.tables], ours)) for name in names}


def _table(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    # A benchmark that stands in two tables brings the models of both.
    own = [benchmark for benchmark in benchmarks if len(benchmark.tables) == 1] or benchmarks
    models = list(dict.fromkeys(model for benchmark in own for model in benchmark.published))
    yield ["benchmark", "figure", *models, OURS, "95 % interval", "n", "rows"]
    for benchmark in benchmarks:
        results = ours.get(benchmark.name)
        for figure in benchmark.figures:
            theirs = [_percent(benchmark.published.get(model, {}).get(figure)) for model in models]
            mine = _ours(results, benchmark, figure) if results else [_NONE, "", "", ""]
            yield [benchmark.name, figure, *theirs, *mine]


def _ours(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> list[str]:
    """The cells of a figure: value, interval, what it rests on, rows of the data."""
    found = figure_of(results, benchmark, figure)
    rows = _rows(results, benchmark)
    if found is None or not found["n"]:
        return [_NONE, "", "0", rows]
    span = "" if found["low"] is None else f"{_percent(found['low'])} … {_percent(found['high'])}"
    return [_percent(found["value"]), span, f"{found['n']:g}", rows]


def _rows(results: Mapping[str, Any], benchmark: Benchmark) -> str:
    rows = results["data"]["n"]
    return f"{rows} of {benchmark.rows} {PARTIAL}" if _is_partial(results, benchmark) else str(rows)


def _is_partial(results: Mapping[str, Any], benchmark: Benchmark) -> bool:
    return benchmark.rows not in (None, results["data"]["n"])


def beside(benchmark: Benchmark, results: Mapping[str, Any]) -> str:
    """Return what stands below the figures of a single benchmark: its published ones with ours, and whether the rows are as many as geovlm knows of."""
    ours = {benchmark.name: results}
    lines = [f"{benchmark.name}: no published figures; rows {_rows(results, benchmark)}"]
    if benchmark.figures:
        found = tables([benchmark], ours) or {"published": list(_table([benchmark], ours))}
        lines = [
            line for name, rows in found.items() for line in (name, *aligned([tuple(row) for row in rows], labels=2))
        ]
    return "\n".join([*lines, *([_MARK] if _is_partial(results, benchmark) else [])])


def remarks(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what must stand below the tables: a line a benchmark with its failure reasons, what the mark means, and the notes, each once."""
    lines = []
    for name, results in ours.items():
        reasons = [
            f"{reason} {count}" for found in results["reasons"].values() for reason, count in found.items() if count
        ]
        lines.append(f"failure reasons: {name}: {', '.join(reasons) or 'none'}")
    if any(_is_partial(ours[b.name], b) for b in benchmarks if b.name in ours):
        lines.append(_MARK)
    by_note: dict[str, list[str]] = {}
    for name, results in ours.items():
        for note in notes(results):
            by_note.setdefault(note, []).append(name)
    # What only one benchmark gives a reason for is about that one.
    return lines + [
        f"note: {f'{names[0]}: ' if len(names) == 1 < len(ours) else ''}{note}" for note, names in by_note.items()
    ]


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.2f}"
