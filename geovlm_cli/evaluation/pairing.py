"""Which rows of two runs are the same row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.errors import DataError, clean, counted
from geovlm_cli.evaluation.saved_rows import SavedTask

Rows = NDArray[np.int64]


class Pairs(NamedTuple):
    """The answers of two runs, pair by pair: their places int64[n] in each; by_id: were they told by their ids, or by question and truth?"""

    before: Rows
    after: Rows
    by_id: bool


def paired(before: SavedTask, after: SavedTask, names: tuple[str, str], task: str) -> Pairs:
    """Pair the answers of a task by id and sample; where the runs have no id in common, by question and truth.

    names: of the runs, for messages. Raises DataError where the runs do not hold the same rows, or name different ones alike.
    """
    if not set(before.ids) & set(after.ids) and (found := _by_truth(before, after)) is not None:
        return found
    places = dict(zip(zip(after.ids, after.ks, strict=True), range(len(after.ids)), strict=True))
    keys = list(zip(before.ids, before.ks, strict=True))
    missing = [identity for identity, k in keys if (identity, k) not in places]
    if missing or len(set(keys)) < len(keys) or len(keys) != len(places) or len(places) != len(after.ids):
        raise DataError(_not_the_same(before, after, names, task))
    pairs = Pairs(np.arange(len(keys)), np.array([places[key] for key in keys], dtype=np.int64), by_id=True)
    _check(before, after, pairs, names, task)
    return pairs


def _by_truth(before: SavedTask, after: SavedTask) -> Pairs | None:
    """Pair by question and truth: in their order where that is the same, else where no row has those of another; None where neither holds."""
    first, second = (list(zip(run.digests, run.ks, strict=True)) for run in (before, after))
    if not all(before.digests) or sorted(first) != sorted(second):
        return None
    if first == second:
        return Pairs(np.arange(len(first)), np.arange(len(first)), by_id=False)
    places = {key: place for place, key in enumerate(second)}
    if len(places) < len(second):
        return None
    return Pairs(np.arange(len(first)), np.array([places[key] for key in first], dtype=np.int64), by_id=False)


def _check(before: SavedTask, after: SavedTask, pairs: Pairs, names: tuple[str, str], task: str) -> None:
    """Raise DataError where rows of one id are different rows; where a run was made before rows told what they ask, that is not known."""
    first, second = (np.frombuffer(run.digests, dtype=np.uint64) for run in (before, after))
    first, second = first[pairs.before], second[pairs.after]
    other = np.flatnonzero((first != second) & (first != 0) & (second != 0))
    if len(other):
        raise DataError(
            f"{_both(names)} mean different rows by one id: {counted(len(other), 'row')} of {len(first)} of task `{clean(task)}`, the first `{clean(before.ids[other[0]])}`, differ in question or truth; compare runs on the same data."
        )


def _not_the_same(before: SavedTask, after: SavedTask, names: tuple[str, str], task: str) -> str:
    alone = [
        (name, _without(run, other)) for name, run, other in zip(names, (before, after), (after, before), strict=True)
    ]
    told = next(
        (
            f"only {clean(name)} holds {counted(len(ids), 'row')} such as `{clean(ids[0])}`"
            for name, ids in alone
            if ids
        ),
        f"{len(before.ids)} answers and {len(after.ids)}",
    )
    return f"{_both(names)} hold different rows of task `{clean(task)}` ({told}); compare runs on the same data and with as many samples."


def _without(run: SavedTask, other: SavedTask) -> Sequence[str]:
    known = set(other.ids)
    return list(dict.fromkeys(identity for identity in run.ids if identity not in known))


def _both(names: tuple[str, str]) -> str:
    return " and ".join(clean(name) for name in names)
