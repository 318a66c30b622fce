from __future__ import annotations

import pytest
from geovlm_example import geovlm_tasks

from geovlm_cli import Batch, Sample, score
from geovlm_cli.testing import check_task

[TASK] = geovlm_tasks()


def test_the_task_keeps_the_contract() -> None:
    check_task(TASK)


@pytest.mark.parametrize(
    ("answer", "exact", "reason"),
    [("yes", 1.0, ""), ("Yes.", 1.0, ""), ("no", 0.0, ""), ("perhaps", 0.0, "unknown_label")],
)
def test_a_word_is_read_and_scored(answer: str, exact: float, reason: str) -> None:
    batch = Batch([Sample(id="1", task="oil-spill", reference="yes")])
    scores = score(TASK, [f"<think>A streak.</think><answer>{answer}</answer>"], batch)
    assert (scores.columns["exact"][0], scores.reasons[0]) == (exact, reason)
