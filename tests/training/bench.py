"""A small bench for training tests: a plugin with two tasks, rows with images on disk, a model of two layers, and jobs over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
from PIL import Image

from geovlm_cli import plugins
from geovlm_cli.config import Config, load
from geovlm_cli.hookspecs import hookimpl
from geovlm_cli.models import declare, init_model
from geovlm_cli.plugins import Plugins
from geovlm_cli.profiles import Profile, Resize, Structure
from geovlm_cli.task import Malformed, Sample, Task, each
from geovlm_cli.training.rows import read_rows
from geovlm_cli.training.session import Job

SIZE = 32
THREADS = 1
PROFILE = Profile(
    name="small", structure="think_answer", box_syntax="list5", frame="model", resize=Resize(fixed=(SIZE, SIZE))
)
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def _letter(text: str, sample: Sample) -> Any:  # the signature of a task's parser
    return text.strip().casefold() or Malformed("empty")


def _share(answer: str, sample: Sample) -> float:
    return len(set(answer) & set(sample.reference)) / len(set(answer) | set(sample.reference))


TASKS = (
    Task(
        name="colour",
        kind="answer",
        summary="Name the colour.",
        prompt="Which colour?",
        thought="I look.",
        parse=each(_letter),
        rewards={"share": each(_share)},
    ),
    Task(name="boxes", kind="boxes", summary="Find it.", prompt="Where?", thought="I look."),
)


def small_plugins() -> Plugins:
    return plugins.from_modules(small=SimpleNamespace(geovlm_tasks=hookimpl(lambda: TASKS)))


def small_model(folder: Path) -> Path:
    init_model(folder, like="small")
    declare(folder, PROFILE, "none")
    return folder


def write_rows(folder: Path, count: int = 12) -> Path:
    """Write `count` rows, two of three about a colour, the third about a box."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(count):
        name, colour = list(COLOURS.items())[index % 3]
        Image.new("RGB", (40, 24), colour).save(folder / f"{index}.png")
        row: dict[str, Any] = {
            "id": f"r{index}",
            "task": "colour",
            "images": [f"{index}.png"],
            "question": "",
            "reference": name,
        }
        if index % 3 == 2:
            row |= {"task": "boxes", "reference": {"frame": "pixel", "boxes": [[4 + index, 4, 20, 16, 30]]}}
        lines.append(orjson.dumps(row))
    path = folder / "rows.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


SETTINGS = {
    "sft": ("sft.per_device_train_batch_size=4", "sft.learning_rate=1e-2", "sft.logging_steps=1", "sft.save_steps=2"),
    "grpo": (
        "grpo.per_device_train_batch_size=8",
        "grpo.num_generations=4",
        "grpo.max_completion_length=8",
        "grpo.learning_rate=1e-3",
        "grpo.logging_steps=1",
        "grpo.save_steps=2",
    ),
}


def config_of(command: str, model: Path | str, data: Path, *overrides: str) -> Config:
    words = [f"model.name={model}", f"data.train={data}", *SETTINGS[command], *overrides]
    return load(None, words, section=command)


def job(
    command: str,
    model: Path | str,
    data: Path,
    out: Path,
    *overrides: str,
    resume: bool = False,
    structure: Structure = "think_answer",
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    config = config_of(command, model, data, *overrides)
    profile = replace(PROFILE, structure=structure)
    rows = read_rows(config.data, small_plugins(), profile)
    return Job(
        command=command,
        config=config,
        rows=rows,
        profile=profile,
        style="none",
        out=out,
        resume=resume,
        trust_remote_code=False,
        say=say,
    )


def jsonl(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
