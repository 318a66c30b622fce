from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.truths import truth
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.rewards import detection
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


def rewards_of(made: Any) -> list[tuple[str, str]]:
    return [(item.level, item.sentence) for item in truth(made) if item.check == "reward"]


def test_full_marks_are_said_only_of_full_marks(subject: MakeSubject) -> None:
    """On a percent grid the sides of 40.4 come back as 40: (40 / 40.4)**2 of the box is left."""
    exact = subject(SHIPS, [boxes("percent", [[10, 10, 50, 50]])], replace(PROFILE, frame="percent"))
    assert rewards_of(exact) == [("ok", "ships: the truth earns full marks in `detection`, 1 row")]
    near = subject(SHIPS, [boxes("percent", [[10.2, 10.2, 50.4, 50.4]])], replace(PROFILE, frame="percent"))
    (said,) = rewards_of(near)
    kept = 39.8**2 / (40.2**2 + 40.0**2 - 39.8**2)
    assert said == (
        "ok",
        f"ships: the truth earns {math.floor(kept * 1000) / 1000:.3f} in `detection` on average and {math.floor(kept * 1000) / 1000:.3f} at least, 1 row",
    )


def test_what_rounding_leaves_of_turned_boxes_is_no_fault_of_theirs(subject: MakeSubject) -> None:
    """No bound on moved edges holds for them: it asked .97045 of boxes that earn .97029."""
    turned = [boxes("pixel", [[123 + i, 64 + 2 * i, 157 + 2 * i, 98 + 3 * i, 7 * i + 1]]) for i in range(40)]
    assert [level for level, _ in rewards_of(subject(SHIPS, turned, replace(PROFILE, box_syntax="list5")))] == ["ok"]


def test_boxes_that_rounding_halves_are_an_error_and_few_of_them_a_warning(subject: MakeSubject) -> None:
    coarse = replace(PROFILE, frame="percent")
    thin = boxes("percent", [[10, 10, 10.3, 60]])
    wide = [boxes("percent", [[10, 10, 50 + i / 10, 60]]) for i in range(120)]
    (error,) = rewards_of(subject(SHIPS, [thin, *wide[:5]], coarse))
    assert error[0] == "error"
    assert "less than half in `detection`" in error[1]
    (warning,) = rewards_of(subject(SHIPS, [thin, *wide], coarse))
    assert warning[0] == "warning"
    assert "0.300 at least: 1 row" in warning[1]


def test_a_reward_of_its_own_must_pay_what_it_pays_the_rounded_boxes(subject: MakeSubject) -> None:
    coarse = replace(PROFILE, frame="percent")
    truths = [boxes("percent", [[10, 10, 30 + i + 0.4, 40, 0]]) for i in range(5)]

    def steep(answers: Any, batch: Any) -> Any:
        return detection(answers, batch) ** 2

    def stingy(answers: Any, batch: Any) -> Any:
        return detection(answers, batch) * 0.95

    assert [level for level, _ in rewards_of(subject(replace(SHIPS, rewards={"own": steep}), truths, coarse))] == ["ok"]
    assert [level for level, _ in rewards_of(subject(replace(SHIPS, rewards={"own": stingy}), truths, coarse))] == [
        "error"
    ]


def test_the_truth_is_held_against_the_reward_that_is_named(subject: MakeSubject) -> None:
    captions = [(f"a {name} beside a long road",) for name in LABELS]
    task = Task(name="t", kind="text", summary="")
    made = subject(task, captions, rewards={"t": {"levenshtein": 1.0, "length": -0.2}})
    assert rewards_of(made) == [("ok", "t: the truth earns full marks in `levenshtein`, 6 rows")]
