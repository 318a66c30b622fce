"""verl's convention, by a stand-in for its NaiveRewardManager: keywords, one completion a call, from threads, a dict with `score`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import RewardInputError, resolve, score


def reward_manager(compute_score: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Call as verl does: `reward_model.ground_truth` and a `extra_info` that verl adds to, in an executor; read the score and the extra figures."""

    def one(row: dict[str, Any]) -> Any:
        return compute_score(
            data_source=row["data_source"],
            solution_str=row["response"],
            ground_truth=row["reward_model"]["ground_truth"],
            extra_info={**row["extra_info"], "num_turns": None, "rollout_reward_scores": {}},
            reward_router_address=None,
        )

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(one, rows))
    keys = results[0].keys()  # verl takes the keys of the first row for all
    return [{key: result[key] for key in keys} for result in results]


def test_compute_score_is_the_total_of_score(execute: Any) -> None:
    compute_score = execute("verl")["compute_score"]
    truths = execute("truths")
    for task, batch in truths["batches"].items():
        right = [target_text(resolve(truths["known"].task(task)), sample, truths["profile"]) for sample in batch]
        texts = [right[0], right[1] + " and more", "<think>x</think><answer></answer>", ""]
        rows = [
            {
                "data_source": "scenes",
                "response": text,
                "reward_model": {"ground_truth": ""},
                "extra_info": {"id": sample.id},
            }
            for text, sample in zip(texts, batch, strict=True)
        ]
        found = reward_manager(compute_score, rows)
        offline = score(truths["known"].task(task), texts, batch)
        assert [row["score"] for row in found] == offline.total.tolist()
        assert [row["format"] for row in found] == offline.columns["format"].tolist()
        assert [row["reason"] for row in found] == offline.reasons.tolist()
        assert found[0]["score"] == pytest.approx(2.0)


def test_a_row_without_an_id_is_named(execute: Any) -> None:
    compute_score = execute("verl")["compute_score"]
    with pytest.raises(RewardInputError, match="extra_info of a row of `scenes` has no `id`"):
        compute_score("scenes", "", "")
    with pytest.raises(RewardInputError, match="extra_info of a row of `scenes` has no `id`"):
        compute_score("scenes", "", "", "id")
