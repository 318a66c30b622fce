"""EarthDial's digits-only parser, whatever holds the texts."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Batch, Sample

PROFILE = Profile(name="m", structure="plain", box_syntax="list5", frame="percent")
ROW = Sample(id="1", task="t", reference=boxes("percent", [[1, 2, 3, 4, 5]]))
DIGITS = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Nd"]


def read(*texts: str) -> list[tuple[list[list[float]], int]]:
    batch = Batch([ROW] * len(texts), PROFILE)
    listed = rewards.digit_boxes(list(texts), batch)
    columns = rewards.digit_boxes(rewards.read_structure(list(texts), PROFILE), batch)
    assert list(listed) == list(columns)
    return [(found.array.tolist(), found.invalid) for found in columns]


def test_digits_of_every_script_count_as_python_reads_them() -> None:
    """All of them as the last number of a box, and as the second of its digits."""
    assert len(DIGITS) >= 650
    found = read(*(f"[1, 2, 3, 4, 5{digit}]" for digit in DIGITS))
    assert found == [([[1, 2, 3, 4, 50 + int(digit)]], 0) for digit in DIGITS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[١,٢,٣,٤,٥]", [[1, 2, 3, 4, 5]]),
        ("[\U0001d7ff1, ٢0, 1٢0, 4٠, 5]", [[91, 20, 120, 40, 5]]),  # scripts mixed in a number
        ("[¹, 2, 3, 4, 5]", []),  # a superscript is no decimal digit
        ("[1, 2, 3, 4, 五]", []),
        ("[1, 2,3 ,4,5]", []),  # EarthDial's pattern has no white space before a comma
        ("[ 1,\n2, 3, 4,\u00a05 ]", [[1, 2, 3, 4, 5]]),
    ],
)
def test_what_is_read(text: str, expected: list[list[float]]) -> None:
    assert read(text) == [(expected, 0)]
