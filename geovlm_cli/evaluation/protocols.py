"""Which protocols a task is measured under, and running one of them over a batch without letting a plugin's fault end the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.evaluation.columns import RANKS
from geovlm_cli.rewards import protocols_of_kind
from geovlm_cli.task import Batch, Protocol, Task

Floats = NDArray[np.float64]
STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Part:
    """What a protocol says of one batch: its columns, and the sentence of each row on which it raised."""

    columns: Mapping[str, Floats]
    errors: Mapping[int, str] = field(default_factory=dict)


def choose(task: Task, names: Sequence[str]) -> tuple[Protocol, ...]:
    """Return the named protocols of a resolved task or of its kind, or all of the task's own, `strict` first; raises ConfigError for one that there is not."""
    known = {protocol.name: protocol for protocol in (*protocols_of_kind(task.kind), *task.protocols)}
    for name in names:
        if name not in known:
            raise ConfigError(
                f"Task `{task.name}` has no protocol `{clean(name)}`.{nearest(name, known)} It has {', '.join(known)}."
            )
    chosen = [known[name] for name in names] or list(task.protocols)
    return tuple(sorted(chosen, key=lambda protocol: protocol.name != STRICT))


def run(protocol: Protocol, task: Task, items: Sequence[Any], batch: Batch) -> Part:
    """Score a batch; where the protocol raises or returns a wrong shape, each row alone, so that a fault costs only its rows."""
    try:
        return Part(_checked(protocol.score(items, batch), len(batch)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin may raise anything
        return (
            _row_by_row(protocol, task, items, batch)
            if len(batch) > 1
            else Part({}, {0: _sentence(protocol, task, error)})
        )


def joined(parts: Sequence[tuple[int, Part]], total: int) -> dict[str, Floats]:
    """Return the columns of a run from (first completion, part) pairs; rows on which the protocol raised have 0 everywhere."""
    names = sorted({name for _, part in parts for name in part.columns})
    if RANKS in names:
        return {
            name: np.concatenate([_shifted(name, start, part) for start, part in parts if part.columns])
            for name in names
        }
    columns = {name: np.zeros(total) for name in names}
    for start, part in parts:
        for name, column in part.columns.items():
            columns[name][start : start + len(column)] = column
    return columns


def values_of_rows(part: Part, rows: int) -> Iterator[dict[str, Any]]:
    """Yield the columns of each row as plain numbers; of a protocol that ranks boxes, a list of numbers a column."""
    names = [name for name in part.columns if name != RANKS]
    columns: list[list[Any]] = [part.columns[name].tolist() for name in names]
    if RANKS in part.columns:
        order = np.argsort(part.columns[RANKS], kind="stable")
        ends = np.searchsorted(part.columns[RANKS][order], np.arange(rows + 1)).tolist()
        ranked = [part.columns[name][order].tolist() for name in names]
        columns = [[column[start:end] for start, end in pairwise(ends)] for column in ranked]
    values = zip(*columns, strict=True) if names else repeat((), rows)
    return (dict(zip(names, row, strict=True)) for row in values)


def _row_by_row(protocol: Protocol, task: Task, items: Sequence[Any], batch: Batch) -> Part:
    singles = [_alone(protocol, task, items[row], batch.take([row])) for row in range(len(batch))]
    errors = {row: part.errors[0] for row, part in enumerate(singles) if part.errors}
    return Part(joined(list(enumerate(singles)), len(batch)), errors)


def _alone(protocol: Protocol, task: Task, item: Any, row: Batch) -> Part:
    """Score one row; where that raises, without what the protocol prepares from all rows, which another row may be at fault for."""
    part = run(protocol, task, [item], row)
    if part.errors and protocol.prepare is None:
        return run(protocol, task, [item], Batch(list(row), row.profile))
    return part


def _checked(columns: Mapping[str, Any], rows: int) -> dict[str, Floats]:
    checked = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    length = len(checked[RANKS]) if RANKS in checked else rows
    for name, column in checked.items():
        if column.shape != (length,):
            raise ValueError(f"column `{name}` has shape {column.shape}, expected ({length},)")
    return checked


def _shifted(name: str, start: int, part: Part) -> Floats:
    return part.columns[name] + start if name == RANKS else part.columns[name]


def _sentence(protocol: Protocol, task: Task, error: BaseException) -> str:
    owner = f" of {task.distribution}" if task.distribution else ""
    return (
        f"Protocol `{protocol.name}` of task `{task.name}`{owner} failed: {type(error).__name__}: {clean(str(error))}"
    )
