"""Two runs compared row by row."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from geovlm_cli.errors import DataError
from geovlm_cli.evaluation import compare


def run(folder: Path, *rows: tuple[str, int, float]) -> Path:
    folder.mkdir()
    lines = [
        {"id": name, "k": k, "task": "t", "protocols": {"strict": {"columns": {"accuracy": value}}}}
        for name, k, value in rows
    ]
    (folder / "rows.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return folder


def test_rows_are_paired_by_id_and_their_samples_averaged(tmp_path: Path) -> None:
    before = run(tmp_path / "a", ("x", 0, 0.0), ("x", 1, 1.0), ("y", 0, 0.0), ("y", 1, 0.0))
    after = run(tmp_path / "b", ("y", 0, 0.5), ("y", 1, 0.5), ("x", 0, 1.0), ("x", 1, 1.0))
    found = compare(before, after, "t", "accuracy")
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.5, 0.5, 2)


def test_other_rows_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    before, after = run(tmp_path / "a", ("x", 0, 0.0)), run(tmp_path / "b", ("y", 0, 0.5))
    with pytest.raises(DataError, match="different rows"):
        compare(before, after, "t", "accuracy")
    with pytest.raises(DataError, match="no column `reward`"):
        compare(before, after, "t", "reward")
