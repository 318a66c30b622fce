"""Scoring an adversarial completion, whole, costs time in proportion to its length."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import score
from geovlm_cli.task import Batch, Sample, Task
from tests.rewards.test_rust_linear import FAMILIES

LENGTHS = (1 << 16, 1 << 17, 1 << 18)
MOST = 2.3
# A small cost is mostly that of the call itself and of what the clock can tell.
FLOOR = 1e-3
QWEN = Profile(name="qwen", box_syntax="qwen-json", frame="pixel")
TURNED = Profile(name="turned", box_syntax="list5", frame="pixel")
PLAIN = Profile(name="plain")
PLANES = "two planes are parked near a terminal"
PATHS: dict[str, tuple[Task, Profile, Any]] = {
    "boxes": (Task(name="find", kind="boxes", summary="x"), QWEN, boxes("pixel", [[1.0, 2.0, 30.0, 40.0]])),
    "rotated": (Task(name="turn", kind="boxes", summary="x"), TURNED, boxes("pixel", [[1.0, 2.0, 30.0, 40.0, 5.0]])),
    "label": (Task(name="scene", kind="label", summary="x", vocabulary=("a, b", "ship")), PLAIN, "ship"),
    "labels": (Task(name="many", kind="labels", summary="x", vocabulary=("a, b, c, d", "ship")), PLAIN, ("ship",)),
    "text": (Task(name="say", kind="text", summary="x"), PLAIN, (PLANES,)),
}


def seconds(task: Task, batch: Batch, answer: str) -> float:
    """Return the least CPU seconds of five runs over fresh strings, so that encoding one to UTF-8 counts."""
    spent = []
    for _ in range(5):
        texts = [f"<think>t</think><answer>{answer}</answer>"]
        start = time.process_time()
        score(task, texts, batch)
        spent.append(time.process_time() - start)
    return min(spent)


def grows_linearly(path: str, family: str) -> bool:
    task, profile, truth = PATHS[path]
    batch = Batch([Sample(id="0", task=task.name, reference=truth, image_size=(1024, 1024))], profile)
    spent = [max(seconds(task, batch, FAMILIES[family](length)), FLOOR) for length in LENGTHS]
    # One doubling may be hit by what else the machine does, or by the end of a cache; a quadratic cost shows in both.
    return any(after <= MOST * before for before, after in pairwise(spent))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("path", PATHS)
def test_twice_the_text_costs_about_twice_as_much(path: str, family: str) -> None:
    assert any(grows_linearly(path, family) for _ in range(3)), (path, family)
