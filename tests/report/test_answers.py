"""Answers in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.report.answers import answer_words


@pytest.mark.parametrize(
    ("count", "invalid", "words"),
    [(1, 0, "1 box"), (2, 0, "2 boxes"), (1, 1, "1 box, 1 invalid"), (0, 2, "0 boxes, 2 invalid")],
)
def test_boxes_that_could_not_be_read_are_counted(count: int, invalid: int, words: str) -> None:
    found = replace(boxes("pixel", [[1.0, 2.0, 30.0, 40.0]] * count), invalid=invalid)
    assert answer_words(found) == words
