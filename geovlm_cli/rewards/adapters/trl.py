"""Rewards for TRL's GRPOTrainer: one callable a component, named as in `MixedRewards.names`: `format` and `<task>/<component>`.

The data set that TRL sees has a column `id`, the id of the sample, or `row`, its number. Each callable gets the same list of completions; the first one
called scores it, the others read their column. Rows of another task get None, which TRL leaves out of that reward's mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.errors import clean
from geovlm_cli.rewards.adapters.mixed import MixedRewards, MixedScores
from geovlm_cli.rewards.arguments import sequence

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
        """Score one list of completions; the same list again, unless it was changed in place, is answered from memory."""
        texts, rows = (
            [text_of(c, place) for place, c in enumerate(completions)],
            np.asarray(sequence("row", row)).tolist(),
        )
        known = self.last
        if known is None or self._completions is not completions or (known.texts, known.rows) != (texts, rows):
            self._completions = completions  # kept, so that no later list can have its address
            known = self.last = self._mixed.score(texts, rows)
        return known

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


def text_of(completion: Any, place: int = 0) -> str:
    """Return the text of a completion: plain text, or the last of a list of messages.

    A message's content is text, blocks of which those of text count, or None (a call of a tool), which is no text. Raises RewardInputError
    for anything else, which it calls completions[place].
    """
    if isinstance(completion, str):
        return completion
    try:
        content = completion[-1]["content"] if len(completion) else None
        blocks = (
            [block["text"] for block in content if block["type"] == "text"]
            if isinstance(content, list)
            else [content or ""]
        )
        return "".join(blocks)
    except (TypeError, KeyError, IndexError):
        raise RewardInputError(
            f"completions[{place}] is {clean(repr(completion), 80)}; it must be a text or a list of messages with a `content`."
        ) from None
