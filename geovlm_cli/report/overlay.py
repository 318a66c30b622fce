"""Pictures of answers: predicted and true boxes drawn on the image, rotated ones as the polygons that the score compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from geovlm_cli.boxes import Array, Boxes, corners, scaled
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile
from geovlm_cli.report.lettering import Font, wrapped

Color = tuple[int, int, int]
Point = tuple[float, float]

TRUTH: Color = (0, 200, 255)
PREDICTED: Color = (255, 140, 0)
REGION: Color = (255, 92, 244)
_HALO: Color = (16, 16, 16)
_PAPER: Color = (240, 240, 240)
_PENS = (TRUTH, PREDICTED, REGION, _HALO, _PAPER)
_COLOURS = 256
_SKETCH = (160, 160)  # px of the copy that a palette is made from, many times as fast
_SEAM = 4  # px between the pictures of a pair
_CAPTION_LINES = 8
MIN_SIDE = 448  # px; smaller images are enlarged, or neither lines nor labels could be read


@dataclass(frozen=True, slots=True)
class _Pen:
    line: int  # odd: Pillow draws an even line beside its points
    font: Font

    @classmethod
    def fit(cls, size: tuple[int, int]) -> _Pen:
        side = min(size)
        return cls(2 * round(side / 640) + 1, ImageFont.load_default(max(13, round(side / 36))))


def angle_frame(truth: Boxes | None, predicted: Boxes | None, profile: Profile | None) -> str | None:
    """Return the frame in which polygons are made: the reference's, without one the profile's `angle_frame` (contracts.md section 4)."""
    if truth is not None:
        return truth.frame
    declared = (profile.angle_frame or profile.frame) if profile else None
    return declared or (predicted.frame if predicted is not None else None)


def pixel_polygons(value: Boxes, made_in: str, profile: Profile | None, image_size: tuple[int, int]) -> Array:
    """Return float64[n, 4, 2]: the corners of boxes in pixels of the original image of `image_size` (width, height).

    The rectangles are turned in the frame `made_in`, then their corners are mapped by a ratio per axis. Raises ConfigError where a frame needs a profile.
    """
    source, turned = _extent(value.frame, profile, image_size), _extent(made_in, profile, image_size)
    mapped: Array = corners(scaled(value.array, source, turned)) * (np.array(image_size) / np.array(turned))
    return mapped


def pixel_boxes(value: Boxes, profile: Profile | None, image_size: tuple[int, int]) -> Array:
    """Return float64[n, 5] in pixels of the original image: x1, y1, x2, y2, angle; a ratio per axis that leaves the angle."""
    width, height = image_size
    return scaled(value.array, _extent(value.frame, profile, image_size), (float(width), float(height)))


def draw(
    image: Image.Image,
    truth: Boxes | None,
    predicted: Boxes | None,
    profile: Profile | None,
    image_size: tuple[int, int],
    regions: Boxes | None = None,
) -> Image.Image:
    """Return a copy of an RGB image with the boxes that the question names (magenta), the true ones (blue) and the predicted ones (orange) outlined and labelled.

    `image_size` (width, height) px is the original's; `image` may be a smaller copy of it. An image with a side below 448 px is enlarged by a whole factor.
    """
    canvas = _enlarged(image)
    pen = _Pen.fit(canvas.size)
    answered_in = angle_frame(truth, predicted, profile)
    ratio = np.array(canvas.size) / np.array(image_size)
    for boxes, color, tag in (
        (regions, REGION, _tag_above),
        (truth, TRUTH, _tag_above),
        (predicted, PREDICTED, _tag_below),
    ):
        made_in = boxes.frame if boxes is not None and boxes is regions else answered_in
        if boxes is not None and made_in is not None:
            polygons = pixel_polygons(boxes, made_in, profile, image_size) * ratio
            _outline(canvas, polygons, color, pen)
            _label(canvas, polygons, boxes.labels, color, pen, tag)
    return canvas


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures in one row, in order, brought to the height of the last: a before/after pair as one picture."""
    height = pictures[-1].height
    fitted = [picture.resize((max(1, round(picture.width * height / picture.height)), height)) for picture in pictures]
    row = Image.new("RGB", (sum(picture.width + _SEAM for picture in fitted) - _SEAM, height), _HALO)
    x = 0
    for picture in fitted:
        row.paste(picture, (x, 0))
        x += picture.width + _SEAM
    return row


def captioned(picture: Image.Image, text: str) -> Image.Image:
    """Return the picture, enlarged where it is small, above a strip with a few lines of text, folded to its width."""
    canvas = _enlarged(picture)
    pen = _Pen.fit(canvas.size)
    brush = ImageDraw.Draw(canvas)
    text = "\n".join(wrapped(text, pen.font, canvas.width - 12, lines=_CAPTION_LINES))
    _, _, _, bottom = brush.multiline_textbbox((0, 0), text, font=pen.font)
    whole = Image.new("RGB", (canvas.width, canvas.height + round(bottom) + 12), _HALO)
    whole.paste(canvas)
    ImageDraw.Draw(whole).multiline_text((6, canvas.height + 5), text, fill=_PAPER, font=pen.font)
    return whole


def frugal(picture: Image.Image) -> Image.Image:
    """Return the picture in a palette of 256 colours, ours among them as they are: as PNG half as large, and no box or letter loses its colour."""
    room = _COLOURS - len(_PENS)
    found = picture.resize(_SKETCH, Image.Resampling.NEAREST).quantize(room)
    colours = (found.getpalette() or [])[: 3 * room]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for pen in _PENS for channel in pen] + colours)
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _extent(frame: str, profile: Profile | None, image_size: tuple[int, int]) -> tuple[float, float]:
    if profile is None and frame == "model":
        raise ConfigError("Boxes in the frame `model` need the model's profile to be drawn; name it with --profile.")
    return (profile or Profile(name="none")).extent(frame, image_size)


def _enlarged(image: Image.Image) -> Image.Image:
    factor = -(-MIN_SIDE // min(image.size))
    copy = image.convert("RGB")
    return copy.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC) if factor > 1 else copy


def _outline(canvas: Image.Image, polygons: Array, color: Color, pen: _Pen) -> None:
    brush = ImageDraw.Draw(canvas)
    for polygon in polygons:
        points = _points(polygon)
        closed = [*points, points[0], points[1]]  # one side more, so that the first corner is joined too
        brush.line(closed, fill=_HALO, width=pen.line + 2, joint="curve")
        brush.line(closed, fill=color, width=pen.line, joint="curve")


def _label(
    canvas: Image.Image,
    polygons: Array,
    labels: tuple[str, ...],
    color: Color,
    pen: _Pen,
    tag: Callable[[Array, float, float], Point],
) -> None:
    brush = ImageDraw.Draw(canvas)
    for polygon, text in zip(polygons, labels, strict=False):
        left, top, right, bottom = brush.textbbox((0, 0), text, font=pen.font)
        width, height = right - left + 6, bottom - top + 6
        x, y = tag(polygon, height, pen.line)
        x = min(max(0.0, x), max(0.0, canvas.width - width))
        y = min(max(0.0, y), max(0.0, canvas.height - height))
        brush.rectangle((x, y, x + width, y + height), fill=_HALO)
        brush.text((x + 3 - left, y + 3 - top), text, fill=color, font=pen.font)


def _tag_above(polygon: Array, height: float, gap: float) -> Point:
    x, y = polygon[np.lexsort((polygon[:, 0], polygon[:, 1]))[0]]
    return float(x), float(y) - height - gap


def _tag_below(polygon: Array, _: float, gap: float) -> Point:
    x, y = polygon[np.lexsort((polygon[:, 0], -polygon[:, 1]))[0]]
    return float(x), float(y) + gap


def _points(polygon: Array) -> list[Point]:
    return [(float(x), float(y)) for x, y in polygon]
