"""COCO: one JSON object with `images`, `annotations` and `categories`; boxes are [x, y, width, height] in pixels (cocodataset.org, format-data).

A folder is read as COCO is unpacked: `annotations/instances_SPLIT.json` (or `captions_SPLIT.json`) beside the images in `SPLIT`. Annotations with a `caption` are references of captions. Crowd regions (`iscrowd`) are no single objects and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from geovlm_cli.data.beside import image_beside
from geovlm_cli.data.document import entries, load, number_of
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNKNOWN, Marked, marked, objects_of
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.task import ImageRef, Sample

Entry = Mapping[str, Any]
FOLDERS = ("", "images", "JPEGImages", "train2017", "val2017")
ANNOTATIONS = "annotations"
KINDS = ("instances_", "captions_")


class _Part(NamedTuple):
    """One file of annotations: the folder that image paths are relative to, where in it the images may lie, and its split."""

    file: Path
    home: Path
    folders: tuple[str, ...]
    split: str


def detect(head: Entry) -> bool:
    """Recognise the two lists by their keys, a folder by the names of its files of annotations."""
    folders = head.get("folders")
    if isinstance(folders, Mapping):
        return any(name.startswith(KINDS) and name.endswith(".json") for name in folders.get(ANNOTATIONS, ()))
    return "images" in head and "annotations" in head


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an image, its annotations as `Objects` or captions; a file is held whole, for its lists refer to one another."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    for part in _parts(path):
        yield from _part(part, task)


def _parts(path: Path) -> list[_Part]:
    """Return the files of a source; raises ConfigError for a folder that holds both boxes and captions of its images."""
    found = {kind: sorted((path / ANNOTATIONS).glob(f"{kind}*.json")) for kind in KINDS}
    held = [kind for kind, files in found.items() if files]
    if not held:
        return [_Part(path, path.parent, FOLDERS, "")]
    if len(held) > 1:
        named = " and ".join(f"{kind}*.json" for kind in held)
        raise ConfigError(f"{clean(str(path / ANNOTATIONS))} holds {named}; name the file that is meant.")
    splits = [(file, file.stem.removeprefix(held[0])) for file in found[held[0]]]
    return [_Part(file, path, (split, f"images/{split}", *FOLDERS), split) for file, split in splits]


def _part(part: _Part, task: str) -> Iterator[Sample | BadRow]:
    document = load(part.file)
    names = {number_of(entry, "id"): str(entry.get("name", "")) for entry in entries(document, "categories")}
    by_image: dict[Any, list[Entry]] = {}
    for entry in entries(document, "annotations"):
        by_image.setdefault(number_of(entry, "image_id"), []).append(entry)
    for number, image in enumerate(entries(document, "images"), 1):
        yield _sample(image, by_image.get(number_of(image, "id"), []), names, part, task, number)
    listed = {number_of(image, "id") for image in entries(document, "images")}
    for image, found in by_image.items():
        yield from () if image in listed else map(_without_image, found)


def _without_image(entry: Entry) -> BadRow:
    return BadRow(
        0,
        clean(f"annotation {entry.get('id', 'without id')}", 60),
        f"its image is not among the `images`: `image_id` is {clean(repr(entry.get('image_id')), 40)}",
    )


def _sample(
    image: Entry, annotations: list[Entry], names: Mapping[Any, str], part: _Part, task: str, number: int
) -> Sample | BadRow:
    identity = f"{part.file.stem}-{image.get('id', number)}"
    name = image.get("file_name")
    if not isinstance(name, str) or not name:
        return BadRow(number, identity, "an image needs a `file_name`")
    captions = tuple(entry["caption"] for entry in annotations if isinstance(entry.get("caption"), str))
    single = [entry for entry in annotations if not entry.get("iscrowd")]
    only_crowds = (
        bool(annotations) and not single
    )  # of a class, but none to be counted or located: not an image without it
    return Sample(
        id=identity,
        task=task,
        images=(ImageRef(image_beside(part.home, part.folders, name)),),
        image_size=_size(image.get("width"), image.get("height")),
        reference=captions or objects_of("pixel", [_marked(entry, names) for entry in single]),
        choices=() if captions or only_crowds else tuple(dict.fromkeys(names.values())),
        meta={"image": name, **({"split": part.split} if part.split else {})},
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
