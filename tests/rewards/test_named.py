from __future__ import annotations

import numpy as np
import pytest

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.errors import ConfigError
from geovlm_cli.rewards import detection, detection_max, resolve, score, variants
from geovlm_cli.task import KINDS, Batch, Kind, Sample, Task
from geovlm_cli.testing import PROFILE

TRUTH = boxes("percent", [[10, 10, 40, 30, 0], [60, 60, 90, 80, 20]])
REFERENCES = {
    "label": "airport",
    "labels": ("airport", "river"),
    "text": ("two large ships lie at the pier",),
    "answer": "yes",
    "count": 3,
    "box": boxes("percent", [[10, 10, 40, 30, 0]]),
    "boxes": TRUTH,
    "grounded": Grounded("two large ships lie at the pier", TRUTH),
}
WITH_A_MODEL = {"sbert", "hslr", "grounding_hslr"}  # tests/rewards/test_sentences.py


def subject(kind: Kind) -> tuple[Task, Batch, str]:
    task = resolve(Task(name="t", kind=kind, summary="s"))
    sample = Sample(id="1", task="t", reference=REFERENCES[kind])
    assert callable(task.target)
    return task, Batch([sample], PROFILE), task.target(sample, PROFILE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_earns_every_component_of_its_kind(kind: Kind) -> None:
    task, batch, target = subject(kind)
    names = [name for name in variants(task) if name not in WITH_A_MODEL]
    found = score(task, [f"<think>x</think><answer>{target}</answer>"], batch, weights=dict.fromkeys(names, 1.0))
    assert list(found.columns) == ["format", *names]
    # a perfect METEOR of n words in one chunk is 1 − 1 / (2n³)
    assert all(column[0] == pytest.approx(1.0, abs=0.002) for column in found.columns.values()), found.columns


@pytest.mark.parametrize("kind", KINDS)
def test_an_unreadable_answer_earns_none(kind: Kind) -> None:
    task, batch, _ = subject(kind)
    names = [name for name in variants(task) if name not in WITH_A_MODEL]
    found = score(task, ["<think>x</think>"], batch, weights=dict.fromkeys(names, 1.0))
    assert all(column[0] == 0 for column in found.columns.values())


def test_variants_are_computed_only_where_they_are_named() -> None:
    task, batch, target = subject("text")
    assert list(score(task, [target], batch).columns) == ["format", "lcs_f", "rougeL"]
    assert "hslr" in variants(task)
    assert "lcs_f" not in variants(task)


def test_a_component_of_the_task_comes_before_that_of_its_kind() -> None:
    task = Task(name="t", kind="label", summary="s", rewards={"recall": lambda answers, _: [0.25] * len(answers)})
    found = score(task, ["a"], Batch([Sample(id="1", task="t", reference="a")]), structure="plain")
    assert found.columns["recall"].tolist() == [0.25]
    assert variants(task) == ["exact", "token_recall"]


def test_an_unknown_component_names_those_of_task_and_kind() -> None:
    task, batch, target = subject("labels")
    with pytest.raises(
        ConfigError, match=r"no reward component `jacard`; it has format, f1, .*token_recall.* `jaccard`"
    ):
        score(task, [target], batch, weights={"jacard": 1.0})


def test_detection_max_divides_by_the_larger_number() -> None:
    both, one, none = TRUTH, boxes("percent", [[10, 10, 40, 30, 0]]), boxes("percent", [])
    assert detection_max([one, both, none, none], [both, one, none, one]).tolist() == [0.5, 0.5, 1.0, 0.0]
    assert detection([one], [both]).tolist() == [pytest.approx(2 / 3)]
    turned = boxes("percent", [[40, 48, 60, 52, 90]])
    assert detection_max([turned], [boxes("percent", [[48, 40, 52, 60, 0]])], angles="hull")[0] == pytest.approx(1)
    assert np.all(detection_max([one], [one], angles="drop") == 1)
