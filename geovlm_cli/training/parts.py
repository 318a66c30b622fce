"""Loading what a run trains: the model or its adapter, the processor, the optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli import checkpoints
from geovlm_cli.errors import DeviceMemoryError, ModelError
from geovlm_cli.models import is_adapter, load_model, load_processor, resolve_model

if TYPE_CHECKING:
    from geovlm_cli.config.sections import Lora
    from geovlm_cli.training.session import Job

LANGUAGE_PROJECTIONS = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"


@dataclass(slots=True)
class Parts:
    """A loaded model and processor, what TRL is to put on them, and the checkpoint that the run goes on from."""

    model: Any
    processor: Any
    lora: Any
    optimizer: Any
    checkpoint: Path | None


def load_parts(job: Job, checkpoint: Path | None) -> Parts:
    """Load the weights to train: those of the checkpoint for a full model, else those of the named model, on which the trainer puts the adapter."""
    section = job.config.model
    if job.full and section.dtype == "bfloat16" and "deepspeed" not in job.section.options:
        job.say(
            "warning: updates smaller than half a step of bfloat16 are rounded away; model.dtype=auto keeps the weights in float32"
        )
    full = checkpoint if checkpoint is not None and job.full else None
    with device_memory():
        model = load_model(
            str(full) if full else section.name,
            dtype=job.dtype,
            attn_implementation=section.attn_implementation,
            trust_remote_code=job.trust_remote_code,
            trainable_adapter=True,
        )
    continued = is_adapter(resolve_model(section.name))
    if continued and job.full:
        model = model.merge_and_unload()
    if full:
        model.config._name_or_path = str(resolve_model(section.name))  # noqa: SLF001  # the reference model of GRPO is loaded from here
    processor = load_processor(section.name, profile=job.profile, trust_remote_code=job.trust_remote_code)
    if section.freeze_vision:
        _freeze_vision(model)
    checkpoints.check_space(job.folder, _bytes_of_checkpoint(model, full=job.full), job.say)
    lora = _lora(section.lora) if section.lora and not continued else None
    return Parts(model, processor, lora, _optimizer(job, model), checkpoint)


def _bytes_of_checkpoint(model: Any, *, full: bool) -> int:
    """Estimate a checkpoint: the weights and two moments of each trained one; an adapter is a small part of them."""
    parameters = list(model.parameters())
    weights = sum(value.numel() * value.element_size() for value in parameters)
    moments = 8 * sum(value.numel() for value in parameters if value.requires_grad)
    return int(weights + moments) if full else int(0.02 * weights)


def _freeze_vision(model: Any) -> None:
    towers = [module for name, module in model.named_modules() if name.rpartition(".")[2] in ("visual", "vision_tower")]
    if not towers:
        raise ModelError("model.freeze_vision is set, and this model has no vision tower under a known name.")
    for tower in towers:
        tower.requires_grad_(requires_grad=False)


def _lora(section: Lora) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=section.r,
        lora_alpha=section.alpha,
        lora_dropout=section.dropout,
        target_modules=section.target or LANGUAGE_PROJECTIONS,
        task_type="CAUSAL_LM",
    )


def _optimizer(job: Job, model: Any) -> Any:
    if job.section.optimizer == "adamw":
        return None
    from geovlm_cli.training.optimizer import MuonAdamW

    return MuonAdamW(model, learning_rate=job.section.learning_rate, weight_decay=job.section.weight_decay)


@contextmanager
def device_memory() -> Iterator[None]:
    """Turn running out of device memory into one sentence."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceMemoryError(
            "The device is out of memory; lower per_device_train_batch_size, train with model.lora.r=16, or set model.dtype=bfloat16."
        ) from error
