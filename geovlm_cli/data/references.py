"""The truth of a row: JSON values ↔ the Python values of each kind (contracts.md section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import ConfigError, clean
from geovlm_cli.profiles import FRAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geovlm_cli.task import Kind


_FEW = 16  # rows for which numpy is not worth its calls
_EXACT = 2.0**53  # below it a whole number is the same as float64 and int64
_NUMBERS = frozenset((int, float))  # and not bool, which is an int


class MalformedRowError(ValueError):
    """A row that breaks the schema; its text is half a sentence for `BadRow.why`."""


def read_reference(kind: Kind, value: Any, frame: str | None) -> Any:
    """Return the Python value of a JSON reference; `frame` is the boxes' where they name none.

    Raises MalformedRowError for a wrong JSON type and ConfigError for boxes whose frame nobody declares. Whether the truth makes sense is
    asked by `geovlm_cli.data.flaws`.
    """
    return _READERS[kind](value, frame)


def read_boxes(value: Any, frame: str | None) -> Boxes:
    """Return the boxes of `{"frame": …, "boxes": [[x1, y1, x2, y2(, angle°)], …], "labels": […]}`; raises as `read_reference` does."""
    if not isinstance(value, (dict, Mapping)) or not isinstance(value.get("boxes"), list):
        raise MalformedRowError(f'boxes are written {{"frame": …, "boxes": [[…], …]}}, found {_shown(value)}')
    rows = [_box(row) for row in value["boxes"]]
    labels = _texts(value["labels"], "`labels` of boxes") if "labels" in value else ()
    return boxes(frame_of(value.get("frame"), frame), rows, labels)


def frame_of(named: Any, default: str | None) -> str:
    """Return the frame of boxes that name one, or the default; raises as `read_reference` does."""
    if named is None and default is None:
        raise ConfigError(
            "Boxes without a `frame`, and no profile that declares one: write it into the rows, name a profile with --profile, or their frame with --frame (for training: data.frame)."
        )
    frame = default if named is None else named
    if frame not in FRAMES:
        raise MalformedRowError(f"`frame` must be one of {', '.join(FRAMES)}, found {_shown(frame)}")
    return str(frame)


def write_boxes(value: Boxes) -> dict[str, Any]:
    """Return boxes as JSON values, whole numbers without a point; the inverse of `read_boxes`."""
    named = {"labels": list(value.labels)} if value.labels else {}
    return {"frame": value.frame, "boxes": written(value.array), **named}


def written(array: NDArray[np.float64]) -> list[list[int | float]]:
    """Return rows of numbers as JSON has them, whole ones that float64 tells from their neighbours without a point."""
    if len(array) > _FEW and np.abs(array).max() < _EXACT and np.array_equal(array, whole := array.astype(np.int64)):
        return whole.tolist()  # type: ignore[no-any-return]  # a list of lists
    return [[int(v) if abs(v) < _EXACT and v == int(v) else v for v in row] for row in array.tolist()]


def write_reference(value: Any) -> Any:
    """Return a reference as JSON values; the inverse of `read_reference`."""
    if isinstance(value, Boxes):
        return write_boxes(value)
    if isinstance(value, Grounded):
        return {"text": value.text, **write_boxes(value.boxes)}
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any, _: str | None) -> str:
    if not isinstance(value, str):
        raise MalformedRowError(f"the reference must be a text, found {_shown(value)}")
    return value


def _answer(value: Any, frame: str | None) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else _text(value, frame)


def _labels(value: Any, _: str | None) -> tuple[str, ...]:
    return _texts(value, "the reference")


def _captions(value: Any, _: str | None) -> tuple[str, ...]:
    return _texts([value] if isinstance(value, str) else value, "the reference")


def _count(value: Any, _: str | None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedRowError(f"the reference must be a whole number, found {_shown(value)}")
    return value


def _grounded(value: Any, frame: str | None) -> Grounded:
    if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
        raise MalformedRowError(
            f"the reference must be an object with `text`, `frame` and `boxes`, found {_shown(value)}"
        )
    return Grounded(value["text"], read_boxes(value, frame))


_READERS: Mapping[str, Callable[[Any, str | None], Any]] = {
    "label": _text,
    "labels": _labels,
    "text": _captions,
    "answer": _answer,
    "count": _count,
    "box": read_boxes,
    "boxes": read_boxes,
    "grounded": _grounded,
}


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedRowError(f"{what} must be a list of texts, found {_shown(value)}")
    return tuple(value)


def _box(row: Any) -> list[float]:
    if not isinstance(row, list) or len(row) not in (4, 5) or not _NUMBERS.issuperset(map(type, row)):
        raise MalformedRowError(f"a box is 4 or 5 numbers, found {_shown(row)}")
    return row


def _shown(value: Any) -> str:
    return "nothing" if value is None else clean(repr(value), 60)
