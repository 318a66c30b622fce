from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.truths import truth
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import Task, each
from tests.checking.conftest import LABELS, PROFILE, MakeSubject, ships

SHIPS = Task(name="ships", kind="boxes", summary="")
SCENE = Task(name="scene", kind="label", summary="")


@pytest.mark.parametrize(
    "profile",
    [
        PROFILE,
        replace(PROFILE, frame="percent"),
        replace(PROFILE, frame="permille", box_syntax="geochat"),
        Profile(name="q", box_syntax="qwen-json", frame="model", resize=Resize()),
        replace(PROFILE, structure="answer", frame="pixel"),
    ],
    ids=lambda profile: f"{profile.box_syntax}-{profile.frame}",
)
def test_true_boxes_come_back_within_half_a_step_in_every_profile(subject: MakeSubject, profile: Profile) -> None:
    found = list(truth(subject(SHIPS, ships(), profile)))
    assert [item.check for item in found if item.level == "ok"] == ["reward", "round trip"]
    assert {item.level for item in found} <= {"ok", "warning"}


def test_angles_that_the_syntax_cannot_say_are_a_warning(subject: MakeSubject) -> None:
    upright = replace(PROFILE, box_syntax="list4")
    found = list(truth(subject(SHIPS, ships(), upright)))
    assert [(item.check, item.level, item.count) for item in found if item.level == "warning"] == [
        ("round trip", "warning", 7)
    ]


@pytest.mark.parametrize(("references", "alike"), [(["port"] * 3, 1), (["port", "farm"], 0), (["port"], 0)])
def test_truths_that_are_all_the_same_answer_are_a_warning(
    subject: MakeSubject, references: list[str], alike: int
) -> None:
    found = [item for item in truth(subject(SCENE, references)) if item.level == "warning"]
    assert [item.sentence for item in found] == ["scene: all 3 truths are the same answer"] * alike


def test_a_target_that_moves_the_boxes_is_an_error(subject: MakeSubject) -> None:
    def shifted(sample: Any, profile: Profile) -> str:
        return "[45,90,80,140,0]"

    moved = list(truth(subject(replace(SHIPS, target=shifted), [boxes("percent", [[20, 20, 30, 30]])])))
    assert [(item.check, item.level) for item in moved] == [("reward", "error"), ("round trip", "error")]


def test_a_truth_that_its_own_parser_refuses_is_an_error_with_the_reason(subject: MakeSubject) -> None:
    found = list(truth(subject(replace(SCENE, target="no such block</answer>"), LABELS)))
    assert [(item.level, item.count) for item in found] == [("error", 6)]
    assert found[0].sentence.startswith("scene: the truth cannot be read back, ")


def test_a_reward_that_does_not_pay_the_truth_is_an_error(subject: MakeSubject) -> None:
    stingy = replace(SCENE, rewards={"half": each(lambda _answer, _sample: 0.5)})
    (found,) = truth(subject(stingy, LABELS))
    assert (found.level, found.count) == ("error", 6)
