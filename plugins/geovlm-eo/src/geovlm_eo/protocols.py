"""The `earthdial` protocol: the scores of the published EarthDial and GeoVLM-R1 tables, bug for bug (spec: geovlm-r1.md 4.3 and 4.4).

Gameable on purpose of fidelity: detection never asks what was missed, classification forgives extra words. `strict` is the honest figure beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import Batch, Boxes, Metric, Protocol, Sample
from geovlm_cli.boxes import boxes, convert
from geovlm_cli.rewards import iou
from geovlm_eo.words import token_recall

Column = NDArray[np.float64]
Columns = Mapping[str, Any]

VERSION = "1"
THRESHOLDS = (0.5, 0.25)
IOU_TOLERANCE = 1e-9  # integer boxes reach IoU 0.5 exactly; with this the published figures come out
MAX_NUMBER = 1e6
SCORED_QUESTIONS = frozenset({"presence", "comp", "rural_urban"})

_LIST_ITEM = re.compile(r"\[\s*(\d+(?:,\s*\d+)*)\s*\]")
_GEOCHAT_ITEM = re.compile(r"\{((?:<\d+>)+(?:\|<\d+>)?)\}")
_DIGITS = re.compile(r"\d+")


def read_boxes(text: str, sample: Sample, batch: Batch) -> Boxes:
    """Read what EarthDial's parser reads: items of non-negative integers only, everything between them ignored.

    An item with another count of numbers than the syntax wants, or without area, is `invalid`: a prediction that never hits. Inverted corners
    name the same rectangle, as in EarthDial's polygons. Without a profile: five numbers, in the frame of the reference.
    """
    profile = batch.profile
    syntax = profile.box_syntax if profile and profile.box_syntax else "list5"
    pattern = _GEOCHAT_ITEM if syntax == "geochat" else _LIST_ITEM
    wanted = profile.box_numbers if profile else 5
    items = [[float(n) for n in _DIGITS.findall(item)] for item in pattern.findall(text)]
    rows = [_upright(item) for item in items if len(item) == wanted and _has_area(item)]
    frame = profile.frame if profile and profile.frame else sample.reference.frame
    read = replace(boxes(frame, rows), invalid=len(items) - len(rows))
    return convert(read, sample.reference.frame, profile, sample.image_size) if profile else read


def count_boxes(texts: Sequence[str], batch: Batch, *, horizontal: bool = False) -> dict[str, Column]:
    """Count, for each row, the predicted boxes and those that overlap any true box enough; two predictions may hit the same one.

    horizontal: predictions lose their angle, as in EarthDial's script for xBD.
    """
    columns = {name: np.zeros(len(batch)) for name in ("predicted", *(f"hits@{t}" for t in THRESHOLDS))}
    for row, (text, sample) in enumerate(zip(texts, batch, strict=True)):
        if not isinstance(sample.reference, Boxes):
            continue
        answer = read_boxes(text or "", sample, batch)
        answer.array[:, 4] *= not horizontal
        columns["predicted"][row] = len(answer) + answer.invalid
        best = _best_overlaps(answer, sample.reference)
        for threshold in THRESHOLDS:
            columns[f"hits@{threshold}"][row] = np.count_nonzero(best >= threshold - IOU_TOLERANCE)
    return columns


def precision(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Pool the rows: hits over predictions, which the tables call AP or mAP; a row without predictions weighs nothing."""
    return {f"precision@{t}": _ratio(columns[f"hits@{t}"], columns["predicted"], weights) for t in THRESHOLDS}


def recall_tokens(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score each row by token recall of its reference."""
    scores = [token_recall(_reference_text(sample), text or "") for text, sample in zip(texts, batch, strict=True)]
    return {"token_recall": np.array(scores, dtype=np.float64), "scored": np.ones(len(batch))}


def recall_tokens_of_words(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score as `recall_tokens`, leaving out the question types that the tables leave out (counts, areas)."""
    columns = recall_tokens(texts, batch)
    columns["scored"] = np.array([float(_is_scored(sample)) for sample in batch])
    return columns


def mean_recall(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Return the mean over the scored rows."""
    return {"token_recall": _ratio(columns["token_recall"] * columns["scored"], columns["scored"], weights)}


def _has_area(item: list[float]) -> bool:
    return item[0] != item[2] and item[1] != item[3] and max(item) <= MAX_NUMBER


def _upright(item: list[float]) -> list[float]:
    (x1, x2), (y1, y2) = sorted((item[0], item[2])), sorted((item[1], item[3]))
    return [x1, y1, x2, y2, *item[4:]]


def _best_overlaps(answer: Boxes, truth: Boxes) -> Column:
    # EarthDial's digits-only pattern loses true boxes with a negative number, so nothing can hit them
    readable = truth.array[(truth.array >= 0).all(axis=1)]
    if not len(answer) or not len(readable):
        return np.zeros(len(answer))
    best: Column = iou(answer.array, readable).max(axis=1)
    return best


def _is_scored(sample: Sample) -> bool:
    return sample.meta.get("question_type", "presence") in SCORED_QUESTIONS


def _reference_text(sample: Sample) -> str:
    if isinstance(sample.reference, tuple | list):
        return ", ".join(str(label) for label in sample.reference)
    return "" if sample.reference is None else str(sample.reference)


def _ratio(part: Column, whole: Column, weights: Column) -> Metric:
    total = float(np.dot(weights, whole))
    return Metric(float(np.dot(weights, part)) / total if total else float("nan"), total)


EARTHDIAL_LABELS = Protocol(name="earthdial", version=VERSION, score=recall_tokens, summarise=mean_recall)
EARTHDIAL_VQA = Protocol(name="earthdial", version=VERSION, score=recall_tokens_of_words, summarise=mean_recall)
EARTHDIAL_BOXES = Protocol(name="earthdial", version=VERSION, score=count_boxes, summarise=precision)
EARTHDIAL_HORIZONTAL_BOXES = replace(EARTHDIAL_BOXES, score=partial(count_boxes, horizontal=True))
