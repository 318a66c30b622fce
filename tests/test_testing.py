"""Bad tasks, one planted fault each: the kit must name every one, and say nothing about a good task."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli import Batch, Malformed, Sample, Task, each
from geovlm_cli.task import KINDS, Kind
from geovlm_cli.testing import TaskCheckError, check_task, find, synthetic


def read(text: str, _: Sample) -> str | Malformed:
    word = text.strip().removesuffix(".").casefold()
    return word if word in ("yes", "no") else Malformed("unknown_label")


def right(answer: str, sample: Sample) -> float:
    return float(answer == sample.reference)


GOOD = Task(
    name="oil-spill",
    kind="answer",
    summary="Find oil slicks.",
    prompt="Is there an oil slick?",
    parse=each(read),
    rewards={"exact": each(right)},
)


def rewarded(reward: Callable[[Sequence[Any], Batch], Any]) -> Task:
    return replace(GOOD, rewards={"planted": reward})


def checks(task: Task) -> set[str]:
    return {finding.check for finding in find(task, synthetic(task))}


def exact(answers: Sequence[Any], batch: Batch) -> list[float]:
    return [right(answer, sample) for answer, sample in zip(answers, batch, strict=True)]


def test_a_good_task_passes() -> None:
    check_task(GOOD)


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_of_every_kind_pass(kind: Kind) -> None:
    check_task(Task(name="by-kind", kind=kind, summary="A task of this kind."))


def test_the_error_lists_every_finding() -> None:
    with pytest.raises(TaskCheckError) as caught:
        check_task(replace(rewarded(each(lambda _answer, _sample: 2.0)), name="Oil Spill", summary=""))
    assert {finding.check for finding in caught.value.findings} == {"name", "summary", "reward `planted`"}
    assert str(caught.value).count("\n") == 2


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, 1.5, -0.1, "1"])
def test_a_reward_that_is_no_number_between_0_and_1(value: Any) -> None:
    assert checks(rewarded(each(lambda _answer, _sample: value))) == {"reward `planted`"}


@pytest.mark.parametrize("length", [0, 1, 100])
def test_a_reward_of_the_wrong_length(length: int) -> None:
    assert "reward `planted`" in checks(rewarded(lambda _answers, _batch: [1.0] * length))


def test_a_reward_that_raises() -> None:
    assert checks(rewarded(each(lambda _answer, _sample: 1 / 0))) == {"reward `planted`"}


def test_a_reward_that_depends_on_the_order() -> None:
    def first_half(answers: Sequence[Any], batch: Batch) -> list[float]:
        cut = max(1, len(batch) // 2)
        return [value if row < cut else 0.0 for row, value in enumerate(exact(answers, batch))]

    assert "order" in checks(rewarded(first_half))


def test_a_reward_that_depends_on_the_batch() -> None:
    def scaled_to_the_best(answers: Sequence[Any], batch: Batch) -> list[float]:
        return [value / max(1, len(batch)) for value in exact(answers, batch)]

    assert "batch" in checks(rewarded(scaled_to_the_best))


def test_a_reward_that_differs_from_call_to_call() -> None:
    calls = itertools.count()
    assert "repeatable" in checks(rewarded(each(lambda _answer, _sample: float(next(calls) % 7 == 0))))


def test_a_reward_that_changes_its_samples() -> None:
    def forget(answer: str, sample: Sample) -> float:
        value = right(answer, sample)
        dict.update(sample.meta, seen=True)  # the planted fault
        return value

    assert checks(rewarded(each(forget))) == {"mutation"}


def test_a_reward_that_changes_its_answers() -> None:
    def pop(answer: list[str], sample: Sample) -> float:
        return float(answer.pop() == sample.reference)

    task = replace(GOOD, parse=each(lambda text, _sample: [text.strip()]), rewards={"planted": each(pop)})
    assert "mutation" in checks(task)


def test_a_truth_that_scores_below_1() -> None:
    assert checks(rewarded(lambda answers, batch: [value / 2 for value in exact(answers, batch)])) == {"truth"}


def test_a_target_that_does_not_parse() -> None:
    assert checks(replace(GOOD, target="certainly {{ reference }}")) == {"target"}


def test_a_target_or_a_prompt_that_does_not_render() -> None:
    assert checks(replace(GOOD, target="{{ nothing.of }}")) == {"prompt and target"}
    assert checks(replace(GOOD, prompt=lambda _sample, _profile: str(1 // 0))) == {"prompt and target"}


def test_an_empty_prompt() -> None:
    assert checks(replace(GOOD, prompt=" ")) == {"prompt"}


def test_a_parser_that_raises() -> None:
    assert checks(replace(GOOD, parse=each(lambda text, _sample: int(text)))) == {"parse"}


def test_a_parser_that_gives_too_few_answers() -> None:
    assert checks(replace(GOOD, parse=lambda texts, _batch: list(texts)[:1])) == {"parse"}


def test_a_parser_with_a_reason_of_its_own() -> None:
    def unsure(text: str, sample: Sample) -> str | Malformed:
        answer = read(text, sample)
        return Malformed("unsure") if isinstance(answer, Malformed) else answer

    assert checks(replace(GOOD, parse=each(unsure))) == {"parse"}


@pytest.mark.parametrize("name", ["Oil", "oil_spill", "oil spill", "-oil", "oil-", "", "öl"])
def test_a_name_that_is_not_lower_case_words_with_hyphens(name: str) -> None:
    assert "name" in checks(replace(GOOD, name=name))


def test_samples_of_ones_own_are_used() -> None:
    samples = [Sample(id="1", task="oil-spill", reference="perhaps")]
    assert {finding.check for finding in find(GOOD, samples)} == {"target"}


def test_made_up_samples_have_the_images_that_the_task_wants() -> None:
    roles = ("before", "after")
    assert [ref.role for ref in synthetic(replace(GOOD, images=roles))[0].images] == list(roles)
    assert len(synthetic(replace(GOOD, images=range(2, 5)))[0].images) == 2


def test_a_task_of_no_known_kind_is_a_finding() -> None:
    task = replace(GOOD, kind="nokind")  # type: ignore[arg-type]  # what a plugin author may write
    assert [finding.check for finding in find(task)] == ["kind"]


def test_images_that_cannot_be_made_up_are_a_finding() -> None:
    task = replace(GOOD, images="two")  # type: ignore[arg-type]
    assert [finding.check for finding in find(task)] == ["prompt and target"]
