"""Before/after folders as LEVIR-CD has them (Chen and Shi 2020): `A` before, `B` after, `label` a mask of what changed, the same file name in each; or the names of `FOLDERS`.

Task `temporal` (or another that asks yes or no): a row a pair, changed yes or no by the mask. Without masks, or for a task of `NEVER_YES_OR_NO`, rows have no truth: for predict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import ENDINGS
from geovlm_cli.errors import ConfigError, clean

FOLDERS = (("A", "B"), ("Image1", "Image2"), ("im1", "im2"), ("before", "after"))
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
    """Recognise the two folders."""
    folders = head.get("folders", {})
    return any(before in folders and after in folders for before, after in FOLDERS)


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield a sample a pair, in order of name; one without its second image, or with a mask that does not read, is a `BadRow`."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds pairs of images, which several tasks own; name one with --task.")
    before, after = next(pair for pair in FOLDERS if all((path / name).is_dir() for name in pair))
    names = sorted(entry.name for entry in (path / before).iterdir() if entry.suffix.lower() in ENDINGS)
    for number, name in enumerate(names, 1):
        if not (path / after / name).is_file():
            yield BadRow(number, Path(name).stem, f"{name} is in {before} and not in {after}")
            continue
        try:
            pair = (ImageRef(f"{before}/{name}", "before"), ImageRef(f"{after}/{name}", "after"))
            yield _sample(path / MASKS / name, pair, task)
        except OSError as error:
            yield BadRow(number, Path(name).stem, f"its mask cannot be read: {clean(str(error), 80)}")


def _sample(mask: Path, images: tuple[ImageRef, ImageRef], task: str) -> Sample:
    part = mask.is_file() and task not in NEVER_YES_OR_NO
    share = _changed(mask) if part else None
    return Sample(
        id=mask.stem,
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
