from __future__ import annotations

from pathlib import Path

from geovlm_cli.training.journal import open_at


def test_rows_after_the_checkpoint_and_half_lines_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step":1}\n{"step":2}\n{"step":3}\n{"st')
    with open_at(path, 2) as file:
        file.append([{"step": 3, "again": True}])
    assert path.read_bytes() == b'{"step":1}\n{"step":2}\n{"step":3,"again":true}\n'


def test_a_new_file_is_made(tmp_path: Path) -> None:
    open_at(tmp_path / "new.jsonl", 0).close()
    assert (tmp_path / "new.jsonl").read_bytes() == b""
