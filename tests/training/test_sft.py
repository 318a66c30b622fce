from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from geovlm_cli.errors import ConfigError, ModelError, RunFolderError
from geovlm_cli.models import load_model, model_info, resolve_model
from geovlm_cli.signals import Stopped
from geovlm_cli.training import callbacks, sft
from tests.training import bench

STEPS = "sft.max_steps=6"


class PulledPlugError(Exception):
    """Stands for a kill inside this process."""


def losses(run: Path) -> list[tuple[int, float]]:
    return [(row["step"], row["loss"]) for row in bench.jsonl(run / "metrics.jsonl") if "loss" in row]


def counted(run: Path) -> tuple[float, float]:
    """The closing loss and the tokens learnt from."""
    rows = bench.jsonl(run / "metrics.jsonl")
    return rows[-1]["train_loss"], max(row["num_tokens"] for row in rows if "num_tokens" in row)


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = safetensors.torch.load_file(checkpoint / "model.safetensors")
    return found


def equal(first: Path, second: Path) -> bool:
    one, two = weights(first), weights(second)
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def pull_the_plug(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    def on_step_end(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == step:
            raise PulledPlugError

    monkeypatch.setattr(callbacks.StopAtSignal, "on_step_end", on_step_end)


@pytest.fixture(scope="module", params=["adamw", "muon"])
def undisturbed(
    request: pytest.FixtureRequest, model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    optimizer = f"sft.optimizer={request.param}"
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    sft.train(bench.job("sft", model, data, run, STEPS, optimizer))
    return optimizer, run


def test_sft_learns_and_leaves_what_the_contract_says(undisturbed: tuple[str, Path], model: Path) -> None:
    _, run = undisturbed
    found = losses(run)
    assert [step for step, _ in found] == [1, 2, 3, 4, 5, 6]
    assert found[-1][1] < found[0][1]
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["checkpoint-4", "checkpoint-6"]
    assert {"run.json", "config.yaml", "metrics.jsonl"} <= {path.name for path in run.iterdir()}
    last = run / "checkpoints" / "checkpoint-6"
    assert resolve_model(str(run)) == last
    assert model_info(str(run)).profile == bench.PROFILE
    assert not equal(last, model)
    assert not [path for path in last.iterdir() if path.suffix in (".bin", ".pkl")]


def test_a_run_that_was_cut_off_ends_as_the_undisturbed_one(
    undisturbed: tuple[str, Path], model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer, run = undisturbed
    said: list[str] = []
    with monkeypatch.context() as patch:
        pull_the_plug(patch, step=5)
        with pytest.raises(PulledPlugError):
            sft.train(bench.job("sft", model, data, tmp_path / "run", STEPS, optimizer))
    last = sft.train(bench.job("sft", model, data, tmp_path / "run", STEPS, optimizer, resume=True, say=said.append))
    assert said == ["resuming from checkpoint-4 (step 4)"]
    assert losses(tmp_path / "run") == losses(run)
    assert counted(tmp_path / "run") == pytest.approx(counted(run), rel=1e-6)
    assert equal(last, run / "checkpoints" / "checkpoint-6")


def test_a_truncated_newest_checkpoint_is_passed_over_with_a_sentence(
    undisturbed: tuple[str, Path], model: Path, data: Path, tmp_path: Path
) -> None:
    optimizer, run = undisturbed
    out, said = tmp_path / "run", list[str]()
    shutil.copytree(run, out)
    newest = out / "checkpoints" / "checkpoint-6" / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:1000])
    last = sft.train(bench.job("sft", model, data, out, STEPS, optimizer, resume=True, say=said.append))
    assert said[0].startswith("checkpoint-6 failed verification (model.safetensors has 1000 of ")
    assert said[0].endswith("using checkpoint-4.")
    assert equal(last, run / "checkpoints" / "checkpoint-6")
    assert losses(out) == losses(run)


def test_resuming_a_finished_run_trains_nothing(model: Path, data: Path, tmp_path: Path) -> None:
    steps = "sft.max_steps=2"  # within the first epoch, where transformers alone would go on
    last = sft.train(bench.job("sft", model, data, tmp_path / "run", steps))
    said: list[str] = []
    assert sft.train(bench.job("sft", model, data, tmp_path / "run", steps, resume=True, say=said.append)) == last
    assert said[-1] == "nothing is left to do: checkpoint-2 is the last step"
    assert [step for step, _ in losses(tmp_path / "run")] == [1, 2]


def test_lora_resumes_and_answers_as_a_model(
    model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (STEPS, "model.lora.r=4")
    sft.train(bench.job("sft", model, data, tmp_path / "whole", *words))
    with monkeypatch.context() as patch:
        pull_the_plug(patch, step=3)
        with pytest.raises(PulledPlugError):
            sft.train(bench.job("sft", model, data, tmp_path / "run", *words))
    last = sft.train(bench.job("sft", model, data, tmp_path / "run", *words, resume=True))
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")
    adapter = safetensors.torch.load_file(last / "adapter_model.safetensors")
    assert any(bool(tensor.any()) for name, tensor in adapter.items() if "lora_B" in name)
    loaded = load_model(str(tmp_path / "run"))
    assert any("lora_B" in name for name, _ in loaded.named_parameters())


def test_a_frozen_vision_tower_stays(model: Path, data: Path, tmp_path: Path) -> None:
    last = sft.train(bench.job("sft", model, data, tmp_path / "run", "sft.max_steps=2", "model.freeze_vision=true"))
    before, after = weights(model), weights(last)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert not [name for name in moved if "visual" in name]


def test_a_signal_ends_the_run_after_a_saved_step(
    model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = callbacks.Shown.on_step_end

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **rest: Any) -> None:
        shown(self, args, state, control, **rest)
        if state.global_step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(callbacks.Shown, "on_step_end", on_step_end)
    with pytest.raises(Stopped) as stopped:
        sft.train(bench.job("sft", model, data, tmp_path / "run", STEPS))
    assert stopped.value.exit_code == 143
    assert "saved checkpoint-3" in str(stopped.value)
    assert resolve_model(str(tmp_path / "run")) == tmp_path / "run" / "checkpoints" / "checkpoint-3"


def test_another_configuration_does_not_resume(undisturbed: tuple[str, Path], model: Path, data: Path) -> None:
    optimizer, run = undisturbed
    with pytest.raises(RunFolderError, match=r"sft\.learning_rate"):
        sft.train(bench.job("sft", model, data, run, STEPS, optimizer, "sft.learning_rate=1e-3", resume=True))
    with pytest.raises(RunFolderError, match="--resume"):
        sft.train(bench.job("sft", model, data, run, STEPS, optimizer))


def test_an_unknown_option_of_trl_is_refused_before_the_folder_is_made(model: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`sft\.warmup_step`.*Did you mean `warmup_steps`"):
        sft.train(bench.job("sft", model, data, tmp_path / "run", "sft.warmup_step=3"))
    assert not (tmp_path / "run").exists()


def test_a_model_that_does_not_load_leaves_the_folder_free(model: Path, data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in model.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError, match="does not load"):
        sft.train(bench.job("sft", broken, data, tmp_path / "run", STEPS))
    sft.train(bench.job("sft", model, data, tmp_path / "run", "sft.max_steps=1"))


@pytest.mark.slow  # a process of its own loads torch anew
def test_kill_minus_nine_then_resume_ends_with_the_same_loss(
    undisturbed: tuple[str, Path], model: Path, data: Path, tmp_path: Path
) -> None:
    optimizer, run = undisturbed
    script = Path(__file__).parent / "kill_at.py"
    words = ["sft", model, data, tmp_path / "run", 5, int(signal.SIGKILL), STEPS, optimizer]
    killed = subprocess.run([sys.executable, script, *map(str, words)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    last = sft.train(bench.job("sft", model, data, tmp_path / "run", STEPS, optimizer, resume=True))
    assert losses(tmp_path / "run") == losses(run)
    assert equal(last, run / "checkpoints" / "checkpoint-6")
