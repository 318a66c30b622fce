"""`score`: from completions to columns. The host owns failure and format (contracts.md section 1).

A task made of built-ins is scored by whole columns and no Python object a row; a plugin's functions get ordinary lists of the rows that
can be read, and their mistakes are named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geovlm_cli._rust_rewards import REASONS, RewardInputError, Texts
from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards.host import Codes, Column, Host, OnError
from geovlm_cli.rewards.kinds import FORMAT, resolve
from geovlm_cli.rewards.structure import read_structure, structure_of
from geovlm_cli.rewards.variants import variants
from geovlm_cli.task import Batch, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FORMAT", "Scores", "component_weights", "components", "score"]

_NAMES = np.array(REASONS)


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a batch, by columns.

    columns: float64[n] a component, `format` first unless the structure is `any` or `plain`. codes: uint8[n], 0 where the answer was
    read. total: Σ weight × column. texts: the answer texts; answers: a value or `Malformed` a row. errors: what a plugin did wrong, by row.
    """

    columns: Mapping[str, Column]
    weights: Mapping[str, float]
    codes: Codes
    total: Column
    texts: Texts
    answers: Sequence[Any]
    errors: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def reasons(self) -> NDArray[np.str_]:
        """The reason of each row by name, "" where the answer was read."""
        return _NAMES[self.codes]

    def __len__(self) -> int:
        return len(self.codes)


def score(
    task: Task,
    completions: Sequence[str],
    batch: Batch,
    *,
    weights: Mapping[str, float] | None = None,
    on_error: OnError = "stop",
    structure: Structure | None = None,
) -> Scores:
    """Score completions of one task: structure, answers and one column a component, all bytes of text read once.

    weights: components and their weights, `format` 1 unless it is named; only these components are computed, the task's own or those of its
    kind (`variants`). Without weights all of the task's own are, and the total is the first plus the format. on_error: what a plugin's mistake does: `stop` raises PluginError, `penalise` gives the
    row 0 and the reason `plugin_error`. structure: overrides the profile's; a batch without a profile is read with `any`.

    Raises RewardInputError where completions and batch differ in length, ConfigError for an unknown component.
    """
    if len(completions) != len(batch):
        raise RewardInputError(
            f"completions has {len(completions)} rows and the batch has {len(batch)}; they must be equal."
        )
    task = resolve(task)
    mixed = component_weights(task, weights)
    names = list(task.rewards) if weights is None else [name for name in mixed if name != FORMAT]
    texts = read_structure(completions, batch.profile, structure=structure)
    host = Host(task, batch, on_error)
    answers, codes = host.answers(texts)
    columns = host.columns(answers, codes, names)
    if structure_of(batch.profile, structure) in ("think_answer", "answer"):
        columns = {FORMAT: texts.format, **columns}
    return Scores(columns, mixed, host.marked(codes), _total(columns, mixed), texts, answers, host.errors)


def component_weights(task: Task, weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the weight of each component in force, `format` among them; raises ConfigError for a name that neither the task nor its kind has."""
    if weights is None:
        return {FORMAT: 1.0, **dict.fromkeys(list(task.rewards)[:1], 1.0)}
    known = [FORMAT, *task.rewards, *variants(task)]
    for name, weight in weights.items():
        if name not in known:
            raise ConfigError(
                f"Task `{task.name}` has no reward component `{clean(name)}`; it has {', '.join(known)}.{nearest(name, known)}"
            )
        if not math.isfinite(weight):
            raise ConfigError(f"The weight of `{name}` of task `{task.name}` is {weight}; it must be a finite number.")
    return {FORMAT: 1.0, **weights}


def _total(columns: Mapping[str, Column], weights: Mapping[str, float]) -> Column:
    total: Column | None = None
    for name, column in columns.items():
        weight = weights.get(name, 0.0)
        if weight:
            total = weight * column if total is None else total + weight * column
    return total if total is not None else np.zeros(len(next(iter(columns.values()), ())))


def components(
    task: Task, answers: Sequence[Any], batch: Batch, *, on_error: OnError = "penalise"
) -> dict[str, Column]:
    """Return every component of answers that were parsed before; `Malformed` ones get 0."""
    task = resolve(task)
    host = Host(task, batch, on_error)
    return host.columns(answers, host.codes_of(answers), list(task.rewards))
