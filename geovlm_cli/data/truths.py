"""The truth as other formats write it, one text whatever the task, read as the kind of the task wants it.

Boxes are found as geovlm-r1.md sections 1.1 and 1.3 show them: `[…]` lists side by side, comma-joined or in any number of brackets, GeoChat's
`{<x1><y1><x2><y2>|<angle>}`, and JSON objects with `bbox_2d`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import clean

if TYPE_CHECKING:
    from geovlm_cli.task import Kind

Truth = tuple[Any, str | None]
"""A reference, and its flaw where the text does not say what it should."""

_ITEM = re.compile(r"\[([^\[\]]*)\]|\{((?:\s*<[^<>]*>)+\s*(?:\|\s*<[^<>]*>\s*)?)\}")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_GEOCHAT_BETWEEN = re.compile(r"[<>|\s]+")
_BOX_BLOCK = re.compile(r"<box>(?:(?!<box>).)*?</box>", re.DOTALL)  # never past the next one: linear time
_BOX_LIST = re.compile(r"\[\s*\[[^\[\]]*\](?:\s*,?\s*\[[^\[\]]*\])*\s*\]|\{(?:\s*<[^<>]*>)+\s*(?:\|\s*<[^<>]*>\s*)?\}")
_MARKS = re.compile(r"</?(?:ref|p)>|<delim>")
_SPACES = re.compile(r"\s+")
_BEFORE_POINT = re.compile(r" +([,.;:])")
_FENCE = re.compile(r"^```(?:json)?\s*|\s*```$")


def read_text(kind: Kind, text: str, frame: str | None) -> Truth:
    """Return the reference of `kind` that a text holds, and its flaw; `frame` is the frame of its boxes (needed for kinds with boxes)."""
    return _READERS[kind](text, frame or "")


def read_boxes_text(text: str, frame: str) -> Truth:
    """Return the boxes of a text, in order; a list that is no box of 4 or 5 numbers, or no list at all, is a flaw."""
    found = _json_boxes(text, frame) if "bbox_2d" in text else _json_lists(text, frame)
    if found is not None:
        return found, None
    items = list(_items(text))
    good = [item for item in items if len(item) in (4, 5) and all(map(_NUMBER.fullmatch, item))]
    truth = boxes(frame, [[float(part) for part in item] for item in good])
    none = text.strip() == "[]"
    if none or (items and len(good) == len(items)):
        return truth, None
    return truth, f"not a list of boxes of 5 numbers: `{clean(text, 60)}`"


def without_boxes(text: str) -> str:
    """Return a description without its boxes and the marks of its phrases, spaces single: what it says in words."""
    words = _MARKS.sub("", _BOX_LIST.sub(" ", _BOX_BLOCK.sub(" ", text)))
    return _BEFORE_POINT.sub(r"\1", _SPACES.sub(" ", words)).strip()


def _items(text: str) -> Iterator[list[str]]:
    for found in _ITEM.finditer(text):
        listed, turned = found.groups()
        if listed is not None:
            if listed.strip():
                yield [part.strip() for part in listed.split(",")]
        else:
            yield _GEOCHAT_BETWEEN.split(turned.strip("<> \t\n|"))


def _json_lists(text: str, frame: str) -> Boxes | None:
    """Return the boxes of the most frequent writing, lists within one list or side by side, else None."""
    try:
        rows = orjson.loads(text.replace("]][[", "],["))
    except orjson.JSONDecodeError:
        return None
    return boxes(frame, rows) if isinstance(rows, list) and rows and all(map(_is_box, rows)) else None


def _json_boxes(text: str, frame: str) -> Boxes | None:
    """Return the boxes of a JSON list of objects (or of one object) with `bbox_2d`, else None."""
    try:
        value = orjson.loads(_FENCE.sub("", text.strip()))
    except orjson.JSONDecodeError:
        return None
    entries = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, dict) and _is_box(entry.get("bbox_2d")) for entry in entries):
        return None
    labels = [entry.get("label") for entry in entries]
    named = all(isinstance(label, str) for label in labels)
    return boxes(frame, [entry["bbox_2d"] for entry in entries], labels if named else ())


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (4, 5) and all(type(v) in (int, float) for v in value)


def _label(text: str, _: str) -> Truth:
    return text.strip(), None


def _labels(text: str, _: str) -> Truth:
    return tuple(label for part in text.split(",") if (label := part.strip())), None


def _captions(text: str, _: str) -> Truth:
    return (text.strip(),), None


def _count(text: str, _: str) -> Truth:
    digits = text.strip()
    whole = digits.isascii() and digits.isdigit() and len(digits) < 19
    return (int(digits), None) if whole else (None, f"not a whole number: `{clean(digits, 60)}`")


def _grounded(text: str, frame: str) -> Truth:
    found, flaw = read_boxes_text(text, frame)
    return Grounded(without_boxes(text), found), flaw


_READERS: Mapping[str, Callable[[str, str], Truth]] = {
    "label": _label,
    "labels": _labels,
    "text": _captions,
    "answer": _label,
    "count": _count,
    "box": read_boxes_text,
    "boxes": read_boxes_text,
    "grounded": _grounded,
}
