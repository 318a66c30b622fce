"""The protocol `strict` of each kind: metric names, pooling, malformed answers, bad truth, weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import resolve, score
from geovlm_cli.task import Batch, Kind, Malformed, Metric, Sample, Task, each

PROFILE = Profile(name="p", structure="plain", box_syntax="list5", frame="percent")


def strict(
    kind: Kind, references: list[Any], completions: list[str], weights: list[float] | None = None, **fields: Any
) -> dict[str, Metric]:
    task = resolve(Task(name="t", kind=kind, summary="", **fields))
    batch = Batch([Sample(id=str(i), task="t", reference=reference) for i, reference in enumerate(references)], PROFILE)
    protocol = task.protocols[0]
    assert (protocol.name, protocol.reads) == ("strict", "answers")
    columns = protocol.score(score(task, completions, batch, on_error="penalise").answers, batch)
    assert {len(column) for column in columns.values()} == {len(batch)}
    return protocol.summarise(columns, np.array(weights or [1.0] * len(batch)))


def values(metrics: dict[str, Metric]) -> dict[str, float]:
    return {name: metric.value for name, metric in metrics.items()}


def test_label_accuracy() -> None:
    found = strict(
        "label", ["port", "port", "port", "port"], ["Port.", "sea", "river", "{"], vocabulary=("port", "sea")
    )
    assert values(found) == {"accuracy": 0.25, "malformed": 0.5}
    assert found["accuracy"].n == 4


@pytest.mark.parametrize(("kind", "reference", "answer"), [("answer", "yes", "Yes"), ("count", 12, "12")])
def test_answers(kind: Kind, reference: Any, answer: str) -> None:
    assert values(strict(kind, [reference] * 2, [answer, "many ships"])) == {"accuracy": 0.5, "malformed": 0.5}


def test_label_sets() -> None:
    found = values(strict("labels", [("a", "b")] * 2, ["a, c", "b;a"]))
    assert found == {"f1": 0.75, "recall": 0.75, "jaccard": pytest.approx(2 / 3), "exact": 0.5, "malformed": 0}


def test_texts() -> None:
    assert values(strict("text", [("two ships", "x")], ["Two boats"])) == {
        "lcs_f": 0.5,
        "rouge1": 0.5,
        "rougeL": 0.5,
        "malformed": 0,
    }


def test_one_box() -> None:
    found = values(strict("box", [boxes("percent", [[0, 0, 10, 10]])] * 3, ["[0,0,10,5,0]", "[0,0,10,4,0]", "none"]))
    assert found == {
        "iou": pytest.approx(0.3),
        "precision@0.5": pytest.approx(1 / 3),
        "malformed": pytest.approx(1 / 3),
    }


TRUE = boxes("percent", [[0, 0, 10, 10], [20, 20, 30, 30]])


def test_boxes_are_pooled_over_rows() -> None:
    found = strict("boxes", [TRUE, TRUE, boxes("percent", [])], ["[0,0,10,8,0],[50,50,60,60,0]", "[[", "[]"])
    assert values(found) == {
        "pq": pytest.approx(2 * 0.8 / (2 + 4)),
        "precision@0.5": 0.5,
        "recall@0.5": 0.25,
        "f1@0.5": pytest.approx(2 / 6),
        "reward": pytest.approx((0.4 + 0 + 1) / 3),
        "malformed": pytest.approx(1 / 3),
    }
    assert (found["precision@0.5"].n, found["recall@0.5"].n, found["reward"].n) == (2, 4, 3)


def test_nothing_predicted_and_nothing_true_is_no_division_by_zero() -> None:
    assert strict("boxes", [boxes("percent", [])], ["[]"])["pq"] == Metric(0.0, 0.0)


def test_weights_are_draws_and_slices() -> None:
    found = strict("label", ["port", "sea", "sea"], ["port", "port", "sea"], weights=[3.0, 1.0, 0.0])
    assert (found["accuracy"].value, found["accuracy"].n) == (0.75, 4)


def test_bad_truth_weighs_nothing() -> None:
    found = strict("boxes", [boxes("percent", [[5, 5, 5, 9]]), TRUE], ["[]", "[0,0,10,10,0],[20,20,30,30,0]"])
    assert (found["pq"].value, found["reward"].value, found["reward"].n) == (1, 1, 1)


def test_grounded_reports_boxes_and_text() -> None:
    found = strict("grounded", [Grounded("two ships", TRUE)], ["two ships [0,0,10,10,0],[20,20,30,30,0]"])
    assert found["pq"].value == found["lcs_f"].value == found["reward"].value == 1


def test_a_task_with_its_own_rewards_reports_the_mean_of_each() -> None:
    found = strict(
        "answer",
        ["yes"] * 4,
        ["yes", "no", "maybe", "yes"],
        parse=each(lambda text, _: text if text in ("yes", "no") else Malformed("unknown_label")),
        rewards={
            "exact": each(lambda answer, sample: float(answer == sample.reference)),
            "short": each(lambda *_: 1.0),
        },
    )
    assert values(found) == {"exact": 0.5, "short": 0.75, "malformed": 0.25}
