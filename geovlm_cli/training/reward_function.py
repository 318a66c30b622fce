"""The rewards of a training run: what the configuration says of tasks and weights, in the shape that TRL calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.rewards import FORMAT, component_weights
from geovlm_cli.rewards.adapters import MixedRewards
from geovlm_cli.rewards.adapters.trl import TrlRewards

if TYPE_CHECKING:
    from geovlm_cli.config import RewardsSection
    from geovlm_cli.task import Task
    from geovlm_cli.training.rows import TrainingRows


class TaskRewards(TrlRewards):
    """The rewards of the rows that a run learns from. names and weights: of the reward callables, in order."""

    def __init__(self, rows: TrainingRows, section: RewardsSection) -> None:
        weights = weights_by_task(rows.tasks, section)
        mixed = MixedRewards(rows.tasks, rows.batches, rows.places, weights, section.on_error)
        super().__init__(mixed, log_plugin_errors=section.on_error == "penalise")


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
