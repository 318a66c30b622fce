"""TRL's spellings of what we hold elsewhere, and the options that a configuration may not set."""

from __future__ import annotations

from collections.abc import Mapping

from geovlm_cli.config.strict_yaml import KeyPath
from geovlm_cli.errors import ConfigError

ALIASES: Mapping[str, KeyPath] = {
    "model_name_or_path": ("model", "name"),
    "dtype": ("model", "dtype"),
    "torch_dtype": ("model", "dtype"),
    "attn_implementation": ("model", "attn_implementation"),
    "lora_r": ("model", "lora", "r"),
    "lora_alpha": ("model", "lora", "alpha"),
    "lora_dropout": ("model", "lora", "dropout"),
    "dataset_name": ("data", "train"),
}

_CODE = "it would run code; only a flag typed for that run can"
_PUBLISH = "it would publish the run"

REFUSED: Mapping[str, str] = {
    "trust_remote_code": f"{_CODE} (`--trust-remote-code`)",
    "model_init_kwargs": "the model is loaded from the section `model`",
    "push_to_hub": _PUBLISH,
    "hub_*": _PUBLISH,
    "log_completions_hub_repo": _PUBLISH,
    "trackio_space_id": _PUBLISH,
    "output_dir": "the run folder is named by `--out`",
    "resume_from_checkpoint": "a run is resumed by `--resume`",
    "reward_weights": "weights stand in the section `rewards`",
    "reward_funcs": "rewards belong to tasks; weights stand in the section `rewards`",
    "remove_unused_columns": "the columns are ours",
    "max_length": "cutting a prompt would cut its image tokens",
    "save_strategy": "checkpoints are written every `save_steps` and at the end",
    "save_safetensors": "only safetensors are written",
    "save_only_model": "a checkpoint that cannot be resumed is not written",
    "disable_tqdm": "progress is drawn on a terminal and logged as lines elsewhere",
    "optim": "use `optimizer: adamw` or `optimizer: muon`",
    "completion_only_loss": "the loss is on the answer",
    "assistant_only_loss": "the loss is on the answer",
}

_FLAGS: Mapping[str, str] = {
    "output_dir": "--out RUN",
    "resume_from_checkpoint": "--resume",
    "use_peft": "model.lora.r=16",
    "trust_remote_code": "--trust-remote-code",
}


def path_of_option(name: str, section: str) -> KeyPath:
    """Return the key path of an option spelled as TRL spells it; an unknown one belongs to `section` and is checked there."""
    if name in _FLAGS:
        raise ConfigError(f"`--{name}` is spelled `{_FLAGS[name]}` here.")
    return ALIASES.get(name, (section, name))
