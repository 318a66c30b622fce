"""A folder with one image, and a writer of rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (200, 100)).save(tmp_path / "a.png")
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Write rows (objects, or raw lines) into `rows.jsonl` of the folder."""

    def to_file(*rows: dict[str, Any] | str) -> Path:
        path = folder / "rows.jsonl"
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return path

    return to_file


@pytest.fixture
def load(folder: Path) -> Callable[..., Any]:
    """Read a source with tasks named after the kinds, and `pair` of two images with roles."""
    from geovlm_cli.data.source import read_samples
    from geovlm_cli.task import KINDS, Task

    tasks: dict[str, Task] = {kind: Task(name=kind, kind=kind, summary="") for kind in KINDS}
    tasks["pair"] = Task(name="pair", kind="label", summary="", images=("before", "after"))
    return partial(read_samples, find=tasks.__getitem__, loaders={})
