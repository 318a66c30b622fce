"""How VLM-R1's texts are read, against its own patterns, which take a hundred times as long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.rewards.vlm_r1.reading import cleaned, plain_choice


@given(st.text("\n\r \t.a\x1c\x85\xa0\u2028Σ", max_size=12))
def test_cleaned_text_is_that_of_two_patterns_a_mark(text: str) -> None:
    expected = text
    for mark in "\n\r":
        expected = re.sub(rf"(?<=\s){mark}", "", expected)
        expected = re.sub(rf"(?<!\s){mark}", " ", expected)
    assert cleaned(text) == expected.strip().rstrip(".").lower()


@given(st.text("()ab.: \nßŉ\u0390", max_size=9))
def test_the_head_of_a_text_tells_its_choice(text: str) -> None:
    found = re.fullmatch(r"\(?([A-Z])\)?(?:[.:)](?:\s.*)?)?", text.strip().upper(), re.DOTALL)
    assert plain_choice(text) == (found.group(1) if found else None)


@pytest.mark.parametrize("text", ["(a)) ship", "a. ", "(b).\nx", "A) a port by the sea"])
def test_the_longest_heads_are_choices(text: str) -> None:
    assert plain_choice(text) == text.strip("(")[0].upper()
