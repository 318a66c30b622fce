"""GRPO on TRL's GRPOTrainer, with the rewards of the tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerate.utils import gather_object
from transformers import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from geovlm_cli.signals import StopSignals
from geovlm_cli.training.callbacks import Journal, Metrics, Shown, StopAtSignal, finite
from geovlm_cli.training.data_set import grpo_rows
from geovlm_cli.training.journal import COMPLETIONS, METRICS
from geovlm_cli.training.options import check_names, trl_config
from geovlm_cli.training.parts import Parts
from geovlm_cli.training.reward_function import TaskRewards
from geovlm_cli.training.session import Job, run
from geovlm_cli.training.shared_images import share_images
from geovlm_cli.training.trainer import Checkpoints

if TYPE_CHECKING:
    from geovlm_cli.training.rows import TrainingRows


class Grpo(Checkpoints, GRPOTrainer):  # type: ignore[misc]  # trl carries no types
    """TRL's trainer with our checkpoints and our log of completions. Set `rewards`, `rows` and `log_of_completions` before training."""

    rewards: TaskRewards
    rows: TrainingRows
    log_of_completions: Journal

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        lines = completion_rows(self.rewards, self.rows, output["advantages"].tolist(), self.state.global_step + 1)
        self.log_of_completions.append(gather_object(lines))
        return output


def completion_rows(
    rewards: TaskRewards, rows: TrainingRows, advantages: list[float], step: int
) -> list[dict[str, Any]]:
    """Return the lines of `completions.jsonl` for the batch that was scored last. step: the first optimizer step that learns from it."""
    scored = rewards.last
    if scored is None:
        return []
    lines = []
    for index, (row, text) in enumerate(zip(scored.rows, scored.texts, strict=True)):
        columns = {name: finite(float(column[index])) for name, column in scored.columns.items()}
        lines.append(
            {
                "step": step,
                "id": rows.sample(row).id,
                "task": rows.places[row][0],
                "completion": text,
                "components": {name.rpartition("/")[2]: value for name, value in columns.items() if value is not None},
                "total": float(scored.total[index]),
                "advantage": finite(advantages[index]),
                "reason": str(scored.reasons[index]),
            }
        )
    return lines


def train(job: Job) -> Path:
    """Run `geovlm grpo` and return the last checkpoint."""
    check_names(job.section, "grpo", GRPOConfig)
    rewards = TaskRewards(job.rows, job.config.rewards)

    def build(job: Job, arguments: Any, parts: Parts, signals: StopSignals) -> Any:
        return _build(job, arguments, parts, signals, rewards)

    return run(job, lambda: _arguments(job, rewards), build)


def _arguments(job: Job, rewards: TaskRewards) -> Any:
    arguments = trl_config(job.section, "grpo", GRPOConfig, job.folder, mixed_precision=job.mixed_precision)
    arguments.reward_weights = rewards.weights
    return arguments


def _build(job: Job, arguments: Any, parts: Parts, signals: StopSignals, rewards: TaskRewards) -> Any:
    share_images(parts.model)
    completions = Journal(job.out / COMPLETIONS)
    trainer = Grpo(
        model=parts.model,
        args=arguments,
        train_dataset=grpo_rows(job.rows, job.profile, job.style),
        processing_class=parts.processor,
        reward_funcs=rewards.functions(),
        peft_config=parts.lora,
        optimizers=(parts.optimizer, None),
        callbacks=[Metrics(job.out / METRICS), completions, Shown(), StopAtSignal(signals)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.keep, trainer.profile, trainer.prompt_style = job.section.save_total_limit, job.profile, job.style
    trainer.rewards, trainer.rows, trainer.log_of_completions = rewards, job.rows, completions
    return trainer
