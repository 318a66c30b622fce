"""What people run today, written afresh over the usual libraries: one completion at a time, `re` and `json`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from scipy.optimize import linear_sum_assignment
from shapely import Polygon
from shapely.affinity import rotate

_FORMAT = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>\s*", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_LISTS = re.compile(r"\[(-?[\d.]+(?:,\s*-?[\d.]+)*)\]")
_ROUGE = RougeScorer(["rougeL"])

Judge = Callable[[str, Any], float]


def score(judge: Judge, completions: Sequence[str], references: Sequence[object]) -> list[float]:
    """Return format reward plus task reward of each completion with its reference."""
    return [_one(judge, text, reference) for text, reference in zip(completions, references, strict=True)]


def _one(judge: Judge, text: str, reference: object) -> float:
    shape = 1.0 if _FORMAT.fullmatch(text) else 0.0
    answer = _ANSWER.search(text)
    if answer is None or "<think>" not in text:
        return shape
    return shape + judge(answer.group(1).strip(), reference)


def label(answer: str, reference: str) -> float:
    """Return 1 for the same label, case and a final stop aside."""
    return float(answer.lower().rstrip(".") == reference.lower())


def caption(answer: str, reference: str) -> float:
    """Return rougeL F of the rouge-score package."""
    return float(_ROUGE.score(reference, answer)["rougeL"].fmeasure)


def detection(answer: str, reference: list[list[float]]) -> float:
    """Return 2·ΣIoU / (predicted + true): json, IoU in Python, scipy's assignment."""
    if answer.startswith("```"):
        answer = answer.removeprefix("```json").removesuffix("```")
    try:
        boxes = [item["bbox_2d"] for item in json.loads(answer)]
    except (ValueError, KeyError, TypeError):
        return 0.0
    return _matched([[_iou(box, true) for true in reference] for box in boxes], len(boxes), len(reference))


def rotated(answer: str, reference: list[list[float]]) -> float:
    """Return the same of rotated boxes, through shapely polygons."""
    boxes = [_polygon([float(v) for v in found.split(",")]) for found in _LISTS.findall(answer)]
    truths = [_polygon(box) for box in reference]
    return _matched([[_shared(box, true) for true in truths] for box in boxes], len(boxes), len(truths))


def _matched(overlaps: list[list[float]], predicted: int, true: int) -> float:
    if not predicted:
        return 0.0
    table = np.array(overlaps)
    found, wanted = linear_sum_assignment(table, maximize=True)
    return float(2 * table[found, wanted].sum() / (predicted + true))


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _polygon(box: Sequence[float]) -> Polygon:
    x1, y1, x2, y2, angle = box
    # shapely turns counter-clockwise where y points up; on screen it points down.
    return rotate(Polygon([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]), -angle, origin="center")


def _shared(a: Polygon, b: Polygon) -> float:
    shared = a.intersection(b).area
    return float(shared / (a.area + b.area - shared)) if shared else 0.0
