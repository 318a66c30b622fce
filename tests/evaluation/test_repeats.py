"""Several samples of one prompt."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geovlm_cli.evaluation.repeats import majority, pass_at, repeat_columns
from geovlm_cli.task import Malformed


@pytest.mark.parametrize("correct", range(6))
@pytest.mark.parametrize("k", range(1, 6))
def test_pass_at_k_is_the_share_of_subsets_with_a_right_answer(k: int, correct: int) -> None:
    answers = [True] * correct + [False] * (5 - correct)
    subsets = list(combinations(answers, k))
    assert pass_at(k, 5, correct) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_columns_of_four_samples() -> None:
    scores = np.array([[1.0, 0, 0, 0], [0.4, 0.6, 0.6, 0.6]])
    columns = repeat_columns(scores, None, threshold=0.6)
    assert sorted(columns) == ["mean@4", "pass@1", "pass@2", "pass@4"]
    assert columns["mean@4"].tolist() == pytest.approx([0.25, 0.55])
    assert columns["pass@1"].tolist() == pytest.approx([0.25, 0.75])
    assert columns["pass@2"].tolist() == pytest.approx([0.5, 1.0])


def test_the_largest_k_is_there_when_it_is_no_power_of_two() -> None:
    assert "pass@3" in repeat_columns(np.zeros((1, 3)), None, threshold=1.0)


def test_the_majority_has_no_malformed_votes() -> None:
    bad = Malformed("unclosed")
    assert majority(np.array([0.0, 0.0, 0.0, 1.0]), [bad, bad, bad, "ship"]) == 1.0
    assert majority(np.array([0.0, 1.0, 1.0]), ["car", "ship", "ship"]) == 1.0
    assert majority(np.array([0.0, 1.0]), ["car", "ship"]) == 0.0
    assert majority(np.zeros(2), [bad, bad]) == 0.0
