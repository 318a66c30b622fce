"""What both trainers add to TRL's: checkpoints that are complete or not there, and resuming that really loads the weights."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import torch
from safetensors import SafetensorError

from geovlm_cli import checkpoints
from geovlm_cli.models import declare

if TYPE_CHECKING:
    from geovlm_cli.profiles import Profile


# Under torchrun on CPUs transformers asks torch to load the optimizer to the device `cpu:0`, which torch names `cpu` and does not know.
torch.serialization.register_package(5, lambda _: None, lambda storage, place: storage if place == "cpu:0" else None)


COUNTED = "counted.json"
_PER_SECOND = ("train_samples_per_second", "train_steps_per_second")


class Checkpoints:
    """Mixin before a TRL trainer. Set `keep`, `profile` and `prompt_style` before training.

    A checkpoint keeps in `counted.json` what transformers forgets: the sum of the losses and the tokens so far, so that a resumed run
    closes with the figures of a whole one.
    """

    keep: int | None
    profile: Profile
    prompt_style: str
    _staging: Path | None = None
    _loss_before = 0.0
    _resumed = False

    def log(self: Any, logs: dict[str, Any], start_time: float | None = None) -> None:
        """Log as the trainer does; the closing loss is the mean over all steps of the run, those before a resume too."""
        if self._resumed and "train_loss" in logs:
            mean = logs["train_loss"] + self._loss_before / max(self.state.global_step, 1)
            # per second: transformers divides the steps of the whole run by the seconds of its last part
            logs = {key: value for key, value in logs.items() if key not in _PER_SECOND} | {"train_loss": mean}
        super().log(logs, start_time)  # type: ignore[misc]  # of the trainer after it

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Write no card: TRL's names its own training data set, which ours are not."""

    def _get_output_dir(self: Any, trial: Any) -> str:
        return str(self._staging) if self._staging else super()._get_output_dir(trial)  # type: ignore[misc]  # of the trainer after it

    def _save_checkpoint(self: Any, model: Any, trial: Any) -> None:
        folder, step = Path(self.args.output_dir), self.state.global_step
        with self._staged(folder, step) as staging:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]  # of the trainer after it
            counted = self._counted()
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                staged = staging / f"checkpoint-{step}"
                (staged / "training_args.bin").unlink(missing_ok=True)  # a pickle that nothing reads
                (staged / COUNTED).write_bytes(orjson.dumps(counted))
                declare(staged, self.profile, self.prompt_style)
                checkpoints.publish(staged, folder, step)
                checkpoints.rotate(folder, self.keep)
        self.accelerator.wait_for_everyone()

    def _counted(self: Any) -> dict[str, float]:
        since_logged = float(self.accelerator.gather(self._tr_loss).mean())
        tokens = getattr(self, "_total_train_tokens", 0)
        return {"loss": self._loss_before + self._total_loss_scalar + since_logged, "tokens": tokens}

    def _load_from_checkpoint(self: Any, checkpoint: str, model: Any = None) -> None:
        counted = orjson.loads((Path(checkpoint) / COUNTED).read_bytes())
        self._resumed, self._loss_before, self._total_train_tokens = True, counted["loss"], counted["tokens"]
        # A full model was built from the checkpoint. transformers would look for its tensors under names that they do not have in the
        # file, find none, and go on with a warning (stack page, section 4).
        if (Path(checkpoint) / "adapter_config.json").is_file():
            super()._load_from_checkpoint(checkpoint, model)  # type: ignore[misc]  # of the trainer after it

    @contextmanager
    def _staged(self: Any, folder: Path, step: int) -> Iterator[Path]:
        self._staging = folder / checkpoints.STAGING
        try:
            yield self._staging
        except (OSError, SafetensorError, RuntimeError) as error:
            raise checkpoints.not_saved(folder, step, _as_os_error(error, folder)) from error
        finally:
            if self.args.should_save:
                shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None


def _as_os_error(error: Exception, folder: Path) -> OSError:
    """Return what the disk said: safetensors and torch wrap it in errors of their own, torch without its number."""
    if isinstance(error, OSError):
        return error
    first_line = str(error).strip().partition("\n")[0]
    full = "No space left" in first_line or shutil.disk_usage(folder).free < 1 << 20
    if full:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if isinstance(error, RuntimeError) and "PytorchStreamWriter" not in first_line:
        raise error
    return OSError(errno.EIO, first_line)
