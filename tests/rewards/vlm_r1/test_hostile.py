"""What VLM-R1's rewards do with completions and arguments that mean harm: nothing raises but RewardInputError, and time stays linear."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from geovlm_cli.rewards import RewardInputError, protocols_of_kind, vlm_r1
from geovlm_cli.task import Batch, Kind, Sample
from tests.rewards.vlm_r1.cases.words import a

Reward = Callable[..., float]
LONG_NUMBER = "1" + ",000" * 1434  # more digits than Python turns into an int
SHIP = json.dumps([{"bbox_2d": [0, 0, 10, 10], "label": "ship"}])
METHODS = list(vlm_r1.METHODS.values())
OF_BOXES = [vlm_r1.map_, vlm_r1.od_ap, vlm_r1.od_ap50, vlm_r1.od_length, vlm_r1.weighted_sum]


@pytest.mark.parametrize("text", [LONG_NUMBER, f"{LONG_NUMBER}/3", rf"\frac{{1}}{{{LONG_NUMBER}}}", "9" * 5000])
@pytest.mark.parametrize("reward", METHODS, ids=lambda reward: reward.__name__)
def test_a_long_number_is_no_number(reward: Reward, text: str) -> None:
    assert reward(a(text), "7") == 0
    assert 0 <= reward(a(text), "7", bugs=True) <= 1


@pytest.mark.parametrize("kind", ["count", "answer", "label", "labels", "text"])
def test_a_long_number_passes_the_protocol(kind: Kind) -> None:
    (protocol,) = [protocol for protocol in protocols_of_kind(kind) if protocol.name == "vlm-r1"]
    batch = Batch([Sample(id="1", task="t", reference=("7",) if kind in ("labels", "text") else "7")])
    assert protocol.score([LONG_NUMBER], batch)["default"].tolist() == [0]


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "1e400", "NaN", "1e308", "9" * 5000])
@pytest.mark.parametrize("reward", OF_BOXES, ids=lambda reward: reward.__name__)
@pytest.mark.parametrize("bugs", [False, True])
def test_a_box_of_a_number_without_end_is_none(reward: Reward, number: str, bugs: bool) -> None:
    answer = f'```json\n[{{"bbox_2d": [0, 0, 10, {number}], "label": "ship"}}]\n```'
    assert reward(a(answer), SHIP, bugs=bugs) == 0


def seconds(reward: Reward, boxes: list[list[int]], truth: str) -> float:
    answer = a(json.dumps([{"bbox_2d": box, "label": "ship"} for box in boxes]))
    start = time.process_time()
    reward(answer, truth)
    return time.process_time() - start


@pytest.mark.parametrize("reward", OF_BOXES, ids=lambda reward: reward.__name__)
def test_time_is_linear_in_the_boxes_of_an_answer(reward: Reward) -> None:
    """Four times the boxes cost about four times the time, sixteen where it is quadratic."""
    truth = json.dumps([{"bbox_2d": [0, 0, 10, 10], "label": "ship"}] * 20)
    for make in (lambda i: [i, 0, i + 10, 10], lambda _: [0, 0, 10, 10]):
        short, long = [make(i) for i in range(2000)], [make(i) for i in range(8000)]
        ratio = min(seconds(reward, long, truth) for _ in range(3)) / min(
            seconds(reward, short, truth) for _ in range(3)
        )
        assert ratio < 10


def test_time_is_linear_in_the_letters_of_a_choice() -> None:
    """The first place of a letter is looked up once, however often it stands there."""
    text = "1" * 2_000_000 + "A." * 100_000
    start = time.process_time()
    vlm_r1.mcq(a(text), "A", bugs=["loose_choice"])
    assert time.process_time() - start < 1  # one look-up a letter takes seconds


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: vlm_r1.rec(a("[1,2,3,4]"), "[1,2,3,4]", input_size=(0, 0), image_size=(9, 9)), r"input_size is \(0, 0\)"),
    (lambda: vlm_r1.rec(a("[1,2,3,4]"), "[1,2,3,4]", input_size=(9, 9), image_size=(9,)), r"image_size is \(9,\)"),  # type: ignore[arg-type]
    (lambda: vlm_r1.rec(a("[1,2,3,4]"), "[1,2,3,4]", input_size=5), "input_size is 5; it must be"),  # type: ignore[arg-type]
    (lambda: vlm_r1.length(float("nan"), 1), "tokens is nan; it must be a number from 0"),  # type: ignore[arg-type]
    (lambda: vlm_r1.length(-1, 1), "tokens is -1; it must be a number from 0"),
    (lambda: vlm_r1.length(1, float("nan")), "accuracy is nan; it must be a number"),
    (lambda: vlm_r1.accuracy(["x"], ["x"], [["default"]]), r"methods\[0\] must be a str; found list"),  # type: ignore[list-item]
    (lambda: vlm_r1.accuracy(["x", 3], ["x", "y"]), r"contents\[1\] must be a str; found int"),  # type: ignore[list-item]
    (lambda: vlm_r1.accuracy(["x"], [None]), r"solutions\[0\] must be a str; found NoneType"),  # type: ignore[list-item]
    (lambda: vlm_r1.default("x", "x", bugs=[["substring"]]), "bugs names"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message for _, message in WRONG])
def test_wrong_arguments_are_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(RewardInputError, match=message):
        call()


def test_a_completion_without_end_is_as_long_as_the_longest() -> None:
    assert vlm_r1.length(10**400, 1.0) == pytest.approx(0.5)
