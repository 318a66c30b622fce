"""Against what `geovlm score` scores: a truth typed on the command line, or rows of a data file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import orjson

from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.task import Batch, Kind, Sample, Task

if TYPE_CHECKING:
    from geovlm_cli.cli import State
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.profiles import Profile

_SIZE = re.compile(r"([1-9]\d{0,5})[xX×]([1-9]\d{0,5})")
_JSON_KINDS = ("box", "boxes", "grounded", "count")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed about the truth, and who answered. Plugins load only where a name or a file needs them."""

    state: State
    profile: Profile | None
    task: str | None = None
    kind: Kind | None = None
    reference: str | None = None
    row: str | None = None
    frame: str | None = None
    image_size: str | None = None
    choices: str | None = None

    @property
    def declared_frame(self) -> str | None:
        """The frame of boxes that name none."""
        return self.frame or (self.profile.frame if self.profile else None)

    def find(self, name: str) -> Task:
        """Return a task by name; a kind that was typed is a task of its own."""
        if self.kind is not None and name == self.kind:
            return Task(name=self.kind, kind=self.kind, summary=f"The rules of kind {self.kind}.")
        return self.state.plugins.task(name)


@dataclass(frozen=True, slots=True)
class Job:
    """Completions of one task with the rows that they answer."""

    task: Task
    ids: list[str]
    completions: list[str]
    batch: Batch


def truth(asked: Asked) -> tuple[Task, Batch]:
    """Return the task and the batch of the one row that is scored against; raises ConfigError and DataError."""
    if asked.row is not None:
        return _row(asked, asked.row)
    if asked.reference is None or (name := asked.kind or asked.task) is None:
        raise ConfigError("Give the truth: --reference VALUE with --task NAME or --kind KIND, or --row FILE#ID.")
    task = asked.find(name)
    return task, Batch([_typed(asked, task, asked.reference)], asked.profile)


def jobs(asked: Asked, path: str) -> Iterator[Job]:
    """Yield the saved completions of a file by task: against one truth where one was typed, else against the file's own."""
    if asked.row is not None or asked.reference is not None:
        from geovlm_cli.data.predictions import read_completions

        task, batch = truth(asked)
        saved = read_completions(path)
        yield Job(task, list(saved), list(saved.values()), batch.take([0] * len(saved)))
        return
    for name, batch in _read(asked, path).batches_by_task(asked.profile).items():
        yield Job(asked.find(name), [sample.id for sample in batch], _saved(batch, path), batch)


def _saved(batch: Batch, path: str) -> list[str]:
    missing = next((sample.id for sample in batch if sample.completion is None), None)
    if missing is not None:
        raise DataError(f"Row `{clean(missing, 60)}` of {clean(path)} has no `completion`.")
    return [sample.completion or "" for sample in batch]


def _row(asked: Asked, place: str) -> tuple[Task, Batch]:
    source, mark, identity = place.rpartition("#")
    if not mark:
        raise ConfigError(f"--row `{clean(place, 60)}` must be FILE#ID.")
    for name, batch in _read(asked, source).batches_by_task(asked.profile).items():
        for number, sample in enumerate(batch):
            if sample.id == identity:
                return asked.find(name), batch.take([number])
    raise DataError(f"{clean(source)} has no row with id `{clean(identity, 60)}`.")


def _read(asked: Asked, source: str) -> DataSet:
    from geovlm_cli.data.source import read_samples

    name, loaders = asked.task or asked.kind, asked.state.plugins.loaders()
    dataset = read_samples(source, find=asked.find, loaders=loaders, task=name, frame=asked.declared_frame)
    for line in dataset.report():
        click.echo(clean(line, 300), err=True)
    return dataset


def _typed(asked: Asked, task: Task, reference: str) -> Sample:
    """Return the sample that a data file would give for a typed reference: plain text, or JSON, by kind."""
    from geovlm_cli.data.dataset import sized
    from geovlm_cli.data.flaws import flaw_of
    from geovlm_cli.data.references import MalformedRowError, read_reference

    try:
        value = read_reference(task.kind, _value(task.kind, reference), asked.declared_frame)
    except MalformedRowError as error:
        raise ConfigError(f"--reference `{clean(reference, 60)}`: {error}.") from error
    choices = tuple(word.strip() for word in asked.choices.split(",")) if asked.choices else ()
    sample = Sample(id="typed", task=task.name, reference=value, image_size=_size(asked.image_size), choices=choices)
    sample.flaw = flaw_of(sample, task)
    return sized(sample, asked.profile) if asked.profile else sample


def _value(kind: Kind, text: str) -> Any:
    """Return what a row would hold as `reference`: JSON where the kind has structure, else the text itself."""
    if kind in _JSON_KINDS:
        return _boxes(_json(text)) if kind in ("box", "boxes") else _json(text)
    if kind in ("labels", "text") and text.lstrip().startswith("["):
        return _json(text)
    return [word.strip() for word in text.split(",")] if kind == "labels" else text


def _boxes(value: Any) -> Any:
    """Let a bare list stand for boxes, and a flat one for a single box."""
    if not isinstance(value, list):
        return value
    flat = bool(value) and not any(isinstance(item, list) for item in value)
    return {"boxes": [value] if flat else value}


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"--reference `{clean(text, 60)}` must be JSON for this kind of task ({error}).") from error


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _SIZE.fullmatch(text)
    if not found:
        raise ConfigError(f"--image-size `{clean(text, 40)}` must be WIDTHxHEIGHT in pixels, for example 512x512.")
    return int(found[1]), int(found[2])
