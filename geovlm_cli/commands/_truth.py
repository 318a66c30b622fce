"""Against what `geovlm score` scores: a truth typed on the command line, or rows of a data file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import orjson

from geovlm_cli.boxes import boxes_of
from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.task import Batch, Kind, Sample, Task

if TYPE_CHECKING:
    from geovlm_cli.cli import State
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.profiles import Profile

_SIZE = re.compile(r"([1-9]\d{0,5})[xX×]([1-9]\d{0,5})")
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*")
_JSON_KINDS = ("box", "boxes", "grounded")


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
    batch = Batch([_typed(asked, task, asked.reference)], asked.profile)
    if flaw := _flaw(task, batch):
        raise ConfigError(f"--reference `{clean(asked.reference, 60)}` cannot be scored as {task.kind}: {flaw}.")
    return task, batch


def jobs(asked: Asked, path: str) -> Iterator[Job]:
    """Yield the saved completions of a file by task: against one truth where one was typed, else against the file's own."""
    if asked.row is not None or asked.reference is not None:
        from geovlm_cli.data.predictions import read_completions

        task, batch = truth(asked)
        saved = read_completions(path)
        yield Job(task, list(saved), list(saved.values()), batch.take([0] * len(saved)))
        return
    batches = _batches(asked, path)
    tasks = {name: _declared(asked, name, batch) for name, batch in batches.items()}  # before the first line is printed
    for name, batch in batches.items():
        yield Job(tasks[name], [sample.id for sample in batch], _saved(batch, path), batch)


def _saved(batch: Batch, path: str) -> list[str]:
    missing = next((sample.id for sample in batch if sample.completion is None), None)
    if missing is not None:
        raise DataError(f"Row `{clean(missing, 60)}` of {clean(path)} has no `completion`.")
    return [sample.completion or "" for sample in batch]


def _row(asked: Asked, place: str) -> tuple[Task, Batch]:
    source, mark, identity = place.rpartition("#")
    if not mark:
        raise ConfigError(f"--row `{clean(place, 60)}` must be FILE#ID.")
    for name, batch in _batches(asked, source).items():
        for sample in batch:
            if sample.id == identity:
                task, one = _declared(asked, name, batch), Batch([sample], batch.profile)
                if flaw := _flaw(task, one):
                    raise DataError(f"Row `{clean(identity, 60)}` of {clean(source)} cannot be scored: {flaw}.")
                return task, one
    raise DataError(f"{clean(source)} has no row with id `{clean(identity, 60)}`.")


def _batches(asked: Asked, source: str) -> dict[str, Batch]:
    """Return the rows of a file by task, with the profile that was named or that its format belongs to."""
    dataset = _read(asked, source)
    profile = asked.profile or (asked.state.plugins.profile(dataset.profile) if dataset.profile else None)
    return dataset.batches_by_task(profile)


def _declared(asked: Asked, name: str, batch: Batch) -> Task:
    """Return a task of a file's rows; raises ConfigError where nothing says in which frame its answers write boxes."""
    from geovlm_cli.rewards import check_frame_is_declared

    task = asked.find(name)
    if asked.frame is None:
        check_frame_is_declared(task, batch.profile)
    return task


def _read(asked: Asked, source: str) -> DataSet:
    from geovlm_cli.data.source import read_samples

    name, loaders = asked.task or asked.kind, asked.state.plugins.loaders()
    dataset = read_samples(source, find=asked.find, loaders=loaders, task=name, frame=asked.declared_frame)
    for line in dataset.report():
        click.echo(clean(line, 300), err=True)
    for sample in dataset.samples:
        _check_frame(asked, sample.reference, f"row `{clean(sample.id, 60)}` of {clean(source)}")
    return dataset


def _check_frame(asked: Asked, reference: Any, place: str) -> None:
    """Refuse a frame that was typed where the boxes themselves name another."""
    found = boxes_of(reference)
    if asked.frame is not None and found is not None and found.frame != asked.frame:
        raise ConfigError(
            f"--frame is {asked.frame}, and the boxes of {place} are in frame {found.frame}; leave --frame out or set one of them right."
        )


def _flaw(task: Task, batch: Batch) -> str | None:
    """Return why the truth of a batch of one cannot be scored, or None."""
    from geovlm_cli.rewards import unusable

    return unusable(task, batch)


def _typed(asked: Asked, task: Task, reference: str) -> Sample:
    """Return the sample that a data file would give for a typed reference: plain text, or JSON, by kind."""
    from geovlm_cli.data.dataset import sized
    from geovlm_cli.data.flaws import flaw_of
    from geovlm_cli.data.references import MalformedRowError, read_reference

    try:
        value = read_reference(task.kind, _value(task.kind, reference), asked.declared_frame)
    except MalformedRowError as error:
        raise ConfigError(f"--reference `{clean(reference, 60)}`: {error}.") from error
    _check_frame(asked, value, "--reference")
    choices = tuple(word.strip() for word in asked.choices.split(",")) if asked.choices else ()
    sample = Sample(id="typed", task=task.name, reference=value, image_size=_size(asked.image_size), choices=choices)
    sample.flaw = flaw_of(sample, task)
    return sized(sample, asked.profile) if asked.profile else sample


def _value(kind: Kind, text: str) -> Any:
    """Return what a row would hold as `reference`: JSON where the kind has structure, else the text itself."""
    if kind == "count":
        return int(text) if _WHOLE.fullmatch(text) else text
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
