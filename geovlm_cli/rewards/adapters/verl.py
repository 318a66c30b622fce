"""Rewards for verl: a `compute_score` for `custom_reward_function.path`.

verl calls it with keywords, one completion at a time, from several threads. The data set's `extra_info` carries `id`, the id of the
sample; `data_source` and `ground_truth` stay free for verl's own figures and dumps, because the truth lies with the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from geovlm_cli._rust_rewards import RewardInputError
from geovlm_cli.rewards.adapters.mixed import MixedRewards

ComputeScore = Callable[..., dict[str, float | str]]


def compute_score_of(mixed: MixedRewards) -> ComputeScore:
    """Return `compute_score(data_source, solution_str, ground_truth, extra_info=None)`; it pickles where the tasks of `mixed` do.

    It returns the same keys for every task, as verl wants them: `score` (the weighted total, which verl trains on), `format` (0 where the
    structure has none), and `reason` ("" where the answer was read). Raises RewardInputError for an `extra_info` without a known id.
    """
    return partial(_compute_score, mixed)


def _compute_score(
    mixed: MixedRewards,
    data_source: str,
    solution_str: str,
    ground_truth: Any,  # verl's own: the truth lies with the samples
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, float | str]:
    if not isinstance(extra_info, Mapping) or "id" not in extra_info:
        raise RewardInputError(
            f"extra_info of a row of `{data_source}` has no `id`; write the id of the sample into the data set's extra_info."
        )
    found = mixed.score([solution_str], mixed.rows([extra_info["id"]]))
    return {"score": float(found.total[0]), "format": float(found.format[0]), "reason": str(found.reasons[0])}
