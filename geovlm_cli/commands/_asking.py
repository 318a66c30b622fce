"""What `eval` and `predict` share: the model options, the configuration they change, the profile and the engine that go with a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geovlm_cli.commands._needing import needing
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import FRAMES

if TYPE_CHECKING:
    from geovlm_cli.config import Config, ModelSection
    from geovlm_cli.data.source import DataSet, RowStream
    from geovlm_cli.generation.answering import Asking, Generates
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile


class FiniteRange(click.FloatRange):
    """A range of floats without NaN, which compares with no bound, and infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; fails as click's own range does."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class NewFolder(click.Path):
    """A folder to write into; the empty text, which a shell makes of an unset variable, is none."""

    def __init__(self, path_type: type[Path] | None = None) -> None:
        super().__init__(readable=False, path_type=path_type)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; fails as click's own type does."""
        if value == "":
            self.fail("the empty text names no folder; name one, or leave the option out.", param, ctx)
        return super().convert(value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])
_MODEL_KEYS = ("name", "profile", "structure", "answer_frame", "prompt_style", "prompt_file", "engine", "dtype")
_DATA_KEYS = ("task", "image_roots", "limit", "format", "split", "frame")
_SPELLED = {"name": "--model", "image_roots": "--image-root", "protocols": "--protocol"}

_OPTIONS = (
    click.option(
        "--model",
        "name",
        metavar="MODEL",
        help="`tiny`, a model folder, a run folder, an id of the hub, or an OpenAI-style server as http://HOST:PORT/v1#MODEL.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["transformers", "vllm"]),
        help="What a model of your own runs on; default: transformers.",
    ),
    click.option("--adapter", metavar="DIR", help="A LoRA adapter on top of the model."),
    click.option(
        "--profile", metavar="P", help="Model profile by name or YAML file; default: what the model declares."
    ),
    click.option(
        "--structure",
        type=click.Choice(["think_answer", "answer", "plain", "any"]),
        help="How answers are wrapped; default: the profile's.",
    ),
    click.option(
        "--answer-frame",
        type=click.Choice(FRAMES),
        help="Frame of the boxes in answers; default: the profile's.",
    ),
    click.option(
        "--prompt-style",
        type=click.Choice(["system", "suffix", "vlmr1", "none"]),
        help="Where the instruction stands; default: what the model declares.",
    ),
    click.option(
        "--prompt-file",
        metavar="FILE",
        help="YAML with an instruction and prompts of tasks in place of the built-in ones.",
    ),
    click.option("--dtype", type=click.Choice(["auto", "bfloat16", "float16", "float32"]), help="Type of the weights."),
    click.option("--device", metavar="D", help="For example cpu or cuda:0; default: a GPU where there is one."),
    click.option("--trust-remote-code", is_flag=True, help="Run code that comes with the model, in this run."),
    click.option("--config", "config_source", metavar="FILE", help="YAML configuration, or `recipe:NAME`."),
    click.option("--batch-size", type=click.IntRange(min=1), help="Rows asked at a time."),
    click.option("--concurrency", type=click.IntRange(1, 128), help="Requests to a server at a time."),
    click.option(
        "--timeout", type=FiniteRange(min=0, min_open=True), help="Seconds that one reply of a server may take."
    ),
    click.option("--max-new-tokens", type=click.IntRange(min=1), help="Cap of an answer; default: the task's."),
    click.option("--temperature", type=FiniteRange(min=0), help="0 is greedy."),
    click.option("--seed", type=click.IntRange(min=0), help="Seed of sampling and of the bootstrap."),
    click.option(
        "--image-root",
        "image_roots",
        multiple=True,
        metavar="DIR",
        help="Folder that images lie in; repeatable; default: the data's own.",
    ),
    click.option(
        "--format", metavar="NAME[:OPTION]", help="Data format, with its option; default: recognised by its keys."
    ),
    click.option(
        "--frame",
        type=click.Choice(FRAMES),
        help="Frame of the true boxes where rows name none; default: that of the answers.",
    ),
    click.option("--split", metavar="NAME", help="Rows of this split, where the data holds several."),
    click.option("--limit", type=click.IntRange(min=1), help="Read this many rows."),
    click.option("--out", type=NewFolder(), metavar="RUN", help="Run folder to write."),
    click.option("--resume", is_flag=True, help="Start, or go on where a run of the same settings stopped."),
)


def asking_options(function: F) -> F:
    """Add the options that `eval` and `predict` share."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def configured(source: str | None, overrides: tuple[str, ...], section: str, typed: Mapping[str, Any]) -> Config:
    """Return the configuration of a command: what was typed > overrides > file > defaults. `typed` values of None or () were not typed."""
    from geovlm_cli.config import load, refuse_twice

    if typed["resume"] and not typed["out"]:
        raise ConfigError("--resume goes on with a run folder; name it with --out.")
    config = load(source, overrides, section=section)
    given = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in typed.items()
        if value not in (None, ())
    }
    refuse_twice(overrides, section, _keys_of(given, config, section))
    model = config.model.model_copy(update={key: given[key] for key in _MODEL_KEYS if key in given})
    own = getattr(config, section)
    own = own.model_copy(update={key: given[key] for key in given if key in type(own).model_fields})
    data = config.data.model_copy(update={key: given[key] for key in _DATA_KEYS if key in given})
    return config.model_copy(update={"model": model, section: own, "data": data})


def _keys_of(given: Mapping[str, Any], config: Config, section: str) -> dict[tuple[str, ...], tuple[str, Any]]:
    """Return the options typed, under every key of the configuration that they stand for."""
    own = type(getattr(config, section)).model_fields
    sections = {"model": _MODEL_KEYS, section: own, "data": _DATA_KEYS}
    return {
        (name, key): (_SPELLED.get(key, f"--{key.replace('_', '-')}"), given[key])
        for name, keys in sections.items()
        for key in keys
        if key in given
    }


def speaker(plugins: Plugins, config: Config, *, ask_hub: bool = True) -> tuple[Profile, str]:
    """Return the profile and prompt style of the configured model, without torch; raises ConfigError where nobody declares a profile.

    ask_hub: may the hub be asked about a model of its own? With a prompt file the profile carries its instruction, and `plugins` its prompts.
    """
    profile, style = _declared(plugins, config, ask_hub=ask_hub)
    if config.model.prompt_file is None:
        return profile, style
    return _prompted(plugins, profile, style, Path(config.model.prompt_file)), style


def _prompted(plugins: Plugins, profile: Profile, style: str, path: Path) -> Profile:
    from geovlm_cli.data.prompts import read_prompt_file

    told = read_prompt_file(path)
    plugins.use_prompts(told.prompts)
    if told.instruction is not None and style == "none":
        raise ConfigError(
            f"{path} has an instruction, and the prompt style `none` has no place for it; add model.prompt_style=system."
        )
    return profile if told.instruction is None else replace(profile, instruction=told.instruction)


def _declared(plugins: Plugins, config: Config, *, ask_hub: bool) -> tuple[Profile, str]:
    from geovlm_cli.generation.endpoint import UNDECLARED, is_url
    from geovlm_cli.models import model_info, resolve_model

    section = config.model
    if is_url(section.name):  # a server declares nothing
        declared = plugins.profile(section.profile) if section.profile else UNDECLARED
        return adjusted(declared, section), section.prompt_style or "none"
    if section.profile and section.prompt_style:  # nothing to ask the model, which may lie on a hub out of reach
        resolve_model(section.name)
        return adjusted(plugins.profile(section.profile), section), section.prompt_style
    info = model_info(section.name, ask_hub=ask_hub)
    profile = plugins.profile(section.profile) if section.profile else info.profile
    if profile is None and info.profile_name:
        profile = plugins.profile(info.profile_name)
    if profile is None:
        raise ConfigError(
            f"The model {section.name} declares no profile and its family is not known; name one with --profile (`geovlm profiles list`)."
        )
    return adjusted(profile, section), section.prompt_style or info.prompt_style


def adjusted(profile: Profile, section: ModelSection) -> Profile:
    """Return the profile, with another structure and frame of answers where they are asked for, the frame in its name; raises ConfigError for a frame of no boxes."""
    if section.answer_frame and profile.box_syntax is None:
        raise ConfigError(
            f"--answer-frame is {section.answer_frame}, and the profile `{profile.name}` writes no boxes; name the one of the model that wrote them with --profile (`geovlm profiles list`)."
        )
    told = replace(profile, structure=section.structure or profile.structure)
    if section.answer_frame in (None, profile.frame):
        return told
    return replace(told, name=f"{profile.name} ({section.answer_frame})", frame=section.answer_frame)


def echo_report(dataset: DataSet | RowStream, run: Path | None) -> None:
    """Say what was read and what was not; all rejected rows go into the run folder, where there is one."""
    from geovlm_cli.data.dataset import LISTING
    from geovlm_cli.data.rejections import write_rejected

    file = write_rejected(run, dataset.rejected) if run else None
    for line in dataset.report(f"in {file}" if file else LISTING):
        click.echo(line, err=True)


def asking(config: Config, section: str, style: str) -> Asking:
    """Return how the model is to be asked."""
    from geovlm_cli.generation.answering import Asking
    from geovlm_cli.generation.endpoint import BATCH, is_url

    own = getattr(config, section)
    return Asking(
        style=style,  # type: ignore[arg-type]  # checked by the configuration or by click
        batch_size=BATCH if is_url(config.model.name) else own.batch_size,
        samples=getattr(own, "samples", 1),
        temperature=own.temperature,
        max_new_tokens=own.max_new_tokens,
        seed=own.seed,
    )


def may_change(section: str) -> tuple[str, ...]:
    """Return the keys of the configuration that say where things lie and how to talk to a server: a run of a model goes on whatever they are."""
    return (f"{section}.concurrency", f"{section}.timeout", "data.image_roots")


def engine(config: Config, section: str, typed: Mapping[str, Any], stack: ExitStack) -> Generates:
    """Return what answers for the configured model, open as long as the stack; torch is imported here and not before.

    Raises ModelError where a package is missing, the model does not load or its server does not answer.
    """
    from geovlm_cli.generation.endpoint import JOURNAL, is_url, open_endpoint

    name = config.model.name
    if not is_url(name):
        return _local(config, typed)
    own, out = getattr(config, section), typed["out"]
    return stack.enter_context(
        open_endpoint(
            name, concurrency=own.concurrency, timeout=own.timeout, journal=Path(out) / JOURNAL if out else None
        )
    )


def _local(config: Config, typed: Mapping[str, Any]) -> Generates:
    """Load the model here; raises ModelError where what it runs on is not installed."""
    section = config.model
    options: dict[str, Any] = {
        "dtype": section.dtype,
        "adapter": typed["adapter"],
        "trust_remote_code": typed["trust_remote_code"],
    }
    if section.engine == "vllm":
        from geovlm_cli.generation.vllm import load_vllm

        with needing("Asking a model", "vllm"):
            return load_vllm(section.name, seed=0, **options)
    with needing("Asking a model", "train", "torch"):
        from geovlm_cli.generation import load_engine

        return load_engine(
            section.name, device=typed["device"], attn_implementation=section.attn_implementation, **options
        )
