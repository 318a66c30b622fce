from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geovlm_cli.errors import ConfigError
from geovlm_cli.rewards import RewardInputError
from geovlm_cli.rewards.adapters import MixedRewards
from geovlm_cli.task import Batch, Sample, Task

TASKS = {
    "vqa": Task(name="vqa", kind="answer", summary=""),
    "tags": Task(name="tags", kind="labels", summary=""),
    "other": Task(name="other", kind="count", summary=""),
}
BATCHES = {
    "vqa": Batch([Sample(id="a", task="vqa", reference="yes"), Sample(id="b", task="vqa", reference="no")]),
    "tags": Batch([Sample(id="c", task="tags", reference=("river", "port"))]),
}


def test_each_row_is_scored_by_its_task_and_nan_elsewhere() -> None:
    mixed = MixedRewards.of(TASKS, BATCHES, weights={"tags": {"f1": 2.0, "jaccard": -0.5}})
    assert mixed.names == ["vqa/exact", "tags/f1", "tags/jaccard"]  # saved answers without a profile have no format
    assert mixed.weights == [1.0, 2.0, -0.5]
    found = mixed.score(["river", "yes", "", "yes"], mixed.rows(["c", "a", "b", "b"]))
    assert found.columns["vqa/exact"] == pytest.approx([np.nan, 1, 0, 0], nan_ok=True)
    assert found.columns["tags/f1"] == pytest.approx([2 / 3, np.nan, np.nan, np.nan], nan_ok=True)
    assert found.total == pytest.approx([2 * 2 / 3 - 0.5 * 0.5, 1, 0, 0])
    assert found.reasons.tolist() == ["", "", "empty", ""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batches": {"vqua": BATCHES["vqa"]}}, "Did you mean `vqa`"),
        ({"weights": {"tag": {"f1": 1.0}}}, "Did you mean `tags`"),
        ({"weights": {"other": {"exact": 1.0}}}, "the tasks here are vqa, tags"),
        ({"weights": {"tags": {"f2": 1.0}}}, "no reward component `f2`"),
    ],
)
def test_names_that_do_not_exist_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        MixedRewards.of(TASKS, **{"batches": BATCHES, **options})


def test_ids_must_be_known_and_their_own() -> None:
    mixed = MixedRewards.of(TASKS, BATCHES)
    with pytest.raises(RewardInputError, match="No sample has the id `z`"):
        mixed.rows(["a", "z"])
    with pytest.raises(RewardInputError, match="2 rows and the samples named for them are 1"):
        mixed.score(["yes", "no"], [0])
    twice = {"vqa": BATCHES["vqa"], "tags": Batch([Sample(id="a", task="tags", reference=("river",))])}
    with pytest.raises(ConfigError, match="Two samples have the id `a`"):
        MixedRewards.of(TASKS, twice).rows(["a"])
