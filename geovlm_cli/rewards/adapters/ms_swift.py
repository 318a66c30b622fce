"""Rewards for ms-swift: outcome reward classes for its registry `orms`, to be added in a file of `--external_plugins`.

ms-swift makes one object of each class and calls it with the list of completions and the data set's columns as keywords; the column `id`
is the id of the sample. Rows of another task get None, which ms-swift leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geovlm_cli.rewards.adapters.mixed import MixedRewards, MixedScores

PREFIX = "geovlm/"


class OutcomeReward:
    """One reward component as ms-swift's `ORM`; a class of `reward_classes` says which."""

    name: str
    shared: _Shared

    def __init__(self, args: Any = None, **_: Any) -> None:
        """Take ms-swift's arguments, none of which matter here."""

    def __call__(self, completions: Sequence[str], *, id: Sequence[Any], **_: Any) -> list[float | None]:  # noqa: A002  # the column's name
        """Return one value a completion, None off-task."""
        values = self.shared.score(completions, id).columns[self.name]
        return [None if np.isnan(value) else float(value) for value in values]


class _Shared:
    """Scores a list of completions once for all components."""

    def __init__(self, mixed: MixedRewards) -> None:
        self._mixed = mixed
        self._key: tuple[Sequence[str], Sequence[Any]] | None = None
        self._last: MixedScores | None = None

    def score(self, completions: Sequence[str], ids: Sequence[Any]) -> MixedScores:
        key = (list(completions), list(ids))
        if self._last is None or self._key != key:
            self._last = self._mixed.score(key[0], self._mixed.rows(ids))
            self._key = key
        return self._last


def reward_classes(mixed: MixedRewards) -> dict[str, type[OutcomeReward]]:
    """Return a class for each component by its name in `--reward_funcs`: `geovlm/format`, `geovlm/<task>/<component>`, in the order of `mixed.weights`."""
    shared = _Shared(mixed)
    return {
        PREFIX + name: type(
            PREFIX + name, (OutcomeReward,), {"name": name, "shared": shared, "__doc__": f"The reward {name}."}
        )
        for name in mixed.names
    }
