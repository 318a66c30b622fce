"""Published tables with our own column beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark

OURS = "ours"
_NONE = "–"

Tables = dict[str, list[list[str]]]


def figure_of(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> float | None:
    """Return a published figure as measured here, a fraction: a metric, or `metric [key=value]` of a slice; None where it is not there."""
    metric, _, part = figure.partition(" [")
    task, protocol = benchmark.task, benchmark.protocol
    if part:
        found = results["slices"].get(task, {}).get(protocol, {}).get(part.rstrip("]"), {})
    else:
        found = results["metrics"].get(task, {}).get(protocol, {})
    value: float | None = found.get(metric, {}).get("value")
    return value


def tables(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return each published table as rows of cells in percent: a line a figure, a column a model, ours last.

    ours: the content of results.json by benchmark, of those that were run.
    """
    names = dict.fromkeys(table for benchmark in benchmarks for table in benchmark.tables)
    return {name: list(_table([b for b in benchmarks if name in b.tables], ours)) for name in names}


def _table(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    # A benchmark that stands in two tables brings the models of both.
    own = [benchmark for benchmark in benchmarks if len(benchmark.tables) == 1] or benchmarks
    models = list(dict.fromkeys(model for benchmark in own for model in benchmark.published))
    yield ["benchmark", "figure", *models, OURS]
    for benchmark in benchmarks:
        results = ours.get(benchmark.name)
        for figure in benchmark.figures:
            theirs = [_percent(benchmark.published.get(model, {}).get(figure)) for model in models]
            mine = _percent(figure_of(results, benchmark, figure)) if results else _NONE
            yield [benchmark.name, figure, *theirs, mine]


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.2f}"
