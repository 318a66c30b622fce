"""A prompt file is read by every command that asks a model; a dry run of training shows it without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    row = {"id": "1", "task": "harbour", "images": ["a.png"], "question": "Which?", "reference": "west"}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


def dry_run(geovlm: Callable[..., Any], rows: Path, text: str, *words: str) -> Any:
    file = rows.with_name("prompts.yaml")
    file.write_text(text)
    profile = rows.with_name("p.yaml")
    profile.write_text("name: p\n")
    return geovlm(
        "sft", "--data", str(rows), "--dry-run", f"model.prompt_file={file}", f"model.profile={profile}", *words
    )


@pytest.mark.usefixtures("ports")
def test_a_dry_run_checks_the_prompt_file_and_keeps_its_path(geovlm: Callable[..., Any], rows: Path) -> None:
    done = dry_run(geovlm, rows, "instruction: Look.\nprompts: {harbour: x}\n", "model.prompt_style=system")
    assert done.code == 0, done.err
    assert f"prompt_file: {rows.with_name('prompts.yaml')}" in done.out


@pytest.mark.usefixtures("ports")
def test_training_takes_the_options_of_asking(geovlm: Callable[..., Any], rows: Path) -> None:
    profile = rows.with_name("p.yaml")
    profile.write_text("name: p\n")
    typed = ("--profile", str(profile), "--prompt-style", "suffix")
    done = geovlm("grpo", "--data", str(rows), "--dry-run", *typed)
    assert done.code == 0, done.err
    assert "prompt_style: suffix" in done.out
    assert geovlm("grpo", "--data", str(rows), "--dry-run", *typed, "model.prompt_style=none").code == 2


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("text", "style", "message"),
    [
        ("prompts: {harbor: x}\n", "system", "Unknown task `harbor`. Did you mean `harbour`"),
        ("instruction: Look.\n", "none", "the prompt style `none` has no place for it"),
        ("prompt: x\n", "system", "unknown key `prompt`"),
    ],
)
def test_what_is_wrong_with_it_is_one_sentence(
    geovlm: Callable[..., Any], rows: Path, text: str, style: str, message: str
) -> None:
    done = dry_run(geovlm, rows, text, f"model.prompt_style={style}")
    assert done.code == 2
    assert message in done.err
