"""What `geovlm data show` prints and draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geovlm_cli.commands._listing import echo_rows
from geovlm_cli.errors import ConfigError, DataError, OutputError, clean

if TYPE_CHECKING:
    from geovlm_cli.data.dataset import DataSet
    from geovlm_cli.data.loader import BadRow
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import ImageRef, Sample

_WIDE = 300
_SHOWN = 5
_SECONDS = 5.0  # of decoding: somebody waits for the page
_NOT_ALL = "images: {} of {} decoded whole, of the others only the headers read; `geovlm check` decodes for longer"


def echo_json(value: Any) -> None:
    from geovlm_cli.runs import canonical

    click.echo(canonical(value).decode())


@dataclass(frozen=True, slots=True)
class Images:
    """What is known of the images of a data set: how many there are, how many of them were decoded whole, and the rows whose images are bad."""

    count: int
    decoded: int
    bad: list[BadRow]


def looked_at(dataset: DataSet, bad: Sequence[BadRow]) -> Images:
    """Decode images whose headers read, for a few seconds; `bad` are the rows whose images do not get so far."""
    from geovlm_cli.checking.images import torn_images
    from geovlm_cli.data.loader import BadRow
    from geovlm_cli.task import ImageRef

    known = {row.id for row in bad}
    rows: dict[str | bytes, list[str]] = {}  # an image that several rows name is opened once
    for sample in dataset.samples:
        for ref in sample.images if sample.id not in known else ():
            rows.setdefault(ref.source, []).append(sample.id)
    refs = [ImageRef(source) for source in rows]
    torn, decoded = torn_images(refs, _SECONDS)
    found = [
        BadRow(0, row, why) for place, why in sorted(torn.items()) for row in dict.fromkeys(rows[refs[place].source])
    ]
    return Images(len(refs), decoded, [*bad, *found])


def summary(dataset: DataSet, images: Images, shown: Iterable[Sample]) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "format": dataset.format,
        "sha256": dataset.sha256,
        "n": len(dataset.samples),
        "tasks": Counter(sample.task for sample in dataset.samples),
        "other_tasks": dataset.other_tasks,
        "without_objects": dataset.without_objects,
        "flawed": dataset.flaws(),
        "rejected": [asdict(row) for row in dataset.rejected],
        "bad_truth": [{"id": sample.id, "why": sample.flaw} for sample in dataset.flawed],
        "bad_images": [{"id": row.id, "why": row.why} for row in images.bad],
        "images": {"headers_read": images.count, "decoded": images.decoded},
        "rows": [_row(sample) for sample in shown],
    }


def _row(sample: Sample) -> dict[str, Any]:
    from geovlm_cli.data.rows import BAD_TRUTH, sample_to_row

    row = sample_to_row(sample, held=True) | {"images": [_image(ref) for ref in sample.images]}
    row.pop(BAD_TRUTH, None)
    return row | ({"flaw": sample.flaw} if sample.flaw else {})


def _image(ref: ImageRef) -> str | dict[str, Any]:
    """Return an image as a row names it; of one that the data holds, how many bytes it has."""
    if isinstance(ref.source, str) and not ref.role:
        return ref.source
    held: dict[str, Any] = {"bytes": len(ref.source)} if isinstance(ref.source, bytes) else {"path": ref.source}
    return held | ({"role": ref.role} if ref.role else {})


def echo_page(dataset: DataSet, images: Images, shown: Iterable[Sample]) -> None:
    for line in [*dataset.report(), *_image_lines(images)]:
        click.echo(clean(line, _WIDE))
    click.echo()
    ids = {row.id for row in images.bad}
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


def _image_lines(images: Images) -> list[str]:
    """Return a line for each of the most frequent things that are wrong with images, and one where not all were decoded."""
    bad = images.bad
    first = {row.why: row.id for row in reversed(bad)}
    counts = Counter(row.why for row in bad)
    lines = [f"bad image: {count} × {why} (id {first[why]})" for why, count in counts.most_common(_SHOWN)]
    lines += [f"bad image: {len(bad)} in all"] if len(counts) > _SHOWN else []
    return lines + ([] if images.decoded == images.count else [_NOT_ALL.format(images.decoded, images.count)])


def _echo_block(sample: Sample) -> None:
    from geovlm_cli.runs import canonical

    for key, value in _row(sample).items():
        text = value if isinstance(value, str) else canonical(value).decode()
        click.echo(f"{key:>10}  {clean(text, _WIDE)}")


def draw(samples: Iterable[Sample], folder: Path, profile: Profile | None) -> None:
    """Write one PNG a sample: its images side by side, made small where they are large, on the last the true boxes, or those that the question names; a bad image, or boxes in a frame that nothing places, cost that sample."""
    from geovlm_cli.boxes import boxes_of
    from geovlm_cli.data.images import open_image
    from geovlm_cli.report import overlay
    from geovlm_cli.report.pictures import made_small, side_for

    for number, sample in enumerate(samples):
        truth = boxes_of(sample.reference)
        boxes = truth if truth is not None else sample.regions
        marked = boxes if boxes is not None and boxes.is_finite else None  # else there is no place to draw them at
        try:
            pictures = [open_image(ref) for ref in sample.images]
            if not pictures:
                continue
            size = sample.image_size or pictures[-1].size
            pictures = [made_small(picture, side_for(len(pictures))) for picture in pictures]
            last = overlay.draw(pictures[-1], marked, None, profile, size)
        except (DataError, ConfigError) as error:
            click.echo(f"not drawn: {clean(sample.id)}: {error}", err=True)
            continue
        _save(overlay.side_by_side([*pictures[:-1], last]), folder / f"{number:03d}.png")


def _save(picture: Any, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(path))}: {error.strerror}.") from error
    click.echo(f"drawn: {path}", err=True)
