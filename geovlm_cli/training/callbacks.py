"""What happens at each step besides learning: metrics to the run folder, progress to stderr, signals."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from geovlm_cli.runs import RowFile
from geovlm_cli.signals import StopSignals
from geovlm_cli.training.journal import open_at

_SHOWN = ("loss", "reward", "reward_std", "learning_rate", "grad_norm", "mean_token_accuracy", "malformed")
_ON_BAR = ("loss", "reward", "malformed")


class Journal(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy here
    """A JSON-lines file of the run that is opened when training begins, cut back to the step that it goes on from. Close it at the end, whatever happened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: RowFile | None = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.is_world_process_zero:
            self._file = open_at(self._path, state.global_step)

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Write the lines of one step; only the first process does."""
        if self._file is not None:
            self._file.append(rows)

    def close(self) -> None:
        """Bring the file to the disk."""
        if self._file is not None:
            self._file.close()


class Metrics(Journal):
    """Appends what is logged, one object a logged step."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if logs:
            self.append([{"step": state.global_step, **{key: finite(value) for key, value in logs.items()}}])


class Shown(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy here
    """A progress bar on a terminal, a line at each logged step elsewhere; both on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._begun = (0, 0.0)
        self._values = ""

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._begun = (state.global_step, time.monotonic())
        if not state.is_world_process_zero or not self._console.is_terminal:
            return
        columns = (
            TextColumn("step"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self._bar = Progress(*columns, console=self._console)
        self._bar.add_task("", total=state.max_steps, completed=state.global_step)
        self._bar.start()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=state.global_step, description=self._values)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not state.is_world_process_zero or not logs or not any(key in logs for key in ("loss", "reward")):
            return
        self._values = _listed(logs, _ON_BAR)
        if self._bar is None:
            sys.stderr.write(
                f"step {state.global_step}/{state.max_steps}  {_listed(logs, _SHOWN)}  {self._remaining(state)}\n"
            )

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.stop()

    def _remaining(self, state: TrainerState) -> str:
        first, begun = self._begun
        done = max(1, state.global_step - first)
        seconds = (time.monotonic() - begun) / done * (state.max_steps - state.global_step)
        return f"{seconds:.0f} s left"


class StopAtSignal(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy here
    """After SIGINT or SIGTERM: finish the step, save, stop."""

    def __init__(self, signals: StopSignals) -> None:
        self._signals = signals

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if _in_any_process(self._signals.received is not None):
            control.should_save = True
            control.should_training_stop = True


def _in_any_process(here: bool) -> bool:
    """Agree between the processes of a run: torchrun signals each of them, but not between the same two steps."""
    if not torch.distributed.is_initialized():
        return here
    anywhere: list[bool] = [False] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(anywhere, here)
    return any(anywhere)


def _listed(logs: dict[str, Any], names: tuple[str, ...]) -> str:
    return "  ".join(f"{name} {logs[name]:.4g}" for name in names if isinstance(logs.get(name), int | float))


def finite(value: Any) -> Any:
    """Return a value as JSON can hold it: no NaN, no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
