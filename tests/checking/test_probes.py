from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.checking.probes import ROWS, judged, probes
from geovlm_cli.errors import ConfigError
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
    assert {probe.component for probe in found if probe.trained} == {next(iter(made.task.rewards))}
    assert [probe.name for probe in found if probe.trained and not probe.low] == []
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


LABEL_SETS = Task(name="t", kind="labels", summary="")


@pytest.mark.parametrize(
    ("kind", "reward"),
    [
        ("boxes", each(lambda answer, _: float(len(answer) > 0))),
        ("box", each(lambda _answer, _sample: 1.0)),
        ("text", each(lambda answer, _: min(1.0, len(answer) / 10))),
        ("labels", each(lambda answer, sample: float(set(sample.reference) <= set(answer)))),
    ],
)
def test_a_reward_is_not_the_measure_of_its_own_chance(subject: MakeSubject, kind: Any, reward: Any) -> None:
    """Any box, any text, any list that holds the truth: blind guesses earn as much as the probe, in the reward itself."""
    made = subject(Task(name="t", kind=kind, summary="", rewards={"lax": reward}), REFERENCES[kind])
    found = probes(made)
    assert max(probe.chance for probe in found) < 0.9
    errors = [item for item in judged(made, found) if item.level == "error"]
    assert errors
    assert "earns 1.00 in `lax`" in errors[0].sentence


@pytest.mark.parametrize(
    ("weights", "level", "name"),
    [
        ({"recall": 1.0}, "error", "recall"),
        ({"recall": 1.0, "f1": 1.0}, "error", "total"),
        ({"recall": 1.0, "length": -1.0}, "error", "total"),
    ],
)
def test_all_labels_must_not_pay_in_what_is_trained(
    subject: MakeSubject, weights: dict[str, float], level: str, name: str
) -> None:
    """The published reward, recall, pays them in full."""
    made = subject(LABEL_SETS, REFERENCES["labels"], rewards={"t": weights})
    found = [item for item in judged(made, probes(made)) if item.level in ("error", "warning")]
    assert [(item.level, f"in `{name}`" in item.sentence) for item in found] == [(level, True)]


def test_naming_all_labels_is_no_blind_guess(subject: MakeSubject) -> None:
    """Of three labels two are true: the best guess that is not all three names two of them, F1 2/3 on average."""
    made = subject(LABEL_SETS, [("a", "b"), ("b", "c"), ("a", "c")] * 4)
    (probe,) = [probe for probe in probes(made) if probe.name == "all labels" and probe.component == "f1"]
    assert [probe.score, probe.chance] == pytest.approx([0.8, 2 / 3])
    assert not probe.low


def test_all_labels_in_set_f1_itself_are_an_error_that_names_what_they_do_not_fool(subject: MakeSubject) -> None:
    """Where three labels are as common as one another, set F1 pays best for all of them; no exception is made for it."""
    made = subject(LABEL_SETS, [("a", "b"), ("b", "c"), ("a", "c")] * 4)
    (error,) = [item for item in judged(made, probes(made)) if item.level != "note"]
    assert (error.level, error.sentence) == (
        "error",
        "t: the probe `all labels` earns 0.80 in `f1`, the best blind guess 0.67",
    )
    assert error.advice == "do not train on this reward; no probe fools --reward t.exact"
    exact = subject(LABEL_SETS, [("a", "b"), ("b", "c"), ("a", "c")] * 4, rewards={"t": {"exact": 1.0}})
    assert {item.level for item in judged(exact, probes(exact))} == {"ok", "note"}


def test_no_advice_where_every_component_is_fooled(subject: MakeSubject) -> None:
    made = subject(Task(name="t", kind="text", summary="", rewards={"any": each(lambda *_: 1.0)}), REFERENCES["text"])
    advice = {item.advice for item in judged(made, probes(made)) if item.level == "error"}
    assert advice == {"do not train on this reward; --reward TASK.NAME checks another"}


def test_a_reward_that_is_not_there_is_named(subject: MakeSubject) -> None:
    with pytest.raises(ConfigError, match="no reward component `recal`"):
        subject(LABEL_SETS, REFERENCES["labels"], rewards={"t": {"recal": 1.0}})
    with pytest.raises(ConfigError, match="No reward of task `t` has a positive weight"):
        subject(LABEL_SETS, REFERENCES["labels"], rewards={"t": {"repetition": -1.0}})


def test_the_chance_level_is_what_the_commonest_truth_earns(subject: MakeSubject) -> None:
    found = probes(subject(Task(name="t", kind="answer", summary=""), ["yes"] * 6 + ["no"] * 4))
    assert {probe.chance for probe in found} == {0.6}


def test_large_data_is_probed_on_a_spread_of_its_rows(subject: MakeSubject) -> None:
    found = probes(subject(Task(name="t", kind="label", summary=""), [*LABELS] * 100))
    assert {probe.rows for probe in found} == {ROWS}


NAMES = ("Fruit trees, olives", "Sea", "Pasture, with trees", "Port", "Road")


def test_labels_with_commas_are_all_read(subject: MakeSubject) -> None:
    """Names of CORINE have commas; joined by commas, no label of all would be read."""
    made = subject(LABEL_SETS, [(NAMES[0],), (NAMES[2], "Sea")] * 4, choices=NAMES)
    scores = {probe.component: probe.score for probe in probes(made) if probe.name == "all labels"}
    assert scores["recall"] == 1
    assert scores["f1"] == pytest.approx((2 / 6 + 4 / 7) / 2)


def test_chance_of_label_sets_is_that_of_the_commonest_labels_each_row_may_choose(subject: MakeSubject) -> None:
    """`Sea` alone earns F1 (2/3 + 2/3 + 0)/3 where it may be chosen; with `Port` (1/2 + 1 + 2/3)/3."""
    made = subject(LABEL_SETS, [("Sea", "Road"), ("Sea", "Port"), ("Port",)] * 3, choices=("Sea", "Port", "Road"))
    chance = {probe.component: probe.chance for probe in probes(made)}
    assert chance["f1"] == pytest.approx((1 / 2 + 1 + 2 / 3) / 3)
    assert chance["jaccard"] == pytest.approx((1 / 3 + 1 + 1 / 2) / 3)
    assert chance["exact"] == pytest.approx(1 / 3)
    assert chance["recall"] == pytest.approx((1 / 2 + 1 + 2 / 3) / 3)  # its own would be 5/6: it grows with every label


def test_probes_that_earn_no_more_than_a_blind_guess_of_everything_are_a_warning(subject: MakeSubject) -> None:
    """A single answer is right everywhere, so to earn as much as it says nothing."""
    made = subject(Task(name="t", kind="labels", summary=""), [("port", "farm")] * 20)
    (found,) = judged(made, probes(made))
    assert (found.level, found.count) == ("warning", 20)
    assert "as the best blind guess does, so the probes tell nothing" in found.sentence
