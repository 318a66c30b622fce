"""Rewards for verl: a `compute_score` for `custom_reward_function.path`.

verl calls it with keywords, one completion at a time, from several threads. The data set's `extra_info` carries `id`, the id of the
sample; `data_source` and `ground_truth` stay free for verl's own figures and dumps, because the truth lies with the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.rewards.adapters.mixed import MixedRewards
from geovlm_cli.rewards.kinds import FORMAT

ComputeScore = Callable[..., dict[str, float | str]]


def compute_score_of(mixed: MixedRewards) -> ComputeScore:
    """Return `compute_score(data_source, solution_str, ground_truth, extra_info=None)`.

    It returns the same keys for every task, as verl wants them: `score` (the weighted total, which verl trains on), `format` (0 where the
    structure has none), and `reason` ("" where the answer was read). Raises RewardInputError for an `extra_info` without a known id.
    """

    def compute_score(
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, float | str]:
        if not extra_info or "id" not in extra_info:
            raise RewardInputError(
                f"extra_info of a row of `{data_source}` has no `id`; write the id of the sample into the data set's extra_info."
            )
        found = mixed.score([solution_str], mixed.rows([extra_info["id"]]))
        form = found.columns.get(FORMAT)
        return {
            "score": float(found.total[0]),
            "format": 0.0 if form is None else float(form[0]),
            "reason": str(found.reasons[0]),
        }

    return compute_score
