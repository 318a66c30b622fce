"""Frames and syntaxes: IoU is taken in the frame of the reference, and the truth, written and read again, scores 1."""

from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.rewards import detection, resolve, score
from geovlm_cli.task import Batch, Kind, Sample, Task

WIDE = (1024, 768)
BIG, FAR = [100, 100, 300, 160, -20], [500, 380, 620, 486, 45]


def profile(**fields: Any) -> Profile:
    return Profile(**{"name": "p", "structure": "plain", "resize": Resize(fixed=(448, 448)), **fields})


PROFILES = [
    profile(box_syntax="list5", frame="permille"),
    profile(box_syntax="list5", frame="unit"),
    profile(box_syntax="list5", frame="pixel"),
    profile(box_syntax="geochat", frame="permille"),
    profile(box_syntax="list4", frame="pixel"),
    profile(box_syntax="qwen-json", frame="permille"),
    profile(box_syntax="qwen-json", frame="pixel", resize=Resize()),
]


def one(kind: Kind, reference: Any, by: Profile) -> tuple[Task, Sample, Batch]:
    sample = Sample(id="1", task="ships", reference=reference, image_size=WIDE)
    return resolve(Task(name="ships", kind=kind, summary="")), sample, Batch([sample], by)


@pytest.mark.parametrize("by", PROFILES, ids=lambda p: f"{p.box_syntax}-{p.frame}")
@pytest.mark.parametrize("kind", ["box", "boxes", "grounded"])
def test_truth_written_and_read_again_scores_one(kind: Kind, by: Profile) -> None:
    truth = boxes("pixel", [BIG] if kind == "box" else [BIG, FAR])
    task, sample, batch = one(kind, Grounded("two ships at sea", truth) if kind == "grounded" else truth, by)
    target = task.target(sample, by) if callable(task.target) else ""
    found = score(task, [target], batch)
    assert found.total[0] == pytest.approx(1, abs=0.03), target  # a model's frame has steps


@pytest.mark.parametrize("by", PROFILES, ids=lambda p: f"{p.box_syntax}-{p.frame}")
def test_no_boxes_can_be_said(by: Profile) -> None:
    task, sample, batch = one("boxes", boxes("pixel", []), by)
    assert callable(task.target)
    assert score(task, [task.target(sample, by)], batch).total[0] == 1


def test_iou_is_taken_in_the_frame_of_the_reference() -> None:
    truth = boxes("pixel", [[500, 380, 520, 386, 45]])
    task, _, batch = one("boxes", truth, profile(box_syntax="list5", frame="permille"))
    written = [500 / 1.024, 380 / 0.768, 520 / 1.024, 386 / 0.768, 45]
    assert score(task, [str(written)], batch).total[0] == pytest.approx(1, abs=1e-9)


def test_turning_in_the_wrong_frame_would_cost_a_third() -> None:
    by = profile(box_syntax="list5", frame="permille")
    permille = boxes("permille", [[500 / 1.024, 380 / 0.768, 520 / 1.024, 386 / 0.768, 45]])
    pixels = boxes("pixel", [[500, 380, 520, 386, 45]])
    sample = Sample(id="1", task="ships", reference=pixels, image_size=WIDE)
    assert detection([permille], Batch([sample], by))[0] == pytest.approx(1, abs=1e-9)
    turned_after = Sample(id="1", task="ships", reference=permille, image_size=WIDE)
    assert detection([pixels], Batch([turned_after], by))[0] == pytest.approx(1, abs=1e-9)


def test_four_number_syntaxes_clip_both_sides_to_the_image() -> None:
    task, _, batch = one("boxes", boxes("pixel", [[-50, -50, 100, 100]]), profile(box_syntax="list4", frame="pixel"))
    assert score(task, ["[-9,-9,100,100]"], batch).total[0] == 1
    task, _, batch = one("boxes", boxes("pixel", [[-50, -50, 100, 100]]), profile(box_syntax="list5", frame="pixel"))
    assert score(task, ["[-9,-9,100,100,0]"], batch).total[0] < 0.6


def test_truth_that_the_syntax_cannot_say_is_bad() -> None:
    task, _, batch = one("boxes", boxes("pixel", [[-50, -50, -10, -10]]), profile(box_syntax="list4", frame="pixel"))
    assert score(task, ["[]"], batch).reasons[0] == "bad_truth"


@pytest.mark.parametrize(("angles", "expected"), [("rotated", 0.7071), ("hull", 0.5), ("drop", 1.0)])
def test_angle_modes(angles: Any, expected: float) -> None:
    truth, answer = boxes("percent", [[0, 0, 20, 20, 45]]), boxes("percent", [[0, 0, 20, 20, 0]])
    assert detection([truth], [truth], angles=angles)[0] == pytest.approx(1)
    assert detection([answer], [truth], angles=angles)[0] == pytest.approx(expected, abs=1e-3)
