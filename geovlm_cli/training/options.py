"""From our section of a configuration to TRL's config object: names checked, what this machine needs filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.errors import ConfigError, clean, nearest
from geovlm_cli.models import device

if TYPE_CHECKING:
    from geovlm_cli.config import TrainerSection

_OURS = ("optimizer", "gradient_checkpointing")  # keys of ours that TRL does not have, or that depend on the machine
_FIXED: Mapping[str, Any] = {
    "save_strategy": "steps",
    "save_total_limit": None,  # ours rotates only after the next checkpoint is complete
    "logging_strategy": "steps",
    "remove_unused_columns": False,
    "disable_tqdm": True,
    "max_length": None,  # cutting a prompt would cut its image tokens
}


def check_names(section: TrainerSection, name: str, config_class: type) -> None:
    """Raise ConfigError, with the nearest name, for an option that the installed TRL does not have."""
    known = _names(config_class)
    for key in section.options:
        if key not in known:
            raise ConfigError(
                f"Unknown key `{name}.{clean(key)}`: it is neither ours nor an option of {config_class.__name__}.{nearest(key, [*known, *type(section).model_fields])}"
            )


def check_installed(section: TrainerSection, name: str) -> bool:
    """Do what `check_names` does with the TRL that is installed; False where none is. Imports torch, unless there is nothing to check."""
    if not section.options:
        return True
    try:
        import trl
    except ModuleNotFoundError:
        return False
    check_names(section, name, trl.SFTConfig if name == "sft" else trl.GRPOConfig)
    return True


def trl_config(section: TrainerSection, name: str, config_class: type, folder: Path, *, mixed_precision: bool) -> Any:
    """Return the config object of a TRL trainer that writes into `folder`.

    mixed_precision: autocast to bfloat16 over the weights (CUDA). Made before any model is loaded, as ZeRO-3 needs it.
    """
    wrapped = {
        key: value
        for key, value in section.model_dump().items()
        if key in type(section).model_fields and key not in _OURS
    }
    fixed = {key: value for key, value in _FIXED.items() if key in _names(config_class)}
    values = {
        **wrapped,
        **_machine(section, mixed_precision=mixed_precision),
        **section.options,
        **fixed,
        "output_dir": str(folder),
    }
    try:
        return config_class(**values)
    except (ValueError, TypeError, ImportError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ConfigError(f"{config_class.__name__} refuses the section `{name}`: {clean(first_line, 300)}") from error


def _machine(section: TrainerSection, *, mixed_precision: bool) -> dict[str, Any]:
    """The settings that go with the machine and the terminal: those that differ between a GPU and a CPU stand here."""
    on_gpu = device() == "cuda"
    return {
        "use_cpu": not on_gpu,
        "bf16": on_gpu and mixed_precision,
        "gradient_checkpointing": on_gpu if section.gradient_checkpointing is None else section.gradient_checkpointing,
        "dataloader_pin_memory": on_gpu,
        "log_level": "error",  # TRL's own lines; ours are the progress and the metrics
    }


def _names(config_class: type) -> list[str]:
    return [field.name for field in fields(config_class) if field.init]
