"""The JSON-lines files of a run that carry a step, and cutting them back to a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.errors import OutputError, clean
from geovlm_cli.runs import RowFile

METRICS = "metrics.jsonl"
COMPLETIONS = "completions.jsonl"


def open_at(path: Path, step: int) -> RowFile:
    """Open a file for appending, without the rows of steps after `step`: they will be done again."""
    if path.is_file():
        _cut_after(path, step)
    return RowFile(path)


def _cut_after(path: Path, step: int) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        with path.open("rb") as old, part.open("wb") as new:
            new.writelines(line for line in old if _step(line) <= step)
        part.replace(path)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(path))}: {error.strerror}.") from error


def _step(line: bytes) -> float:
    try:
        row: dict[str, Any] = orjson.loads(line)
        return float(row["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")  # a line cut off by a kill
