"""Completions of several tasks in one list, scored task by task: what all adapters stand on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.rewards.arguments import mistyped, sequence
from geovlm_cli.rewards.host import OnError
from geovlm_cli.rewards.kinds import FORMAT, resolve
from geovlm_cli.rewards.scoring import component_weights, score
from geovlm_cli.rewards.structure import has_format, structure_of
from geovlm_cli.task import Batch, Task

Column = NDArray[np.float64]
Place = tuple[str, int]
Component = tuple[str, str]
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class MixedScores:
    """A scored list of completions, n rows.

    columns: float64[n] by reward name, NaN off-task; format: float64[n], 0 where the structure has none; total: float64[n], the sum of
    weight × column; reasons: "" where the answer was read.
    """

    rows: Sequence[int]
    texts: Sequence[str]
    columns: Mapping[str, Column]
    format: Column
    total: Column
    reasons: NDArray[np.str_]
    errors: int


class MixedRewards:
    """The rewards of samples of several tasks. names and weights: of the reward components, in order.

    A component is named `<task>/<component>`. The format is one reward, `format`, where all tasks whose structure has tags weigh it alike,
    else one of each task, `<task>/format`: so a trainer's sum of weight × column is the total of `score` in every row.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        batches: Mapping[str, Batch],
        places: Sequence[Place],
        weights: Weights,
        on_error: OnError = "stop",
    ) -> None:
        """Take tasks, their batches and their component weights by name; `places` has the task and the position in its batch of every row."""
        self._tasks, self._batches, self._places = tasks, batches, places
        self._weights = {name: {FORMAT: 1.0, **mixed} for name, mixed in weights.items()}
        self._on_error = on_error
        tagged = {name for name, batch in batches.items() if has_format(structure_of(batch.profile))}
        self._names = _names(self._weights, tagged)
        named = {name: self._weights[task][component] for (task, component), name in self._names.items()}
        self.names, self.weights = list(named), list(named.values())

    @classmethod
    def of(
        cls,
        tasks: Mapping[str, Task],
        batches: Mapping[str, Batch],
        *,
        weights: Weights | None = None,
        on_error: OnError = "stop",
    ) -> MixedRewards:
        """Return the rewards of batches by task, as `DataSet.batches_by_task` gives them; the rows are numbered batch after batch.

        weights: components by task, all that count of it, `format` 1 unless it is named; a task that is left out has its first component at 1. Raises ConfigError
        for a batch of a task that is not among `tasks`, and for weights of a task or component that is not there.
        """
        if not isinstance(weights, Mapping | None):
            raise mistyped("weights", weights, "a mapping of components and their weights by task")
        for name in batches:
            _check_task(name, tasks, "data names")
        for name in weights or {}:
            _check_task(name, batches, "weights name")
        used = {name: resolve(tasks[name]) for name in batches}
        mixed = {name: component_weights(task, (weights or {}).get(name)) for name, task in used.items()}
        places = [(name, position) for name, batch in batches.items() for position in range(len(batch))]
        return cls(used, batches, places, mixed, on_error)

    @cached_property
    def _row_of_id(self) -> dict[str, int]:
        known: dict[str, int] = {}
        for row, (task, position) in enumerate(self._places):
            name = self._batches[task][position].id
            if known.setdefault(name, row) != row:
                raise ConfigError(f"Two samples have the id `{clean(name)}`; give each row an id of its own.")
        return known

    def rows(self, ids: Sequence[object]) -> list[int]:
        """Return the rows of samples by id; raises RewardInputError for an id that no sample has, ConfigError where two have the same."""
        for name in sequence("id", ids):
            if str(name) not in self._row_of_id:
                raise RewardInputError(
                    f"No sample has the id `{clean(str(name))}`; score with the rows that the data set was made of."
                )
        return [self._row_of_id[str(name)] for name in ids]

    def score(self, texts: Sequence[str], rows: Sequence[int]) -> MixedScores:
        """Score completions; `rows[i]` is the sample that text i answers.

        Raises RewardInputError where their numbers differ, and for a row that is no sample's.
        """
        numbers = self._checked(sequence("rows", rows))
        if len(sequence("completions", texts)) != len(numbers):
            raise RewardInputError(
                f"completions has {len(texts)} rows and the samples named for them are {len(numbers)}; they must be equal."
            )
        columns = {name: np.full(len(texts), np.nan) for name in self.names}
        form, total = np.zeros(len(texts)), np.zeros(len(texts))
        reasons, errors = np.full(len(texts), "", dtype="U16"), 0
        for task, (at, positions) in self._by_task(numbers).items():
            batch = self._batches[task].take(cast("Sequence[int]", positions))
            answers = [texts[i] for i in at]
            found = score(self._tasks[task], answers, batch, weights=self._weights[task], on_error=self._on_error)
            for component, column in found.columns.items():
                columns[self._names[task, component]][at] = column
            form[at] = found.columns.get(FORMAT, 0.0)
            total[at], reasons[at] = found.total, found.reasons
            errors += len(found.errors)
        return MixedScores(numbers, texts, columns, form, total, reasons, errors)

    def _checked(self, rows: Sequence[int]) -> list[int]:
        numbers = np.asarray(rows if len(rows) else (), dtype=None if len(rows) else np.int64)
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
            raise RewardInputError(
                f"rows is {numbers.dtype} of shape {numbers.shape}; it must be a list of row numbers."
            )
        outside = np.flatnonzero((numbers < 0) | (numbers >= len(self._places)))
        if len(outside):
            raise RewardInputError(
                f"rows[{outside[0]}] is {numbers[outside[0]]}; the samples are numbered from 0 to {len(self._places) - 1}."
            )
        found: list[int] = numbers.tolist()
        return found

    def _by_task(self, rows: Sequence[int]) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return, by task, where its completions stand in the list and which samples of its batch they answer."""
        groups: dict[str, tuple[list[int], list[int]]] = {}
        for index, number in enumerate(rows):
            task, position = self._places[number]
            at, positions = groups.setdefault(task, ([], []))
            at.append(index)
            positions.append(position)
        return {
            task: (np.array(at, dtype=np.int64), np.array(positions, dtype=np.int64))
            for task, (at, positions) in groups.items()
        }


def _names(weights: Weights, tagged: Collection[str]) -> dict[Component, str]:
    """Return the reward name of each (task, component)."""
    alike = len({mixed[FORMAT] for task, mixed in weights.items() if task in tagged}) <= 1
    return {
        (task, component): FORMAT if component == FORMAT and alike else f"{task}/{component}"
        for task, mixed in weights.items()
        for component in mixed
        if component != FORMAT or task in tagged
    }


def _check_task(name: str, known: Iterable[str], who: str) -> None:
    names = list(known)
    if name not in names:
        raise ConfigError(
            f"The {who} the task `{clean(name)}`; the tasks here are {', '.join(names) or 'none'}.{nearest(name, names)}"
        )
