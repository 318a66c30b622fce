"""Two processes that train together (torchrun, gloo)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training import bench

SCRIPT = Path(__file__).parent / "kill_at.py"
NEVER = 99


def together(
    model: Path, data: Path, run: Path, kill_at: int, signum: int = signal.SIGKILL, *more: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", SCRIPT]
    words = [
        "sft",
        model,
        data,
        run,
        kill_at,
        int(signum),
        *more,
        "sft.max_steps=4",
        "sft.per_device_train_batch_size=2",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*map(str, command), *map(str, words)], check=False, capture_output=True, env=environment)


@pytest.mark.slow  # three launches of two processes that load torch
def test_two_killed_processes_resume_to_the_same_weights(model: Path, data: Path, tmp_path: Path) -> None:
    outcome = together(model, data, tmp_path / "whole", NEVER)
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert together(model, data, tmp_path / "cut", 3).returncode != 0
    outcome = together(model, data, tmp_path / "cut", NEVER)
    assert outcome.returncode == 0, outcome.stderr.decode()
    whole, cut = (tmp_path / name / "checkpoints" / "checkpoint-4" / "model.safetensors" for name in ("whole", "cut"))
    assert whole.read_bytes() == cut.read_bytes()
    steps = [row["step"] for row in bench.jsonl(tmp_path / "cut" / "metrics.jsonl") if "loss" in row]
    assert steps == [1, 2, 3, 4]


@pytest.mark.slow  # two processes that load torch
def test_a_signal_to_one_process_stops_both_after_the_same_saved_step(model: Path, data: Path, tmp_path: Path) -> None:
    outcome = together(model, data, tmp_path / "run", 1, signal.SIGTERM, "--spare-the-first")
    assert b"saved checkpoint-1" in outcome.stderr
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["checkpoint-1"]
    steps = [row["step"] for row in bench.jsonl(tmp_path / "run" / "metrics.jsonl") if "loss" in row]
    assert steps == [1]
