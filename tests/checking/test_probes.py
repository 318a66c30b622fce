from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.probes import ROWS, judged, probes
from geovlm_cli.rewards import any_match
from geovlm_cli.task import Task, each
from tests.checking.conftest import LABELS, MakeSubject, ships

REFERENCES: dict[str, list[Any]] = {
    "label": list(LABELS) * 4,
    "labels": [(LABELS[i % 6], LABELS[(i * 5 + 2) % 6 - 6]) for i in range(24)],
    "text": [(f"a {name} beside the road number {i}",) for i, name in enumerate(LABELS * 3)],
    "answer": ["yes", "no", "3", "rural"] * 5,
    "count": [0, 3, 12, 7],
    "box": [boxes("percent", [[5 + i, 5, 15 + i, 12, 0]]) for i in range(20)],
    "boxes": ships(20),
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_the_built_in_rewards_pay_no_probe(subject: MakeSubject, kind: Any) -> None:
    made = subject(Task(name="t", kind=kind, summary=""), REFERENCES[kind])
    found = probes(made)
    first = next(iter(made.task.rewards))
    assert [(probe.name, probe.score) for probe in found if probe.component == first and not probe.low] == []
    assert [item.level for item in judged(made, found) if item.level == "error"] == []


def names(found: Any) -> set[str]:
    return {probe.name for probe in found}


def test_each_kind_has_its_probes(subject: MakeSubject) -> None:
    of_boxes = probes(subject(Task(name="t", kind="boxes", summary=""), ships()))
    assert names(of_boxes) == {"empty", "prompt echo", "whole-image box", "1,000 boxes", "duplicated box"}
    assert names(probes(subject(Task(name="t", kind="label", summary=""), LABELS))) == {
        "empty",
        "prompt echo",
        "all labels",
    }


def test_a_reward_that_any_match_games_is_an_error(subject: MakeSubject) -> None:
    """EarthDial's rule: every copy of a matched box counts as a hit."""

    def reward(answers: Any, batch: Any) -> Any:
        hits, predicted, *_ = any_match(answers, batch).T
        return hits / predicted.clip(1)

    made = subject(Task(name="t", kind="boxes", summary="", rewards={"any": reward}), ships())
    errors = [item for item in judged(made, probes(made)) if item.level == "error"]
    assert [item.check for item in errors] == ["probes"]
    assert "`duplicated box` earns 1.00" in errors[0].sentence


def test_a_reward_that_pays_an_echo_of_the_prompt_is_an_error(subject: MakeSubject) -> None:
    def contains(answer: Any, sample: Any) -> float:
        return float(str(sample.reference) in str(answer))

    task = Task(
        name="t", kind="label", summary="", prompt="Choose: " + ", ".join(LABELS), parse=each(lambda text, _: text)
    )
    made = subject(replace(task, rewards={"contains": each(contains)}), LABELS * 2)
    assert {probe.name: probe.score for probe in probes(made)} == {"empty": 0, "prompt echo": 1, "all labels": 1}
    assert sum(item.level == "error" for item in judged(made, probes(made))) == 2


def test_a_component_beside_the_first_is_only_noted(subject: MakeSubject) -> None:
    made = subject(Task(name="t", kind="labels", summary=""), REFERENCES["labels"])
    found = list(judged(made, probes(made)))
    recall = [item for item in found if "`recall`" in item.sentence]
    assert [(item.level, "`all labels` earns 1.00" in item.sentence) for item in recall] == [("note", True)]


def test_the_chance_level_is_what_the_commonest_truth_earns(subject: MakeSubject) -> None:
    found = probes(subject(Task(name="t", kind="answer", summary=""), ["yes"] * 6 + ["no"] * 4))
    assert {probe.chance for probe in found} == {0.6}


def test_large_data_is_probed_on_a_spread_of_its_rows(subject: MakeSubject) -> None:
    found = probes(subject(Task(name="t", kind="label", summary=""), [*LABELS] * 100))
    assert {probe.rows for probe in found} == {ROWS}
