"""Supervised fine-tuning on TRL's SFTTrainer: the loss is on the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from geovlm_cli.signals import StopSignals
from geovlm_cli.training.callbacks import Metrics, Shown, StopAtSignal
from geovlm_cli.training.data_set import sft_rows
from geovlm_cli.training.journal import METRICS
from geovlm_cli.training.options import check_names, trl_config
from geovlm_cli.training.parts import Parts
from geovlm_cli.training.session import Job, run
from geovlm_cli.training.trainer import Checkpoints


class Sft(Checkpoints, SFTTrainer):  # type: ignore[misc]  # trl carries no types
    """TRL's trainer with our checkpoints."""


def train(job: Job) -> Path:
    """Run `geovlm sft` and return the last checkpoint."""
    check_names(job.section, "sft", SFTConfig)
    return run(job, lambda: _arguments(job), _build)


def _arguments(job: Job) -> Any:
    return trl_config(job.section, "sft", SFTConfig, job.folder, mixed_precision=job.mixed_precision)


def _build(job: Job, arguments: Any, parts: Parts, signals: StopSignals) -> Any:
    trainer = Sft(
        model=parts.model,
        args=arguments,
        train_dataset=sft_rows(job.rows, job.profile, job.style),
        processing_class=parts.processor,
        peft_config=parts.lora,
        optimizers=(parts.optimizer, None),
        callbacks=[Metrics(job.out / METRICS), Shown(), StopAtSignal(signals)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.keep, trainer.profile, trainer.prompt_style = job.section.save_total_limit, job.profile, job.style
    return trainer
