"""Two runs on the same rows, compared row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli.errors import DataError, clean
from geovlm_cli.evaluation.bootstrap import Difference, paired_difference, paired_draws
from geovlm_cli.evaluation.pairing import paired
from geovlm_cli.evaluation.protocols import STRICT
from geovlm_cli.evaluation.saved_rows import SavedTask, read_rows
from geovlm_cli.evaluation.table import aligned
from geovlm_cli.rewards import protocols_of_kind, resolve
from geovlm_cli.runs import finished_rows
from geovlm_cli.task import Protocol, Task

SCHEMA = "geovlm-comparison/1"
Floats = NDArray[np.float64]


def compare_runs(
    before: Path, after: Path, find: Callable[[str], Task], *, draws: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return every metric of two runs of `eval` on the same rows, and `after` − `before` with its 95 % interval.

    Both runs see the same draws of rows, so that what is hard for both takes nothing from the difference. find: a task by name. Rows are
    paired by id, and must agree in question and truth; where no id is in both runs they are paired by these. Rows that one of the runs could
    not ask are left out of both. Returns {"schema", "before", "after", "tasks": {task: {protocol: {metric: {before, after, difference, low,
    high}}}}, "rows": {task: n}, "notes": [line]}. Raises DataError where the runs do not hold the same rows, or no answered one or no
    protocol in common.
    """
    names = str(before), str(after)
    runs = read_rows(before), read_rows(after)
    if other := sorted(runs[0].keys() ^ runs[1].keys()):
        raise DataError(
            f"{clean(names[0])} and {clean(names[1])} hold different rows: only one has task `{clean(other[0])}`; compare runs on the same data."
        )
    found = {name: _Compared(runs[0][name], runs[1][name], names, resolve(find(name))) for name in runs[0]}
    if not any(task.rows for task in found.values()):
        raise DataError(
            f"{clean(names[0])} and {clean(names[1])} have no row in common that was answered; nothing can be compared."
        )
    if not any(task.protocols for task in found.values()):
        raise DataError(
            f"{next(iter(found.values())).unlike}; nothing can be compared. Run one again with the --protocol of the other."
        )
    return {
        "schema": SCHEMA,
        "before": names[0],
        "after": names[1],
        "rows": {name: task.rows for name, task in found.items()},
        "tasks": {name: task.differences(draws, seed) for name, task in found.items()},
        "notes": [*_read_otherwise(before, after), *(note for task in found.values() for note in task.notes)],
    }


class _Compared:
    """One task of two runs: its pairs of answers, and the protocols under which both were measured."""

    def __init__(self, before: SavedTask, after: SavedTask, names: tuple[str, str], task: Task) -> None:
        self._runs, self._names, self._task = (before, after), names, task
        self._places, self._by_id = _asked(before, after, names, task.name)
        known = {protocol.name: protocol for protocol in (*protocols_of_kind(task.kind), *task.protocols)}
        self.protocols = [known[name] for name in before.protocols if name in after.protocols and name in known]
        self._owner = _owners(before, self._places[0])
        self.rows = int(self._owner.max(initial=-1)) + 1

    @property
    def unlike(self) -> str:
        """Half a sentence: which protocols each run has."""
        told = (
            f"{clean(name)} measured {clean(self._task.name)} under {', '.join(map(clean, run.protocols)) or 'nothing'}"
            for name, run in zip(self._names, self._runs, strict=True)
        )
        return " and ".join(told)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of how the rows were paired."""
        name = clean(self._task.name)
        found = [] if self._by_id else [f"{name}: the runs have no id in common; rows are paired by question and truth"]
        if self._by_id and not all(all(run.digests) for run in self._runs):
            found.append(
                f"{name}: rows are paired by id alone, for a run was made before rows.jsonl told what a row asks"
            )
        return found if self.protocols else [*found, f"{self.unlike}; it is left out"]

    def differences(self, draws: int, seed: int) -> dict[str, Any]:
        """Return {protocol: {metric: {before, after, difference, low, high}}}; call it once."""
        return {
            protocol.name: _differences(
                protocol,
                [run.columns(protocol.name, at) for run, at in zip(self._runs, self._places, strict=True)],
                self._owner,
                draws,
                seed,
            )
            for protocol in self.protocols
            if self.rows
        }


def comparison_table(found: Mapping[str, Any]) -> str:
    """Return a comparison as text, fractions ×100; a star marks an interval that does not hold 0."""
    lines = [f"{found['after']} against {found['before']}, same draws of rows for both"]
    for task, protocols in found["tasks"].items():
        if not protocols:
            continue
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


def _differences(
    protocol: Protocol, pair: list[dict[str, Floats]], owner: NDArray[np.int64], draws: int, seed: int
) -> dict[str, Any]:
    weights = 1 / np.bincount(owner)[owner]
    whole = [{name: metric.value for name, metric in protocol.summarise(columns, weights).items()} for columns in pair]
    drawn = paired_draws(protocol.summarise, pair, owner, draws=draws, seed=seed) if draws else [{}, {}]
    before, after = whole
    return {
        name: _difference(before[name], after[name], _minus(*(values.get(name, []) for values in drawn)))
        for name in before
        if name in after
    }


def _minus(before: list[float], after: list[float]) -> Floats:
    """Return the differences of the draws that both have."""
    both = min(len(before), len(after))
    return np.subtract(after[:both], before[:both])


def _difference(before: float, after: float, drawn: Floats) -> dict[str, float | None]:
    counted = drawn[np.isfinite(drawn)]
    low, high = np.percentile(counted, (2.5, 97.5)).tolist() if len(counted) else (None, None)
    found = {"before": before, "after": after, "difference": after - before, "low": low, "high": high}
    return {key: value if value is None or np.isfinite(value) else None for key, value in found.items()}


def compare(before: Path, after: Path, task: str, column: str, *, protocol: str = STRICT, seed: int = 0) -> Difference:
    """Return by how much `after` lies above `before` in the mean of one column of `rows.jsonl`, several samples of a row averaged first.

    before, after: run folders of `eval`. Raises DataError where they do not hold the same rows of the task, or not the column.
    """
    names = str(before), str(after)
    runs = [read_rows(run).get(task, SavedTask()) for run in (before, after)]
    places, _ = _asked(runs[0], runs[1], names, task)
    owner = _owners(runs[0], places[0])
    means = []
    for name, run, at in zip(names, runs, places, strict=True):
        columns = run.columns(protocol, at) if protocol in run.protocols else {}
        if column not in columns:
            raise _lacks(name, task, column, protocol)
        means.append(np.bincount(owner, columns[column]) / np.bincount(owner))
    return paired_difference(*means, seed=seed)


def _asked(
    before: SavedTask, after: SavedTask, names: tuple[str, str], task: str
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], bool]:
    """Return the places, in each run, of the answers that both have; and whether these were paired by id."""
    pairs = paired(before, after, names, task)
    first, second = (np.frombuffer(run.answered, dtype=np.bool_) for run in (before, after))
    both = first[pairs.before] & second[pairs.after]
    return (pairs.before[both], pairs.after[both]), pairs.by_id


def _owners(run: SavedTask, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the row that each answer belongs to, in the order of first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(run.ids[at], len(numbers)) for at in places], dtype=np.int64)


def _lacks(run: str, task: str, column: str, protocol: str) -> DataError:
    return DataError(f"{clean(run)} has no column `{clean(column)}` of task `{clean(task)}` under `{clean(protocol)}`.")


def row_means(run: Path, task: str, column: str, *, protocol: str = STRICT) -> dict[str, float]:
    """Return the mean of a column over the samples of each row id; raises DataError where the run has no such column."""
    found: dict[str, list[float]] = {}
    for row in finished_rows(run / "rows.jsonl"):
        columns = row["protocols"].get(protocol, {}).get("columns", {}) if row["task"] == task else {}
        if column in columns:
            found.setdefault(row["id"], []).append(columns[column])
    if not found:
        raise _lacks(str(run), task, column, protocol)
    return {row: float(np.mean(values)) for row, values in found.items()}
