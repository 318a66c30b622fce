"""What people run today, written afresh over the usual libraries: one completion at a time, `re` and `json`."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from nltk.stem.porter import PorterStemmer
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenize import tokenize
from scipy.optimize import linear_sum_assignment
from shapely import Polygon
from shapely.affinity import rotate

_FORMAT = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>\s*", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_LISTS = re.compile(r"\[(-?[\d.]+(?:,\s*-?[\d.]+)*)\]")
_CHAT = re.compile(r"\{<(\d+)><(\d+)><(\d+)><(\d+)>\|<(-?\d+)>\}")
_ROUGE = RougeScorer(["rouge1", "rougeL"])
_STEMMED = RougeScorer(["rouge1", "rougeL"], use_stemmer=True)


class _Remembering:
    """rouge-score's tokenizer with its stemmer, which stems each word once in a run."""

    def __init__(self) -> None:
        self.stem = cache(PorterStemmer().stem)

    def tokenize(self, text: str) -> list[str]:
        words: list[str] = tokenize(text, self)
        return words


_REMEMBERED = RougeScorer(["rouge1", "rougeL"], tokenizer=_Remembering())

Judge = Callable[[str, Any], float]


def kept(text: str) -> bool:
    """Return whether a completion keeps the structure."""
    return _FORMAT.fullmatch(text) is not None


def one(judge: Judge, text: str, reference: Any) -> float:
    """Return format reward plus task reward of a completion with its reference."""
    shape = float(kept(text))
    answer = _ANSWER.search(text)
    if answer is None or "<think>" not in text:
        return shape
    return shape + judge(answer.group(1).strip(), reference)


def parsed(text: str) -> list[list[float]]:
    """Return the boxes of an answer in Qwen's JSON."""
    answer = _ANSWER.search(text)
    return boxes(answer.group(1).strip()) if answer else []


def boxes(answer: str) -> list[list[float]]:
    """Return the boxes of an answer text: strict JSON, objects with four finite numbers in `bbox_2d`; none where it is no JSON."""
    if answer.startswith("```"):
        answer = answer[answer.find("\n") + 1 :].removesuffix("```").strip()
    try:
        found = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return []
    items = found if isinstance(found, list) else [found]
    return _finite([item["bbox_2d"] for item in items if isinstance(item, dict) and _is_box(item.get("bbox_2d"))])


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_box(value: object) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(_is_number(number) for number in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(found: Sequence[Sequence[Any]]) -> list[list[float]]:
    """Return the rows as floats, those left out that hold one that is none."""
    rows = [[float(value) for value in row] for row in found]
    return [row for row in rows if all(map(math.isfinite, row))]


def packed(answers: Sequence[Sequence[Sequence[float]]], numbers: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the boxes of all answers end to end, float64[m, numbers], and where each answer's start."""
    offsets = np.cumsum([0, *map(len, answers)], dtype=np.int64)
    flat = np.array([value for boxes in answers for box in boxes for value in box], dtype=np.float64)
    return flat.reshape(-1, numbers), offsets


def chat(text: str) -> list[list[float]]:
    """Return the boxes of an answer in GeoChat's syntax."""
    answer = _ANSWER.search(text)
    return _finite(_CHAT.findall(answer.group(1))) if answer else []


def average_precision(found: NDArray[np.float64], true: NDArray[np.float64]) -> float:
    """Return pycocotools' AP at IoU 0.5 of one image; boxes as x, y, width, height."""
    if not len(found):
        return 0.0
    truth = COCO()
    truth.dataset = {"images": [{"id": 1}], "annotations": _entries(true), "categories": [{"id": 1}], "info": {}}
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes([{**entry, "score": 1.0} for entry in _entries(found)]), "bbox")
        judge.params.iouThrs = np.array([0.5])
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()
    return float(judge.eval["precision"].mean())


def _entries(boxes: NDArray[np.float64]) -> list[dict[str, Any]]:
    each = enumerate(boxes.tolist(), 1)
    return [
        {"id": i, "image_id": 1, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for i, box in each
    ]


def label(answer: str, reference: str) -> float:
    """Return 1 for the same label, case and a final stop aside."""
    return float(answer.lower().rstrip(".") == reference.lower())


def caption(answer: str, reference: str) -> float:
    """Compute F of rouge1 and rougeL with the rouge-score package; returns the second."""
    return float(_ROUGE.score(reference, answer)["rougeL"].fmeasure)


def stemmed_caption(answer: str, reference: str) -> float:
    """Compute F of rouge1 and rougeL with the rouge-score package and its stemmer; returns the second."""
    return float(_STEMMED.score(reference, answer)["rougeL"].fmeasure)


def remembered_caption(answer: str, reference: str) -> float:
    """Compute what `stemmed_caption` does, each word stemmed once in a run."""
    return float(_REMEMBERED.score(reference, answer)["rougeL"].fmeasure)


def detection(answer: str, reference: list[list[float]]) -> float:
    """Return 2·ΣIoU / (predicted + true): json, IoU in Python, scipy's assignment."""
    found = boxes(answer)
    return _matched([[_iou(box, true) for true in reference] for box in found], len(found), len(reference))


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
