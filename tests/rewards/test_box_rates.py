"""Precision, recall and F1 of boxes at a threshold; greedy matching beside the optimal one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.boxes import Boxes, boxes
from geovlm_cli.rewards import RewardInputError, assign, box_f1, box_precision, box_recall, matches
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Malformed

weight = st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.7, 0.9])
A, B, FAR = [0, 0, 10, 10], [20, 0, 30, 10], [80, 80, 90, 90]


@given(
    st.integers(1, 6).flatmap(
        lambda columns: st.lists(st.lists(weight, min_size=columns, max_size=columns), min_size=1, max_size=6)
    )
)
def test_greedy_equals_the_twin_with_its_ties(weights: list[list[float]]) -> None:
    assert assign(np.array(weights), greedy=True).tolist() == [list(pair) for pair in twin.greedy(weights)]


def test_ties_go_to_the_first_row_then_the_first_column() -> None:
    assert assign(np.full((2, 3), 0.5), greedy=True).tolist() == [[0, 0], [1, 1]]


def test_greedy_may_lose_a_pair_that_the_assignment_keeps() -> None:
    assert assign(np.array([[0.9, 0.8], [0.8, 0.0]]), greedy=True).tolist() == [[0, 0]]
    assert assign(np.array([[0.9, 0.8], [0.8, 0.0]])).tolist() == [[0, 1], [1, 0]]
    truth, found = boxes("pixel", [A, [0, 0, 10, 8]]), boxes("pixel", [[0, 0, 10, 9], [0, 0, 10, 20]])
    optimal, greedy = (matches([found], [truth], min_iou=0.45, matching=m)[0, 1] for m in ("optimal", "greedy"))
    assert (optimal, greedy) == (2, 1)


def test_rates_by_hand() -> None:
    """Three items, one of them no box, and two true boxes; one meets: 1/3, 1/2, 2·1/(3 + 2)."""
    found = Boxes("pixel", boxes("pixel", [A, FAR]).array, invalid=1)
    truth = [boxes("pixel", [A, B])]
    rates = [score([found], truth)[0] for score in (box_precision, box_recall, box_f1)]
    assert rates == pytest.approx([1 / 3, 1 / 2, 2 / 5])


@pytest.mark.parametrize("score", [box_precision, box_recall, box_f1])
def test_nothing_is_met_by_nothing_alone(score: object) -> None:
    none, some, broken = boxes("pixel", []), boxes("pixel", [A]), Malformed("bad_json")
    assert callable(score)
    assert score([none, some, none, broken], [none, none, some, none]).tolist() == [1, 0, 0, 0]
    assert score([some], [boxes("pixel", [[5, 0, 1, 9]])]).tolist() == [0]  # bad truth


def test_the_threshold_has_the_tolerance_of_all() -> None:
    truth, half = [boxes("pixel", [A])], [boxes("pixel", [[0, 0, 10, 5]])]
    assert box_f1(half, truth, threshold=0.5).tolist() == [1]
    assert box_f1(half, truth, threshold=0.51).tolist() == [0]


def test_wrong_options_are_named() -> None:
    with pytest.raises(RewardInputError, match="matching is best; it must be optimal or greedy"):
        matches([boxes("pixel", [])], [boxes("pixel", [])], matching="best")  # type: ignore[arg-type]
