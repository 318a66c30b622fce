"""One way in for data of every format: recognise, read, resolve, flag, count; nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from geovlm_cli.data import rows
from geovlm_cli.data.dataset import DataSet, row_sentence, sized
from geovlm_cli.data.flaws import flaw_of
from geovlm_cli.data.head import data_path, head, sha256_of
from geovlm_cli.data.images import image_size
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.predictions import join_predictions
from geovlm_cli.data.roots import OutsideRootError, Roots
from geovlm_cli.data.truths import read_text
from geovlm_cli.errors import ConfigError, DataError, GeovlmError, PluginError, clean, nearest
from geovlm_cli.profiles import Profile
from geovlm_cli.task import ImageRef, Sample, Task

__all__ = ["DataSet", "check_images", "inspected", "join_predictions", "read_samples", "sha256_of"]
FindTask = Callable[[str], Task]
_BOX_KINDS = frozenset(("box", "boxes", "grounded"))


def read_samples(
    source: str | Path,
    *,
    find: FindTask,
    loaders: Mapping[str, Loader],
    task: str | None = None,
    image_roots: Sequence[str | Path] = (),
    limit: int | None = None,
    frame: str | None = None,
    format_name: str | None = None,
) -> DataSet:
    """Read a file, or a folder that holds `rows.jsonl` or that a loader knows, as samples.

    find: a task by name (`plugins.task`). task: rows of another task are left out, rows without one get it. image_roots: default the
    source's own folder. frame: the frame of boxes that name none (the profile's). format_name: a loader's name instead of recognition.
    Raises DataError where nothing can be read, ConfigError for unknown names and for boxes without a frame, PluginError where a loader fails.
    """
    path = data_path(Path(source))
    if task is not None:
        find(task)
    loader = _loader_of(path, loaders, find, frame, format_name)
    roots = Roots(image_roots or [path if path.is_dir() else path.parent])
    reader = _Reader(task, find, roots, loader.frame or frame)
    samples = list(_limited(reader.samples(_guarded(loader, path, task)), limit))
    if not samples:
        raise _nothing_read(path, reader, task)
    return DataSet(
        samples, loader.name, reader.rejected, sha256_of(path), str(source), loader.profile, reader.other_tasks
    )


def check_images(samples: Iterable[Sample], find: FindTask) -> list[BadRow]:
    """Return a `BadRow` for every sample that cannot be asked: no image where its task wants one, or an image whose header does not read."""
    found = []
    for sample in samples:
        if not sample.images and find(sample.task).images != 0:
            found.append(BadRow(0, sample.id, "the row has no image"))
        for ref in sample.images:
            try:
                image_size(ref)
            except DataError as error:
                found.append(BadRow(0, sample.id, str(error)))
    return found


def inspected(dataset: DataSet, find: FindTask, profile: Profile | None = None) -> tuple[DataSet, list[BadRow]]:
    """Open every image's header: return the data set with the flaws that only the image's size shows, and the rows whose images are bad."""
    bad = check_images(dataset.samples, find)
    unreadable = {row.id for row in bad}
    speaker = profile or Profile(name="none")
    samples = [sample if sample.id in unreadable else sized(sample, speaker) for sample in dataset.samples]
    return replace(dataset, samples=samples), bad


class _Reader:
    """Turns what a loader yields into finished samples, and counts the rest."""

    def __init__(self, task: str | None, find: FindTask, roots: Roots, frame: str | None) -> None:
        self.rejected: list[BadRow] = []
        self.other_tasks = 0
        self._task, self._find, self._roots, self._frame = task, find, roots, frame
        self._seen: set[str] = set()

    def samples(self, items: Iterable[Sample | BadRow]) -> Iterator[Sample]:
        for item in items:
            if isinstance(item, BadRow):
                self.rejected.append(item)
            elif self._task is not None and item.task != self._task:
                self.other_tasks += 1
            elif item.id in self._seen:
                self._reject(item, "its id is there twice")
            else:
                self._seen.add(item.id)
                yield from self._finished(item)

    def _finished(self, sample: Sample) -> Iterator[Sample]:
        task = self._find(sample.task)
        try:
            images = tuple(self._roots.resolve(ref) for ref in sample.images)
        except OutsideRootError as error:
            self._reject(sample, str(error))
            return
        ready = self._with_truth(replace(sample, images=_in_roles(images, task)), task)
        ready.flaw = flaw_of(ready, task)
        yield ready

    def _with_truth(self, sample: Sample, task: Task) -> Sample:
        """Read a truth that the loader left as text; one that is a text anyway stays as it is."""
        if not isinstance(sample.reference, str) or task.kind in ("label", "answer"):
            return sample
        if task.kind in _BOX_KINDS and self._frame is None:
            raise ConfigError(
                f"Row `{clean(sample.id, 60)}` has boxes whose frame its format does not declare; name the profile that they follow with --profile."
            )
        reference, flaw = read_text(task.kind, sample.reference, self._frame)
        return replace(sample, reference=reference, flaw=sample.flaw or flaw)

    def _reject(self, sample: Sample, why: str) -> None:
        self.rejected.append(BadRow(0, clean(sample.id, 60), why))


def _in_roles(images: tuple[ImageRef, ...], task: Task) -> tuple[ImageRef, ...]:
    """Put images into the order of the task's roles; unnamed ones get the roles in turn."""
    if not isinstance(task.images, tuple) or len(images) != len(task.images):
        return images
    if not any(ref.role for ref in images):
        return tuple(replace(ref, role=role) for ref, role in zip(images, task.images, strict=True))
    by_role = {ref.role: ref for ref in images}
    return tuple(by_role[role] for role in task.images) if by_role.keys() == set(task.images) else images


def _loader_of(
    path: Path, loaders: Mapping[str, Loader], find: FindTask, frame: str | None, name: str | None
) -> Loader:
    ours = rows.loader(find, frame)
    known = {ours.name: ours, **loaders}
    if name is not None:
        if name not in known:
            raise ConfigError(f"Unknown data format `{clean(name)}`.{nearest(name, known)} Known: {', '.join(known)}.")
        return known[name]
    first = head(path)
    fitting = [loader for loader in known.values() if loader.detect(first)]
    if len(fitting) > 1:
        raise ConfigError(
            f"{clean(str(path))} fits the formats {', '.join(item.name for item in fitting)}; choose one with --format."
        )
    if not fitting:
        held, names = ("it holds", first["files"]) if path.is_dir() else ("its keys are", first)
        named = clean(", ".join(map(str, names)), 120) or "nothing"
        raise DataError(f"{clean(str(path))} is in no known format: {held} {named}. Known formats: {', '.join(known)}.")
    return fitting[0]


def _guarded(loader: Loader, path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    try:
        yield from loader.read(path, task)
    except GeovlmError:
        raise
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(error.filename or path))}: {error.strerror}.") from error
    except Exception as error:
        owner = f" of {loader.distribution}" if loader.distribution else ""
        raise PluginError(
            f"The loader `{loader.name}`{owner} failed on {clean(str(path))}: {type(error).__name__}: {clean(str(error))}."
        ) from error


def _limited(samples: Iterator[Sample], limit: int | None) -> Iterator[Sample]:
    for count, sample in enumerate(samples, 1):
        yield sample
        if count == limit:
            return


def _nothing_read(path: Path, reader: _Reader, task: str | None) -> DataError:
    name, bad = clean(str(path)), len(reader.rejected)
    if reader.other_tasks:
        return DataError(
            f"{name} holds no row of task `{task}`: {reader.other_tasks} are of other tasks, {bad} cannot be read."
        )
    if bad:
        return DataError(
            f"None of the {bad} rows of {name} can be read; the first: {row_sentence(reader.rejected[0])}."
        )
    return DataError(f"{name} holds no row.")
