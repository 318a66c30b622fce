"""One training run from configuration to finished checkpoints: what SFT and GRPO share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from geovlm_cli import checkpoints
from geovlm_cli.config import anchored
from geovlm_cli.data.messages import PromptStyle
from geovlm_cli.errors import GeovlmError
from geovlm_cli.models import device, resolve_model
from geovlm_cli.runs import RunFolder
from geovlm_cli.runs.folder import RECORD
from geovlm_cli.signals import StopSignals
from geovlm_cli.training.journal import METRICS
from geovlm_cli.training.parts import Parts, device_memory, load_parts

if TYPE_CHECKING:
    from geovlm_cli.config import Config, TrainerSection
    from geovlm_cli.profiles import Profile
    from geovlm_cli.training.rows import TrainingRows

MAY_CHANGE = ("logging_steps", "save_steps", "save_total_limit", "report_to")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be trained. command: `sft` or `grpo`, which is also the section of the configuration. say: one sentence for stderr."""

    command: str
    config: Config
    rows: TrainingRows
    profile: Profile
    style: PromptStyle
    out: Path
    resume: bool
    trust_remote_code: bool
    say: Say

    @property
    def section(self) -> TrainerSection:
        """The section of this command."""
        found: TrainerSection = getattr(self.config, self.command)
        return found

    @property
    def folder(self) -> Path:
        """Where the checkpoints are."""
        return self.out / "checkpoints"

    def settings(self) -> dict[str, Any]:
        """What the run folder is claimed with (`RunFolder.create`, `RunFolder.check`)."""
        sections = {"model", "data", self.command} | ({"rewards"} if self.command == "grpo" else set())
        return {
            "command": self.command,
            "config": anchored(self.config).model_dump(mode="json", include=sections),
            "seed": self.section.seed,
            "resume": self.resume,
            "data_sha256": self.rows.sha256,
            "may_change": {f"{self.command}.{key}" for key in MAY_CHANGE},
        }

    @property
    def full(self) -> bool:
        """Are all weights trained, not an adapter?"""
        return self.config.model.lora is None

    @property
    def mixed_precision(self) -> bool:
        """Autocast to bfloat16 on a GPU, unless a dtype asks for something else."""
        return self.config.model.dtype in ("auto", "bfloat16")

    @property
    def dtype(self) -> str:
        """The type of the weights in memory.

        `auto` trains all weights in float32 under autocast: at the learning rates of GRPO an update is smaller than half a step of
        bfloat16 and would be rounded away. Under LoRA, and DeepSpeed with its own float32 copy, it is bfloat16 on a GPU.
        """
        chosen = self.config.model.dtype
        own_copy = "deepspeed" in self.section.options
        return "float32" if chosen == "auto" and self.full and not own_copy else chosen


def is_first_process() -> bool:
    """Is this the only process, or the first of several that torchrun started?"""
    return not int(os.environ.get("RANK", "0"))


class Build(Protocol):
    """Makes the trainer of one command from its loaded parts; signals are watched by its callbacks."""

    def __call__(self, job: Job, arguments: Any, parts: Parts, signals: StopSignals) -> Any: ...


def run(job: Job, arguments: Callable[[], Any], build: Build) -> Path:
    """Train and return the last checkpoint.

    arguments: makes TRL's config object, before any model is loaded. Raises Stopped after a signal, with the checkpoint saved.
    """
    _set_environment(job)
    with StopSignals() as signals, _run_folder(job):
        settings = arguments()
        checkpoint = _checkpoint(job)
        if checkpoint is not None and _finished(checkpoint):
            job.say(f"nothing is left to do: {checkpoint.name} is the last step")
            return checkpoint
        parts = load_parts(job, checkpoint)
        signals.check("nothing was trained yet; run the same line again")
        trainer = build(job, settings, parts, signals)
        with device_memory(), _closing(trainer.callback_handler.callbacks):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        step = trainer.state.global_step
        signals.check(f"saved checkpoint-{step}; go on with --resume")
    return job.folder / f"checkpoint-{step}"


@contextmanager
def _run_folder(job: Job) -> Iterator[None]:
    """Hold the run folder; of several processes only the first does."""
    if not is_first_process():
        yield
        return
    with RunFolder.create(job.out, **job.settings()) as folder:
        folder.record(device=device(), rows=len(job.rows), left_out=dict(job.rows.left_out))
        job.folder.mkdir(exist_ok=True)
        checkpoints.sweep(job.folder)
        try:
            yield
        except GeovlmError:
            _forget_unbegun(job)
            raise


def _forget_unbegun(job: Job) -> None:
    """Give the folder back where no step was made, so that a corrected line may use it."""
    if not (job.out / METRICS).exists() and not checkpoints.all_in(job.folder):
        job.folder.rmdir()
        (job.out / RECORD).unlink()


def _checkpoint(job: Job) -> Path | None:
    found = checkpoints.newest(job.folder, job.say)
    if found is not None:
        job.say(f"resuming from {found.name} (step {checkpoints.step_of(found)})")
    return found


def _finished(checkpoint: Path) -> bool:
    """Is this the last step of its run? transformers would train another one where a run ends within an epoch."""
    state = orjson.loads((checkpoint / "trainer_state.json").read_bytes())
    return int(state["global_step"]) >= int(state["max_steps"])


def _set_environment(job: Job) -> None:
    from transformers.utils.logging import set_verbosity_error

    set_verbosity_error()  # what it warns of here is aligned or checked by us; stderr is for our own lines
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if isinstance(resolve_model(job.config.model.name), Path):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


@contextmanager
def _closing(callbacks: list[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        for callback in callbacks:
            if hasattr(callback, "close"):
                callback.close()
