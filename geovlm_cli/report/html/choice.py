"""Which rows of a run are shown: failures of each reason, the worst answers, and a spread over the rest."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

_STRICT = "strict"
_NOT_A_SCORE = ("malformed", "bad_truth", "format")
_BAD_TRUTH = "bad_truth"
_NO_ANSWER = "no_answer"
_UNANSWERED = 4  # rows shown that have no answer: they look alike
_BINS = 10
_SPREAD = 6
_PERFECT = 1 - 1e-9
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(slots=True)
class Survey:
    """What one pass over rows.jsonl keeps of a task: a number, a reason and a place in the file for every answer.

    score: the name of the column that ranks them, the first of `strict` or of the first protocol. failed: the places of rows that have no answer.
    """

    score: str = ""
    failed: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    places: array[int] = field(default_factory=lambda: array("q"))
    reasons: array[int] = field(default_factory=lambda: array("B"))
    names: list[str] = field(default_factory=lambda: [""])

    def add(self, row: Mapping[str, Any], place: int) -> None:
        """Take one row of rows.jsonl that starts at byte `place`."""
        if row["completion"] is None:
            self.failed.append(place)
            return
        name, value, reason = ranking(row)
        self.score = self.score or name
        if reason not in self.names:
            self.names.append(reason)
        self.values.append(value)
        self.places.append(place)
        self.reasons.append(self.names.index(reason))

    @property
    def histogram(self) -> list[int]:
        """Count the scores in ten bins over [0, 1]; empty where the ranking column is no fraction, or only right or wrong."""
        values = np.array(self.values)
        if not len(values) or values.min() < 0 or values.max() > 1 or np.isin(values, (0.0, 1.0)).all():
            return []
        counts, _ = np.histogram(values, bins=_BINS, range=(0.0, 1.0))
        return [int(count) for count in counts]

    def chosen(self, room: int) -> list[int]:
        """Return the places of at most `room` answers: a few rows without any, those that could not be read, each reason in turn, then the others, lowest score first.

        Where not all have room, the first half of it is for failures, the rest for the worst, and the last sixth for a spread over the ranks of what
        is left. That sixth may be perfect answers, though never more of them than there are others; room that nobody needs goes to the failures.
        """
        room -= min(len(self.failed), _UNANSWERED)
        values, reasons = np.array(self.values), np.array(self.reasons)
        order = np.lexsort((_scattered(len(values)), values))
        failed = _in_turn([order[reasons[order] == code].tolist() for code in range(1, len(self.names))])
        readable = order[reasons[order] == 0]
        if len(order) > room:
            imperfect = int(np.count_nonzero(values[readable] < _PERFECT))
            last = min(room // _SPREAD, len(failed) + imperfect or room, len(readable))
            failed = failed[: max(room // 2, room - imperfect - last)]
            worst = min(imperfect, room - len(failed) - last)
            readable = np.concatenate([readable[:worst], _spread(readable[worst:], last)])
        shown = sorted(readable.tolist(), key=lambda i: (values[i], i))
        return [*self.failed[:_UNANSWERED], *(self.places[i] for i in [*failed, *shown])]


def survey(path: Path) -> dict[str, Survey]:
    """Read rows.jsonl once and return what is to be known of each task, in the order of first appearance."""
    found: dict[str, Survey] = {}
    place = 0
    with path.open("rb") as file:
        for line in file:
            row = orjson.loads(line)
            found.setdefault(row["task"], Survey()).add(row, place)
            place += len(line)
    return found


def rows_at(path: Path, places: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows of rows.jsonl that start at these bytes."""
    with path.open("rb") as file:
        for place in places:
            file.seek(place)
            yield orjson.loads(file.readline())


def ranking(row: Mapping[str, Any]) -> tuple[str, float, str]:
    """Return the column that ranks a row, its value and the reason of the row: those of `strict`, else of the first protocol."""
    protocols = row["protocols"]
    if row["completion"] is None:
        return "", 0.0, _NO_ANSWER
    entry: Mapping[str, Any] = protocols.get(_STRICT) or next(iter(protocols.values()), {"columns": {}, "reason": ""})
    scores = {
        name: v for name, v in entry["columns"].items() if isinstance(v, float | int) and name not in _NOT_A_SCORE
    }
    reason = _BAD_TRUTH if entry["columns"].get(_BAD_TRUTH) else entry["reason"]
    name = next(iter(scores), "")
    return name, float(scores.get(name, 0.0)), reason


def _scattered(count: int) -> NDArray[np.float64]:
    """Return a number for each row that puts equal scores in an order far from the file's: what stands together there is often of one class."""
    return np.modf(np.arange(count, dtype=np.float64) * _GOLDEN)[0]


def _in_turn(groups: list[list[int]]) -> list[int]:
    """Return the first of each group, then the second of each, and so on."""
    return [i for turn in zip_longest(*groups) for i in turn if i is not None]


def _spread(order: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return up to `count` entries at even distances, both ends among them."""
    if not len(order):
        return order
    return order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(np.int64))]
