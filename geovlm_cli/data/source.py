"""One way in for data of every format: recognise, read, resolve, flag, count; nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from geovlm_cli.data import rows, splits
from geovlm_cli.data.dataset import DataSet, sized
from geovlm_cli.data.head import data_path, sha256_of
from geovlm_cli.data.hub import is_hub
from geovlm_cli.data.images import image_size
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.predictions import join_predictions
from geovlm_cli.data.reading import FindTask, KnownTasks, Reader
from geovlm_cli.data.recognition import recognised, refuse_mixture
from geovlm_cli.data.roots import Roots
from geovlm_cli.data.stream import RowStream
from geovlm_cli.errors import DataError, GeovlmError, PluginError, clean
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Sample

__all__ = [
    "DataSet",
    "RowStream",
    "check_images",
    "inspected",
    "join_predictions",
    "open_rows",
    "read_samples",
    "sha256_of",
]


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
    split: str | None = None,
) -> DataSet:
    """Read a file, a folder that holds `rows.jsonl` or that a loader knows, or a data set of the hub (`hf:OWNER/NAME:SPLIT`), as samples.

    find: a task by name (`plugins.task`). task: rows of another task are left out, rows without one get it. image_roots: default the
    source's own folder. frame: the frame of boxes that name none (the profile's). format_name: a loader's name instead of recognition, with an
    option after a colon where it takes one. split: rows whose `meta.split` is another are left out.
    Raises DataError where nothing can be read, ConfigError for unknown names (a row's own task costs that row, unless
    none is left) and for boxes without a frame, PluginError where a loader fails.
    """
    return open_rows(
        source,
        find=find,
        loaders=loaders,
        task=task,
        image_roots=image_roots,
        limit=limit,
        frame=frame,
        format_name=format_name,
        split=split,
        finds_images=True,
    ).whole()


def open_rows(
    source: str | Path,
    *,
    find: FindTask,
    loaders: Mapping[str, Loader],
    task: str | None = None,
    image_roots: Sequence[str | Path] = (),
    limit: int | None = None,
    frame: str | None = None,
    format_name: str | None = None,
    split: str | None = None,
    finds_images: bool = False,
) -> RowStream:
    """Open what `read_samples` reads, to be read a chunk at a time; raises as it does, some of it only when the rows are read.

    finds_images: resolve every image path, and refuse those that lead out of the roots, whether an image is opened or not.
    """
    path = data_path(Path(source))
    if task is not None:
        find(task)
    tasks = KnownTasks(find)
    path, loader = recognised(path, loaders, tasks, frame, format_name)
    roots = Roots(image_roots or [_home(path)])
    reader = Reader(task, tasks, roots, loader.frame or frame, split, finds_images=finds_images)

    def check(rejected: Sequence[BadRow], flawed: bool) -> None:  # a callback
        refuse_mixture(path, loader, rejected, flawed, (*loaders.values(), rows.whole_loader(tasks, frame)))

    items = _guarded(loader, path, task)
    return RowStream(str(source), path, loader.name, loader.profile, reader, items, limit, check)


def check_images(samples: Iterable[Sample], find: FindTask, profile: Profile | None = None) -> list[BadRow]:
    """Return a `BadRow` for every sample that cannot be asked: no image where its task wants one, an image whose header does not read, or one of
    a shape that the profile's model refuses.
    """
    found = []
    for sample in samples:
        if not sample.images and find(sample.task).images != 0:
            found.append(BadRow(0, sample.id, "the row has no image"))
        for ref in sample.images:
            try:
                size = image_size(ref)
                if profile:
                    profile.resize(*size)
            except DataError as error:
                found.append(BadRow(0, sample.id, str(error)))
    return found


def inspected(dataset: DataSet, find: FindTask, profile: Profile | None = None) -> tuple[DataSet, list[BadRow]]:
    """Open every image's header: return the data set with the flaws that only the image's size shows, and the rows whose images are bad."""
    bad = check_images(dataset.samples, find, profile)
    unreadable = {row.id for row in bad}
    speaker = profile or Profile(name="none")
    samples = [sample if sample.id in unreadable else sized(sample, speaker) for sample in dataset.samples]
    return replace(dataset, samples=samples), bad


def _home(path: Path) -> Path:
    """Return the folder that image paths are relative to where no root is named."""
    if is_hub(path):
        return Path()
    return path if path.is_dir() else path.parent


def _guarded(loader: Loader, path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    try:
        yield from splits.items(loader, path, task)
    except GeovlmError:
        raise
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(error.filename or path))}: {error.strerror}.") from error
    except (Exception, SystemExit) as error:
        owner = f" of {loader.distribution}" if loader.distribution else ""
        raise PluginError(
            f"The loader `{loader.name}`{owner} failed on {clean(str(path))}: {type(error).__name__}: {clean(str(error))}."
        ) from error
