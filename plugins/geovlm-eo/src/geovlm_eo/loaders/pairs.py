"""Before/after folders as LEVIR-CD has them (Chen and Shi 2020): `A` before, `B` after, `label` a mask of what changed, the same file name in each; or the names of `FOLDERS`.
`PATH` is the folder of these, or the folder of the splits that hold them (`train/A`, …).

Task `temporal` (or another that asks yes or no): a row a pair, changed yes or no by the mask. Without masks, or for a task of `NEVER_YES_OR_NO`, rows have no truth: for predict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import ENDINGS, homes, in_splits
from geovlm_cli.errors import ConfigError, clean

FOLDERS = (("A", "B"), ("Image1", "Image2"), ("im1", "im2"), ("time1", "time2"), ("before", "after"))
MASKS = "label"
# Tasks of ours whose answer is something else than yes or no: a mask is no truth of theirs.
NEVER_YES_OR_NO = frozenset(
    (
        "scene",
        "multi-label",
        "damage",
        "referred-detection",
        "detection",
        "region-caption",
        "grounding",
        "image-caption",
        "change-caption",
    )
)
QUESTION = "Has any building changed between the two images? Please answer yes or no."


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise the two folders, here or in each split."""
    return in_splits(head.get("folders", {}), lambda names: _names_in(names) is not None)


def _names_in(folders: frozenset[str]) -> tuple[str, str] | None:
    """Return the names of the two folders among these, if both are there."""
    return next((pair for pair in FOLDERS if folders.issuperset(pair)), None)


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample a pair, in order of name; one without its second image, or with a mask that does not read, is a `BadRow`."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds pairs of images, which several tasks own; name one with --task.")
    for home, split in homes(path, lambda names: _names_in(names) is not None):
        yield from _split(home, split, task)


def _split(home: Path, split: str, task: str) -> Iterator[Sample | BadRow]:
    before, after = next(pair for pair in FOLDERS if all((home / name).is_dir() for name in pair))
    place = f"{split}/" if split else ""
    names = sorted(entry.name for entry in (home / before).iterdir() if entry.suffix.lower() in ENDINGS)
    for number, name in enumerate(names, 1):
        identity = place + Path(name).stem
        if not (home / after / name).is_file():
            yield BadRow(number, identity, f"{name} is in {before} and not in {after}")
            continue
        try:
            pair = (ImageRef(f"{place}{before}/{name}", "before"), ImageRef(f"{place}{after}/{name}", "after"))
            sample = _sample(home / MASKS / name, pair, identity, task)
            yield replace(sample, meta={**sample.meta, "split": split}) if split else sample
        except OSError as error:
            yield BadRow(number, identity, f"its mask cannot be read: {clean(str(error), 80)}")


def _sample(mask: Path, images: tuple[ImageRef, ImageRef], identity: str, task: str) -> Sample:
    part = mask.is_file() and task not in NEVER_YES_OR_NO
    share = _changed(mask) if part else None
    return Sample(
        id=identity,
        task=task,
        images=images,
        question=QUESTION if part else "",
        reference=None if share is None else "yes" if share > 0 else "no",
        choices=("yes", "no") if part else (),
        meta={} if share is None else {"changed": share},
    )


def _changed(mask: Path) -> float:
    """Return the share of pixels that the mask marks."""
    with Image.open(mask, formats=("PNG", "TIFF", "BMP")) as image:
        counts = image.convert("L").histogram()
    return 1 - counts[0] / sum(counts)


LOADER = Loader(name="pairs", detect=detect, read=read)
