"""The picture that goes with one answer."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from PIL import Image

from geovlm_cli.boxes import boxes_of
from geovlm_cli.data.images import open_image
from geovlm_cli.errors import OutputError, clean
from geovlm_cli.profiles import Profile
from geovlm_cli.report.answers import answer_words
from geovlm_cli.report.overlay import MIN_SIDE, captioned, draw, side_by_side
from geovlm_cli.task import Sample

_SIDE_ALONE = 1600  # px of the longer side of an image that is drawn for somebody to look at; a whole scene of 10,000 px fills no disk
_SIDE_IN_ROW = 1024
_SUFFIX = re.compile(r"\.(?:png|jpe?g|tiff?|webp)(?= |$)", re.IGNORECASE)
_SAVED = "[0-9][0-9][0-9][0-9][0-9][0-9]-*.png"
_UNSAFE = re.compile(r"[^\w.-]+")


def side_for(images: int) -> int:
    """Return the px that the longer side of each image of a row's picture has at most, by how many images the row has."""
    return _SIDE_ALONE if images == 1 else _SIDE_IN_ROW


def picture(
    sample: Sample, answer: Any, profile: Profile | None, caption: str = "", *, side: int | None = None
) -> Image.Image:
    """Return a row's images side by side, boxes on the last: those of the question, of the truth and of the answer; a caption stands below.

    side: px of the longer side to which each image is made small first, or 448 px of the shorter one. Raises DataError for an image that does not open, ConfigError as `draw`.
    """
    images = [open_image(ref) for ref in sample.images]
    size = sample.image_size or images[-1].size
    if side is not None:
        images = [made_small(image, side) for image in images]
    last = draw(images[-1], boxes_of(sample.reference), boxes_of(answer), profile, size, sample.regions)
    row = side_by_side([*images[:-1], last])
    return captioned(row, caption) if caption else row


def made_small(image: Image.Image, side: int) -> Image.Image:
    """Return the image with the longer side brought to `side` px, or the shorter to that below which `draw` would enlarge it again."""
    scale = max(side / max(image.size), MIN_SIDE / min(image.size))
    if scale >= 1:
        return image
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def words(sample: Sample, answer: Any) -> str:
    """Return the caption of a picture: question, answer and truth."""
    truth = "" if sample.reference is None else f"   (truth: {answer_words(sample.reference)})"
    return f"{clean(sample.question)}\n{answer_words(answer)}{truth}".strip()


def make_folder(folder: Path) -> None:
    """Make the folder of the pictures and see that a file can be written there; raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"Cannot write into {clean(str(folder))}: {error.strerror or error}.") from error


def clear(folder: Path) -> None:
    """Remove the pictures that an earlier run saved into this folder, which need not be there; raises OutputError."""
    for path in folder.glob(_SAVED):
        try:
            path.unlink()
        except OSError as error:
            raise OutputError(f"Cannot replace {clean(str(path))}: {error.strerror or error}.") from error


def save(folder: Path, number: int, sample: Sample, image: Image.Image) -> str:
    """Write a PNG named by the row's number and id, and return its name; raises OutputError."""
    name = f"{number:06d}-{_UNSAFE.sub('-', _SUFFIX.sub('', sample.id))[-60:].strip('-')}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / name)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(folder / name))}: {error.strerror or error}.") from error
    return name
