"""Caption files in Karpathy's shape, as RSICD, LEVIR-CC and Dubai-CC have them, and JSON lines of `filename` and `captions`.

`images` is a list of `filename`, `split`, `sentences` (each with `raw`), and in change captioning `changeflag`; pictures of pairs lie in `SPLIT/A` and `SPLIT/B` (Chen-Yang-Liu/RSICC, utils.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import image_beside
from geovlm_cli.data.document import entries, load
from geovlm_cli.data.formats import fields
from geovlm_cli.data.records import converted, identity_of
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import ConfigError, clean

HOMES = ("images", "RSICD_images", "")
Entry = Mapping[str, Any]


def is_karpathy(head: Entry) -> bool:
    """Recognise the file by its first image."""
    images = head.get("images")
    first = images[0] if isinstance(images, list) and images else None
    return isinstance(first, dict) and "sentences" in first and "filename" in first


def is_lines(head: Entry) -> bool:
    """Recognise a row by its two keys."""
    return isinstance(head.get("captions"), list) and isinstance(head.get("filename"), str)


def read_karpathy(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample an image or pair; `task` None: change captions where the images are pairs, else image captions."""
    for number, entry in enumerate(entries(load(path), "images"), 1):
        identity = f"{path.stem}-{number}"
        name = entry.get("filename")
        texts = tuple(str(item["raw"]).strip() for item in entries(entry, "sentences") if item.get("raw"))
        if not isinstance(name, str) or not name:
            yield BadRow(number, identity, "an image needs a `filename`")
            continue
        named = task or ("change-caption" if "changeflag" in entry else "image-caption")
        yield _sample(entry, name, texts, identity, named, path)


def read_lines(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the rows of a file of `filename` and `captions`."""

    def convert(row: Entry, number: int) -> Iterator[Sample]:
        captions, name = row.get("captions"), row.get("filename")
        if (
            not isinstance(captions, list)
            or not all(isinstance(text, str) for text in captions)
            or not isinstance(name, str)
        ):
            raise MalformedRowError("needs `filename` as text and `captions` as a list of texts")
        yield Sample(
            id=identity_of(path, number),
            task=task or "image-caption",
            images=(ImageRef(_beside(path.parent, name)),),
            reference=tuple(text.strip() for text in captions if text.strip()),
            meta=fields.rest(row, ("captions",)),
        )

    return converted(path, convert)


def _beside(home: Path, name: str) -> str:
    return name if (home / name).is_file() else image_beside(home, HOMES, name)


def _sample(entry: Entry, name: str, texts: tuple[str, ...], identity: str, task: str, path: Path) -> Sample:
    split = str(entry.get("split", ""))
    pair = "changeflag" in entry
    flag = entry.get("changeflag")
    meta = {"image": name, "split": split} | ({"changed": flag} if pair else {})
    if task == "temporal" and not pair:
        raise ConfigError(f"{clean(str(path))} holds captions of single images; task `temporal` compares several.")
    changed = task == "temporal"
    return Sample(
        id=identity,
        task=task,
        images=_pair(path.parent, split, name) if pair else (ImageRef(_beside(path.parent, name)),),
        question="Has anything changed between the two images? Please answer yes or no." if changed else "",
        reference=("yes" if flag else "no") if changed else texts,
        choices=("yes", "no") if changed else (),
        meta=meta,
    )


def _pair(home: Path, split: str, name: str) -> tuple[ImageRef, ImageRef]:
    places = [f"images/{split}", split, "images", ""]
    place = next((p for p in places if (home / p / "A" / name).is_file()), places[0])
    prefix = f"{place}/" if place else ""
    return ImageRef(f"{prefix}A/{name}", "before"), ImageRef(f"{prefix}B/{name}", "after")


KARPATHY = Loader(name="captions", detect=is_karpathy, read=read_karpathy)
LINES = Loader(name="caption-lines", detect=is_lines, read=read_lines)
