"""Completions of several tasks in one list, scored task by task: what all adapters stand on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.rewards.host import OnError
from geovlm_cli.rewards.kinds import FORMAT, resolve
from geovlm_cli.rewards.scoring import component_weights, score
from geovlm_cli.rewards.structure import structure_of
from geovlm_cli.task import Batch, Sample, Task

if TYPE_CHECKING:
    from geovlm_cli.profiles import Profile

Column = NDArray[np.float64]
Place = tuple[str, int]
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class MixedScores:
    """A scored list of completions. columns: float64[n] by reward name, NaN off-task; total: float64[n]; reasons: "" where the answer was read."""

    rows: Sequence[int]
    texts: Sequence[str]
    columns: Mapping[str, Column]
    total: Column
    reasons: NDArray[np.str_]
    errors: int


class MixedRewards:
    """The rewards of samples of several tasks. names and weights: of the reward components, in order."""

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
        self._weights, self._on_error = weights, on_error
        profile = next((batch.profile for batch in batches.values()), None)
        named = _named(weights, tagged=structure_of(profile) in ("think_answer", "answer"))
        self.names, self.weights = list(named), list(named.values())

    @classmethod
    def of(
        cls,
        tasks: Iterable[Task],
        samples: Sequence[Sample],
        profile: Profile | None,
        *,
        weights: Weights | None = None,
        on_error: OnError = "stop",
    ) -> MixedRewards:
        """Return the rewards of samples, which are the rows 0 … n − 1.

        weights: components by task, `format` 1 unless it is named; a task without weights has its first component at 1. Raises ConfigError
        for a sample of a task that is not among `tasks`, and for weights of a task or component that is not there.
        """
        known = {task.name: resolve(task) for task in tasks}
        groups: dict[str, list[Sample]] = {}
        places = []
        for sample in samples:
            if sample.task not in known:
                raise ConfigError(_unknown_task(sample.task, known, f"row `{clean(sample.id)}`"))
            group = groups.setdefault(sample.task, [])
            places.append((sample.task, len(group)))
            group.append(sample)
        for name in weights or {}:
            if name not in groups:
                raise ConfigError(_unknown_task(name, groups, "weights"))
        used = {name: known[name] for name in groups}
        mixed = {name: component_weights(task, (weights or {}).get(name)) for name, task in used.items()}
        return cls(used, {name: Batch(group, profile) for name, group in groups.items()}, places, mixed, on_error)

    @cached_property
    def _row_of_id(self) -> dict[str, int]:
        return {self._batches[task][position].id: row for row, (task, position) in enumerate(self._places)}

    def rows(self, ids: Sequence[object]) -> list[int]:
        """Return the rows of samples by id; raises RewardInputError for an id that no sample has."""
        try:
            return [self._row_of_id[str(name)] for name in ids]
        except KeyError as error:
            raise RewardInputError(
                f"No sample has the id `{clean(str(error.args[0]))}`; score with the rows that the data set was made of."
            ) from None

    def score(self, texts: Sequence[str], rows: Sequence[int]) -> MixedScores:
        """Score completions; `rows[i]` is the sample that text i answers."""
        columns = {name: np.full(len(texts), np.nan) for name in self.names}
        total, reasons, errors = np.zeros(len(texts)), np.full(len(texts), "", dtype="U16"), 0
        for task, (at, positions) in self._by_task(rows).items():
            batch = self._batches[task].take(cast("Sequence[int]", positions))
            answers = [texts[i] for i in at]
            found = score(self._tasks[task], answers, batch, weights=self._weights[task], on_error=self._on_error)
            for component, column in found.columns.items():
                columns[reward_name(task, component)][at] = column
            total[at], reasons[at] = found.total, found.reasons
            errors += len(found.errors)
        return MixedScores(rows, texts, columns, total, reasons, errors)

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


def reward_name(task: str, component: str) -> str:
    """Return the name of a reward: `format` for all tasks together, else `<task>/<component>`."""
    return FORMAT if component == FORMAT else f"{task}/{component}"


def _named(weights: Weights, *, tagged: bool) -> dict[str, float]:
    return {
        reward_name(task, component): weight
        for task, mixed in weights.items()
        for component, weight in mixed.items()
        if component != FORMAT or tagged
    }


def _unknown_task(name: str, known: Iterable[str], where: str) -> str:
    names = list(known)
    listed = ", ".join(names) or "none"
    return f"The {where} name the task `{clean(name)}`; the tasks here are {listed}.{nearest(name, names)}"
