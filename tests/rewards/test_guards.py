"""Penalties that every task has by name; none of them can be escaped by an answer that cannot be read, and none pays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.boxes import boxes
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import RewardInputError, length, overlong, repetition, score
from geovlm_cli.rewards import boxes as parse_boxes
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Sample, Task

TASK = Task(name="t", kind="boxes", summary="", max_new_tokens=25)
PROFILE = Profile(name="p", structure="answer", box_syntax="list5", frame="pixel")
BATCH = Batch([Sample(id="1", task="t", reference=boxes("pixel", [[0, 0, 9, 9]]), image_size=(50, 50))], PROFILE)
word = st.sampled_from(["a", "B", "b", "é", "\u0130", "\n", "  ", "<answer>", "\ud800"])


@given(st.lists(word, max_size=40), st.integers(1, 7))
def test_repeated_words_equal_the_twin(words: list[str], size: int) -> None:
    text = " ".join(words)
    assert repetition([text], words=size).tolist() == [pytest.approx(twin.repeated_words(text, size))]


@given(st.text("Σσςa.'1 \u0301\u02b0\u00ad", min_size=1))
def test_a_sigma_has_the_lower_case_that_python_gives_it(text: str) -> None:
    """Two words that differ at most in the form of their sigmas are equal exactly where those are written as Python does."""
    for lowered in (text.lower(), text.lower().replace("ς", "σ"), text.lower().replace("σ", "ς")):
        both = f"{text} . {lowered}"
        assert repetition([both], words=1).tolist() == [pytest.approx(twin.repeated_words(both, 1))]


def test_repetition_by_hand() -> None:
    """Nine words make four runs of six; with a period of three, the fourth is the first again."""
    assert repetition(["one two three one two three one two three", "short", ""]).tolist() == [0.25, 0.0, 0.0]


def test_repeated_boxes_count_where_they_are_more() -> None:
    texts = ["[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,6]", "x"]
    answers = parse_boxes(texts, BATCH.take([0, 0]))
    assert repetition(texts, answers).tolist() == [0.5, 0.0]


def test_lengths_by_hand() -> None:
    """25 tokens are 100 bytes; the slack begins at 80."""
    texts = ["x" * n for n in (0, 50, 80, 90, 100, 200)]
    assert length(texts, max_tokens=25).tolist() == [0, 0.5, 0.8, 0.9, 1, 1]
    assert overlong(texts, max_tokens=25).tolist() == pytest.approx([0, 0, 0, 0.5, 1, 1])


def test_any_task_names_them_with_a_weight_of_at_most_zero() -> None:
    answer = "<answer>" + ",".join(["[0,0,9,9,0]"] * 4) + "</answer>"
    found = score(
        TASK, [answer], BATCH, weights={"detection": 1.0, "repetition": -0.5, "length": -0.1, "overlong": -0.1}
    )
    assert found.columns["repetition"].tolist() == [0.75]
    assert found.columns["length"].tolist() == [len(answer) / 100]
    assert found.total[0] == pytest.approx(1 + 2 / 5 - 0.5 * 0.75 - 0.1 * len(answer) / 100)
    with pytest.raises(ConfigError, match="it is a penalty, give it at most 0"):
        score(TASK, [answer], BATCH, weights={"repetition": 0.1})


def test_an_unreadable_answer_does_not_escape() -> None:
    flood = "no answer at all " * 60
    found = score(TASK, [flood], BATCH, weights={"detection": 1.0, "repetition": -1.0, "overlong": -1.0})
    assert (str(found.reasons[0]), found.columns["overlong"][0]) == ("no_answer", pytest.approx(1.0))
    assert found.total[0] < -1.9


@pytest.mark.parametrize("times", [2, 5, 50])
def test_saying_a_box_again_never_pays(times: int) -> None:
    weights = {"detection": 1.0, "repetition": -0.2}
    answers = ["<answer>" + ",".join(["[0,0,9,9,0]"] * n) + "</answer>" for n in (1, times)]
    once, again = score(TASK, answers, BATCH.take([0, 0]), weights=weights).total
    assert again < once


def test_a_component_of_the_task_keeps_its_name() -> None:
    task = Task(name="t", kind="text", summary="", rewards={"length": lambda answers, _: [1.0] * len(answers)})
    batch = Batch([Sample(id="1", task="t", reference=("a",))])
    assert score(task, ["a"], batch, weights={"length": 1.0}).columns["length"].tolist() == [1.0]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(RewardInputError, match="words is 0; it must be at least 1"):
        repetition(["a"], words=0)
