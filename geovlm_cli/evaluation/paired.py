"""Two runs on the same rows, compared row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson

from geovlm_cli.errors import DataError, clean
from geovlm_cli.evaluation.bootstrap import Difference, paired_difference
from geovlm_cli.evaluation.protocols import STRICT


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
    with (run / "rows.jsonl").open("rb") as file:
        for row in map(orjson.loads, file):
            columns = row["protocols"].get(protocol, {}).get("columns", {}) if row["task"] == task else {}
            if column in columns:
                found.setdefault(row["id"], []).append(columns[column])
    if not found:
        raise DataError(
            f"{clean(str(run))} has no column `{clean(column)}` of task `{clean(task)}` under `{clean(protocol)}`."
        )
    return {row: float(np.mean(values)) for row, values in found.items()}
