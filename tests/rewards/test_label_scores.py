"""Scores of labels compare with the truth that they are handed, whatever the answers were read against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from geovlm_cli import rewards
from geovlm_cli.task import Batch, Sample

SCORES = [rewards.set_f1, rewards.recall, rewards.jaccard, rewards.equal]


def batch_of(*references: Any) -> Batch:
    return Batch([Sample(id=str(row), task="t", reference=reference) for row, reference in enumerate(references)])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("parse", [rewards.labels, rewards.label, rewards.labels.known(("a", "b", "c"))])
@pytest.mark.parametrize("other", [[("b",), ("a",)], [{"b"}, frozenset("a")], batch_of(("b",), "a"), ["b", "a"]])
def test_the_truth_handed_counts(score: Callable[..., Any], parse: Any, other: Batch | Sequence[Any]) -> None:
    own = batch_of(("a",), ("b",))
    answers = parse(["a", "a"], own)
    assert score(answers, own).tolist() == [1.0, 0.0]
    assert score(answers, other).tolist() == [0.0, 1.0]
    assert score(answers, own.take([1, 0])).tolist() == [0.0, 1.0]
    assert score(answers, own).tolist() == [1.0, 0.0]


def test_answers_that_were_not_read_get_nothing_from_another_truth() -> None:
    answers = rewards.label.known(("a", "b"))(["zzz", ""], batch_of("a", "b"))
    assert rewards.set_f1(answers, [("a",), ("b",)]).tolist() == [0.0, 0.0]
