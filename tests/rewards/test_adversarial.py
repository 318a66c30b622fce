"""The 167 adversarial cases of ../shared/data/adversarial-dev, each by the plain twin and by `score`."""

from __future__ import annotations

import json
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geovlm_cli.boxes import Boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import detection, score
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Kind, Malformed, Sample, Task
from tests.rewards.judging import Case, judge

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data/adversarial.jsonl").read_text().splitlines()
]
PROFILE = Profile(name="pixels", box_syntax="qwen-json", frame="pixel")
KINDS: dict[str, Kind] = {
    "format": "label", "cls": "label", "multilabel": "labels", "det": "boxes", "rec": "box", "caption": "text", "yesno": "answer", "count": "count",
}  # fmt: skip


def truth(case: dict[str, Any]) -> Any:
    """The reference that a loader would make; None where the truth cannot be one."""
    given, kind = case["ground_truth"], KINDS[case["task"]]
    match kind:
        case "boxes":
            numbers, labels = (
                [item["bbox_2d"] for item in given["boxes"]],
                tuple(item["label"] for item in given["boxes"]),
            )
            return None if None in numbers else Boxes("pixel", as_array(numbers), labels)
        case "box":
            return Boxes("pixel", as_array([given["bbox_2d"]]))
        case "labels" | "text":
            return tuple(given["labels" if kind == "labels" else "references"])
        case _:
            return given.get("label", given.get("answer", given.get("count", "airport")))


def as_array(numbers: list[list[float]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    array = np.zeros((len(numbers), 5))
    array[:, :4] = np.array(numbers, dtype=np.float64).reshape(-1, 4)
    return array


def by_score(case: dict[str, Any]) -> tuple[float, float, Any]:
    """Return reward, format and answer by the product."""
    kind = KINDS[case["task"]]
    rewards = {"pq": partial(detection, min_iou=0.5)} if kind == "boxes" else {}
    task = Task(name="case", kind=kind, summary="", rewards=rewards)
    choices = tuple(case["ground_truth"].get("vocabulary", ()))
    sample = Sample(
        id=case["id"], task="case", reference=truth(case), choices=choices, image_size=tuple(case["image_size"])
    )
    found = score(task, [case["completion"]], Batch([sample], PROFILE))
    first = next(name for name in found.columns if name != "format")
    return float(found.columns[first][0]), float(found.columns["format"][0]), found.answers[0]


def by_twin(case: dict[str, Any]) -> tuple[float, float, Any]:
    """Return reward, format and answer by the plain twin."""
    vocabulary = tuple(case["ground_truth"].get("vocabulary", ()))
    judged = judge(
        Case(KINDS[case["task"]], truth(case), vocabulary, extent=tuple(case["image_size"]), min_iou=0.5),
        case["completion"],
    )
    return judged.reward, judged.format, judged.value if judged.reason == "" else Malformed(judged.reason)


def parsed(value: Any) -> Any:
    """The answer as the cases write it: labels normalised, boxes as lists, null where it does not parse."""
    if isinstance(value, Malformed):
        return None
    if isinstance(value, str):
        return twin.normal(value)
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        return [twin.normal(label) for label in value]
    if isinstance(value, Boxes | twin.Found):
        return [] if len(value.array if isinstance(value, Boxes) else value.boxes) == 0 else value
    return value


def expectations(case: dict[str, Any], reward: float, answer: Any, seconds: float) -> dict[str, bool]:
    """Say of each thing that the case demands whether it holds."""
    held = {}
    for rule in case["must"]:
        if rule == "no_exception":
            held[rule] = True
        elif rule == "reward_finite":
            held[rule] = math.isfinite(reward)
        elif rule == "reward_in_[0,1]":
            held[rule] = 0 <= reward <= 1
        elif rule == "parses_to":
            wanted = case["parses_to"]
            held[rule] = not isinstance(answer, Malformed) if wanted is True else parsed(answer) == wanted
        elif rule.startswith("seconds<="):
            held[rule] = seconds <= float(rule.removeprefix("seconds<="))
        else:
            sign, bound = rule.removeprefix("reward")[:2], float(rule.removeprefix("reward")[2:])
            held[rule] = {
                "==": abs(reward - bound) <= 1e-6,
                "<=": reward <= bound + 1e-6,
                ">=": reward >= bound - 1e-6,
            }[sign]
    return held


@pytest.mark.parametrize("judged_by", [by_twin, by_score])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any], judged_by: Any) -> None:
    if judged_by is by_twin and bad_truth(case):
        pytest.skip("bad truth is the host's affair, not the twin's")
    started = time.perf_counter()
    reward, form, answer = judged_by(case)
    seconds = time.perf_counter() - started
    held = expectations(case, form if case["task"] == "format" else reward, answer, seconds)
    assert all(held.values()), {rule for rule, holds in held.items() if not holds}


def bad_truth(case: dict[str, Any]) -> bool:
    given = case["ground_truth"]
    boxes = [item["bbox_2d"] for item in given.get("boxes", ())] + ([given["bbox_2d"]] if "bbox_2d" in given else [])
    return (
        any(box is None or box[0] >= box[2] or box[1] >= box[3] for box in boxes)
        or given.get("labels") == []
        or given.get("answer") == ""
    )


def test_there_are_all_cases() -> None:
    assert len(CASES) == 167
