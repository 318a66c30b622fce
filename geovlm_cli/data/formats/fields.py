"""Values that many formats share: images in their several writings, texts, truths, the task, what is left for `meta`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Container, Mapping
from typing import Any

import orjson

from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import clean
from geovlm_cli.task import ImageRef

_IMAGE_MARK = re.compile(r"<\|vision_start\|><\|image_pad\|><\|vision_end\|>|<image>")
MARKS = "image_marks"
"""Key of `Sample.meta`: how many image marks the questions of a row had, where that is not the number of its images."""
_REMOTE = re.compile(r"^(?:https?|s3|gs)://")
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,")
_THOUGHT = re.compile(r"\s*(?:<think>(?P<thought>.*?)</think>)?\s*<answer>(?P<answer>.*?)</answer>\s*", re.DOTALL)


def task_of(row: Mapping[str, Any], task: str | None) -> str:
    """Return the task of a row: the one named by `--task`, else its own; raises MalformedRowError where there is none."""
    name = task if task is not None else row.get("task")
    if not isinstance(name, str) or not name:
        raise MalformedRowError("no `task`: write it into the row or name one with --task")
    return name


def image_refs(value: Any) -> tuple[ImageRef, ...]:
    """Return the images of a value: one or a list of paths, encoded bytes, `{"bytes", "path"}` (Arrow) or data URLs; None is none."""
    items = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return tuple(ImageRef(_source(item)) for item in items)


def _source(item: Any) -> str | bytes:
    if isinstance(item, Mapping):
        item = item.get("bytes") or item.get("path") or item.get("url") or item.get("image")
    if isinstance(item, bytes) and item:
        return item
    if not isinstance(item, str) or not item:
        raise MalformedRowError(f"an image is a path or encoded bytes, found {clean(repr(item), 60)}")
    if _REMOTE.match(item):
        raise MalformedRowError(f"image {clean(item, 60)} is not on this machine; download it and write its path")
    return decoded(item) if item.startswith("data:") else item.removeprefix("file://")


def decoded(url: str) -> bytes:
    """Return the encoded image that a data URL holds; raises MalformedRowError."""
    mark = _DATA_URL.match(url)
    try:
        return base64.b64decode(url[mark.end() :] if mark else "", validate=True) or _no_data()
    except binascii.Error:
        return _no_data()


def _no_data() -> bytes:
    raise MalformedRowError("an image is written as a data URL that holds no base64 image")


def without_marks(text: str) -> tuple[str, int]:
    """Return a question without its image marks (`<image>`, Qwen's), and how many there were."""
    words, count = _IMAGE_MARK.subn("", text)
    return words.strip(), count


def marks_meta(marks: int, images: int) -> dict[str, int]:
    """Return `image_marks` for `meta` where a question marks another number of images than its row has; some formats mark none."""
    return {MARKS: marks} if marks and marks != images else {}


def truth_of(value: Any) -> Any:
    """Return a truth as text for the host to read, or a tuple for a list of texts; raises MalformedRowError for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, int | float | list | Mapping) and not isinstance(value, bool):
        return orjson.dumps(value).decode()
    raise MalformedRowError(f"the truth is neither text nor number nor list, found {clean(repr(value), 60)}")


def answer_of(value: Any) -> tuple[str | None, Any]:
    """Return (reasoning, truth) of a target: what stands in `<think>` and in `<answer>`, where it has these blocks."""
    truth = truth_of(value)
    blocks = _THOUGHT.fullmatch(truth) if isinstance(truth, str) else None
    return (blocks["thought"], blocks["answer"].strip()) if blocks else (None, truth)


def rest(row: Mapping[str, Any], used: Container[str]) -> dict[str, Any]:
    """Return the other keys of a row, for `meta`: JSON values only, so no bytes and no dates of a table."""
    return {key: value for key, value in row.items() if key not in used and (type(value) is str or _is_json(value))}


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, Mapping):
        return all(map(_is_json, value.values()))
    return value is None or isinstance(value, str | int | float)
