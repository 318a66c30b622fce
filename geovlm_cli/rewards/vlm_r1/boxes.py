"""VLM-R1's rewards of boxes: map, od_ap, od_ap50, odLength, weighted_sum, and the accuracy of its REC task.

Answers and truths are JSON lists of `{"bbox_2d": [x1, y1, x2, y2], "label": "…"}`, in a json fence or bare, or the word `None`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Boxes
from geovlm_cli.rewards.arguments import is_number, refused
from geovlm_cli.rewards.reference.common import Refused
from geovlm_cli.rewards.reference.documents import read_json
from geovlm_cli.rewards.scores.ap import ap
from geovlm_cli.rewards.vlm_r1.bugs import Bugs, wanted
from geovlm_cli.rewards.vlm_r1.reading import answer_of, truth_of

THRESHOLD = 0.5
POSITION, COMPLETENESS = 0.7, 0.3  # the weight of the labels is 0

_FENCED = re.compile(r"```json(.*?)```", re.DOTALL)
_MOST = sys.float_info.max
_INTEGERS = re.compile(r"\[\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*\]")
_NO_BOX = (np.nan,) * 4
Array = NDArray[np.float64]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Item:
    """A box with its label; `box` is None where the item is no box, `label` where it has none."""

    box: tuple[float, float, float, float] | None
    label: str | None


def read_items(text: str, bugs: frozenset[str]) -> list[Item] | None:
    """Read the items of an answer; None where it is neither a JSON list nor `None`."""
    fenced = _FENCED.findall(text)
    if "broken_is_empty" in bugs:
        return _items(_loads(fenced[-1].strip())) if fenced else []
    if text.strip().lower() == "none":
        return []
    try:
        document = read_json(text)
    except Refused:
        return None
    return _items(document) if isinstance(document, list) else None


def _truths(text: str, bugs: frozenset[str]) -> list[Item] | None:
    return read_items(text, bugs - {"broken_is_empty"})


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return []


def _items(document: Any) -> list[Item]:
    return [_item(value) for value in document] if isinstance(document, list) else []


def _item(value: Any) -> Item:
    if not isinstance(value, dict):
        return Item(None, None)
    numbers, label = value.get("bbox_2d"), value.get("label")
    is_box = isinstance(numbers, list) and len(numbers) == 4 and all(_is_number(n) for n in numbers)
    return Item(
        tuple(map(float, numbers)) if is_box else None,  # type: ignore[arg-type]  # four, as was checked
        label if isinstance(label, str) else None,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST


# --- average precision -----------------------------------------------------------------------------------------------------------


def map_(content: str, solution: str, *, bugs: Bugs = False, threshold: float | None = None) -> float:
    """COCO's AP at IoU 0.5 … 0.95 of the boxes in the answer (VLM-R1 looks in the whole completion): 1 where there are none on either side.

    A class that only the answer names has AP 0, and so has an item that is no box. threshold: one IoU instead.
    """
    named = wanted(bugs)
    text = content if "whole_text" in named else answer_of(content, named)
    return 0.0 if text is None else _average(text, truth_of(solution), named, threshold)


def od_ap(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """As `map_`, inside the answer tags only; `None` against `None` is 1."""
    return _od(content, solution, wanted(bugs), None)


def od_ap50(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """As `od_ap`, at IoU 0.5."""
    return _od(content, solution, wanted(bugs), THRESHOLD)


def od_length(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """`od_ap`, times N_true / N_predicted where more boxes are predicted than true (VLM-R1's odLength)."""
    named = wanted(bugs)
    text, truth = answer_of(content, named - {"whole_text"}), truth_of(solution)
    value = _od(content, solution, named, None)
    predicted, true = len(read_items(text or "", named) or []), len(_truths(truth, named) or [])
    return value if true >= predicted else value * true / predicted


def _od(content: str, solution: str, bugs: frozenset[str], threshold: float | None) -> float:
    text, truth = answer_of(content, bugs - {"whole_text"}), truth_of(solution)
    if text is None:
        return 0.0
    return 1.0 if text == truth == "None" else _average(text, truth, bugs, threshold)


def _average(text: str, truth: str, bugs: frozenset[str], threshold: float | None) -> float:
    predicted, true = read_items(text, bugs), _truths(truth, bugs)
    if predicted is None or true is None:
        return 0.0
    return average_precision(predicted, true, threshold, drop="dropped_boxes" in bugs)


def average_precision(
    predicted: Sequence[Item], true: Sequence[Item], threshold: float | None = None, *, drop: bool = False
) -> float:
    """Return COCO's AP; drop: leave out items of classes that the truth lacks, else each such class has AP 0."""
    if not predicted or not true:
        return float(not predicted and not true)
    labels = dict.fromkeys(item.label for item in true if item.box is not None)
    classes = {label: f"class {number}" for number, label in enumerate(labels)}
    found = [item for item in predicted if item.box is not None and item.label in classes]
    surplus = {item.label for item in predicted if item.box is None or item.label not in classes}
    if not found:
        return 0.0
    (value,) = ap([_boxes(found, classes)], [_boxes([i for i in true if i.box], classes)], threshold=threshold)
    return float(value) if drop else float(value) * len(classes) / (len(classes) + len(surplus))


def _boxes(items: Sequence[Item], classes: Mapping[str | None, str]) -> Boxes:
    rows = np.array([[*(item.box or ()), 0.0] for item in items], dtype=np.float64)
    return Boxes("pixel", rows, tuple(classes[item.label] for item in items))


# --- weighted sum ----------------------------------------------------------------------------------------------------------------


def weighted_sum(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """0.7·P + 0.3·C after greedy matching at IoU ≥ 0.5: P = Σ IoU of the matches of equal label / N_true, C = 1 − (missed + surplus share) / 2.

    A match of two labels shares no IoU and still takes both boxes. Nothing true and nothing predicted is 1.
    """
    named = wanted(bugs)
    text, truth = answer_of(content, named), truth_of(solution)
    if text is None:
        return 0.0
    if truth.lower() == "none" and "broken_is_empty" in named:
        return float(text.lower().rstrip(".") == "none")
    predicted, true = read_items(text.lower(), named), _truths(truth.lower(), named)
    return 0.0 if predicted is None or true is None else weighted(predicted, true, named)


def weighted(predicted: Sequence[Item], true: Sequence[Item], bugs: frozenset[str] = frozenset()) -> float:
    """Return the weighted sum of two lists of boxes."""
    if not true or not predicted:
        return float(not true and not predicted)
    pairs = _greedy(predicted, true, bugs)
    shared, label = 0.0, ""
    for i, j, value in pairs:
        own = predicted[i].label
        label = own.lower() if own is not None else (label if "stale_label" in bugs else "")
        shared += value if label == (true[j].label or "").lower() else 0.0
    missed, surplus = 1 - len(pairs) / len(true), 1 - len(pairs) / len(predicted)
    return POSITION * shared / len(true) + COMPLETENESS * (1 - (missed + surplus) / 2)


def _greedy(predicted: Sequence[Item], true: Sequence[Item], bugs: frozenset[str]) -> list[tuple[int, int, float]]:
    """Return (predicted, true, IoU) of the greatest IoU first; among equals the first predicted, then the first true box."""
    table = _ious(_corners(predicted), _corners(true), bugs)
    rows, columns = np.nonzero(table >= THRESHOLD)
    order = np.argsort(-table[rows, columns], kind="stable")
    pairs: dict[int, tuple[int, float]] = {}
    free = set(range(len(true)))
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if i not in pairs and j in free:
            pairs[i] = j, float(table[i, j])
            free.remove(j)
        if len(pairs) == len(predicted) or not free:
            break
    return [(i, j, value) for i, (j, value) in pairs.items()]


def iou(a: Item, b: Item, bugs: frozenset[str] = frozenset()) -> float:
    """Return IoU; with the bug `pixel_iou` the intersection counts whole pixels. 0 where either is no box or the union is empty."""
    return float(_ious(_corners([a]), _corners([b]), bugs)[0, 0])


def _corners(items: Sequence[Item]) -> Array:
    """Return float64[n, 4], NaN where an item is no box."""
    return np.array([item.box or _NO_BOX for item in items], dtype=np.float64)


def _ious(boxes: Array, others: Array, bugs: frozenset[str]) -> Array:
    """Return float64[n, m]: the IoU of float64[n, 4] with float64[m, 4]."""
    pixel = 1.0 if "pixel_iou" in bugs else 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # the area of a box of huge numbers is infinite
        low = np.maximum(boxes[:, None, :2], others[:, :2])
        high = np.minimum(boxes[:, None, 2:], others[:, 2:]) - pixel
        shared = np.where((low < high).all(axis=2), (high - low + pixel).prod(axis=2), 0.0)
        union = _areas(boxes)[:, None] + _areas(others) - shared
        return np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)


def _areas(boxes: Array) -> Array:
    area: Array = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return area


# --- referring -------------------------------------------------------------------------------------------------------------------


def rec(
    content: str,
    solution: str,
    *,
    input_size: Size | None = None,
    image_size: Size | None = None,
    bugs: Bugs = False,
) -> float:
    """IoU of the first list of four integers in the answer with the true box, mapped from the model's input to the original image.

    input_size, image_size: (width, height) px of the image that the model saw, and of the original; without them nothing is mapped.
    """
    named, (x, y) = wanted(bugs), _ratios(input_size, image_size)
    text = answer_of(content, named - {"whole_text"}, "first")
    found, true = _INTEGERS.search(text or ""), _INTEGERS.search(truth_of(solution))
    if not found or not true:
        return 0.0
    a, b, c, d = map(float, found.groups())
    box = Item((a * x, b * y, c * x, d * y), None)
    return iou(box, Item(tuple(map(float, true.groups())), None), named)  # type: ignore[arg-type]  # four, as the pattern has it


def _ratios(source: Size | None, target: Size | None) -> Size:
    """Return what an x and a y of the model's input are multiplied with; raises RewardInputError for a size that is none."""
    for name, size in {"input_size": source, "image_size": target}.items():
        if size is not None and not _is_size(size):
            raise refused(name, size, "(width, height), both above 0")
    return (target[0] / source[0], target[1] / source[1]) if source and target else (1.0, 1.0)


def _is_size(size: object) -> bool:
    return (
        isinstance(size, tuple | list)
        and len(size) == 2
        and all(is_number(side) and 0 < side <= _MOST for side in size)
    )
