"""The options that `eval` and `predict` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from geovlm_cli.commands._asking import configured
from geovlm_cli.errors import ConfigError

Run = Callable[..., Any]
TYPED = {"resume": False, "out": None}


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_a_temperature_is_a_finite_number_of_0_or_more(geovlm: Run, value: str) -> None:
    outcome = geovlm("eval", "--model", "tiny", "--data", "gone.jsonl", "--temperature", value)
    assert outcome.code == 2
    assert "--temperature" in outcome.err


@pytest.mark.parametrize(
    ("words", "typed", "message"),
    [
        (("model.name=a",), {"name": "b"}, "`--model b` and `model.name=a`"),
        (("eval.temperature=1",), {"temperature": 0.5}, "`--temperature 0.5` and `eval.temperature=1`"),
        (("data.task=vqa",), {"task": "scene"}, "`--task scene` and `data.task=vqa`"),
    ],
)
def test_an_option_and_an_override_of_two_values_are_refused(
    words: tuple[str, ...], typed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        configured(None, words, "eval", {**TYPED, **typed})


def test_an_option_and_an_override_of_one_value_are_fine() -> None:
    found = configured(
        None, ("model.name=a", "data.image_roots=[x, y]"), "eval", {**TYPED, "name": "a", "image_roots": ("x", "y")}
    )
    assert found.model.name == "a"
    assert found.data.image_roots == ["x", "y"]
