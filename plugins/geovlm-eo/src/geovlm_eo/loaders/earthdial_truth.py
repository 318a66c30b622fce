"""The truth of EarthDial's rows: captions in five columns, descriptions with their boxes beside them, labels spelled as the question spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from geovlm_cli import Grounded
from geovlm_cli.data.truths import read_boxes_text, without_boxes
from geovlm_eo.loaders import corine, questions

FRAME = "percent"
BOX_TASKS = frozenset(("referred-detection", "detection"))
CAPTION_TASKS = frozenset(("image-caption", "change-caption", "region-caption"))
CAPTION_KEYS = tuple(f"{key}{n}" for key in ("caption", "groundtruth") for n in range(5))


def read(row: Mapping[str, Any], truth: str, task: str, listed: tuple[str, ...]) -> tuple[Any, str | None]:
    """Return the reference of a row and its flaw. `listed`: the classes that the question names.

    A truth that only the kind of a foreign task explains stays text, which the host reads.
    """
    if "gt_bbox" in row or task in BOX_TASKS:
        return read_boxes_text(truth, FRAME)
    if "obj_ids" in row and task == "grounding":
        return _grounded(truth, row["obj_ids"])
    if task in CAPTION_TASKS or _several(row):
        return captions(row, truth), None
    if task == "multi-label":
        return tuple(questions.spelled_as(label, listed) for label in corine.split(truth)), None
    return questions.spelled_as(truth.strip(), listed), None


def captions(row: Mapping[str, Any], truth: str) -> tuple[str, ...]:
    """Return the captions of a row, empty ones left out; SYSU's single one is a JSON list in a text (`["…"]`)."""
    found = [text for key in CAPTION_KEYS if isinstance(text := row.get(key), str) and text.strip()]
    return tuple(caption for text in found or [truth] for caption in _unpacked(text))


def _unpacked(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return [text]
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return value
    return [text]


def _several(row: Mapping[str, Any]) -> bool:
    return any(isinstance(row.get(key), str) and row[key].strip() for key in ("caption1", "groundtruth1"))


def _grounded(truth: str, obj_ids: Any) -> tuple[Grounded, str | None]:
    """Join the words of a description with the boxes of `obj_ids`, a JSON list of box texts in a text."""
    try:
        texts = orjson.loads(obj_ids) if isinstance(obj_ids, str) else obj_ids
    except orjson.JSONDecodeError:
        texts = None
    listed = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    found, flaw = read_boxes_text("".join(texts) if listed and texts else "[]", FRAME)
    return Grounded(without_boxes(truth), found), flaw if listed else f"`obj_ids` is no list of boxes: `{obj_ids}`"
