"""EarthDial's JSONL: result files (question, answer and truth) and rows of its test sets (images, question and truth).

Boxes are in percent of width and height. Keys: spec geovlm-r1.md section 6, points 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from geovlm_cli import Boxes, ImageRef, Loader, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.data import BadRow, jsonl
from geovlm_cli.errors import ConfigError
from geovlm_eo.loaders import questions

Row = Mapping[str, Any]

TRUTH_KEYS = ("gt_bbox", "annotation", "groundtruth", "groundtruth0", "caption0")
IMAGE_KEYS = ("jpg", "jpg_A", "jpg_B", "jpg_C", "jpg_D")
ROLES: Mapping[int, tuple[str, ...]] = {2: ("before", "after")}
BOX_TASKS = frozenset({"referred-detection", "detection"})
CAPTION_TASKS = frozenset({"image-caption", "change-caption", "region-caption"})

_ITEM = re.compile(r"\[([^\[\]]*)\]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def detect(head: Row) -> bool:
    """Recognise a row by its keys."""
    return isinstance(head.get("question"), str) and any(key in head for key in TRUTH_KEYS)


def read(path: Path, task: str | None, *, keep_tokens: bool = False) -> Iterator[Sample | BadRow]:
    """Yield the rows of a file. `task` None: told by the keys where they can tell; raises ConfigError where they cannot.

    `keep_tokens` leaves EarthDial's sensor and task tokens, such as `[hr_rgb_0.5]`, in the questions; only EarthDial was taught them.
    """
    for number, line in jsonl.lines(path):
        identity = f"{path.stem}-{number}"
        try:
            row = jsonl.parse(line)
        except jsonl.MalformedLineError as error:
            yield BadRow(number, identity, str(error))
            continue
        truth = next((row[key] for key in TRUTH_KEYS if isinstance(row.get(key), str)), None)
        if truth is None or not isinstance(row.get("question"), str) or not isinstance(row.get("answer", ""), str):
            yield BadRow(number, identity, f"needs `question` and one of {', '.join(TRUTH_KEYS)} as text")
        else:
            yield _from_row(row, truth, identity, task or _task_of(row, path), keep_tokens=keep_tokens)


def _from_row(row: Row, truth: str, identity: str, task: str, *, keep_tokens: bool) -> Sample:
    question = questions.clean(row["question"], keep_tokens=keep_tokens)
    listed = questions.choices(question)
    reference, flaw = _reference(row, truth, task, listed)
    return Sample(
        id=identity,
        task=task,
        images=_images(row),
        question=question,
        reference=reference,
        choices=listed,
        completion=row.get("answer"),
        flaw=flaw,
        meta=_meta(row, reference, listed),
    )


def _task_of(row: Row, path: Path) -> str:
    if "gt_bbox" in row:
        return "referred-detection"
    if "vqa_type" in row or "ttype" in row:
        return "vqa"
    if "annotation" in row and "task_type" not in row:
        return "scene"
    if what := _without_task(row):
        raise ConfigError(
            f"The rows of {path} are {what}, and geovlm-eo has no task for them yet; name one of your own with --task."
        )
    raise ConfigError(f"The rows of {path} do not say which task they belong to; name it with --task.")


def _without_task(row: Row) -> str | None:
    if _has_captions(row):
        return "captions"
    return "grounded descriptions" if "obj_ids" in row else None


def _has_captions(row: Row) -> bool:
    """Is the truth a caption: several of them, a question that asks for one, or the description of a region?"""
    several = any(isinstance(row.get(key), str) and row[key].strip() for key in ("caption1", "groundtruth1"))
    return several or "[caption]" in row["question"] or ("annotation" in row and "task_type" in row)


def _reference(row: Row, truth: str, task: str, listed: tuple[str, ...]) -> tuple[Any, str | None]:
    if "gt_bbox" in row or task in BOX_TASKS:
        return read_truth_boxes(truth)
    if task in CAPTION_TASKS or _has_captions(row):
        captions = [row.get(f"{key}{n}") for key in ("caption", "groundtruth") for n in range(5)]
        return tuple(text for text in captions if isinstance(text, str) and text.strip()) or (truth,), None
    if task == "multi-label":
        labels = (label.strip() for label in truth.split(","))
        return tuple(questions.spelled_as(label, listed) for label in labels if label), None
    return questions.spelled_as(truth.strip(), listed), None


def read_truth_boxes(text: str) -> tuple[Boxes, str | None]:
    """Read true boxes, negative coordinates and `[[…]][[…]]` or `[[…], […]]` alike; with the flaw of a text that holds none or something else."""
    items = [[part.strip() for part in item.split(",")] for item in _ITEM.findall(text)]
    good = [item for item in items if len(item) in (4, 5) and all(_NUMBER.fullmatch(part) for part in item)]
    truth = boxes("percent", [[float(part) for part in item] for item in good])
    if len(good) < len(items) or not items:
        return truth, f"not a list of boxes of 5 numbers: `{text[:60]}`"
    return truth, None


def _images(row: Row) -> tuple[ImageRef, ...]:
    sources = [row[key] for key in IMAGE_KEYS if isinstance(row.get(key), str)]
    roles = ROLES.get(len(sources), ("",) * len(sources))
    return tuple(ImageRef(source, role) for source, role in zip(sources, roles, strict=True))


def _meta(row: Row, reference: Any, listed: tuple[str, ...]) -> dict[str, Any]:
    """Keep the row's other keys, the raw truth among them, and add the slices of the published tables."""
    meta = {key: value for key, value in row.items() if key not in ("question", "answer", *IMAGE_KEYS)}
    if isinstance(reference, Boxes):
        # Counted as EarthDial's digits-only pattern reads them: a truth with negative numbers is lost, and a row that loses all is `multiple`.
        readable = (reference.array >= 0).all(axis=1).sum()
        meta["boxes"] = "single" if readable == 1 else "multiple"
    elif listed and isinstance(reference, str):
        meta["class"] = reference
    kind = row.get("vqa_type", row.get("ttype"))
    return meta | ({"question_type": kind} if isinstance(kind, str) else {})


LOADER = Loader(name="earthdial", detect=detect, read=read, profile="earthdial")
# Never recognised by itself, only named: only EarthDial was taught the tokens.
KEEPING_TOKENS = Loader(
    name="earthdial-tokens", detect=lambda _: False, read=partial(read, keep_tokens=True), profile="earthdial"
)
