"""`score`: from completions to columns. The host owns failure and format (contracts.md section 1).

A task made of built-ins is scored by whole columns and no Python object a row; a plugin's functions get ordinary lists of the rows that
can be read, and their mistakes are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from geovlm_cli._rust_rewards import REASONS, RewardInputError, Texts
from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards.arguments import is_number, one_of, same_length, sequence
from geovlm_cli.rewards.guards import compare_boxes, guard, guards
from geovlm_cli.rewards.host import Codes, Column, Host, OnError
from geovlm_cli.rewards.kinds import FORMAT, resolve
from geovlm_cli.rewards.named import variants
from geovlm_cli.rewards.structure import has_format, read_structure, structure_of
from geovlm_cli.rewards.threads import thread_count
from geovlm_cli.rewards.whole import Whole, whole
from geovlm_cli.task import Batch, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FORMAT", "Scores", "component_weights", "components", "score"]

_NAMES = np.array(REASONS)
_Read = Callable[[], tuple[Texts, Sequence[Any]]]


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a batch, by columns.

    columns: float64[n] a component, `format` first unless the structure is `any` or `plain`. weights: of those columns that have one.
    codes: uint8[n], 0 where the answer was read. total: Σ weight × column. errors: what a plugin did wrong, by row. A pickle leaves
    texts and answers behind.
    """

    columns: Mapping[str, Column]
    weights: Mapping[str, float]
    codes: Codes
    total: Column
    errors: Mapping[int, str]
    read: _Read = field(repr=False)

    @cached_property
    def _parsed(self) -> tuple[Texts, Sequence[Any]]:
        return self.read()

    @property
    def texts(self) -> Texts:
        """The answer texts; found again where the scores did not need them."""
        return self._parsed[0]

    @property
    def answers(self) -> Sequence[Any]:
        """A value or `Malformed` a row; parsed again where the scores did not need them."""
        return self._parsed[1]

    @cached_property
    def reasons(self) -> NDArray[np.str_]:
        """The reason of each row by name, "" where the answer was read."""
        return _NAMES[self.codes]

    def __len__(self) -> int:
        return len(self.codes)

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name != "_parsed"}
        return {**kept, "read": _left_behind}


def _left_behind() -> tuple[Texts, Sequence[Any]]:
    raise RewardInputError(
        "These scores come from a pickle, which leaves texts and answers behind; score the completions again."
    )


def score(
    task: Task,
    completions: Sequence[str],
    batch: Batch,
    *,
    weights: Mapping[str, float] | None = None,
    on_error: OnError = "stop",
    structure: Structure | None = None,
    threads: int | None = None,
) -> Scores:
    """Score completions of one task: structure, answers and one column a component, all bytes of text read once.

    Where the parser and the rewards are built-ins that have one, a single Rust call does all of it (`rewards.whole`).

    weights: components and their weights, `format` 1 unless it is named; only these components are computed, the task's own, those of its
    kind (`variants`) and the penalties that all have (`guards`). Without weights all of the task's own are, and the total is the first plus the format. on_error: what a plugin's mistake
    does: `stop` raises PluginError, `penalise` gives the row 0 and the reason `plugin_error`. structure: overrides the profile's; a batch
    without a profile is read with `any`. threads: of the built-ins; else the environment variable GEOVLM_THREADS, else 1.

    Raises RewardInputError where completions and batch differ in length, ConfigError for an unknown component or thread count.
    """
    same_length("completions", sequence("completions", completions), batch)
    one_of("on_error", on_error, get_args(OnError))
    task = resolve(task)
    mixed = component_weights(task, weights)
    names = list(task.rewards) if weights is None else [name for name in mixed if name != FORMAT]
    known = guards(task)
    penalties = [name for name in names if name in known]
    names = [name for name in names if name not in known]
    kept = tuple(completions) if isinstance(completions, list) else completions  # the caller may change its list
    work = _Work(task, kept, batch, names, structure_of(batch.profile, structure), Host(task, batch, on_error))
    with thread_count(threads):
        found, read = (work.whole() if names else None) or work.steps()
        shape = {FORMAT: found.format} if has_format(work.structure) else {}
        columns = {**shape, **found.columns}
        if penalties:
            texts, answers = read() if compare_boxes(penalties, task) else (work.texts, ())
            columns |= {name: guard(name, texts, answers, task) for name in penalties}
    total = _total(columns, mixed, len(batch))
    used = {name: weight for name, weight in mixed.items() if name in columns}
    return Scores(columns, used, found.codes, total, work.host.errors, read)


@dataclass(frozen=True)
class _Work:
    """What `score` has to do, in one pass or step by step."""

    task: Task
    completions: Sequence[str]
    batch: Batch
    names: Sequence[str]
    structure: Structure
    host: Host

    def whole(self) -> tuple[Whole, _Read] | None:
        """Take one pass, where there is one for this task."""
        found = whole(self.task, self.completions, self.batch, self.names, self.structure)
        if found is None:
            return None
        self.host.flag(found.codes, found.columns)
        return found, self.read

    def steps(self) -> tuple[Whole, _Read]:
        """Take the steps, which plugins may have written."""
        texts = self.texts
        answers, codes = self.host.answers(texts)
        columns = self.host.columns(answers, codes, self.names)
        return Whole(texts.format, self.host.marked(codes), columns), lambda: (texts, answers)

    @cached_property
    def texts(self) -> Texts:
        """The answer texts."""
        return read_structure(self.completions, self.batch.profile, structure=self.structure)

    def read(self) -> tuple[Texts, Sequence[Any]]:
        """Return the answer texts and the answers."""
        return self.texts, self.host.answers(self.texts)[0]


def component_weights(task: Task, weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the weight of each component in force, `format` among them; raises ConfigError for a name that neither the task nor its kind has."""
    if weights is None:
        return {FORMAT: 1.0, **dict.fromkeys(list(task.rewards)[:1], 1.0)}
    if not isinstance(weights, Mapping):
        raise ConfigError(
            f"The weights of task `{task.name}` are {clean(str(weights), 40)}; give each component's weight by its name."
        )
    penalties = guards(task)
    known = [FORMAT, *task.rewards, *variants(task), *penalties]
    for name, weight in weights.items():
        if name not in known:
            raise ConfigError(
                f"Task `{task.name}` has no reward component `{clean(str(name))}`; it has {', '.join(known)}.{nearest(str(name), known)}"
            )
        if not is_number(weight) or not math.isfinite(weight):
            raise ConfigError(
                f"The weight of `{name}` of task `{task.name}` is {clean(repr(weight), 40)}; it must be a finite number."
            )
        if name in penalties and weight > 0:
            raise ConfigError(
                f"The weight of `{name}` of task `{task.name}` is {weight}; it is a penalty, give it at most 0."
            )
    return {FORMAT: 1.0, **weights}


def _total(columns: Mapping[str, Column], weights: Mapping[str, float], rows: int) -> Column:
    weighted = [(weights.get(name, 0.0), column) for name, column in columns.items()]
    parts = [column if weight == 1 else weight * column for weight, column in weighted if weight]
    if len(parts) > 1:
        return sum(parts[1:], start=parts[0])
    return parts[0].copy() if parts else np.zeros(rows)


def components(
    task: Task, answers: Sequence[Any], batch: Batch, *, on_error: OnError = "penalise"
) -> dict[str, Column]:
    """Return every component of answers that were parsed before; `Malformed` ones get 0."""
    same_length("answers", sequence("answers", answers), batch)
    one_of("on_error", on_error, get_args(OnError))
    task = resolve(task)
    host = Host(task, batch, on_error)
    return host.columns(answers, host.codes_of(answers), list(task.rewards))
