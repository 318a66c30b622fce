"""`eval` and `predict` killed with SIGKILL in the middle of a real run: no row lost, none repeated, the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from geovlm_cli import scenes

pytestmark = pytest.mark.slow  # each run loads the tiny model in a process of its own

ROWS = 60


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes.write(tmp_path_factory.mktemp("scenes"), {"vqa": ROWS}, seed=0, split="test")


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "geovlm_cli", *map(str, arguments)]


def finished(*arguments: object) -> str:
    """Run to the end and return stderr."""
    done = subprocess.run(command_line(*arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize(
    ("command", "signum", "code"), [("eval", signal.SIGKILL, -9), ("predict", signal.SIGTERM, 143)]
)
def test_a_run_that_was_ended_goes_on(
    command: str, signum: signal.Signals, code: int, data: Path, tmp_path: Path
) -> None:
    rows = data if data.is_file() else data / "rows.jsonl"
    source = ["--data", rows] if command == "eval" else [rows]
    arguments = [command, *source, "--model", "tiny", "--batch-size", 2, "--max-new-tokens", 6]
    finished(*arguments, "--out", tmp_path / "whole")
    with subprocess.Popen(command_line(*arguments, "--out", tmp_path / "cut"), stderr=subprocess.DEVNULL) as cut:
        while lines(tmp_path / "cut/rows.jsonl") < 4:
            time.sleep(0.02)
        cut.send_signal(signum)
    assert cut.returncode == code
    done = lines(tmp_path / "cut/rows.jsonl")
    assert 4 <= done < ROWS
    log = finished(*arguments, "--out", tmp_path / "cut", "--resume")
    assert f"resuming: {done - done % 2} of {ROWS} rows done" in log
    assert (tmp_path / "cut/rows.jsonl").read_bytes() == (tmp_path / "whole/rows.jsonl").read_bytes()
    ids = [orjson.loads(line)["id"] for line in (tmp_path / "cut/rows.jsonl").read_bytes().splitlines()]
    assert len(set(ids)) == ROWS
