"""Published tables with our own column beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from geovlm_cli.evaluation.table import aligned
from geovlm_cli.report.notes import notes

if TYPE_CHECKING:
    from geovlm_cli.benchmarks import Benchmark
    from geovlm_cli.evaluation.bootstrap import Interval

OURS = "ours"
PARTIAL = "*"
DOUBTFUL = "†"
NONE = "–"
_OUR_COLUMNS = (OURS, "95 % interval", "n", "rows")
_MARK = (
    f"{PARTIAL} not as many rows as the published test set has: these figures do not compare with the published ones"
)
_UNKNOWN = f"{PARTIAL} of unknown: nobody says how many rows the published test set has, so whether these figures compare with the published ones is not known"
_BLANK = f"{NONE} under a model: its publication leaves the figure out"

Tables = dict[str, list[list[str]]]


def figure_of(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> Interval | None:
    """Return a published figure as measured here, fractions: a metric, or `metric [key=value]` of a slice; None where it is not there."""
    metric, part = _parts(figure)
    measured: Interval | None = _of_protocol(results, benchmark, "slices" if part else "metrics", part).get(metric)
    return measured


def why_none(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> str:
    """Return why a figure was not measured, as half a sentence; empty where it was."""
    found = figure_of(results, benchmark, figure)
    metric, part = _parts(figure)
    if found is not None and found["n"]:
        return ""
    if benchmark.task not in results["metrics"]:
        return f"no row of the task {benchmark.task} was measured"
    if benchmark.protocol not in results["metrics"][benchmark.task]:
        return f"the protocol {benchmark.protocol} was not run"
    if part and not _of_protocol(results, benchmark, "slices", part):
        return f"no row has {part}"
    rows = f"the rows of {part}" if part else "the rows"
    return f"{rows} have nothing that {metric} counts"


def tables(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return each published table as rows of cells in percent: a line a figure, a column a model, then ours with its interval, n and rows.

    ours: the content of results.json by benchmark, of those that were run. Rows say `210 of 1093 *` where geovlm knows another number, and `210 of unknown *`
    where nobody published one.
    A benchmark whose figures stand in no table has one of its own.
    """
    names = dict.fromkeys(table for benchmark in benchmarks for table in benchmark.tables)
    found = {name: list(_table([b for b in benchmarks if name in b.tables], ours)) for name in names}
    others = [benchmark for benchmark in benchmarks if benchmark.figures and not benchmark.tables]
    return {**found, **({"published": list(_table(others, ours))} if others else {})}


def published_tables(benchmarks: Sequence[Benchmark]) -> Tables:
    """Return what `tables` does without our columns."""
    return {name: [row[: -len(_OUR_COLUMNS)] for row in rows] for name, rows in tables(benchmarks, {}).items()}


def _table(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    # A benchmark that stands in two tables brings the models of both.
    own = [benchmark for benchmark in benchmarks if len(benchmark.tables) == 1] or benchmarks
    models = list(dict.fromkeys(model for benchmark in own for model in benchmark.published))
    yield ["benchmark", "figure", *models, *_OUR_COLUMNS]
    for benchmark in benchmarks:
        results = ours.get(benchmark.name)
        for figure in benchmark.figures:
            theirs = [_theirs(benchmark, model, figure) for model in models]
            mine = _ours(results, benchmark, figure) if results else [NONE, "", "", ""]
            yield [benchmark.name, figure, *theirs, *mine]


def _theirs(benchmark: Benchmark, model: str, figure: str) -> str:
    cell = _percent(benchmark.published.get(model, {}).get(figure))
    return f"{cell} {DOUBTFUL}" if model in benchmark.remarks and cell != NONE else cell


def _ours(results: Mapping[str, Any], benchmark: Benchmark, figure: str) -> list[str]:
    """The cells of a figure: value, interval, what it rests on, rows of the data."""
    found = figure_of(results, benchmark, figure)
    rows = _rows(results, benchmark)
    if found is None or not found["n"]:
        return [NONE, "", "0", rows]
    span = "" if found["low"] is None else f"{_percent(found['low'])} … {_percent(found['high'])}"
    return [_percent(found["value"]), span, f"{found['n']:g}", rows]


def _rows(results: Mapping[str, Any], benchmark: Benchmark) -> str:
    rows = results["data"]["n"]
    if _is_partial(results, benchmark):
        return f"{rows} of {benchmark.rows} {PARTIAL}"
    return f"{rows} of unknown {PARTIAL}" if _is_unknown(benchmark) else str(rows)


def _is_partial(results: Mapping[str, Any], benchmark: Benchmark) -> bool:
    return benchmark.rows not in (None, results["data"]["n"])


def _is_unknown(benchmark: Benchmark) -> bool:
    """Are there published figures, and nobody says of how many rows?"""
    return benchmark.rows is None and bool(benchmark.figures)


def marks(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what the marks in the tables mean: rows that are not all there or of an unknown number, published figures in doubt, and why a figure of ours is not there."""
    run = [benchmark for benchmark in benchmarks if benchmark.name in ours]
    lines = [_MARK] if any(_is_partial(ours[benchmark.name], benchmark) for benchmark in run) else []
    lines += [_UNKNOWN] if any(map(_is_unknown, run)) else []
    lines += [f"{DOUBTFUL} {b.name}, {model}: {remark}" for b in benchmarks for model, remark in b.remarks.items()]
    cells = [cell for rows in tables(benchmarks, ours).values() for row in rows for cell in row[2:-4]]
    lines += [_BLANK] if NONE in cells else []
    whys = [(b.name, figure, why_none(ours[b.name], b, figure)) for b in run for figure in b.figures]
    return lines + [f"{NONE} {name}, {figure}: {why}" for name, figure, why in whys if why]


def beside(benchmark: Benchmark, results: Mapping[str, Any]) -> str:
    """Return what stands below the figures of a single benchmark: its published ones with ours, and whether the rows are as many as geovlm knows of."""
    ours = {benchmark.name: results}
    lines = [] if benchmark.figures else [f"{benchmark.name}: no published figures; rows {_rows(results, benchmark)}"]
    return "\n".join([*lines, *as_text(tables([benchmark], ours)), *marks([benchmark], ours)])


def beside_seeds(benchmark: Benchmark, results: Sequence[Mapping[str, Any]]) -> str:
    """Return what `beside` does for the runs of several seeds: ours is the mean ± the standard deviation of the sample, and from the least to the most."""
    first = {benchmark.name: results[0]}
    rows = f"{benchmark.name}: no published figures; rows {_rows(results[0], benchmark)}"
    lines = [] if benchmark.figures else [rows]
    found = {
        name: [[*head[:-3], "least … most", *head[-2:]], *(_over_seeds(row, benchmark, results) for row in body)]
        for name, (head, *body) in tables([benchmark], first).items()
    }
    said = dict.fromkeys(line for of in results for line in marks([benchmark], {benchmark.name: of}))
    return "\n".join([*lines, *as_text(found), *said])


def _over_seeds(row: list[str], benchmark: Benchmark, results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Put the figure of all seeds into a row of the table of the first."""
    found = [figure_of(of, benchmark, row[1]) for of in results]
    values = [of["value"] for of in found if of is not None and of["n"] and of["value"] is not None]
    counts = {f"{of['n']:g}" for of in found if of is not None}
    if len(values) < len(results):
        return [*row[:-4], NONE, "", " / ".join(sorted(counts)), row[-1]]
    mean, spread = fmean(values), stdev(values)
    span = f"{_percent(min(values))} … {_percent(max(values))}"
    return [*row[:-4], f"{_percent(mean)} ± {_percent(spread)}", span, " / ".join(sorted(counts)), row[-1]]


def as_text(found: Tables) -> list[str]:
    """Return the lines of the tables, each under its name."""
    return [
        line for name, rows in found.items() for line in (name, *aligned([tuple(row) for row in rows], labels=2), "")
    ][:-1]


def as_markdown(found: Tables) -> list[str]:
    """Return the lines of the tables in Markdown, numbers to the right."""
    lines: list[str] = []
    for name, rows in found.items():
        rule = [":--", ":--", *["--:"] * (len(rows[0]) - 2)]
        lines += [f"## {name}", "", *map(_markdown_row, (rows[0], rule, *rows[1:])), ""]
    return lines


def _markdown_row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def remarks(benchmarks: Sequence[Benchmark], ours: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what must stand below the tables: a line a benchmark with its failure reasons, what the marks mean, and the notes, each once."""
    lines = []
    for name, results in ours.items():
        reasons = [
            f"{reason} {count}" for found in results["reasons"].values() for reason, count in found.items() if count
        ]
        lines.append(f"failure reasons: {name}: {', '.join(reasons) or 'none'}")
    lines += marks(benchmarks, ours)
    by_note: dict[str, list[str]] = {}
    for name, results in ours.items():
        for note in notes(results):
            by_note.setdefault(note, []).append(name)
    # What only one benchmark gives a reason for is about that one.
    return lines + [
        f"note: {f'{names[0]}: ' if len(names) == 1 < len(ours) else ''}{note}" for note, names in by_note.items()
    ]


def _parts(figure: str) -> tuple[str, str]:
    """Return the metric of a figure and its slice, which is empty for a figure of all rows."""
    metric, _, part = figure.partition(" [")
    return metric, part.rstrip("]")


def _of_protocol(results: Mapping[str, Any], benchmark: Benchmark, key: str, part: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = results[key].get(benchmark.task, {}).get(benchmark.protocol, {})
    return found.get(part, {}) if part else found


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.2f}"
