from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from geovlm_cli.errors import PluginError
from geovlm_cli.rewards import score
from geovlm_cli.signals import StopSignals
from geovlm_cli.training import callbacks, grpo
from geovlm_cli.training.parts import Parts, load_parts
from geovlm_cli.training.reward_function import TaskRewards
from geovlm_cli.training.session import Job, run
from tests.training import bench

STEPS = "grpo.max_steps=5"
TEXTS = (
    "<think>I look.</think><answer>red</answer>",
    "<think>I look.</think><answer>deer</answer> and more",
    "<answer>red</answer>",
    "",
    "<think>I look.</think><answer>[5,5,20,20,30]</answer>",
    "<think>I look.</think><answer>[5,5,20,20,30],[1,1,9,9,0]</answer>",
    "<think>I look.</think><answer>[5,5,</answer>",
    "<think>I look.</think><answer>[]</answer>",
)


class PulledPlugError(Exception):
    """Stands for a kill inside this process."""


@pytest.fixture(scope="module")
def undisturbed(model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    grpo.train(plain_job(model, data, out))
    return out


def plain_job(model: Path, data: Path, out: Path, *, resume: bool = False) -> Job:
    """A job whose answers need no tags, so that random weights earn something."""
    return bench.job("grpo", model, data, out, STEPS, structure="plain", resume=resume)


def asked(run: Path) -> list[tuple[int, str]]:
    return [(row["step"], row["id"]) for row in bench.jsonl(run / "completions.jsonl")]


def test_grpo_learns_and_leaves_what_the_contract_says(undisturbed: Path, model: Path) -> None:
    rows = bench.jsonl(undisturbed / "completions.jsonl")
    assert len(rows) == 5 * 8
    assert {row["step"] for row in rows} == {1, 2, 3, 4, 5}
    assert rows[0].keys() == {"step", "id", "task", "completion", "components", "total", "advantage", "reason"}
    for start in range(0, len(rows), 4):
        group = rows[start : start + 4]
        assert len({row["id"] for row in group}) == 1
        assert sum(row["advantage"] for row in group) == pytest.approx(0, abs=1e-5)
    assert any(row["advantage"] for row in rows)
    before = safetensors.torch.load_file(model / "model.safetensors")
    after = safetensors.torch.load_file(undisturbed / "checkpoints" / "checkpoint-5" / "model.safetensors")
    assert not all(torch.equal(before[name], after[name]) for name in before)


def test_the_logged_reward_is_that_of_the_completions(undisturbed: Path) -> None:
    logged = {row["step"]: row["reward"] for row in bench.jsonl(undisturbed / "metrics.jsonl") if "reward" in row}
    for step, reward in logged.items():
        totals = [row["total"] for row in bench.jsonl(undisturbed / "completions.jsonl") if row["step"] == step]
        assert reward == pytest.approx(np.mean(totals), abs=1e-6)


def test_a_cut_off_run_goes_on_with_the_same_prompts_and_the_weights_of_the_checkpoint(
    undisturbed: Path, model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    with monkeypatch.context() as patch:

        def stop(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 3:
                raise PulledPlugError

        patch.setattr(callbacks.StopAtSignal, "on_step_end", stop)
        with pytest.raises(PulledPlugError):
            grpo.train(plain_job(model, data, out))
    begun: list[dict[str, torch.Tensor]] = []

    def begin(self: Any, args: Any, state: Any, control: Any, **rest: Any) -> None:
        assert state.global_step == 2
        begun.append({name: value.detach().clone() for name, value in rest["model"].named_parameters()})

    monkeypatch.setattr(callbacks.StopAtSignal, "on_train_begin", begin)
    job = plain_job(model, data, out, resume=True)
    saved = load_parts(job, out / "checkpoints" / "checkpoint-2").model
    last = grpo.train(job)
    assert last.name == "checkpoint-5"
    assert asked(out) == asked(undisturbed)
    assert all(torch.equal(begun[0][name], value) for name, value in saved.named_parameters())


def test_the_reward_call_of_the_trainer_is_score(model: Path, data: Path, tmp_path: Path) -> None:
    job = bench.job("grpo", model, data, tmp_path / "run", "rewards.format=0.25", "rewards.colour.share=2")
    rewards = TaskRewards(job.rows, job.config.rewards)
    colour, box = (job.rows.places.index((task, 0)) for task in ("colour", "boxes"))
    row = [colour] * 4 + [box] * 4
    found: dict[str, Any] = {}

    def build(job: Job, arguments: Any, parts: Parts, signals: StopSignals) -> Any:
        trainer = grpo._build(job, arguments, parts, signals, rewards)
        completions = [[{"role": "assistant", "content": text}] for text in TEXTS]
        inputs = [{"row": number, "images": []} for number in row]
        found["columns"] = trainer._calculate_rewards(
            inputs, [[{"role": "user", "content": ""}]] * 8, completions, [[0]] * 8
        )
        found["names"], found["weights"] = trainer.reward_func_names, trainer.reward_weights
        trainer.train = lambda **_: None
        return trainer

    run(job, lambda: grpo._arguments(job, rewards), build)
    columns = dict(zip(found["names"], found["columns"].T.numpy(), strict=True))
    totals = np.nansum(found["columns"].numpy() * found["weights"].numpy(), axis=1)
    assert found["names"] == ["format", "colour/share", "boxes/detection"]
    for task, component, weights, at in (
        ("colour", "share", {"format": 0.25, "share": 2.0}, slice(0, 4)),
        ("boxes", "detection", {"format": 0.25, "detection": 1.0}, slice(4, 8)),
    ):
        batch = job.rows.batches[task].take([0] * 4)
        expected = score(job.rows.tasks[task], TEXTS[at], batch, weights=weights)
        np.testing.assert_array_equal(columns["format"][at], expected.columns["format"].astype(np.float32))
        np.testing.assert_array_equal(
            columns[f"{task}/{component}"][at], expected.columns[component].astype(np.float32)
        )
        np.testing.assert_allclose(totals[at], expected.total, rtol=1e-6)
    assert np.isnan(columns["colour/share"][4:]).all()
    assert np.isnan(columns["boxes/detection"][:4]).all()
    assert len({*columns["colour/share"][:4].tolist()}) > 1, "the texts must tell scores apart"


def test_a_reward_that_raises_stops_the_run_with_its_name(
    model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(answers: Any, batch: Any) -> Any:
        raise ZeroDivisionError("no")

    job = plain_job(model, data, tmp_path / "run")
    monkeypatch.setitem(job.rows.tasks["colour"].rewards, "share", broken)
    with pytest.raises(PluginError, match=r"`share`.*`colour`.*ZeroDivisionError"):
        grpo.train(job)


def test_prompts_are_padded_on_the_left(model: Path, data: Path, tmp_path: Path) -> None:
    job = plain_job(model, data, tmp_path / "run")
    job.folder.mkdir(parents=True)
    parts = load_parts(job, None)
    assert parts.processor.tokenizer.padding_side == "left"


@pytest.mark.slow  # a process of its own loads torch anew
def test_kill_minus_nine_then_resume_asks_the_same_prompts(
    undisturbed: Path, model: Path, data: Path, tmp_path: Path
) -> None:
    script = Path(__file__).parent / "kill_at.py"
    words = ["grpo", model, data, tmp_path / "run", 3, int(signal.SIGKILL), STEPS, "--plain"]
    killed = subprocess.run([sys.executable, script, *map(str, words)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    last = grpo.train(plain_job(model, data, tmp_path / "run", resume=True))
    assert last.name == "checkpoint-5"
    assert asked(tmp_path / "run") == asked(undisturbed)
