"""`geovlm demo` as a user types it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_a_folder_of_something_else_is_refused(geovlm: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    found = geovlm("demo", "--quick", "--out", tmp_path)
    assert found.code == 7
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_seed_below_zero_is_a_usage_error(geovlm: Run, tmp_path: Path) -> None:
    assert geovlm("demo", "--seed", "-1", "--out", tmp_path / "demo").code == 2


@pytest.mark.slow  # trains three models: about three minutes on two idle cores
@pytest.mark.timeout(1500)
def test_the_quick_demo_shows_every_stage_and_its_commands_work(geovlm: Run, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    found = geovlm("demo", "--quick", "--out", out)
    assert found.code == 0, found.err
    assert found.out == (out / "table.md").read_text()
    assert "nothing is learnt" in found.out
    assert (out / "contact-sheet.png").stat().st_size > 10_000
    lines = [shlex.split(line)[1:] for line in found.out.splitlines() if line.startswith("    geovlm ")]
    for words in lines:
        if words[0] in ("eval", "score", "predict"):
            assert geovlm(*words).code == 0, words
    again = geovlm("demo", "--quick", "--out", out, "--resume")
    assert again.out == found.out
