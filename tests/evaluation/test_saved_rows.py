"""Rows that a run left, read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from geovlm_cli.errors import DataError
from geovlm_cli.evaluation.saved_rows import read_rows


def test_a_run_of_several_seeds_names_the_folders_that_hold_rows(tmp_path: Path) -> None:
    for seed in (0, 10, 2):
        (tmp_path / f"seed-{seed}").mkdir()
        (tmp_path / f"seed-{seed}" / "rows.jsonl").touch()
    with pytest.raises(
        DataError, match=r"holds no rows.jsonl; it has a run for each seed.*seed-0, .*seed-2, .*seed-10\.$"
    ):
        read_rows(tmp_path)


def test_a_folder_without_runs_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="name a run folder that `geovlm eval --out` left"):
        read_rows(tmp_path)
