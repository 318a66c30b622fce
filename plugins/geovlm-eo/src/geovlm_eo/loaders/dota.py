"""DOTA (Xia et al. 2018): `labelTxt/NAME.txt` beside `images/NAME.png`; a line is x1 y1 x2 y2 x3 y3 x4 y4 category difficult, corners clockwise in pixels.

Format: captain-whu.github.io/DOTA/dataset.html (the first lines may be `imagesource:…` and `gsd:…`). Each quadrilateral becomes the rotated rectangle of least area round it.
Objects of every difficulty are kept; their marks stand in `meta.difficult`, one an object of the row. `PATH` is the folder of these, or the folder of the splits that hold them. A line that is no object flaws the rows that lack it: those of its class, of all
where that cannot be read either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import any_ends, homes, image_beside, in_splits, size_of, text_files
from geovlm_cli.data.objects import UNKNOWN, Marked, Objects, marked, objects_of
from geovlm_cli.data.polygons import rectangle
from geovlm_cli.errors import ConfigError, clean

LABELS = ("labelTxt", "labelTxt-v1.0", "labelTxt-v1.5", "labelTxt-v2.0")
IMAGES = ("images", "")
_HEADER = ("imagesource:", "gsd:", "acquisition dates:")


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise a folder of label files, here or in each split."""
    folders = head.get("folders", {})
    return any(any_ends(folders.get(name, ()), ".txt") for name in LABELS) or in_splits(folders, _has_labels)


def _has_labels(folders: frozenset[str]) -> bool:
    return not folders.isdisjoint(LABELS)


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample a label file, in order of name, its objects as `Objects`; a file that is no text is a `BadRow`."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which several tasks own; name one with --task.")
    for home, split in homes(path, _has_labels):
        folder = next(home / name for name in LABELS if (home / name).is_dir())
        for file in text_files(folder, ".txt"):
            identity = f"{split}/{file.stem}" if split else file.stem
            try:
                yield _sample(file, path, split, identity, task)
            except ValueError as error:
                yield BadRow(0, identity, str(error))


def _sample(file: Path, home: Path, split: str, identity: str, task: str) -> Sample:
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    objects = [(number, line.split()) for number, line in lines if _is_object(line)]
    image = image_beside(home, [f"{split}/{folder}".strip("/") for folder in IMAGES], file.stem)
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(image),),
        image_size=size_of(home / image),
        reference=_objects([(_marked(parts, number), parts) for number, parts in objects]),
        meta={"split": split} if split else {},
    )


def _objects(found: list[tuple[Marked, list[str]]]) -> Objects:
    """Return the objects of an image, each with its difficulty (0 where a line has none)."""
    whole = [parts for (_, box), parts in found if not isinstance(box, str)]
    marks = {"difficult": [parts[9] if len(parts) == 10 else "0" for parts in whole]}
    return replace(objects_of("pixel", [mark for mark, _ in found]), marks=marks)


def _is_object(line: str) -> bool:
    return bool(line.strip()) and not line.strip().casefold().startswith(_HEADER)


def _marked(parts: list[str], number: int) -> Marked:
    """Return the object of a line."""
    if len(parts) not in (9, 10):
        found = f"found `{clean(' '.join(parts), 60)}`"
        return UNKNOWN, f"line {number} has not 8 numbers, a category and a difficulty, {found}"
    name, box = marked(parts[8], lambda: _box(parts[:8]))
    return name, f"line {number}: {box}" if isinstance(box, str) else box


def _box(parts: list[str]) -> list[float]:
    numbers = [float(part) for part in parts]
    return rectangle(list(zip(numbers[::2], numbers[1::2], strict=True)))


LOADER = Loader(name="dota", detect=detect, read=read, frame="pixel")
