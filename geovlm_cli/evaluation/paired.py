"""Two runs on the same rows, compared row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli.errors import DataError, clean
from geovlm_cli.evaluation.bootstrap import Difference, paired_difference
from geovlm_cli.evaluation.columns import RANKS
from geovlm_cli.evaluation.protocols import STRICT
from geovlm_cli.evaluation.table import aligned
from geovlm_cli.rewards import resolve
from geovlm_cli.runs import finished_rows
from geovlm_cli.task import Protocol, Task

SCHEMA = "geovlm-comparison/1"
Floats = NDArray[np.float64]
Row = Mapping[str, Any]
Rows = dict[str, dict[tuple[str, int], Row]]  # by task, then by id and sample


def compare_runs(
    before: Path, after: Path, find: Callable[[str], Task], *, draws: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return every metric of two runs of `eval` on the same rows, and `after` − `before` with its 95 % interval.

    Both runs see the same draws of rows, so that what is hard for both takes nothing from the difference. find: a task by name. Rows that
    one of the runs could not ask are left out of both. Returns {"schema", "before", "after", "tasks": {task: {protocol: {metric: {before,
    after, difference, low, high}}}}, "rows": {task: n}, "notes": [line]}. Raises DataError where the runs do not hold the same rows, or no answered one in common.
    """
    runs = [_rows_of(run) for run in (before, after)]
    if {task: rows.keys() for task, rows in runs[0].items()} != {task: rows.keys() for task, rows in runs[1].items()}:
        raise DataError(
            f"{clean(str(before))} and {clean(str(after))} hold different rows; compare runs on the same data and with as many samples."
        )
    tasks: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for name in runs[0]:
        keys = [key for key in runs[0][name] if all(run[name][key]["protocols"] for run in runs)]
        pairs = [[run[name][key]["protocols"] for key in keys] for run in runs]
        owner = np.unique([identity for identity, _ in keys], return_inverse=True)[1]
        counts[name] = int(owner.max(initial=-1)) + 1
        tasks[name] = {
            protocol.name: _differences(protocol, [_columns(rows, protocol.name) for rows in pairs], owner, draws, seed)
            for protocol in resolve(find(name)).protocols
            if keys and all(protocol.name in row for rows in pairs for row in rows)
        }
    if not any(counts.values()):
        raise DataError(
            f"{clean(str(before))} and {clean(str(after))} have no row in common that was answered; nothing can be compared."
        )
    return {
        "schema": SCHEMA,
        "before": str(before),
        "after": str(after),
        "rows": counts,
        "tasks": tasks,
        "notes": _read_otherwise(before, after),
    }


def comparison_table(found: Mapping[str, Any]) -> str:
    """Return a comparison as text, fractions ×100; a star marks an interval that does not hold 0."""
    lines = [f"{found['after']} against {found['before']}, same draws of rows for both"]
    for task, protocols in found["tasks"].items():
        rows: list[tuple[str, ...]] = [("protocol", "metric", "before", "after", "difference", "95 % interval", "")]
        for protocol, metrics in protocols.items():
            rows += [(protocol, metric, *_cells(values)) for metric, values in metrics.items()]
        lines += ["", f"{task}: {found['rows'][task]} rows", *aligned(rows, labels=2)]
    return "\n".join([*lines, *(f"\nnote: {note}" for note in found["notes"])])


def _read_otherwise(before: Path, after: Path) -> list[str]:
    """Return a note where the runs did not read answers alike: then a difference need not be the model's."""
    first, second = _results(before), _results(after)
    other = [
        key for key in ("structure", "profile") if {key} <= first.keys() & second.keys() and first[key] != second[key]
    ]
    if not other:
        return []
    named = (", ".join(f"{key} {clean(str(run[key] or 'none'), 60)}" for key in other) for run in (second, first))
    return [
        f"{clean(str(after))} and {clean(str(before))} read answers differently, which alone makes differences: {' against '.join(named)}"
    ]


def _results(run: Path) -> Mapping[str, Any]:
    """Return results.json of a run; empty where it was cut off before it wrote one."""
    try:
        found = orjson.loads((run / "results.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _cells(values: Mapping[str, float | None]) -> tuple[str, ...]:
    before, after, difference, low, high = (
        "–" if values[key] is None else f"{100 * values[key]:.2f}"  # type: ignore[operator]  # None is the other case
        for key in ("before", "after", "difference", "low", "high")
    )
    sure = values["low"] is not None and values["high"] is not None and values["low"] * values["high"] > 0
    return before, after, difference, f"{low} … {high}", "*" if sure else ""


def _rows_of(run: Path) -> Rows:
    path = run / "rows.jsonl"
    if not path.is_file():
        raise DataError(f"{clean(str(run))} holds no rows.jsonl; name a run folder that `geovlm eval --out` left.")
    found: Rows = {}
    for row in finished_rows(path):
        found.setdefault(row["task"], {})[row["id"], row["k"]] = row
    return found


def _columns(rows: list[Mapping[str, Any]], protocol: str) -> dict[str, Floats]:
    """Return the columns of a protocol as they were before they went into rows.jsonl; rows on which it failed have 0."""
    values = [row[protocol]["columns"] for row in rows]
    names = list(dict.fromkeys(name for row in values for name in row))
    listed = any(isinstance(value, list) for row in values[:1000] for value in row.values())
    if not listed:
        return {name: np.array([row.get(name, 0.0) for row in values], dtype=np.float64) for name in names}
    boxes = {
        name: np.array([v for row in values for v in row[name]], dtype=np.float64)
        for name in names
        if isinstance(values[0].get(name), list)
    }
    counts = [len(row[next(iter(boxes))]) for row in values]
    return {**boxes, RANKS: np.repeat(np.arange(len(values), dtype=np.float64), counts)}


def _differences(
    protocol: Protocol, pair: list[dict[str, Floats]], owner: NDArray[np.int64], draws: int, seed: int
) -> dict[str, Any]:
    counts = np.bincount(owner)

    def measured(weights: Floats) -> list[dict[str, float]]:
        spread = (weights / counts)[owner]
        return [
            {name: metric.value for name, metric in protocol.summarise(columns, spread).items()} for columns in pair
        ]

    rng, rows = np.random.default_rng(seed), len(counts)
    before, after = measured(np.ones(rows))
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        first, second = measured(np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(np.float64))
        for name in first.keys() & second.keys():
            drawn.setdefault(name, []).append(second[name] - first[name])
    return {
        name: _difference(before[name], after[name], np.array(drawn.get(name, []))) for name in before if name in after
    }


def _difference(before: float, after: float, drawn: Floats) -> dict[str, float | None]:
    counted = drawn[np.isfinite(drawn)]
    low, high = np.percentile(counted, (2.5, 97.5)).tolist() if len(counted) else (None, None)
    found = {"before": before, "after": after, "difference": after - before, "low": low, "high": high}
    return {key: value if value is None or np.isfinite(value) else None for key, value in found.items()}


def compare(before: Path, after: Path, task: str, column: str, *, protocol: str = STRICT, seed: int = 0) -> Difference:
    """Return by how much `after` lies above `before` in the mean of one column of `rows.jsonl`, several samples of a row averaged first.

    before, after: run folders of `eval`. Raises DataError where they do not hold the same rows of the task.
    """
    first, second = (row_means(run, task, column, protocol=protocol) for run in (before, after))
    if first.keys() != second.keys():
        raise DataError(
            f"{clean(str(before))} and {clean(str(after))} hold different rows of task `{clean(task)}`; compare runs on the same data."
        )
    pairs = np.array([(first[row], second[row]) for row in first])
    return paired_difference(pairs[:, 0], pairs[:, 1], seed=seed)


def row_means(run: Path, task: str, column: str, *, protocol: str = STRICT) -> dict[str, float]:
    """Return the mean of a column over the samples of each row id; raises DataError where the run has no such column."""
    found: dict[str, list[float]] = {}
    for row in finished_rows(run / "rows.jsonl"):
        columns = row["protocols"].get(protocol, {}).get("columns", {}) if row["task"] == task else {}
        if column in columns:
            found.setdefault(row["id"], []).append(columns[column])
    if not found:
        raise DataError(
            f"{clean(str(run))} has no column `{clean(column)}` of task `{clean(task)}` under `{clean(protocol)}`."
        )
    return {row: float(np.mean(values)) for row, values in found.items()}
