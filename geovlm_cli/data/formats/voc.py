"""Pascal VOC: one XML file an image, with `bndbox` corners in pixels (VOC2012 devkit, section 2.4); a file, a folder of them, or `Annotations` beside `JPEGImages`.

Corners are taken as written: tools disagree on whether pixels are counted from 1, and the difference is one pixel.
"""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli.data.beside import any_ends, image_beside, text_files
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNKNOWN, Marked, marked, objects_of
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.task import ImageRef, Sample

logger = logging.getLogger(__name__)
FOLDERS = ("JPEGImages", "images", "")
_OTHERS = (".csv", ".json", ".jsonl", ".geojson")
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise XML files, here or in `Annotations`."""
    folders = head.get("folders", {})
    return any_ends(head.get("files", ()), ".xml") or any_ends(folders.get("Annotations", ()), ".xml")


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an XML file, in order of name, its objects as `Objects`."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    inner = path / "Annotations"
    folder = inner if inner.is_dir() else path
    home = path if path.is_dir() else path.parent
    _say_what_is_not_read(path)
    for number, file in enumerate(text_files(folder, ".xml") if path.is_dir() else [path], 1):
        try:
            yield _sample(file, home, task)
        except ValueError as error:
            yield BadRow(number, file.stem, str(error))


def _say_what_is_not_read(path: Path) -> None:
    """Log the files of a folder that may hold annotations of other formats."""
    others = sorted(file.name for file in path.iterdir() if file.suffix in _OTHERS) if path.is_dir() else []
    if others:
        logger.warning(
            "%s is read as voc, its XML files; not read: %s; name the file itself if it is meant",
            clean(str(path)),
            clean(", ".join(others), 120),
        )


def _sample(file: Path, home: Path, task: str) -> Sample:
    root = _parsed(file)
    named = root.findtext("filename") or file.stem
    size = tuple(_number(root.findtext(f"size/{side}")) for side in ("width", "height"))
    return Sample(
        id=file.stem,
        task=task,
        images=(ImageRef(image_beside(home, FOLDERS, named)),),
        image_size=(int(size[0]), int(size[1])) if size[0] and size[1] else None,
        reference=objects_of("pixel", map(_marked, root.iter("object"))),
        meta={"image": named},
    )


def _parsed(file: Path) -> ET.Element:
    raw = file.read_bytes()
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise ValueError("XML with a document type, which may expand without end, is not read")
    try:
        return ET.fromstring(raw)  # noqa: S314  # entities were refused
    except ET.ParseError as error:
        raise ValueError(f"no XML ({clean(str(error), 80)})") from error


def _marked(node: ET.Element) -> Marked:
    name = (node.findtext("name") or "").strip()
    return marked(name, lambda: _box(node)) if name else (UNKNOWN, "an object has no `name`")


def _box(node: ET.Element) -> list[float]:
    found = [_number(node.findtext(f"bndbox/{key}")) for key in _CORNERS]
    if any(value is None for value in found):
        raise ValueError("an object has no `bndbox` of four numbers")
    return [value for value in found if value is not None]


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


LOADER = Loader(name="voc", detect=detect, read=read, frame="pixel")
