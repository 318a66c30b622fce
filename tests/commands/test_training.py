from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from geovlm_cli import plugins
from geovlm_cli.models import declare
from tests.training import bench

Run = Callable[..., Any]


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder that declares a profile but holds no weights, and rows; nothing here may load a model."""
    monkeypatch.setattr(plugins, "load", bench.small_plugins)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    declare(model, bench.PROFILE, "none")
    return model, bench.write_rows(tmp_path / "data")


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_a_dry_run_prints_the_configuration_and_the_plan_without_a_model(
    geovlm: Run, ready: tuple[Path, Path], tmp_path: Path, command: str
) -> None:
    model, data = ready
    outcome = geovlm(
        command, "--model", model, "--data", data, "--dry-run", f"{command}.max_steps=3", "--learning_rate", "1e-4"
    )
    assert outcome.code == 0
    assert f"name: {model}" in outcome.out
    assert "learning_rate: 0.0001" in outcome.out
    assert "colour: 8 rows" in outcome.err
    assert f"{command} of {model} (full, adamw): 3 steps" in outcome.err
    (tmp_path / "again.yaml").write_text(outcome.out)
    again = geovlm(command, "--config", tmp_path / "again.yaml", "--dry-run")
    assert again.out == outcome.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("sft.trust_remote_code=true",), 2, "refused"),
        (("model.nane=x",), 2, "Did you mean `name`"),
        (("--model", "none/such/model"), 4, "no model folder"),
        (("data.train=gone.jsonl",), 3, "gone.jsonl"),
        (("data.task=colours",), 2, "Did you mean `colour`"),
        (("--config", "gone.yaml"), 2, "gone.yaml"),
        (("--config", "recipe:tiny/sftt"), 2, "Did you mean `tiny/sft`"),
        (("sft.optimizer=muon", "model.lora.r=4"), 2, "use adamw with LoRA"),
        (("--out", "/dev/null/run"), 6, "/dev/null/run"),
        ((), 2, "--out RUN"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_code(
    geovlm: Run, ready: tuple[Path, Path], words: tuple[str, ...], code: int, message: str
) -> None:
    model, data = ready
    dry = ["--dry-run"] if words else []
    named = [] if "--model" in words else ["--model", model]
    given = [] if "data.train=gone.jsonl" in words else ["--data", data]
    outcome = geovlm("sft", *named, *given, *dry, *words)
    assert outcome.code == code, outcome.err
    assert message in outcome.err.splitlines()[-1]
    assert "Traceback" not in outcome.err


def test_an_option_that_trl_does_not_have_is_refused_before_the_run_folder_is_made(
    geovlm: Run, ready: tuple[Path, Path], tmp_path: Path
) -> None:
    model, data = ready
    outcome = geovlm("sft", "--model", model, "--data", data, "--out", tmp_path / "run", "--learning_rat", "1e-3")
    assert outcome.code == 2
    assert "`sft.learning_rat`" in outcome.err
    assert "Did you mean `learning_rate`" in outcome.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("command", "typo"), [("sft", "packin"), ("grpo", "epsilon_hig")])
def test_a_dry_run_refuses_an_option_that_trl_does_not_have(
    geovlm: Run, ready: tuple[Path, Path], command: str, typo: str
) -> None:
    model, data = ready
    outcome = geovlm(command, "--model", model, "--data", data, "--dry-run", f"{command}.{typo}=1")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"Unknown key `{command}.{typo}`" in outcome.err


def test_a_dry_run_without_trl_says_what_it_could_not_check(
    geovlm: Run, ready: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, data = ready
    monkeypatch.setitem(sys.modules, "trl", None)
    outcome = geovlm("sft", "--model", model, "--data", data, "--dry-run", "sft.packing=false")
    assert outcome.code == 0
    assert "sft.packing not checked" in outcome.err


def test_a_dry_run_does_not_ask_the_hub(geovlm: Run, ready: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", asked)
    outcome = geovlm("sft", "--model", "nobody/nothing", "--data", ready[1], "--dry-run")
    assert outcome.code == 4
    assert "a dry run does not ask it" in outcome.err


@pytest.mark.parametrize("word", ["model.name=other", "data.train=other.jsonl", "model={name: other}"])
def test_a_setting_that_is_named_twice_with_two_values_is_refused(
    geovlm: Run, ready: tuple[Path, Path], word: str
) -> None:
    model, data = ready
    outcome = geovlm("sft", "--model", model, "--data", data, "--dry-run", word)
    assert (outcome.code, outcome.out) == (2, "")
    assert "are two values of one setting" in outcome.err
    assert "=other" in outcome.err
    assert geovlm("sft", "--model", model, "--data", data, "--dry-run", f"model.name={model}").code == 0


def test_a_folder_of_another_run_is_refused_before_torch_is_imported(
    geovlm: Run, ready: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, data = ready
    monkeypatch.setitem(sys.modules, "trl", None)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("do not lose me")
    outcome = geovlm("sft", "--model", model, "--data", data, "--out", tmp_path / "run")
    assert outcome.code == 7
    assert "not empty" in outcome.err


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_training_without_trl_says_what_to_install(
    geovlm: Run, ready: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    model, data = ready
    monkeypatch.setitem(sys.modules, "trl", None)
    monkeypatch.delitem(sys.modules, f"geovlm_cli.training.{command}", raising=False)
    outcome = geovlm(command, "--model", model, "--data", data, "--out", tmp_path / "run")
    assert outcome.code == 4
    assert "Training needs trl, which is not installed; run pip install 'geovlm-cli[train]'." in outcome.err
    assert not (tmp_path / "run").exists()


def test_grpo_checks_the_rewards_before_anything_heavy(geovlm: Run, ready: tuple[Path, Path]) -> None:
    model, data = ready
    outcome = geovlm("grpo", "--model", model, "--data", data, "--dry-run", "rewards.colour.shar=1")
    assert outcome.code == 2
    assert "Did you mean `share`" in outcome.err


def test_recipes_are_listed_and_shown(geovlm: Run) -> None:
    listed = geovlm("recipes", "list")
    assert listed.code == 0
    assert "geovlm-r1/grpo" in listed.out
    shown = geovlm("recipes", "show", "tiny/sft")
    assert shown.out.startswith("# ")
    assert "max_steps" in shown.out
    assert geovlm("recipes", "show", "tiny/sf").code == 2


def test_building_without_torch_says_what_to_install_and_leaves_no_folder(
    geovlm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    outcome = geovlm("init-model", tmp_path / "made")
    assert (outcome.code, list(tmp_path.iterdir())) == (4, [])
    assert "Building a model needs torch, which is not installed; run pip install 'geovlm-cli[train]'." in outcome.err


def test_a_model_is_built_and_named_on_stdout(geovlm: Run, tmp_path: Path) -> None:
    outcome = geovlm("init-model", tmp_path / "made", "--like", "small")
    assert outcome.out.strip() == str(tmp_path / "made")
    assert (tmp_path / "made" / "model.safetensors").is_file()
    assert geovlm("init-model", tmp_path / "made", "--like", "small").code == 6
    assert geovlm("init-model", tmp_path / "other", "--like", "no-such-model").code == 4
