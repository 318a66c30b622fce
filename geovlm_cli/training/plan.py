"""What a run would do, without loading a model: rows by task, rows left out, steps."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from geovlm_cli.config import GrpoSection, TrainerSection, to_yaml
from geovlm_cli.errors import ConfigError, counted

if TYPE_CHECKING:
    from geovlm_cli.config import Config
    from geovlm_cli.training.rows import TrainingRows

_SHOWN = 5


def steps(section: TrainerSection, rows: int) -> int:
    """Return the number of optimizer steps; raises ConfigError for a GRPO batch that does not divide, or that needs more rows than there are."""
    batch = (
        section.per_device_train_batch_size
        * section.gradient_accumulation_steps
        * int(os.environ.get("WORLD_SIZE", "1"))
    )
    a_epoch = math.ceil(rows / batch)
    if isinstance(section, GrpoSection):
        a_epoch = _grpo_steps(section, batch, rows)
    return section.max_steps if section.max_steps > 0 else math.ceil(section.num_train_epochs * a_epoch)


def check_optimizer(command: str, config: Config) -> None:
    """Raise ConfigError for an optimizer that cannot train what is asked for."""
    section: TrainerSection = getattr(config, command)
    if section.optimizer == "muon" and (config.model.lora or "deepspeed" in section.options):
        raise ConfigError(
            f"`{command}.optimizer: muon` works on full weights in one process group; use adamw with LoRA or DeepSpeed."
        )


def lines(command: str, config: Config, rows: TrainingRows) -> list[str]:
    """Return the plan as lines for a person."""
    section: TrainerSection = getattr(config, command)
    found = [f"{task}: {counted(count, 'row')}" for task, count in rows.counts().items()]
    found += [f"left out: {count} × {reason}" for reason, count in rows.left_out.most_common(_SHOWN)]
    kind = "LoRA" if config.model.lora else "full"
    planned = counted(steps(section, len(rows)), "step")
    found.append(f"{command} of {config.model.name} ({kind}, {section.optimizer}): {planned}")
    return found


def resolved(config: Config) -> str:
    """Return the resolved configuration as YAML."""
    return to_yaml(config)


def _grpo_steps(section: GrpoSection, batch: int, rows: int) -> int:
    if batch % section.num_generations:
        raise ConfigError(
            f"A step has {counted(batch, 'completion')} (grpo.per_device_train_batch_size × devices × accumulation), "
            f"which grpo.num_generations={section.num_generations} does not divide."
        )
    prompts = batch // section.num_generations
    if prompts > rows:
        raise ConfigError(
            f"A step asks {counted(prompts, 'prompt')} of {counted(rows, 'row')}; lower grpo.per_device_train_batch_size."
        )
    return rows // prompts
