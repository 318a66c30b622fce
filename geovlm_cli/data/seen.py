"""Which ids were there before, in 8 bytes an id."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Seen:
    """Remembers ids by their 64-bit hashes, in sorted runs that are merged when they grow alike.

    Two different ids of ten million agree by chance with probability 3e-6.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.int64]] = []

    def again(self, ids: Sequence[str]) -> list[int]:
        """Return the positions of ids that were given before, in this call or an earlier one, and remember the others."""
        keys = np.fromiter(map(hash, ids), np.int64, len(ids))
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        repeated = np.zeros(len(ids), dtype=np.bool_)
        repeated[1:] = ordered[1:] == ordered[:-1]
        for run in self._runs:
            repeated |= run[np.minimum(np.searchsorted(run, ordered), len(run) - 1)] == ordered
        self._keep(ordered[~repeated])
        found: list[int] = np.sort(order[repeated]).tolist()
        return found

    def _keep(self, fresh: NDArray[np.int64]) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(fresh):
            fresh = np.sort(np.concatenate([self._runs.pop(), fresh]), kind="stable")
        if len(fresh):
            self._runs.append(fresh)
