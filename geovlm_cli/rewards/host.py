"""Runs one task's functions over one batch and owns what goes wrong: unreadable rows, bad truth, plugins that break their contract."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import REASONS, Texts
from geovlm_cli.errors import GeovlmError, PluginError, clean
from geovlm_cli.rewards.columns import Answers
from geovlm_cli.rewards.named import component
from geovlm_cli.rewards.parsers import BoxParser, GroundedParser, LabelParser, Parser
from geovlm_cli.rewards.scores import is_builtin
from geovlm_cli.rewards.truth import Bad, bad, label_truth, rows_of, writable_boxes
from geovlm_cli.task import Batch, Kind, Malformed, Parse, Task

OnError = Literal["stop", "penalise"]
Column = NDArray[np.float64]
Codes = NDArray[np.uint8]

_CODE = {name: code for code, name in enumerate(REASONS)}
_BAD_TRUTH, _PLUGIN_ERROR = _CODE["bad_truth"], _CODE["plugin_error"]
_NO_COLUMNS: Mapping[str, Column] = {}
_ROUNDING = 1e-9  # what a sum of floats may leave [0, 1] by


@dataclass(frozen=True, slots=True)
class _Guest:
    """A plugin's function: what to call it in a sentence, what is wrong with a value of it ("" if nothing), and what a failing row gets."""

    name: str
    call: Callable[[Sequence[Any], Batch], Iterable[Any]]
    flaw: Callable[[Any], str]
    penalty: Any


class Host:
    """One task on one batch. errors: what a plugin did wrong, by row; with `stop` the first is raised instead."""

    def __init__(self, task: Task, batch: Batch, on_error: OnError) -> None:
        """Take a resolved task."""
        self.task, self.batch, self.on_error = task, batch, on_error
        self.errors: dict[int, str] = {}

    def answers(self, texts: Texts) -> tuple[Sequence[Any], Codes]:
        """Return one answer a row, and the reason codes with bad truth among them."""
        parse = cast("Parse", self.task.parse)  # a resolved task has one
        if isinstance(parse, Parser):
            column = parse(texts, self.batch)
            return column, self.codes_of(column)
        unread = texts.reasons
        answers: list[Any] = [Malformed(REASONS[code]) for code in unread]
        rows: list[int] = np.flatnonzero(unread == 0).tolist()
        guest = _Guest("The parser", parse, _flaw_of_answer, Malformed("plugin_error"))
        for row, answer in zip(rows, self._ask(guest, [texts[row] for row in rows], rows), strict=True):
            answers[row] = answer
        return answers, self.codes_of(answers)

    def codes_of(self, answers: Sequence[Any]) -> Codes:
        """Return the reason code of each answer, `bad_truth` where the truth cannot be scored."""
        if isinstance(answers, Answers):
            codes = answers.reasons.copy()
        else:
            codes = np.array([_code_of(a) for a in answers], dtype=np.uint8)
        self.flag(codes)
        return codes

    def flag(self, codes: Codes, columns: Mapping[str, Column] = _NO_COLUMNS) -> None:
        """Write `bad_truth` into the rows whose truth cannot be scored, and 0 into their columns."""
        flawed = self._bad()
        if flawed.some:
            rows = flawed.rows[rows_of(self.batch)]
            codes[rows] = _BAD_TRUTH
            for column in columns.values():
                column[rows] = 0.0

    def _bad(self) -> Bad:
        """Return which samples have a truth that cannot be scored, or that no answer which the parser reads can name."""
        match self.task.parse:
            case LabelParser(vocabulary=vocabulary):
                return self.batch.prepared(("bad labels", vocabulary), lambda whole: _of_labels(whole, vocabulary))
            case BoxParser() | GroundedParser():
                kind = self.task.kind
                return self.batch.prepared(("bad boxes", kind), lambda whole: _of_boxes(whole, kind))
            case _:
                return bad(self.batch, self.task.kind)

    def marked(self, codes: Codes) -> Codes:
        """Mark the rows on which a plugin failed."""
        if self.errors:
            codes[list(self.errors)] = _PLUGIN_ERROR
        return codes

    def columns(self, answers: Sequence[Any], codes: Codes, names: Sequence[str]) -> dict[str, Column]:
        """Return the named components; rows that have a reason, and rows on which a plugin failed, get 0 in each."""
        unread = codes != 0
        columns = {name: self._component(name, answers, unread) for name in names}
        if self.errors:
            unread[list(self.errors)] = True
        for column in columns.values() if unread.any() else ():
            column[unread] = 0.0
        return columns

    def _component(self, name: str, answers: Sequence[Any], unread: NDArray[np.bool_]) -> Column:
        reward = component(self.task, name)
        if isinstance(answers, Answers) and is_builtin(reward):
            return np.asarray(reward(answers, self.batch), dtype=np.float64)
        rows: list[int] = np.flatnonzero(~unread).tolist()
        column = np.zeros(len(unread))
        guest = _Guest(f"The reward `{name}`", reward, _flaw_of_value, 0.0)
        column[rows] = self._ask(guest, [answers[row] for row in rows], rows)
        return np.clip(column, 0.0, 1.0)

    def _ask(self, guest: _Guest, items: list[Any], rows: list[int]) -> list[Any]:
        """Call a plugin's function on some rows of the batch and check what it returns, item by item."""
        if not rows:
            return []
        try:
            found = guest.call(items, self.batch.take(rows) if len(rows) < len(self.batch) else self.batch)
            values = None if found is None else list(found)
        except GeovlmError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a plugin raises is that plugin's error
            return self._after_raise(guest, items, rows, error)
        if values is None or len(values) != len(items):
            returned = "None" if values is None else f"{len(values)} values"
            return [self._fail(guest, row, f"returned {returned} for {len(items)} answers") for row in rows]
        return [
            self._fail(guest, row, flaw) if (flaw := guest.flaw(value)) else value
            for row, value in zip(rows, values, strict=True)
        ]

    def _after_raise(self, guest: _Guest, items: list[Any], rows: list[int], error: BaseException) -> list[Any]:
        """Find the row that raises by asking for one at a time; under `penalise` the others keep their values."""
        flaw = f"raised {type(error).__name__}: {clean(str(error))}"
        if len(rows) == 1:
            return [self._fail(guest, rows[0], flaw, error)]
        values = [self._ask(guest, [item], [row])[0] for item, row in zip(items, rows, strict=True)]
        if self.on_error == "stop":
            raise PluginError(
                self._sentence(guest, f"{flaw} on {len(rows)} rows together, and on none of them alone")
            ) from error
        return values

    def _fail(self, guest: _Guest, row: int, flaw: str, cause: BaseException | None = None) -> Any:
        sentence = self._sentence(guest, f"{flaw} on row `{clean(self.batch[row].id)}`")
        if self.on_error == "stop":
            raise PluginError(sentence) from cause
        self.errors.setdefault(row, sentence)
        return guest.penalty

    def _sentence(self, guest: _Guest, flaw: str) -> str:
        owner = f" of `{self.task.distribution}`" if self.task.distribution else ""
        return f"{guest.name} of task `{self.task.name}`{owner} {flaw}."


def _of_labels(whole: Batch, vocabulary: tuple[str, ...]) -> Bad:
    rows = label_truth(whole, vocabulary).bad
    return Bad(rows, bool(rows.any()))


def _of_boxes(whole: Batch, kind: Kind) -> Bad:
    rows = bad(whole, kind).rows | ~writable_boxes(whole)
    return Bad(rows, bool(rows.any()))


def _code_of(answer: Any) -> int:
    if not isinstance(answer, Malformed):
        return 0
    return _CODE.get(answer.reason, _PLUGIN_ERROR) if isinstance(answer.reason, str) else _PLUGIN_ERROR


def _flaw_of_answer(value: Any) -> str:
    if value is None:
        return "returned None where a value or Malformed(reason) is wanted"
    if isinstance(value, Malformed) and not (isinstance(value.reason, str) and value.reason in _CODE):
        return f"returned the unknown reason `{clean(str(value.reason))}`"
    return ""


def _flaw_of_value(value: Any) -> str:
    try:
        number = math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    inside = -_ROUNDING <= number <= 1 + _ROUNDING
    return "" if inside else f"returned {clean(repr(value), 40)} where a number in [0, 1] is wanted"
