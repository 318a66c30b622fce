"""`geovlm data`: look at data, convert it, generate scenes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geovlm_cli.commands._listing import echo_rows
from geovlm_cli.errors import ConfigError, DataError, OutputError, RunFolderError, clean
from geovlm_cli.profiles import FRAMES

if TYPE_CHECKING:
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.data.loader import BadRow
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import Sample

F = TypeVar("F", bound=Callable[..., Any])
_WIDE = 300
_SHOWN = 5
_STDOUT = Path("-")


def source_options(function: F) -> F:
    """Add the options that say how a data source is read."""
    for option in (
        click.option(
            "--format",
            "format_name",
            metavar="NAME[:OPTION]",
            help="Data format, with its option; default: recognised by its keys.",
        ),
        click.option("--split", metavar="NAME", help="Rows of this split, where the data holds several."),
        click.option("--limit", type=click.IntRange(min=1), help="Read this many rows."),
        click.option(
            "--image-root",
            "image_roots",
            multiple=True,
            metavar="DIR",
            help="Folder that images lie in; repeatable; default: the data's own.",
        ),
        click.option("--profile", metavar="P", help="Profile whose frame the boxes have where rows name none."),
        click.option("--frame", type=click.Choice(FRAMES), help="Frame of the boxes where rows name none."),
        click.option("--task", metavar="T", help="Task of rows that name none; rows of other tasks are left out."),
    ):
        function = option(function)
    return function


@click.group(name="data")
def command() -> None:
    """Show, convert and generate data."""


@command.command()
@click.argument("source")
@source_options
@click.option("--n", "count", default=3, show_default=True, type=click.IntRange(min=0), help="Rows to print.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--draw", "folder", metavar="DIR", help="Write the images of those rows with their true boxes, as PNG.")
@click.pass_context
def show(ctx: click.Context, /, source: str, count: int, as_json: bool, folder: str | None, **reading: Any) -> None:
    """Print what SOURCE (a file or a folder) holds: format, tasks, bad rows and images, and a few rows."""
    from geovlm_cli.data.source import inspected

    profile = _profile(ctx.obj.plugins, reading.pop("profile"))
    dataset, bad_images = inspected(_read(ctx.obj.plugins, source, profile, reading), ctx.obj.plugins.task, profile)
    shown = dataset.samples[:count]
    if as_json:
        _echo_json(_summary(dataset, bad_images, shown))
    else:
        _echo_page(dataset, bad_images, shown)
    if folder is not None:
        _draw(shown, Path(folder), profile)


@command.command()
@click.argument("source")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@source_options
@click.pass_context
def convert(ctx: click.Context, /, source: str, out: Path, **reading: Any) -> None:
    """Write SOURCE as our JSONL to OUT (`-`: stdout): image paths become relative to OUT's folder where they lie in it."""
    from geovlm_cli.data.rows import row_lines, write_rows

    _check_not_source(Path(source), out)
    dataset = _read(ctx.obj.plugins, source, _profile(ctx.obj.plugins, reading.pop("profile")), reading)
    _report(dataset)
    if out == _STDOUT:
        for line in row_lines(dataset.samples):
            click.echo(line, nl=False)
        return
    written = write_rows(out, dataset.samples)
    click.echo(f"{written} rows written to {out}", err=True)
    outside = _outside(dataset.samples, out.resolve().parent)
    if outside:
        click.echo(f"Images lie outside the folder of {out}; read it with --image-root {outside}", err=True)


@command.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--split", default="train", show_default=True, help="train, validation, test or pretrain; splits share no scene."
)
@click.option("--n", "count", default=100, show_default=True, type=click.IntRange(min=1), help="Scenes of each task.")
@click.option("--task", "tasks", multiple=True, metavar="T", help="Task; repeatable; default: all that can be drawn.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the scenes.")
@click.option("--size", default=112, show_default=True, type=click.IntRange(min=1), help="Side of the images, px.")
@click.option("--overwrite", is_flag=True, help="Write into a folder that holds rows.jsonl already.")
def scenes(out: Path, split: str, count: int, tasks: tuple[str, ...], seed: int, size: int, overwrite: bool) -> None:
    """Draw aerial-looking scenes with exact truth into the folder OUT: PNG images and rows.jsonl."""
    from geovlm_cli import scenes as generator

    if not overwrite:
        _check_no_rows(out)
    counts = dict.fromkeys(tasks or generator.TASKS, count)
    rows = generator.write(out, counts, seed=seed, split=split, size=size)
    click.echo(f"{sum(counts.values())} scenes ({', '.join(counts)}) written to {rows}", err=True)


def _check_not_source(source: Path, out: Path) -> None:
    """Refuse to write over what is being read: rows that cannot be read would be gone for good."""
    read = {data.resolve() for data in (source, source / "rows.jsonl", *source.glob("*.json*"))}
    if out.exists() and any(data.exists() and out.samefile(data) for data in read):
        raise ConfigError(f"{clean(str(out))} is the source itself; choose another OUT.")


def _check_no_rows(folder: Path) -> None:
    if (folder / "rows.jsonl").exists():
        raise RunFolderError(
            f"The folder {clean(str(folder))} holds rows.jsonl already; choose another OUT, or add --overwrite."
        )


def _read(plugins: Plugins, source: str, profile: Profile | None, reading: dict[str, Any]) -> DataSet:
    from geovlm_cli.data.source import read_samples

    named = reading.pop("frame")
    frame = named or (profile.frame if profile else None)
    return read_samples(source, find=plugins.task, loaders=plugins.loaders(), frame=frame, **reading)


def _profile(plugins: Plugins, name: str | None) -> Profile | None:
    return plugins.profile(name) if name else None


def _report(dataset: DataSet) -> None:
    for line in dataset.report():
        click.echo(clean(line, _WIDE), err=True)


def _echo_json(value: Any) -> None:
    from geovlm_cli.runs import canonical

    click.echo(canonical(value).decode())


def _summary(dataset: DataSet, bad_images: Sequence[BadRow], shown: Iterable[Sample]) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "format": dataset.format,
        "sha256": dataset.sha256,
        "n": len(dataset.samples),
        "tasks": Counter(sample.task for sample in dataset.samples),
        "other_tasks": dataset.other_tasks,
        "flawed": dataset.flaws(),
        "rejected": [asdict(row) for row in dataset.rejected],
        "bad_images": [{"id": row.id, "why": row.why} for row in bad_images],
        "rows": [_row(sample) for sample in shown],
    }


def _row(sample: Sample) -> dict[str, Any]:
    from geovlm_cli.data.rows import sample_to_row

    named = all(isinstance(ref.source, str) for ref in sample.images)
    row = sample_to_row(sample) if named else {"id": sample.id, "task": sample.task, "question": sample.question}
    return row | ({"flaw": sample.flaw} if sample.flaw else {})


def _echo_page(dataset: DataSet, bad_images: Sequence[BadRow], shown: Iterable[Sample]) -> None:
    for line in [*dataset.report(), *_image_lines(bad_images)]:
        click.echo(clean(line, _WIDE))
    click.echo()
    ids = {row.id for row in bad_images}
    flawed = Counter(sample.task for sample in dataset.flawed)
    unseen = Counter(sample.task for sample in dataset.samples if sample.id in ids)
    counts = Counter(sample.task for sample in dataset.samples)
    table = [
        {"task": task, "rows": rows, "bad truth": flawed[task], "bad images": unseen[task]}
        for task, rows in counts.items()
    ]
    echo_rows(table, as_json=False)
    for sample in shown:
        click.echo()
        _echo_block(sample)


def _image_lines(bad: Sequence[BadRow]) -> list[str]:
    """Return a line for each of the most frequent things that are wrong with images."""
    first = {row.why: row.id for row in reversed(bad)}
    counts = Counter(row.why for row in bad)
    lines = [f"bad image: {count} × {why} (id {first[why]})" for why, count in counts.most_common(_SHOWN)]
    return lines + ([f"bad image: {len(bad)} in all"] if len(counts) > _SHOWN else [])


def _echo_block(sample: Sample) -> None:
    from geovlm_cli.runs import canonical

    for key, value in _row(sample).items():
        text = value if isinstance(value, str) else canonical(value).decode()
        click.echo(f"{key:>10}  {clean(text, _WIDE)}")


def _draw(samples: Iterable[Sample], folder: Path, profile: Profile | None) -> None:
    """Write one PNG a sample: its images side by side, the true boxes on the last; a bad image costs that sample."""
    from geovlm_cli.boxes import Boxes, Grounded
    from geovlm_cli.data.images import open_image
    from geovlm_cli.report.overlay import draw, side_by_side

    for number, sample in enumerate(samples):
        reference = sample.reference.boxes if isinstance(sample.reference, Grounded) else sample.reference
        truth = reference if isinstance(reference, Boxes) else None
        try:
            pictures = [open_image(ref) for ref in sample.images]
        except DataError as error:
            click.echo(f"not drawn: {error}", err=True)
            continue
        if pictures:
            size = sample.image_size or pictures[-1].size
            drawn = side_by_side([*pictures[:-1], draw(pictures[-1], truth, None, profile, size)])
            _save(drawn, folder / f"{number:03d}.png")


def _save(picture: Any, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(path))}: {error.strerror}.") from error
    click.echo(f"drawn: {path}", err=True)


def _outside(samples: Iterable[Sample], home: Path) -> str | None:
    """Return the folder that holds the images outside `home`, or None."""
    sources = (ref.source for sample in samples for ref in sample.images)
    folders = {Path(source).parent for source in sources if isinstance(source, str)}
    outside = [folder for folder in folders if not folder.is_relative_to(home)]
    return os.path.commonpath(outside) if outside else None
