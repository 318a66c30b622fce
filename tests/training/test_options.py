from __future__ import annotations

from pathlib import Path

import pytest
from trl import GRPOConfig, SFTConfig

from geovlm_cli.config import load
from geovlm_cli.errors import ConfigError
from geovlm_cli.models import device
from geovlm_cli.training.options import check_names, trl_config


def test_nothing_cuts_publishes_or_reports_by_itself(tmp_path: Path) -> None:
    found = trl_config(load(None).sft, "sft", SFTConfig, tmp_path, mixed_precision=True)
    assert found.max_length is None
    assert found.remove_unused_columns is False
    assert found.push_to_hub is False
    assert list(found.report_to) == []
    assert found.output_dir == str(tmp_path)


@pytest.mark.skipif(device() != "cpu", reason="settings of a machine without a GPU")
def test_a_machine_without_a_gpu_gets_settings_that_run_there(tmp_path: Path) -> None:
    found = trl_config(load(None).sft, "sft", SFTConfig, tmp_path, mixed_precision=True)
    assert (found.use_cpu, found.bf16, found.gradient_checkpointing, found.dataloader_pin_memory) == (
        True,
        False,
        False,
        False,
    )


def test_options_of_trl_arrive(tmp_path: Path) -> None:
    section = load(None, ["grpo.epsilon_high=0.28", "grpo.scale_rewards=none", "grpo.beta=0.04"], section="grpo").grpo
    found = trl_config(section, "grpo", GRPOConfig, tmp_path, mixed_precision=True)
    assert (found.epsilon_high, found.scale_rewards, found.beta, found.num_generations) == (0.28, "none", 0.04, 8)


def test_an_unknown_option_names_the_nearest() -> None:
    section = load(None, ["grpo.epsilon_hig=0.28"], section="grpo").grpo
    with pytest.raises(ConfigError, match=r"`grpo\.epsilon_hig`.*GRPOConfig.*`epsilon_high`"):
        check_names(section, "grpo", GRPOConfig)


def test_what_trl_refuses_is_one_sentence(tmp_path: Path) -> None:
    section = load(None, ["sft.lr_scheduler_type=sinus"]).sft
    with pytest.raises(ConfigError, match="refuses the section `sft`") as caught:
        trl_config(section, "sft", SFTConfig, tmp_path, mixed_precision=True)
    assert "\n" not in str(caught.value)
