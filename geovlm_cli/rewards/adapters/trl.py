"""Rewards for TRL's GRPOTrainer: one callable a component, named `format` and `<task>/<component>`.

The data set that TRL sees has a column `id`, the id of the sample, or `row`, its number. Each callable gets the same list of completions; the first one
called scores it, the others read their column. Rows of another task get None, which TRL leaves out of that reward's mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geovlm_cli.rewards.adapters.mixed import MixedRewards, MixedScores

RewardFunction = Callable[..., list[float | None]]
Log = Callable[[str, float], None]


class TrlRewards:
    """Scores completions of mixed tasks for TRL. names and weights: of the reward callables, in order."""

    def __init__(self, mixed: MixedRewards, *, log_plugin_errors: bool = False) -> None:
        """Take the rewards; `log_plugin_errors` logs how many rows a plugin's mistakes cost."""
        self._mixed, self._log_plugin_errors = mixed, log_plugin_errors
        self._reasons: set[str] = set()
        self.names, self.weights = mixed.names, mixed.weights
        self.last: MixedScores | None = None
        self._completions: object = None

    def functions(self) -> list[RewardFunction]:
        """Return the callables for TRL (`reward_funcs`), in the order of `names` and `weights` (`reward_weights`)."""
        return [self._function(name) for name in self.names]

    def score(self, completions: Sequence[Any], row: Sequence[int]) -> MixedScores:
        """Score one list of completions; the same list again is answered from memory."""
        if self.last is None or self._completions is not completions or self.last.rows != row:
            self._completions = completions  # kept, so that no later list can have its address
            self.last = self._mixed.score([text_of(completion) for completion in completions], row)
        return self.last

    def _function(self, name: str) -> RewardFunction:
        def reward(
            *,
            completions: Sequence[Any],
            row: Sequence[int] | None = None,
            id: Sequence[Any] = (),  # noqa: A002  # the column's name
            log_metric: Log | None = None,
            **_: Any,
        ) -> list[float | None]:
            known = self.last
            scored = self.score(completions, self._mixed.rows(id) if row is None else row)
            if scored is not known and log_metric is not None:
                self._log(scored, log_metric)
            return [None if np.isnan(value) else float(value) for value in scored.columns[name]]

        reward.__name__ = name  # TRL logs under this name, and averages callables of one name together
        return reward

    def _log(self, scored: MixedScores, log_metric: Log) -> None:
        found, counts = np.unique(scored.reasons[scored.reasons != ""], return_counts=True)
        shares = dict(zip(found.tolist(), (counts / len(scored.reasons)).tolist(), strict=True))
        self._reasons |= shares.keys()
        log_metric("malformed", float(sum(shares.values())))
        for reason in sorted(self._reasons):
            log_metric(f"reasons/{reason}", shares.get(reason, 0.0))
        if self._log_plugin_errors:
            log_metric("plugin_errors", float(scored.errors))


def text_of(completion: Any) -> str:
    """Return the text of a completion: TRL gives one assistant message, or plain text."""
    return completion if isinstance(completion, str) else str(completion[0]["content"])
