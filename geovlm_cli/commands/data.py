"""`geovlm data`: look at data, convert it, generate scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geovlm_cli.errors import ConfigError, DataError, RunFolderError, clean
from geovlm_cli.profiles import FRAMES

if TYPE_CHECKING:
    from geovlm_cli.data.stream import RowStream
    from geovlm_cli.plugins import Plugins
    from geovlm_cli.task import Sample

F = TypeVar("F", bound=Callable[..., Any])
_WIDE = 300
_AT_ONCE = 256  # rows held at a time: they may hold their images
_STDOUT = Path("-")
_ENDINGS = ("*.json*", "*.parquet", "*.arrow", "*.geojson")


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
@click.option(
    "--draw",
    "folder",
    metavar="DIR",
    help="Write the images of those rows with their boxes, as PNG of up to 1600 px, of several images 1024 px each.",
)
@click.pass_context
def show(ctx: click.Context, /, source: str, count: int, as_json: bool, folder: str | None, **reading: Any) -> None:
    """Print what SOURCE (a file or a folder) holds: format, tasks, bad rows and images, and a few rows.

    Ends with 0 where it could look, whatever it found; `geovlm check` ends with 3 for what must be mended.
    """
    from geovlm_cli.commands import _data_page as page
    from geovlm_cli.data.source import inspected, read_samples

    plugins = ctx.obj.plugins
    profile = plugins.profile(reading["profile"]) if reading["profile"] else None
    dataset, bad_images = inspected(read_samples(source, **_asked(plugins, reading)), plugins.task, profile)
    images = page.looked_at(dataset, bad_images)
    shown = dataset.samples[:count]
    if as_json:
        page.echo_json(page.summary(dataset, images, shown))
    else:
        page.echo_page(dataset, images, shown)
    if folder is not None:
        page.draw(shown, Path(folder), profile)


@command.command()
@click.argument("source")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@source_options
@click.option(
    "--images",
    "pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save images that the data holds as bytes in this folder.",
)
@click.option("--overwrite", is_flag=True, help="Write over an OUT that is there already.")
@click.pass_context
def convert(
    ctx: click.Context, /, source: str, out: Path, pictures: Path | None, overwrite: bool, **reading: Any
) -> None:
    """Write SOURCE as our rows to OUT, which ends in .jsonl or .parquet; `-` is JSONL on stdout.

    Image paths become relative to OUT's folder where they lie in it. Ends with 3 where more than 1 % of the rows cannot be read; OUT holds the others.
    """
    from geovlm_cli.data.convert import Conversion, MissingImages
    from geovlm_cli.data.source import open_rows

    _check_not_source(Path(source), out)
    _check_suffix(out)
    if out.is_file() and not overwrite:
        raise RunFolderError(f"{clean(str(out))} is there already; choose another OUT, or add --overwrite.")
    plugins = ctx.obj.plugins
    stream = open_rows(source, finds_images=True, **_asked(plugins, reading))
    images = MissingImages()
    samples = images.watched(sample for chunk in stream.chunks(_AT_ONCE, None) for sample in chunk)
    if out == _STDOUT:
        _echo_rows(samples)
        _report([*stream.report(), images.line()])
    else:
        conversion = Conversion(out, pictures, stream.reject)
        written = conversion.write(samples)
        _report([*stream.report(), f"{written} rows written to {out}", images.line()])
        if outside := conversion.outside():
            click.echo(f"Images lie outside the folder of {out}; read it with --image-root {outside}", err=True)
    _check_few_rejected(stream)


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
    read = {
        data.resolve()
        for data in (source, source / "rows.jsonl", *(file for ending in _ENDINGS for file in source.glob(ending)))
    }
    if out.exists() and any(data.exists() and out.samefile(data) for data in read):
        raise ConfigError(f"{clean(str(out))} is the source itself; choose another OUT.")


def _check_suffix(out: Path) -> None:
    """Refuse a name that promises something else than what would be written; what is there and is no file is refused when it is opened."""
    from geovlm_cli.data.convert import SUFFIXES

    target = out.resolve()
    if out == _STDOUT or target.suffix in SUFFIXES or (target.exists() and not target.is_file()):
        return
    ending = f"ends in `{clean(target.suffix, 20)}`" if target.suffix else "has no ending"
    raise ConfigError(
        f"OUT {clean(str(out))} {ending}; rows are written to {' or '.join(f'*{known}' for known in SUFFIXES)}, or to stdout as `-`."
    )


def _check_no_rows(folder: Path) -> None:
    if (folder / "rows.jsonl").exists():
        raise RunFolderError(
            f"The folder {clean(str(folder))} holds rows.jsonl already; choose another OUT, or add --overwrite."
        )


def _asked(plugins: Plugins, reading: dict[str, Any]) -> dict[str, Any]:
    """Return the options as `read_samples` takes them: a frame named outright goes before the profile's."""
    name, frame = reading.pop("profile"), reading.pop("frame")
    declared = frame or (plugins.profile(name).frame if name else None)
    return {"find": plugins.task, "loaders": plugins.loaders(), "frame": declared, **reading}


def _echo_rows(samples: Iterable[Sample]) -> None:
    from geovlm_cli.data.rows import row_lines

    for line in row_lines(samples):
        click.echo(line, nl=False)


def _report(lines: Iterable[str | None]) -> None:
    for line in lines:
        if line is not None:
            click.echo(clean(line, _WIDE), err=True)


def _check_few_rejected(stream: RowStream) -> None:
    """Raise DataError where more rows were rejected than `eval` puts up with."""
    from geovlm_cli.evaluation.measuring import MAX_FAILED

    lost = len(stream.rejected)
    whole = stream.count + lost
    if lost > MAX_FAILED * whole:
        raise DataError(f"{lost} of {whole} rows could not be read, more than {MAX_FAILED:.0%}; OUT holds the others.")
