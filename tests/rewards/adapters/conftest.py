from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geovlm_cli import scenes

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/score-in-other-trainers.md"
Blocks = dict[str, str]
Execute = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def blocks() -> Blocks:
    """The code of the page, by what it imports or defines."""
    found = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return dict(zip(("truths", "trl", "verl", "ms-swift"), found, strict=True))


@pytest.fixture(scope="session")
def scenes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated scenes of two tasks as `train.jsonl`."""
    folder = tmp_path_factory.mktemp("scenes")
    scenes.write(folder, {"vqa": 4, "referred-detection": 4}, seed=3, split="train").rename(folder / "train.jsonl")
    return folder


@pytest.fixture
def execute(blocks: Blocks, scenes_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Run a block of the page beside `truths.py`, after some replacements in its text; returns its names."""
    monkeypatch.chdir(scenes_folder)

    def run(name: str, replaced: dict[str, str] | None = None) -> dict[str, Any]:
        text = blocks[name]
        for old, new in (replaced or {}).items():
            assert old in text
            text = text.replace(old, new)
        names: dict[str, Any] = {"__name__": name}
        exec(compile(text, name, "exec"), names)  # noqa: S102  # the documentation is ours
        return names

    truths = ModuleType("truths")
    monkeypatch.setitem(sys.modules, "truths", truths)
    vars(truths).update(run("truths"))
    return run
