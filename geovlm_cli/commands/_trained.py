"""Which rewards will be trained, as typed: `--reward TASK.NAME[=WEIGHT]`, or the section `rewards` of a training configuration."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from geovlm_cli.errors import ConfigError, clean, nearest


def trained(typed: Sequence[str], config: str | None, tasks: Collection[str]) -> dict[str, Mapping[str, float]]:
    """Return the component weights by task: what is typed takes the place of the configuration's for its task.

    Raises ConfigError for a reward of a task that the data has not, and for what is no TASK.NAME[=WEIGHT]; the names of components are the task's to judge.
    """
    weights: dict[str, dict[str, float]] = {}
    for word in typed:
        task, name, weight = _read(word)
        if task not in tasks:
            raise ConfigError(
                f"--reward {clean(word)}: the data has no rows of this task; it has {', '.join(tasks)}.{nearest(task, tasks)}"
            )
        weights.setdefault(task, {})[name] = weight
    return {**_configured(config, tasks), **weights}


def _read(word: str) -> tuple[str, str, float]:
    path, _, number = word.partition("=")
    task, dot, name = path.removeprefix("rewards.").partition(".")
    try:
        weight = float(number or 1)
    except ValueError:
        weight = math.nan
    if not (task and dot and name) or not math.isfinite(weight):
        raise ConfigError(f"--reward {clean(word)}: write TASK.NAME or TASK.NAME=WEIGHT, such as multi-label.f1=1.0.")
    return task, name, weight


def _configured(config: str | None, tasks: Collection[str]) -> dict[str, Mapping[str, float]]:
    if config is None:
        return {}
    from geovlm_cli.config import load

    return {task: weights for task, weights in load(config, section="grpo").rewards.weights.items() if task in tasks}
