"""YOLO's text labels, oriented and upright: `labels/NAME.txt` beside `images/NAME.*`, class names in a YAML file.

A line is `class x1 y1 x2 y2 x3 y3 x4 y4`, corners in 0…1 of width and height (docs.ultralytics.com/datasets/obb), or `class cx cy w h` (…/datasets/detect). Where the
image is here the corners go back to its pixels, for only there is a turned rectangle a rectangle; else boxes stay in the unit frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from geovlm_cli.data.beside import ENDINGS, SPLITS, any_ends, image_beside, size_of, text_files
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNKNOWN, Marked, marked, objects_of
from geovlm_cli.data.polygons import rectangle
from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.task import ImageRef, Sample

LABELS, IMAGES = "labels", "images"
# Folder of labels, folder of images, split: one of all, a folder a split in each, or both in the folder of each split.
_PLACES = (
    (LABELS, IMAGES, ""),
    *((f"{LABELS}/{split}", f"{IMAGES}/{split}", split) for split in SPLITS),
    *((f"{split}/{LABELS}", f"{split}/{IMAGES}", split) for split in SPLITS),
)


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise a folder `labels` with text files, or with the splits, beside `images`; or splits with both, beside a YAML file (Roboflow)."""
    folders = head.get("folders", {})
    labels = folders.get(LABELS, ())
    if IMAGES in folders and (any_ends(labels, ".txt") or any(name in SPLITS for name in labels)):
        return True
    named = any_ends(head.get("files", ()), ".yaml") or any_ends(head.get("files", ()), ".yml")
    return named and any({LABELS, IMAGES} <= set(folders.get(split, ())) for split in SPLITS)


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an image, its objects as `Objects`, in order of split and name, those without a label file last: nothing is on them
    (docs.ultralytics.com/datasets/detect). Raises DataError without class names.
    """
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    names = _class_names(path)
    number = 0
    for labels, images, split in _PLACES:
        folder = path / labels
        files = text_files(folder, ".txt") if folder.is_dir() else []
        for file in [*files, *(_unlabelled(path / images, files) if files else ())]:
            number += 1
            try:
                yield _sample(file, path, images, split, names, task)
            except ValueError as error:
                yield BadRow(number, file.stem, str(error))


def _unlabelled(folder: Path, files: Iterable[Path]) -> list[Path]:
    """Return the images of a folder that have no label file."""
    known = {file.stem for file in files}
    images = sorted(folder.iterdir()) if folder.is_dir() else []
    return [image for image in images if image.suffix.lower() in ENDINGS and image.stem not in known]


def _class_names(path: Path) -> Mapping[int, str]:
    for file in sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml")):
        try:
            # Every scalar a text: a class may be called `no`. Nothing but texts, lists and mappings is made.
            value = yaml.BaseLoader(file.read_bytes()).get_single_data()
        except yaml.YAMLError as error:
            raise DataError(f"{clean(str(file))} is no YAML: {clean(str(error), 120)}.") from error
        names = value.get("names") if isinstance(value, dict) else None
        if names is not None:
            return _numbered(names, file)
    raise DataError(
        f"{clean(str(path))} holds no YAML file with the class `names`; put it beside {LABELS} and {IMAGES}."
    )


def _numbered(names: Any, file: Path) -> Mapping[int, str]:
    """Return the class names by number; raises DataError for anything but a list of texts, or texts by whole number."""
    pairs = list(names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ())
    odd = next((key for key, name in pairs if not isinstance(name, str) or not str(key).isdecimal()), None)
    if odd is not None or not pairs:
        found = f"found `{clean(str(odd), 40)}: {clean(type(dict(pairs)[odd]).__name__)}`" if pairs else "found none"
        raise DataError(
            f"{clean(str(file))}: `names` must be a list of class names, or class names by number; {found}."
        )
    return {int(number): name for number, name in pairs}


def _sample(file: Path, home: Path, images: str, split: str, names: Mapping[int, str], task: str) -> Sample:
    image = image_beside(home, (images,), file.stem)
    size = size_of(home / image)
    text = file.read_text(encoding="utf-8") if file.suffix == ".txt" else ""
    lines = enumerate(text.splitlines(), 1)
    found = [_marked(line.split(), number, names, size) for number, line in lines if line.strip()]
    return Sample(
        id=f"{split}/{file.stem}" if split else file.stem,
        task=task,
        images=(ImageRef(image),),
        image_size=size,
        reference=objects_of("pixel" if size else "unit", found),
        choices=tuple(dict.fromkeys(names.values())),
        meta={"split": split} if split else {},
    )


def _marked(line: Sequence[str], number: int, names: Mapping[int, str], size: tuple[int, int] | None) -> Marked:
    """Return the object of a line."""
    name = names.get(_class(line[0]))
    if name is None:
        known = f"is not among the {len(names)} class names"
        return UNKNOWN, f"line {number}: class `{clean(line[0], 20)}` {known}"
    name, box = marked(name, lambda: _box(line, size))
    return name, f"line {number}: {box}" if isinstance(box, str) else box


def _class(text: str) -> int:
    """Return the number of a class, -1 where the text is none; tools that write whole tables of floats write `0.0`."""
    try:
        number = float(text)
    except ValueError:
        return -1
    return int(number) if number.is_integer() else -1


def _box(line: Sequence[str], size: tuple[int, int] | None) -> list[float]:
    width, height = size or (1, 1)
    numbers = [float(part) for part in line[1:]]
    if len(numbers) == 4:
        cx, cy, w, h = numbers
        return [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height, 0.0]
    if len(numbers) != 8:
        raise ValueError(f"a line has a class and 4 or 8 numbers, found {len(numbers)}")
    return rectangle([(x * width, y * height) for x, y in zip(numbers[::2], numbers[1::2], strict=True)])


LOADER = Loader(name="yolo", detect=detect, read=read)
