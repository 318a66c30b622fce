from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).resolve().parents[2] / "docs/examples/answers.jsonl"


def test_a_report_is_written_and_a_finished_run_gets_one_later(geovlm: Callable[..., Any], tmp_path: Path) -> None:
    common = ("eval", "--predictions", ANSWERS, "--profile", "geovlm-r1", "--out", tmp_path / "run")
    assert geovlm(*common).code == 0
    assert not (tmp_path / "run/report").exists()
    rows = (tmp_path / "run/rows.jsonl").read_bytes()
    done = geovlm(*common, "--resume", "--report")
    assert (done.code, f"report: {tmp_path}/run/report/index.html" in done.err) == (0, True)
    page = (tmp_path / "run/report/index.html").read_text(encoding="utf-8")
    assert "73.35" in page  # pq of README
    assert "There is no &lt;answer&gt; block." in page
    assert (tmp_path / "run/rows.jsonl").read_bytes() == rows


def test_a_report_needs_a_run_folder(geovlm: Callable[..., Any]) -> None:
    done = geovlm("eval", "--predictions", ANSWERS, "--profile", "geovlm-r1", "--report")
    assert (done.code, done.err) == (2, "error: --report writes into the run folder; name it with --out.\n")
