"""Boxes, their frames, and the text a perfect model would write for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli.errors import ConfigError, clean

if TYPE_CHECKING:
    from geovlm_cli.profiles import BoxSyntax, Profile
    from geovlm_cli.task import Sample

Array = NDArray[np.float64]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes float64[n, 5] in one frame: x1, y1, x2, y2 (extents of the unrotated rectangle), angle in degrees about its centre, counter-clockwise on screen.

    labels: one a box, or () where the syntax carries none. invalid: items of a model's answer that are no box; each counts as a false positive.
    """

    frame: str
    array: Array
    labels: tuple[str, ...] = ()
    invalid: int = 0

    def __len__(self) -> int:
        return len(self.array)

    @property
    def is_finite(self) -> bool:
        """Is no number of the boxes infinite or NaN?"""
        return bool(np.isfinite(self.array).all())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Boxes)
            and (self.frame, self.labels, self.invalid) == (other.frame, other.labels, other.invalid)
            and np.array_equal(self.array, other.array)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays are mutable


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text that speaks of boxes: the text without its box marks, and the boxes in order."""

    text: str
    boxes: Boxes


def boxes_of(value: Any) -> Boxes | None:
    """Return the boxes of a reference or an answer, those of a text that speaks of boxes among them; None where it holds none."""
    found = value.boxes if isinstance(value, Grounded) else value
    return found if isinstance(found, Boxes) else None


def boxes(frame: str, rows: Sequence[Sequence[float]], labels: Sequence[str] = ()) -> Boxes:
    """Make `Boxes` from rows of 4 or 5 numbers; a missing angle is 0. Raises ValueError that names the first row that is no such row."""
    try:
        whole = [row if len(row) == 5 else (*row, 0.0) for row in rows]
        array = np.array(whole, dtype=np.float64).reshape(len(whole), 5)
    except (TypeError, ValueError) as error:
        raise ValueError(_wrong_row(rows)) from error
    return Boxes(frame, array, tuple(labels))


def _wrong_row(rows: Sequence[Sequence[float]]) -> str:
    for row, numbers in enumerate(rows if isinstance(rows, list | tuple) else ()):
        try:
            good = len(numbers) in (4, 5) and np.array(numbers, dtype=np.float64).ndim == 1
        except (TypeError, ValueError):
            good = False
        if not good:
            return f"rows[{row}] is {clean(repr(numbers), 60)}; a box is 4 or 5 numbers."
    return f"The rows are {clean(repr(rows), 60)}; give a list of boxes of 4 or 5 numbers."


def scaled(array: Array, source: Size, target: Size) -> Array:
    """Convert float64[n, 5] between two frames of one image, given both extents (width, height): a ratio per axis that leaves the angle; no-op where equal."""
    if source == target:
        return array
    sx, sy = target[0] / source[0], target[1] / source[1]
    result: Array = array * np.array([sx, sy, sx, sy, 1.0])
    return result


def convert(value: Boxes, frame: str, profile: Profile, image_size: tuple[int, int] | None) -> Boxes:
    """Return `value` in another frame of the same image; raises DataError where the image's size is needed and unknown."""
    if value.frame == frame:
        return value
    array = scaled(value.array, profile.extent(value.frame, image_size), profile.extent(frame, image_size))
    return Boxes(frame, array, value.labels, value.invalid)


def corners(array: Array) -> Array:
    """Return the corners float64[n, 4, 2] of float64[n, 5] in the same frame: rotated about the centre, counter-clockwise on screen (y down).

    x' = (x−cx)cosθ + (y−cy)sinθ + cx, y' = −(x−cx)sinθ + (y−cy)cosθ + cy (EarthDial's evaluators, GeoChat's drawing code).
    """
    x1, y1, x2, y2, degrees = np.asarray(array, dtype=np.float64).reshape(-1, 5).T
    cx, cy, theta = (x1 + x2) / 2, (y1 + y2) / 2, np.deg2rad(degrees)
    dx = np.stack([x1, x2, x2, x1], axis=1) - cx[:, None]
    dy = np.stack([y1, y1, y2, y2], axis=1) - cy[:, None]
    cos, sin = np.cos(theta)[:, None], np.sin(theta)[:, None]
    return np.stack([dx * cos + dy * sin + cx[:, None], -dx * sin + dy * cos + cy[:, None]], axis=2)


def hull(array: Array) -> Array:
    """Return the axis-aligned boxes float64[n, 5] (angle 0) around rotated ones."""
    points = corners(array)
    low, high = points.min(axis=1), points.max(axis=1)
    return np.concatenate([low, high, np.zeros((len(points), 1))], axis=1)


def expressible(array: Array, extent: Size | Array, numbers: int) -> Array:
    """Return what a syntax of `numbers` numbers can say of boxes, in their own frame: with four, the axis-aligned hull clipped to the extent; with five, all.

    extent: (width, height) of the frame, or float64[n, 2], one a box.
    """
    if numbers == 5:
        return array
    limit = np.concatenate([extent, extent], axis=-1)
    flat = np.where((array[:, 4] % 180 == 0)[:, None], array, hull(array))
    return np.concatenate([np.clip(flat[:, :4], 0, limit), np.zeros((len(array), 1))], axis=1)


def write(value: Boxes, sample: Sample, profile: Profile) -> str:
    """Return the answer text for boxes in the profile's syntax and frame, rounded to its step; raises ConfigError for a profile without boxes."""
    rows, syntax = _said(value, sample, profile)
    return _WRITERS[syntax](rows, value.labels)


def write_inline(value: Boxes, sample: Sample, profile: Profile) -> list[str]:
    """Return one text a box, as a question names it; frame, rounding and errors as `write`.

    Five numbers as EarthDial's questions have them, `<box>[[x1, y1, x2, y2, angle]]</box>`; four in plain brackets; GeoChat's own form for GeoChat.
    """
    rows, syntax = _said(value, sample, profile)
    return [_INLINE[syntax](row) for row in rows]


def written(value: Boxes, sample: Sample, profile: Profile) -> Boxes:
    """Return the boxes that `write` says: in the profile's frame, rounded to its step, without what its syntax cannot say; errors as `write`."""
    rows, _ = _said(value, sample, profile)
    return Boxes(str(profile.frame), np.array(rows, dtype=np.float64).reshape(-1, 5), value.labels)


def _said(value: Boxes, sample: Sample, profile: Profile) -> tuple[list[list[float]], BoxSyntax]:
    """Return the boxes as rows of numbers on the grid of the profile's frame, and its syntax."""
    if profile.box_syntax is None or profile.frame is None:
        raise ConfigError(
            f"Profile `{profile.name}` declares no box syntax and frame, and task `{sample.task}` speaks of boxes; name another with --profile."
        )
    extent = profile.extent(profile.frame, sample.image_size)
    source = profile.extent(value.frame, sample.image_size) if value.frame != profile.frame else extent
    array = scaled(expressible(value.array, source, profile.box_numbers), source, extent)
    return _on_grid(array, extent, digits=3 if profile.frame == "unit" else 0), profile.box_syntax


def _on_grid(array: Array, extent: Size, digits: int) -> list[list[float]]:
    """Round boxes to a frame's step. One thinner than that becomes the step that holds its middle, for it would not parse; none is pushed off the image."""
    step, steps = 10.0**-digits, 10.0**digits
    low, high = array[:, :2], array[:, 2:4]
    rounded = np.round(array, digits)
    narrow = rounded[:, 2:4] <= rounded[:, :2]
    middle = np.floor((low + high) / 2 * steps) / steps
    # Where a turned box lies is not said by its extents, so only those of upright ones are held against the image's.
    upright = (array[:, 4] % 180 == 0)[:, None]
    last = np.where(upright & (low < extent), np.array(extent) - step, np.inf)
    first = np.where(upright & (high > 0), 0.0, -np.inf)
    start = np.clip(np.where(narrow, middle, rounded[:, :2]), np.where(narrow, first, -np.inf), last)
    end = np.where(narrow, start + step, np.maximum(rounded[:, 2:4], first + step))
    whole = np.round(np.concatenate([start, end, rounded[:, 4:]], axis=1), digits)
    return [[float(v) if digits else int(v) for v in row] for row in whole.tolist()]


def _lists(rows: list[list[float]], labels: tuple[str, ...], numbers: int) -> str:
    return ",".join("[" + ",".join(str(v) for v in row[:numbers]) + "]" for row in rows) or "[]"


def _qwen_json(rows: list[list[float]], labels: tuple[str, ...]) -> str:
    names = labels or ("object",) * len(rows)
    return orjson.dumps([{"bbox_2d": row[:4], "label": name} for row, name in zip(rows, names, strict=True)]).decode()


def _geochat(rows: list[list[float]], labels: tuple[str, ...]) -> str:
    return "<delim>".join("{" + "".join(f"<{v}>" for v in row[:4]) + f"|<{row[4]}>" + "}" for row in rows) or "[]"


def _internvl(rows: list[list[float]], labels: tuple[str, ...]) -> str:
    return ("<box>[" + ", ".join(str(row[:4]) for row in rows) + "]</box>") if rows else "[]"


_WRITERS: Mapping[str, Callable[[list[list[float]], tuple[str, ...]], str]] = {
    "list4": lambda rows, labels: _lists(rows, labels, 4),
    "list5": lambda rows, labels: _lists(rows, labels, 5),
    "qwen-json": _qwen_json,
    "geochat": _geochat,
    "internvl": _internvl,
}

_INLINE: Mapping[str, Callable[[list[float]], str]] = {
    "list4": lambda row: f"[{', '.join(map(str, row[:4]))}]",
    "list5": lambda row: f"<box>[[{', '.join(map(str, row))}]]</box>",
    "qwen-json": lambda row: f"[{', '.join(map(str, row[:4]))}]",
    "geochat": lambda row: _geochat([row], ()),
    "internvl": lambda row: _internvl([row], ()),
}
