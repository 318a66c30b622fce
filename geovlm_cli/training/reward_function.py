"""The rewards of tasks in the shape that TRL calls: the only place that knows TRL's convention.

One callable a component, named `format` and `<task>/<component>`. Each gets the same list of completions and the column `row`; the first
call of a batch scores it, the others read their column. Rows of another task get None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.rewards import FORMAT, component_weights, score

if TYPE_CHECKING:
    from geovlm_cli.config import RewardsSection
    from geovlm_cli.task import Task
    from geovlm_cli.training.rows import TrainingRows

OnError = Literal["stop", "penalise"]
Column = NDArray[np.float64]
RewardFunction = Callable[..., list[float | None]]


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored list of completions. columns: float64[n] by reward name, NaN off-task; total: float64[n]; reasons: "" where the answer was read."""

    rows: Sequence[int]
    texts: Sequence[str]
    columns: Mapping[str, Column]
    total: Column
    reasons: NDArray[np.str_]
    errors: int


class TaskRewards:
    """Scores completions of mixed tasks for TRL. names and weights: of the reward callables, in order."""

    def __init__(self, rows: TrainingRows, section: RewardsSection) -> None:
        self._rows = rows
        self._on_error: OnError = section.on_error
        self._weights = weights_by_task(rows.tasks, section)
        self._reasons: set[str] = set()
        self.names, self.weights = _named(rows, self._weights)
        self.last: Scored | None = None
        self._completions: object = None

    def functions(self) -> list[RewardFunction]:
        """Return the callables for TRL, in the order of `names`."""
        return [self._function(name) for name in self.names]

    def score(self, completions: Sequence[Any], row: Sequence[int]) -> Scored:
        """Score one list of completions; the same list again is answered from memory."""
        if self.last is None or self._completions is not completions or self.last.rows != row:
            self._completions = completions  # kept, so that no later list can have its address
            self.last = self._scored([_text(completion) for completion in completions], row)
        return self.last

    def _scored(self, texts: list[str], row: Sequence[int]) -> Scored:
        columns = {name: np.full(len(texts), np.nan) for name in self.names}
        total, reasons, errors = np.zeros(len(texts)), np.full(len(texts), "", dtype="U16"), 0
        for task, (at, positions) in self._by_task(row).items():
            batch = self._rows.batches[task].take(cast("Sequence[int]", positions))
            found = score(
                self._rows.tasks[task],
                [texts[i] for i in at],
                batch,
                weights=self._weights[task],
                on_error=self._on_error,
            )
            for component, column in found.columns.items():
                columns[reward_name(task, component)][at] = column
            total[at], reasons[at] = found.total, found.reasons
            errors += len(found.errors)
        return Scored(row, texts, columns, total, reasons, errors)

    def _by_task(self, row: Sequence[int]) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return, by task, where its completions stand in the list and which samples of its batch they answer."""
        groups: dict[str, tuple[list[int], list[int]]] = {}
        for index, number in enumerate(row):
            task, position = self._rows.places[number]
            at, positions = groups.setdefault(task, ([], []))
            at.append(index)
            positions.append(position)
        return {
            task: (np.array(at, dtype=np.int64), np.array(positions, dtype=np.int64))
            for task, (at, positions) in groups.items()
        }

    def _function(self, name: str) -> RewardFunction:
        def reward(
            *,
            completions: Sequence[Any],
            row: Sequence[int],
            log_metric: Callable[[str, float], None] | None = None,
            **_: Any,
        ) -> list[float | None]:
            known = self.last
            scored = self.score(completions, row)
            if scored is not known and log_metric is not None:
                self._log(scored, log_metric)
            return [None if np.isnan(value) else float(value) for value in scored.columns[name]]

        reward.__name__ = name  # TRL logs under this name, and averages callables of one name together
        return reward

    def _log(self, scored: Scored, log_metric: Callable[[str, float], None]) -> None:
        found, counts = np.unique(scored.reasons[scored.reasons != ""], return_counts=True)
        shares = dict(zip(found.tolist(), (counts / len(scored.reasons)).tolist(), strict=True))
        self._reasons |= shares.keys()
        log_metric("malformed", float(sum(shares.values())))
        for reason in sorted(self._reasons):
            log_metric(f"reasons/{reason}", shares.get(reason, 0.0))
        if self._on_error == "penalise":
            log_metric("plugin_errors", float(scored.errors))


def reward_name(task: str, component: str) -> str:
    """Return the name of a reward callable: `format` for all tasks together, else `<task>/<component>`."""
    return FORMAT if component == FORMAT else f"{task}/{component}"


def weights_by_task(tasks: Mapping[str, Task], section: RewardsSection) -> dict[str, dict[str, float]]:
    """Return the component weights of every task, `format` first; a task without weights has its first component at 1 and the others, at 0, for the log.

    Raises ConfigError for a task or component that is not there.
    """
    for unknown in section.weights:
        if unknown not in tasks:
            known = ", ".join(tasks)
            raise ConfigError(
                f"`rewards.{clean(unknown)}`: the training data has no rows of this task; it has {known}.{nearest(unknown, tasks)}"
            )
    weights = {}
    for name, task in tasks.items():
        chosen = section.weights.get(name)
        mixed = (
            chosen
            if chosen is not None
            else {**dict.fromkeys(task.rewards, 0.0), **dict.fromkeys(list(task.rewards)[:1], 1.0)}
        )
        if FORMAT in mixed:
            raise ConfigError(
                f"`rewards.{name}.format`: the weight of the format is one for all tasks; set rewards.format."
            )
        weights[name] = component_weights(task, {FORMAT: section.format, **mixed})
        _refuse_hopeless(name, next(iter(task.rewards)), mixed, section.format)
    return weights


def _refuse_hopeless(task: str, first: str, own: Mapping[str, float], weight_of_format: float) -> None:
    """A task needs a component that can be earned; penalties alone (of which one typed takes the default's place) teach to say nothing."""
    best, worst = max(own.values(), default=0.0), min(own.values(), default=0.0)
    if best > 0 or (worst == 0 and weight_of_format > 0):
        return
    said = ", ".join(f"{name}={weight:g}" for name, weight in {**own, FORMAT: weight_of_format}.items())
    raise ConfigError(
        f"No reward of task `{task}` has a positive weight ({said}), so that nothing can be earned; "
        f"add rewards.{task}.{first}=1."
    )


def _named(rows: TrainingRows, weights: Mapping[str, Mapping[str, float]]) -> tuple[list[str], list[float]]:
    profile = next(iter(rows.batches.values())).profile
    tagged = profile is not None and profile.structure in ("think_answer", "answer")
    named = {}
    for task, mixed in weights.items():
        for component, weight in mixed.items():
            if component != FORMAT or tagged:
                named[reward_name(task, component)] = weight
    return list(named), list(named.values())


def _text(completion: Any) -> str:
    """Return the text of a completion: TRL gives one assistant message, or plain text."""
    return completion if isinstance(completion, str) else str(completion[0]["content"])
