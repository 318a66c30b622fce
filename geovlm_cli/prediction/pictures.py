"""The picture that goes with one answer."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from geovlm_cli.data.images import open_image
from geovlm_cli.errors import OutputError, clean
from geovlm_cli.prediction.records import size_of
from geovlm_cli.profiles import Profile
from geovlm_cli.report.answers import answer_words, boxes_of
from geovlm_cli.report.overlay import captioned, draw, side_by_side
from geovlm_cli.task import Sample, Task

if TYPE_CHECKING:
    from PIL import Image

_BOX_KINDS = ("box", "boxes", "grounded")
_SUFFIX = re.compile(r"\.(?:png|jpe?g|tiff?|webp)(?= |$)", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")


def picture(task: Task, sample: Sample, answer: Any, profile: Profile) -> Image.Image:
    """Return the last image with true and predicted boxes; for a task without boxes its images side by side above question and answer."""
    if task.kind in _BOX_KINDS:
        return draw(
            open_image(sample.images[-1]), boxes_of(sample.reference), boxes_of(answer), profile, size_of(sample)
        )
    row = side_by_side([open_image(ref) for ref in sample.images])
    truth = "" if sample.reference is None else f"   (truth: {answer_words(sample.reference)})"
    return captioned(row, f"{clean(sample.question)}\n{answer_words(answer)}{truth}".strip())


def make_folder(folder: Path) -> None:
    """Make the folder of the pictures and see that a file can be written there; raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"Cannot write into {clean(str(folder))}: {error.strerror or error}.") from error


def save(folder: Path, number: int, sample: Sample, image: Image.Image) -> str:
    """Write a PNG named by the row's number and id, and return its name; raises OutputError."""
    name = f"{number:06d}-{_UNSAFE.sub('-', _SUFFIX.sub('', sample.id))[-60:].strip('-')}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / name)
    except OSError as error:
        raise OutputError(f"Cannot write {clean(str(folder / name))}: {error.strerror or error}.") from error
    return name
