"""Run one training job in a process of its own and end it by a signal at the end of a step: `kill_at.py COMMAND MODEL DATA OUT STEP SIGNAL [OVERRIDE...]`."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from geovlm_cli.errors import GeovlmError
from geovlm_cli.profiles import Structure
from geovlm_cli.training import callbacks
from tests.training import bench


def main() -> None:
    command, model, data, out, step, signum, *overrides = sys.argv[1:]
    torch.set_num_threads(bench.THREADS)  # another number may round otherwise
    structure: Structure = "plain" if "--plain" in overrides else "think_answer"
    spared = "--spare-the-first" in overrides and os.environ.get("RANK") == "0"
    overrides = [word for word in overrides if not word.startswith("--")]
    shown = callbacks.Shown.on_step_end

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **rest: Any) -> None:
        shown(self, args, state, control, **rest)
        if state.global_step == int(step) and not spared:
            os.kill(os.getpid(), int(signum))

    callbacks.Shown.on_step_end = on_step_end  # type: ignore[method-assign]
    try:
        importlib.import_module(f"geovlm_cli.training.{command}").train(
            bench.job(command, model, Path(data), Path(out), *overrides, resume=True, structure=structure)
        )
    except GeovlmError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
