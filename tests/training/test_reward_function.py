from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli import rewards as rewards_of_geovlm
from geovlm_cli.config import load
from geovlm_cli.errors import ConfigError
from geovlm_cli.rewards.adapters import mixed
from geovlm_cli.training.reward_function import TaskRewards
from geovlm_cli.training.rows import TrainingRows, read_rows
from tests.training import bench


@pytest.fixture
def rows(data: Path) -> TrainingRows:
    return read_rows(load(None, [f"data.train={data}"]).data, bench.small_plugins(), bench.PROFILE)


def rewards(rows: TrainingRows, *words: str) -> TaskRewards:
    return TaskRewards(rows, load(None, words, section="grpo").rewards)


def messages(*texts: str) -> list[list[dict[str, str]]]:
    return [[{"role": "assistant", "content": text}] for text in texts]


def test_names_are_unique_and_weights_are_those_of_the_configuration(rows: TrainingRows) -> None:
    found = rewards(rows, "rewards.format=0.1", "rewards.colour.share=2")
    assert found.names == ["format", "colour/share", "boxes/detection"]
    assert found.weights == [0.1, 2.0, 1.0]
    assert [function.__name__ for function in found.functions()] == found.names


def test_a_batch_is_scored_once_whatever_the_number_of_callables(
    rows: TrainingRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    real = rewards_of_geovlm.score

    def counted(task: Any, completions: Sequence[str], *rest: Any, **named: Any) -> Any:
        calls.append(len(completions))
        return real(task, completions, *rest, **named)

    monkeypatch.setattr(mixed, "score", counted)
    found = rewards(rows)
    completions = messages("<think>a</think><answer>red</answer>", "<think>a</think><answer>[]</answer>")
    row = [0, len(rows) - 1]
    columns = [function(completions=completions, row=row) for function in found.functions()]
    assert calls == [1, 1]
    assert columns[0] == [1.0, 1.0]
    assert columns[1][0] is not None
    assert columns[1][1] is None
    assert columns[2] == [None, 0.0]
    other = messages("", "")
    for function in found.functions():
        function(completions=other, row=row)
    assert calls == [1] * 4


def test_reasons_are_logged_as_shares_once_a_batch(rows: TrainingRows) -> None:
    found = rewards(rows)
    logged: list[tuple[str, float]] = []

    def log(name: str, value: float) -> None:
        logged.append((name, value))

    for texts in (("", "<answer>x</answer>"), ("<think>a</think><answer>x</answer>",) * 2):
        completions = messages(*texts)
        for function in found.functions():
            function(completions=completions, row=[0, 0], log_metric=log)
    assert logged == [
        ("malformed", 1.0),
        ("reasons/no_answer", 0.5),
        ("reasons/no_think", 0.5),
        ("malformed", 0.0),
        ("reasons/no_answer", 0.0),
        ("reasons/no_think", 0.0),
    ]


def test_without_tags_there_is_no_format_reward(data: Path) -> None:
    profile = replace(bench.PROFILE, structure="plain")
    plain = read_rows(load(None, [f"data.train={data}"]).data, bench.small_plugins(), profile)
    assert rewards(plain).names == ["colour/share", "boxes/detection"]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("rewards.color.share=1", "Did you mean `colour`"),
        ("rewards.colour.shares=1", "Did you mean `share`"),
        ("rewards.colour.format=1", r"set rewards\.format"),
    ],
)
def test_names_that_do_not_exist_are_refused(rows: TrainingRows, word: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rewards(rows, word)


def test_penalised_errors_are_counted(rows: TrainingRows, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(answers: Any, batch: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(rows.tasks["colour"].rewards, "share", broken)
    found = rewards(rows, "rewards.on_error=penalise")
    logged: dict[str, float] = {}
    values = found.functions()[1](
        completions=messages("<think>a</think><answer>x</answer>"), row=[0], log_metric=logged.__setitem__
    )
    assert values == [0.0]
    assert logged == {"malformed": 1.0, "reasons/plugin_error": 1.0, "plugin_errors": 1.0}


@pytest.mark.parametrize(
    "words",
    [
        ("rewards.colour.share=0", "rewards.format=0"),
        ("rewards.colour.share=-1",),
        ("rewards.colour={}", "rewards.format=-1"),
    ],
)
def test_a_task_that_can_earn_nothing_is_refused(rows: TrainingRows, words: tuple[str, ...]) -> None:
    with pytest.raises(
        ConfigError, match=r"No reward of task `colour` has a positive weight.*rewards\.colour\.share=1"
    ):
        rewards(rows, *words)


def test_a_task_may_be_trained_on_its_format_alone(rows: TrainingRows) -> None:
    assert rewards(rows, "rewards.colour.share=0").weights[:2] == [1.0, 0.0]
