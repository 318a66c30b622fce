"""`score`: from completions to columns. The host owns failure and format (contracts.md section 1).

A task made of built-ins is scored by whole columns and no Python object a row; a plugin's functions get ordinary lists of the rows that
can be read, and their mistakes are named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import REASONS, RewardInputError, Texts
from geovlm_cli.errors import ConfigError, GeovlmError, PluginError, clean, nearest
from geovlm_cli.profiles import Structure
from geovlm_cli.rewards.columns import Answers
from geovlm_cli.rewards.kinds import resolve
from geovlm_cli.rewards.parsers import Parser
from geovlm_cli.rewards.scores import is_builtin
from geovlm_cli.rewards.structure import read_structure, structure_of
from geovlm_cli.rewards.truth import bad, rows_of
from geovlm_cli.task import Batch, Malformed, Parse, Reward, Task

OnError = Literal["stop", "penalise"]
Column = NDArray[np.float64]
Codes = NDArray[np.uint8]

FORMAT = "format"
_CODE = {name: code for code, name in enumerate(REASONS)}
_BAD_TRUTH, _PLUGIN_ERROR = _CODE["bad_truth"], _CODE["plugin_error"]
_NAMES = np.array(REASONS)
_ROUNDING = 1e-9  # what a sum of floats may leave [0, 1] by


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

    weights: components and their weights, `format` 1 unless it is named; only these components are computed. Without weights all are,
    and the total is the first plus the format. on_error: what a plugin's mistake does: `stop` raises PluginError, `penalise` gives the
    row 0 and the reason `plugin_error`. structure: overrides the profile's; a batch without a profile is read with `any`.

    Raises RewardInputError where completions and batch differ in length, ConfigError for an unknown component.
    """
    if len(completions) != len(batch):
        raise RewardInputError(
            f"completions has {len(completions)} rows and the batch has {len(batch)}; they must be equal."
        )
    task = resolve(task)
    mixed = component_weights(task, weights)
    texts = read_structure(completions, batch.profile, structure=structure)
    host = _Host(task, batch, on_error)
    answers, codes = host.answers(texts)
    columns = host.columns(
        answers, codes, [name for name in mixed if name != FORMAT] if weights is not None else list(task.rewards)
    )
    if structure_of(batch.profile, structure) in ("think_answer", "answer"):
        columns = {FORMAT: texts.format, **columns}
    for row in host.errors:
        codes[row] = _PLUGIN_ERROR
    return Scores(columns, mixed, codes, _total(columns, mixed), texts, answers, host.errors)


def component_weights(task: Task, weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the weight of each component in force, `format` among them; raises ConfigError for a name that the task does not have."""
    if weights is None:
        return {FORMAT: 1.0, **dict.fromkeys(list(task.rewards)[:1], 1.0)}
    for name, weight in weights.items():
        if name != FORMAT and name not in task.rewards:
            known = [FORMAT, *task.rewards]
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
    host = _Host(task, batch, on_error)
    if not isinstance(answers, Answers):
        codes = np.array(
            [_CODE.get(a.reason, _PLUGIN_ERROR) if isinstance(a, Malformed) else 0 for a in answers], dtype=np.uint8
        )
        return host.columns(answers, host.with_bad_truth(codes), list(task.rewards))
    return host.columns(answers, host.with_bad_truth(answers.reasons), list(task.rewards))


class _Host:
    """Runs one task's functions over one batch, owns what goes wrong."""

    def __init__(self, task: Task, batch: Batch, on_error: OnError) -> None:
        self.task, self.batch, self.on_error = task, batch, on_error
        self.errors: dict[int, str] = {}

    def answers(self, texts: Texts) -> tuple[Sequence[Any], Codes]:
        """Return one answer a row, and the reason codes with bad truth among them."""
        parse = cast("Parse", self.task.parse)  # a resolved task has one
        if isinstance(parse, Parser):
            column = parse(texts, self.batch)
            return column, self.with_bad_truth(column.reasons)
        unread = texts.reasons
        answers: list[Any] = [Malformed(REASONS[code]) for code in unread]
        rows: list[int] = np.flatnonzero(unread == 0).tolist()
        for row, answer in zip(rows, self._call("parse", parse, [texts[row] for row in rows], rows), strict=True):
            answers[row] = answer
        codes = np.array([_CODE[a.reason] if isinstance(a, Malformed) else 0 for a in answers], dtype=np.uint8)
        return answers, self.with_bad_truth(codes)

    def with_bad_truth(self, codes: Codes) -> Codes:
        """Return the codes with `bad_truth` over every row whose truth cannot be scored."""
        flawed = bad(self.batch, self.task.kind)
        codes = codes.copy()
        if flawed.some:
            codes[flawed.rows[rows_of(self.batch)]] = _BAD_TRUTH
        return codes

    def columns(self, answers: Sequence[Any], codes: Codes, names: Sequence[str]) -> dict[str, Column]:
        """Return the named components; rows that have a reason get 0."""
        unread = codes != 0
        some = bool(unread.any())
        columns = {}
        for name in names:
            column = self._component(name, answers, unread)
            if some:
                column[unread] = 0.0
            columns[name] = column
        for column in columns.values() if self.errors else ():
            column[list(self.errors)] = 0.0
        return columns

    def _component(self, name: str, answers: Sequence[Any], unread: NDArray[np.bool_]) -> Column:
        reward = self.task.rewards[name]
        if isinstance(answers, Answers) and is_builtin(reward):
            return np.asarray(reward(answers, self.batch), dtype=np.float64)
        rows: list[int] = np.flatnonzero(~unread).tolist()
        column = np.zeros(len(unread))
        column[rows] = self._call(name, reward, [answers[row] for row in rows], rows)
        return np.clip(column, 0.0, 1.0)

    def _call(self, what: str, function: Parse | Reward, items: list[Any], rows: list[int]) -> list[Any]:
        """Call a plugin's function on some rows of the batch and check what it returns, item by item."""
        if not rows:
            return []
        try:
            found = function(items, self.batch.take(rows) if len(rows) < len(self.batch) else self.batch)
            values = None if found is None else list(found)
        except GeovlmError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a plugin raises is that plugin's error
            return self._after_raise(what, function, items, rows, error)
        if values is None or len(values) != len(items):
            returned = "None" if values is None else f"{len(values)} values"
            return [self._fail(what, row, f"returned {returned} for {len(items)} answers") for row in rows]
        check = _wrong_answer if what == "parse" else _wrong_value
        return [
            self._fail(what, row, flaw) if (flaw := check(value)) else value
            for row, value in zip(rows, values, strict=True)
        ]

    def _after_raise(
        self, what: str, function: Parse | Reward, items: list[Any], rows: list[int], error: Exception
    ) -> list[Any]:
        """Name the row that raised; under `penalise` the others of the batch are scored one by one."""
        if len(rows) == 1 or self.on_error == "stop":
            row = rows[0] if len(rows) == 1 else None
            return [self._fail(what, row, f"raised {type(error).__name__}: {clean(str(error))}", error)]
        return [self._call(what, function, [item], rows[i : i + 1])[0] for i, item in enumerate(items)]

    def _fail(self, what: str, row: int | None, flaw: str, cause: Exception | None = None) -> Any:
        task = self.task
        owner = f" of `{task.distribution}`" if task.distribution else ""
        part = "The parser" if what == "parse" else f"The reward `{what}`"
        where = f" on row `{clean(self.batch[row].id)}`" if row is not None else ""
        sentence = f"{part} of task `{task.name}`{owner} {flaw}{where}."
        if self.on_error == "stop" or row is None:
            raise PluginError(sentence) from cause
        self.errors.setdefault(row, sentence)
        return Malformed("plugin_error") if what == "parse" else 0.0


def _wrong_answer(value: Any) -> str:
    if value is None:
        return "returned None where a value or Malformed(reason) is wanted"
    if isinstance(value, Malformed) and value.reason not in _CODE:
        return f"returned the unknown reason `{clean(str(value.reason))}`"
    return ""


def _wrong_value(value: Any) -> str:
    try:
        number = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    inside = -_ROUNDING <= number <= 1 + _ROUNDING
    return "" if inside else f"returned {clean(repr(value), 40)} where a number in [0, 1] is wanted"
