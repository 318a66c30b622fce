"""Boxes in a CSV table, as DeepForest and torchvision's recipes keep them: one line a box, with image_path, xmin, ymin, xmax, ymax in pixels and label."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli.data.beside import identity_of_image, image_beside, size_of
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNNAMED, Marked, marked, objects_of
from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.task import ImageRef, Sample

CORNERS = ("xmin", "ymin", "xmax", "ymax")
IMAGE, LABEL = "image_path", "label"
FOLDERS = ("", "images")
Line = Mapping[str, str | None]


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise the table by its header."""
    return {IMAGE, *CORNERS} <= set(head.get("columns", ()))


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an image, in the order of the file, its boxes as `Objects`; a line without four numbers flaws the row that lacks its box, one with too few fields is a `BadRow`."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    by_image: dict[str, list[Marked]] = {}
    for number, line in enumerate(_lines(path), 2):
        if None in line.values():  # what `csv` says of fields that are not there
            yield BadRow(number, clean(line[IMAGE] or "", 60), f"too few fields: {_count(line)} of {len(line)}")
            continue
        by_image.setdefault(line[IMAGE] or "", []).append(_marked(line, number))
    for name, found in by_image.items():
        image = image_beside(path.parent, FOLDERS, name)
        yield Sample(
            id=identity_of_image(name),
            task=task,
            images=(ImageRef(image),),
            image_size=size_of(path.parent / image),
            reference=objects_of("pixel", found),
            meta={"image": name},
        )


def _lines(path: Path) -> Iterator[Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{clean(str(path))} is no readable CSV table: {clean(str(error), 80)}.") from error


def _count(line: Line) -> int:
    return sum(value is not None for value in line.values())


def _marked(line: Line, number: int) -> Marked:
    name, box = marked((line.get(LABEL) or "").strip() or UNNAMED, lambda: [float(line[key] or "") for key in CORNERS])
    return name, f"line {number}: {', '.join(CORNERS)} must be numbers" if isinstance(box, str) else box


LOADER = Loader(name="box-table", detect=detect, read=read, frame="pixel")
