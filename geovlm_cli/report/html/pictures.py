"""Pictures of a report: images made small and put into the page, boxes as vector outlines over them."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from PIL import Image

from geovlm_cli.boxes import Boxes, boxes_of
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.errors import GeovlmError
from geovlm_cli.profiles import Profile
from geovlm_cli.report.html.text import without_folders
from geovlm_cli.report.overlay import angle_frame, pixel_polygons
from geovlm_cli.task import Sample

BUDGET = 8 * 2**20  # bytes of encoded images in one report
_SIDE_ALONE = 720  # px of the longer side
_SIDE_IN_ROW = 480
_QUALITY = 78
_BLANK = (1000, 1000)  # px of the sheet that stands for an image that is not here, where boxes do not need its size
_SCALED_FRAMES = ("unit", "percent", "permille")


@dataclass(frozen=True, slots=True)
class Outline:
    """A box as a closed polygon in pixels of the original image, `points` as SVG writes them, and where its label stands."""

    points: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One image of a row: a data URI or None where it is not here, the size that outlines are in, its role, and the outlines by layer."""

    uri: Markup | None
    width: int
    height: int
    role: str
    layers: tuple[tuple[str, tuple[Outline, ...]], ...] = ()


class Album:
    """Makes panels until the budget of bytes is spent; later rows come without their images."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget
        self.full = False

    def panels(self, sample: Sample, answer: Any, profile: Profile | None) -> tuple[list[Panel], str]:
        """Return the panels of a row, outlines on the last, and a sentence on what could not be shown ("" if nothing).

        The outlines speak about the last image, in its original size; an image that does not open is a blank sheet.
        """
        truth, said = boxes_of(sample.reference), boxes_of(answer)
        notes = []
        pictures: list[Panel] = []
        for ref in sample.images:
            try:
                pictures.append(self._picture(open_image(ref), ref.role, alone=len(sample.images) == 1))
            except GeovlmError as error:
                notes.append(without_folders(str(error), [ref.source]))
        size = self._size(sample, truth, said, whole=not notes)
        if (truth is None and said is None and sample.regions is None) or size is None:
            return pictures, " ".join(notes)
        layers, note = _layers(truth, said, sample.regions, profile, size)
        shown = pictures[-1] if pictures and not notes else Panel(None, *size, "")
        before = pictures[:-1] if not notes else pictures
        return [*before, Panel(shown.uri, *size, shown.role, layers)], " ".join([*notes, *note])

    def _size(self, sample: Sample, truth: Boxes | None, said: Boxes | None, *, whole: bool) -> tuple[int, int] | None:
        if sample.image_size is not None:
            return sample.image_size
        if sample.images and whole:
            return image_size(sample.images[-1])
        frames = {boxes.frame for boxes in (truth, said, sample.regions) if boxes is not None}
        return _BLANK if frames & set(_SCALED_FRAMES) and "pixel" not in frames else None

    def _picture(self, image: Image.Image, role: str, *, alone: bool) -> Panel:
        size = image.size
        side = _SIDE_ALONE if alone else _SIDE_IN_ROW
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        image.save(stream, "WEBP", quality=_QUALITY)
        data = stream.getvalue()
        if len(data) > self._left:
            self.full = True
            return Panel(None, *size, role)
        self._left -= len(data)
        # Base64 has no character that markup minds, and must not be cut as texts are.
        return Panel(Markup("data:image/webp;base64,") + base64.b64encode(data).decode(), *size, role)


def _layers(
    truth: Boxes | None, said: Boxes | None, regions: Boxes | None, profile: Profile | None, size: tuple[int, int]
) -> tuple[tuple[tuple[str, tuple[Outline, ...]], ...], list[str]]:
    made_in = angle_frame(truth, said, profile)
    layers, notes = [], []
    for name, boxes in (("region", regions), ("truth", truth), ("answer", said)):
        if boxes is not None and len(boxes):
            try:
                layers.append((name, _outlines(boxes, boxes.frame if name == "region" else made_in, profile, size)))
            except GeovlmError as error:
                notes.append(str(error))
    return tuple(layers), notes


def _outlines(boxes: Boxes, made_in: str | None, profile: Profile | None, size: tuple[int, int]) -> tuple[Outline, ...]:
    polygons = pixel_polygons(boxes, made_in or boxes.frame, profile, size)
    labels = boxes.labels or ("",) * len(boxes)
    return tuple(
        Outline(
            " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon),
            label,
            float(polygon[:, 0].min()),
            float(polygon[:, 1].min()),
        )
        for polygon, label in zip(polygons, labels, strict=True)
    )
