from __future__ import annotations

from pathlib import Path

import pytest

from geovlm_cli.config import anchored, load


def test_paths_that_exist_become_absolute_and_names_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sft", "images", "rows.jsonl", "mine.yaml"):
        (tmp_path / name).touch()
    words = (
        "model.name=sft",
        "model.profile=mine.yaml",
        "data.train=[rows.jsonl, gone.jsonl]",
        "data.image_roots=[images]",
    )
    found = anchored(load(None, words))
    assert (found.model.name, found.model.profile) == (str(tmp_path / "sft"), str(tmp_path / "mine.yaml"))
    assert found.data.train == [str(tmp_path / "rows.jsonl"), "gone.jsonl"]
    assert found.data.image_roots == [str(tmp_path / "images")]
    assert anchored(load(None)).model.name == "tiny"
