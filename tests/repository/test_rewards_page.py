"""docs/reference/rewards.md: its examples run, and it names all that is public."""

from __future__ import annotations

import doctest
from pathlib import Path

from geovlm_cli import rewards
from geovlm_cli.rewards import adapters

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rewards.md"


def test_the_examples_run() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert results.attempted >= 12
    assert not results.failed


def test_every_public_name_is_described() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = [*rewards.__all__, *adapters.__all__, "map_", "od_length"]
    assert [name for name in names if f"`{name}`" not in page and f"`{name}(" not in page] == []
    for call in ("`length(tokens, accuracy)`", "`repetition(content)`"):
        assert f"| {call} |" in page
