"""rows.jsonl of a run read back as columns: of a row only what a comparison needs is kept."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.errors import DataError, clean
from geovlm_cli.evaluation.columns import RANKS, Columns
from geovlm_cli.runs import finished_rows

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_AT_ONCE = 4096
_FIRST = 5  # of the seeds of a run that a message names


class SavedTask:
    """One task's answers in the order of the file.

    ids, ks: the row and the sample number of each answer; digests: fingerprints of the rows, 0 where the file tells none; answered: which could
    be asked.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.ks = array("q")
        self.digests = array("Q")
        self.answered = bytearray()
        self._columns: dict[str, Columns] = {}
        self._measured: Counter[str] = Counter()
        self._waiting: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Take one row of rows.jsonl; raises KeyError, TypeError, ValueError or AttributeError for one that is none."""
        protocols = row["protocols"]
        self.ids.append(str(row["id"]))
        self.ks.append(row["k"])
        self.digests.append(int(row.get("digest", "0"), 16))
        self.answered.append(bool(protocols))
        if protocols:
            self._waiting.append({name: told["columns"] for name, told in protocols.items()})
        if len(self._waiting) == _AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Turn the rows that were taken into columns."""
        for name in dict.fromkeys(name for told in self._waiting for name in told):
            values = [told[name] for told in self._waiting if name in told]
            self._measured[name] += len(values)
            self._columns.setdefault(name, Columns()).add(_columns(values), len(values))
        self._waiting.clear()

    @property
    def protocols(self) -> list[str]:
        """The protocols that measured every answer."""
        return [name for name, count in self._measured.items() if count == sum(self.answered)]

    def columns(self, protocol: str, rows: Rows) -> dict[str, Floats]:
        """Return the columns of some answered rows, in that order, and let go of the others; of a protocol that ranks boxes, of their boxes."""
        columns = self._columns.pop(protocol).take()
        places = (np.cumsum(np.frombuffer(self.answered, dtype=np.uint8), dtype=np.int64) - 1)[rows]
        if RANKS not in columns:
            return {name: column[places].astype(np.float64) for name, column in columns.items()}
        number = np.full(sum(self.answered), -1, dtype=np.int64)
        number[places] = np.arange(len(places))
        ranks = number[columns[RANKS].astype(np.int64)]
        order = np.argsort(ranks, kind="stable")[np.count_nonzero(ranks < 0) :]
        kept = {name: column[order].astype(np.float64) for name, column in columns.items()}
        return {**kept, RANKS: ranks[order].astype(np.float64)}


def read_rows(run: Path) -> dict[str, SavedTask]:
    """Return the rows of a run by task; raises DataError where the folder holds no rows.jsonl or a line of it is no row."""
    path = run / "rows.jsonl"
    if not path.is_file():
        raise DataError(f"{clean(str(run))} holds no rows.jsonl; {_where_else(run)}.")
    found: dict[str, SavedTask] = {}
    for number, row in enumerate(finished_rows(path), 1):
        try:
            found.setdefault(row["task"], SavedTask()).add(row)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise DataError(
                f"Line {number} of {clean(str(path))} is no row of a run of `geovlm eval`; make the run again."
            ) from error
    for task in found.values():
        task.settle()
    return found


def _where_else(run: Path) -> str:
    """Return what to name instead of a folder without rows: the runs of `--seeds` lie one folder deeper."""
    seeds = sorted(
        (path.parent for path in run.glob("seed-*/rows.jsonl")), key=lambda path: (len(path.name), path.name)
    )
    if not seeds:
        return "name a run folder that `geovlm eval --out` left"
    found = ", ".join(clean(str(path)) for path in seeds[:_FIRST])
    more = f" and {len(seeds) - _FIRST} more" if len(seeds) > _FIRST else ""
    return f"it has a run for each seed, so name one of them: {found}{more}"


def _columns(values: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    """Return the columns of a protocol as they were before they went into rows.jsonl; rows on which it failed have 0, or no boxes."""
    first = {name: value for row in reversed(values) for name, value in row.items()}
    listed = [name for name, value in first.items() if isinstance(value, list)]
    if not listed:
        return {name: np.array([row.get(name, 0.0) for row in values], dtype=np.float64) for name in first}
    counts = [len(row.get(listed[0], ())) for row in values]
    boxes = {
        name: np.array([value for row in values for value in row.get(name, ())], dtype=np.float64) for name in listed
    }
    return {**boxes, RANKS: np.repeat(np.arange(len(values), dtype=np.float64), counts)}
