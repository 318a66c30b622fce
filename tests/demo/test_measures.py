from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli.demo.measures import _constant


def row(reference: Any, kind: str | None = None) -> dict[str, Any]:
    return {"reference": reference, "meta": {} if kind is None else {"question_type": kind}}


def test_a_fixed_answer_is_chosen_for_each_kind_of_question() -> None:
    damage = [row("yes", "damage"), row("no", "damage"), row("no", "damage")]
    level = [row("minor damage", "level")]
    assert _constant(damage) == pytest.approx(2 / 3)
    assert _constant(damage + level) == pytest.approx(3 / 4)


def test_boxes_have_no_fixed_answer() -> None:
    assert _constant([row({"frame": "pixel", "boxes": []})]) is None
