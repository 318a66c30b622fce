"""Columns that grow chunk by chunk: a byte a row where the numbers are small and whole, as counts and yes/no are; 8 bytes elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RANKS = "row"  # the column of a protocol that ranks boxes: the row of the batch that each box belongs to


class Columns:
    """The columns of one protocol. Rows for which a name was not given have 0 there."""

    def __init__(self) -> None:
        self.rows = 0
        self._parts: dict[str, list[NDArray[np.generic]]] = {}

    def add(self, columns: Mapping[str, Floats], rows: int) -> None:
        """Append the columns of further rows; of a protocol that ranks boxes, of all boxes of these rows."""
        if RANKS in columns:
            self._append({**columns, RANKS: columns[RANKS] + self.rows})
        elif RANKS not in self._parts:
            missing = dict.fromkeys(self._parts, np.zeros(rows))
            for name in columns.keys() - self._parts.keys():
                self._parts[name] = [np.zeros(self.rows, dtype=np.uint8)]
            self._append({**missing, **columns})
        self.rows += rows

    def take(self) -> dict[str, Floats]:
        """Return the columns and let go of them. Those of small whole numbers come as float32, which holds them exactly."""
        taken = {}
        for name in sorted(self._parts):
            parts = self._parts.pop(name)
            small = all(part.dtype == np.uint8 for part in parts)
            taken[name] = np.concatenate(parts, dtype=np.float32 if small else np.float64, casting="unsafe")
        return taken  # type: ignore[return-value]  # float32 behaves as float64 wherever weights are float64

    def _append(self, columns: Mapping[str, Floats]) -> None:
        for name, column in columns.items():
            self._parts.setdefault(name, []).append(compact(column))


def compact(column: Floats) -> NDArray[np.generic]:
    """Return a column as uint8 where that loses nothing, else a copy of its own."""
    with np.errstate(invalid="ignore"):
        small = column.astype(np.uint8)
    return small if np.array_equal(small, column) else np.array(column, dtype=np.float64)
