"""Real completions of real models: what others counted on them is counted again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from geovlm_cli.rewards import read_structure, score
from geovlm_cli.task import Batch, Sample, Task

SAMPLE = re.compile(r"\*\*Completion:\*\* (.*?)\n\n\*\*(?:Solution|Rewards):\*\*.*?format=([0-9.]+)", flags=re.DOTALL)


def test_format_agrees_with_all_logged_grpo_rollouts(shared: Path) -> None:
    log = (shared / "grpo-rollouts-dev/20251028_195736_rollout_results.md").read_text(encoding="utf-8")
    rollouts = SAMPLE.findall(log)
    assert len(rollouts) == 64
    read = read_structure([completion for completion, _ in rollouts], structure="think_answer")
    assert [value > 0 for value in read.format.tolist()] == [float(logged) > 0 for _, logged in rollouts]


@pytest.mark.parametrize(("run", "accuracy", "without_tags"), [("instruct", 48.0, 22), ("instruct_grpo100", 82.5, 0)])
def test_published_counting_accuracy_of_r1v(shared: Path, run: str, accuracy: float, without_tags: int) -> None:
    path = shared / f"r1v-superclevr/counting_results_superclevr_200_qwen2vl_2b_{run}_legacy.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]
    batch = Batch([Sample(id=str(i), task="count", reference=row["ground_truth"]) for i, row in enumerate(rows)])
    completions = [row["model_output"] for row in rows]
    found = score(Task(name="count", kind="count", summary=""), completions, batch, structure="answer")
    assert 100 * found.columns["exact"].mean() == pytest.approx(accuracy)
    assert (found.reasons == "no_answer").sum() == without_tags


def test_a_model_without_think_blocks_earns_nothing_under_think_answer(shared: Path) -> None:
    path = shared / "r1v-superclevr/counting_results_superclevr_200_qwen2vl_2b_instruct_grpo100_legacy.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]
    read = read_structure([row["model_output"] for row in rows], structure="think_answer")
    assert read.format.sum() == 0
