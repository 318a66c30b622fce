"""COCO: one JSON object with `images`, `annotations` and `categories`; boxes are [x, y, width, height] in pixels (cocodataset.org, format-data).

Annotations with a `caption` are references of captions. Crowd regions (`iscrowd`) are no single objects and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli.data.beside import image_beside
from geovlm_cli.data.document import entries, load, number_of
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNKNOWN, Marked, marked, objects_of
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.task import ImageRef, Sample

Entry = Mapping[str, Any]
FOLDERS = ("", "images", "JPEGImages", "train2017", "val2017")


def detect(head: Entry) -> bool:
    """Recognise the two lists by their keys."""
    return "images" in head and "annotations" in head


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an image, its annotations as `Objects` or captions; the file is held whole, for its lists refer to one another."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    document = load(path)
    names = {number_of(entry, "id"): str(entry.get("name", "")) for entry in entries(document, "categories")}
    by_image: dict[Any, list[Entry]] = {}
    for entry in entries(document, "annotations"):
        by_image.setdefault(number_of(entry, "image_id"), []).append(entry)
    for number, image in enumerate(entries(document, "images"), 1):
        yield _sample(image, by_image.get(number_of(image, "id"), []), names, path, task, number)


def _sample(
    image: Entry, annotations: list[Entry], names: Mapping[Any, str], path: Path, task: str, number: int
) -> Sample | BadRow:
    identity = f"{path.stem}-{image.get('id', number)}"
    name = image.get("file_name")
    if not isinstance(name, str) or not name:
        return BadRow(number, identity, "an image needs a `file_name`")
    captions = tuple(entry["caption"] for entry in annotations if isinstance(entry.get("caption"), str))
    single = [entry for entry in annotations if not entry.get("iscrowd")]
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(name if "/" in name else image_beside(path.parent, FOLDERS, name)),),
        image_size=_size(image.get("width"), image.get("height")),
        reference=captions or objects_of("pixel", [_marked(entry, names) for entry in single]),
        choices=() if captions else tuple(dict.fromkeys(names.values())),
        meta={"image": name},
    )


def _size(width: Any, height: Any) -> tuple[int, int] | None:
    return (width, height) if all(type(side) is int and side > 0 for side in (width, height)) else None


def _marked(entry: Entry, names: Mapping[Any, str]) -> Marked:
    name = names.get(number_of(entry, "category_id"), "")
    if not name:
        return UNKNOWN, f"category {clean(repr(entry.get('category_id')), 40)} is not among the categories"
    return marked(name, lambda: _corners(entry.get("bbox")))


def _corners(bbox: Any) -> list[float]:
    good = isinstance(bbox, list) and len(bbox) == 4 and all(type(v) in (int, float) for v in bbox)
    if not good:
        raise ValueError(f"a `bbox` is [x, y, width, height], found {clean(repr(bbox), 60)}")
    x, y, width, height = bbox
    return [x, y, x + width, y + height]


LOADER = Loader(name="coco", detect=detect, read=read, frame="pixel")
