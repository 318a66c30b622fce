"""What VLM-R1's rewards read of an answer, against the plain twin, on lists that are broken at random."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from geovlm_cli._rust_rewards import read_entries
from geovlm_cli.rewards import RewardInputError
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards.vlm_r1.items import read_items
from tests.rewards.test_exact_json import LABELS, MANY, broken, dumped

BOXES: list[Any] = [[1, 2, 3, 4], [9, 8, -7, 6.5], [0.0, 1e300, 2, 3], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, "3", 4], [], None, [[1, 2, 3, 4]], [1, True, 2, 3]]  # fmt: skip
OTHERS: list[Any] = [7, None, "ship", [], {}, [1, 2, 3, 4], {"bbox": [1, 2, 3, 4]}, {"label": ["ship"]}]


def listed(seed: int) -> str:
    """Return a list as a model might write it, perhaps in a fence, perhaps broken."""
    draw = random.Random(seed)
    items = [_entry(draw) if draw.random() < 0.8 else draw.choice(OTHERS) for _ in range(draw.randrange(5))]
    text = dumped(items, draw)
    return broken(draw.choice([text, text, f"```json\n{text}\n```", f" ```{text}```"]), draw)


def _entry(draw: random.Random) -> dict[str, Any]:
    keys = [("bbox_2d", draw.choice(BOXES)), ("label", draw.choice([*LABELS, None])), ("score", [{"label": 1}])]
    return dict(draw.sample(keys, k=draw.choice([2, 3, 3])))


def rows_of(text: str) -> list[tuple[list[float] | None, str | None]] | None:
    found = read_entries(text)
    if found is None:
        return None
    boxes, labels = found
    return [(None if np.isnan(row[0]) else row.tolist(), name) for row, name in zip(boxes, labels, strict=True)]


@pytest.mark.parametrize("count", [2000, MANY])
def test_entries_are_those_of_the_twin(count: int) -> None:
    read = 0
    for seed in range(count):
        text = listed(seed)
        plain = twin.read_entries(text)
        expected = (
            None if isinstance(plain, twin.Unread) else [(list(box) if box else None, name) for box, name in plain]
        )
        assert rows_of(text) == expected, text
        read += bool(expected)
    assert count / 4 < read < count * 3 / 4  # neither all nor none


@pytest.mark.parametrize("text", ["\ud800", '[{"label": "\udfff"}]', '[{"label": "\\udfff"}]'])
def test_a_lone_surrogate_is_the_replacement_character(text: str) -> None:
    found = read_items(text)
    assert found is None if text == "\ud800" else found and list(found.labels) == ["\ufffd"]


def test_what_is_no_text_is_named() -> None:
    with pytest.raises(RewardInputError, match="text must be a str; found int"):
        read_entries(7)  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("text", ["None", " NONE ", "[]", "```json\n[]```"])
def test_nothing_is_no_items(text: str) -> None:
    found = read_items(text)
    assert found is not None
    assert len(found) == len(found.boxes) == 0
