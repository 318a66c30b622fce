"""Which rows of a run are shown: the worst answers, some of each failure reason, and a spread over the rest."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

_STRICT = "strict"
_NOT_A_SCORE = ("malformed", "bad_truth", "format")
_BAD_TRUTH = "bad_truth"
_BINS = 10
_A_REASON = 4  # rows shown of each failure reason


@dataclass(slots=True)
class Survey:
    """What one pass over rows.jsonl keeps of a task: a number, a reason and a place in the file for every answer.

    score: the name of the column that ranks them, the first of `strict` or of the first protocol. failed: rows that could not be asked.
    """

    score: str = ""
    failed: int = 0
    values: array[float] = field(default_factory=lambda: array("d"))
    places: array[int] = field(default_factory=lambda: array("q"))
    reasons: array[int] = field(default_factory=lambda: array("B"))
    names: list[str] = field(default_factory=lambda: [""])

    def add(self, row: Mapping[str, Any], place: int) -> None:
        """Take one row of rows.jsonl that starts at byte `place`."""
        if row["completion"] is None:
            self.failed += 1
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
        """Return the places of at most `room` answers, worst first: a few of each reason, the worst that could be read, and a spread over the ranks."""
        values, reasons = np.array(self.values), np.array(self.reasons)
        order = np.argsort(values, kind="stable")
        readable = order[reasons[order] == 0]
        few = [int(i) for code in range(1, len(self.names)) for i in order[reasons[order] == code][:_A_REASON]]
        few = few[: room // 2]
        worst = (room - len(few)) * 2 // 3
        rest = _spread(readable[worst:], room - len(few) - worst)
        picked = dict.fromkeys([*few, *map(int, readable[:worst]), *map(int, rest)])
        for i in map(int, order):  # where few answers can be read, more of the others have room
            if len(picked) >= room:
                break
            picked.setdefault(i)
        return [self.places[i] for i in sorted(picked, key=lambda i: (values[i], i))]


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
    entry: Mapping[str, Any] = protocols.get(_STRICT) or next(iter(protocols.values()), {"columns": {}, "reason": ""})
    scores = {
        name: v for name, v in entry["columns"].items() if isinstance(v, float | int) and name not in _NOT_A_SCORE
    }
    reason = _BAD_TRUTH if entry["columns"].get(_BAD_TRUTH) else entry["reason"]
    name = next(iter(scores), "")
    return name, float(scores.get(name, 0.0)), reason


def _spread(order: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return up to `count` entries at even distances, both ends among them."""
    if not len(order):
        return order
    return order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(np.int64))]
