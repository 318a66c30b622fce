"""What `sft` and `grpo` share on the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from geovlm_cli.commands._asking import NewFolder, speaker
from geovlm_cli.commands._needing import needing
from geovlm_cli.errors import ConfigError, clean

if TYPE_CHECKING:
    from geovlm_cli.config import Config
    from geovlm_cli.data.messages import PromptStyle
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile
    from geovlm_cli.training.rows import TrainingRows
    from geovlm_cli.training.session import Job

F = TypeVar("F", bound=Callable[..., Any])
_SPEAKING_KEYS = ("profile", "prompt_style", "prompt_file")
SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": True}

_OPTIONS = (
    click.argument("overrides", nargs=-1, type=click.UNPROCESSED, metavar="[KEY.PATH=VALUE]..."),
    click.option(
        "--config", "source", metavar="FILE", help="YAML configuration, or `recipe:NAME` (`geovlm recipes list`)."
    ),
    click.option(
        "--data", "data", multiple=True, metavar="SRC", help="Training rows; the same as data.train. Repeatable."
    ),
    click.option(
        "--model",
        metavar="MODEL",
        help="What to train: `tiny`, a model folder, a run folder, or an id of the hub; the same as model.name.",
    ),
    click.option("--profile", metavar="P", help="Model profile by name or YAML file; the same as model.profile."),
    click.option(
        "--prompt-style",
        type=click.Choice(["system", "suffix", "vlmr1", "none"]),
        help="Where the instruction stands; the same as model.prompt_style.",
    ),
    click.option(
        "--prompt-file",
        metavar="FILE",
        help="YAML with an instruction and prompts of tasks; the same as model.prompt_file.",
    ),
    click.option("--out", type=NewFolder(Path), metavar="RUN", help="Run folder to write."),
    click.option("--resume", is_flag=True, help="Start, or go on from the newest complete checkpoint of the same run."),
    click.option(
        "--dry-run", is_flag=True, help="Check everything but the model, print the configuration and the plan, stop."
    ),
    click.option("--trust-remote-code", is_flag=True, help="Run code that comes with the model, in this run."),
)


def training_options(function: F) -> F:
    """Add the options that `sft` and `grpo` share."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def prepare(command: str, plugins: Plugins, values: dict[str, Any]) -> Job | None:
    """Read configuration and data, check what needs no torch; return the job, or None after a dry run has printed its plan."""
    from geovlm_cli.config import load, refuse_twice
    from geovlm_cli.training import plan
    from geovlm_cli.training.rows import read_rows

    refuse_twice(values["overrides"], command, _typed(values))
    config = _with_typed(load(values["source"], values["overrides"], section=command), values)
    profile, style = speaker(plugins, config, ask_hub=not values["dry_run"])
    rows = read_rows(config.data, plugins, profile)
    _check(command, config, rows)
    job = _job(command, config, rows, (profile, style), values) if values["out"] else None
    if values["dry_run"]:
        _check_options(command, config)
        click.echo(plan.resolved(config), nl=False)
    elif job is None:
        raise ConfigError("No run folder is named; type --out RUN.")
    for line in plan.lines(command, config, rows):
        click.echo(line, err=True)
    return None if values["dry_run"] else job


def _typed(values: dict[str, Any]) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Return the options typed, by the keys of the configuration that they stand for."""
    keys: dict[tuple[str, ...], str] = {("model", "name"): "model", ("data", "train"): "data"}
    keys |= {("model", key): key for key in _SPEAKING_KEYS}
    return {path: (f"--{option.replace('_', '-')}", values[option]) for path, option in keys.items() if values[option]}


def _with_typed(config: Config, values: dict[str, Any]) -> Config:
    data = config.data.model_copy(update={"train": list(values["data"])}) if values["data"] else config.data
    typed = {"name": values["model"]} | {key: values[key] for key in _SPEAKING_KEYS}
    model = config.model.model_copy(update={key: value for key, value in typed.items() if value})
    return config.model_copy(update={"data": data, "model": model})


def train(job: Job) -> Path:
    """Run the job and return its last checkpoint; torch and TRL are imported here and not before. Raises ModelError where they do not import."""
    with needing("Training", "train", "torch"):
        trainer = import_module(f"geovlm_cli.training.{job.command}")
    found: Path = trainer.train(job)
    return found


def _check(command: str, config: Config, rows: TrainingRows) -> None:
    from geovlm_cli.training import plan
    from geovlm_cli.training.reward_function import weights_by_task

    plan.steps(getattr(config, command), len(rows))
    plan.check_optimizer(command, config)
    if command == "grpo":
        weights_by_task(rows.tasks, config.rewards)


def _check_options(command: str, config: Config) -> None:
    from geovlm_cli.training.options import check_installed

    section = getattr(config, command)
    with needing("Checking options of TRL", "train"):
        installed = check_installed(section, command)
    if not installed:
        names = ", ".join(f"{command}.{key}" for key in section.options)
        click.echo(
            f"warning: {clean(names)} not checked: they are options of TRL, which is not installed here", err=True
        )


def _job(command: str, config: Config, rows: TrainingRows, spoken: tuple[Profile, str], values: dict[str, Any]) -> Job:
    """Return the job; raises what its run folder would refuse, before torch is imported."""
    from geovlm_cli.runs import RunFolder
    from geovlm_cli.training.session import Job, is_first_process

    job = Job(
        command=command,
        config=config,
        rows=rows,
        profile=spoken[0],
        style=cast("PromptStyle", spoken[1]),
        out=values["out"],
        resume=values["resume"],
        trust_remote_code=values["trust_remote_code"],
        say=lambda sentence: click.echo(sentence, err=True),
    )
    if is_first_process():
        RunFolder.check(job.out, **job.settings())
    return job
