"""VLM-R1's rewards of boxes: map, od_ap, od_ap50, odLength, weighted_sum, and the accuracy of its REC task.

Answers and truths are JSON lists of `{"bbox_2d": [x1, y1, x2, y2], "label": "…"}`, in a json fence or bare, or the word `None`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

import numpy as np

from geovlm_cli.boxes import Boxes
from geovlm_cli.rewards.arguments import is_number, refused
from geovlm_cli.rewards.scores.ap import ap
from geovlm_cli.rewards.vlm_r1.bugs import Bugs, wanted
from geovlm_cli.rewards.vlm_r1.items import Array, Items, one_box, read_items
from geovlm_cli.rewards.vlm_r1.reading import answer_of, truth_of

THRESHOLD = 0.5
POSITION, COMPLETENESS = 0.7, 0.3  # the weight of the labels is 0

_MOST = sys.float_info.max
_INTEGERS = re.compile(r"\[\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(-?\d+)\s*\]")
Size = tuple[float, float]


# --- average precision -----------------------------------------------------------------------------------------------------------


def map_(content: str, solution: str, *, bugs: Bugs = False, threshold: float | None = None) -> float:
    """COCO's AP at IoU 0.5 … 0.95 of the boxes in the answer (VLM-R1 looks in the whole completion): 1 where there are none on either side.

    A class that only the answer names has AP 0, and so has an item that is no box. threshold: one IoU instead.
    """
    named = wanted(bugs)
    text = content if "whole_text" in named else answer_of(content, named)
    sides = _sides(text, truth_of(solution), named)
    return _average(sides, named, threshold) if sides else 0.0


def od_ap(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """As `map_`, inside the answer tags only; `None` against `None` is 1."""
    named = wanted(bugs)
    sides = _tagged_sides(content, solution, named)
    return _average(sides, named) if sides else 0.0


def od_ap50(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """As `od_ap`, at IoU 0.5."""
    named = wanted(bugs)
    sides = _tagged_sides(content, solution, named)
    return _average(sides, named, THRESHOLD) if sides else 0.0


def od_length(content: str, solution: str, *, bugs: Bugs = False) -> float:
    """`od_ap`, times N_true / N_predicted where more boxes are predicted than true (VLM-R1's odLength)."""
    named = wanted(bugs)
    sides = _tagged_sides(content, solution, named)
    if sides is None:
        return 0.0
    value, (predicted, true) = _average(sides, named), map(len, sides)
    return value if true >= predicted else value * true / predicted


def _tagged_sides(content: str, solution: str, bugs: frozenset[str]) -> tuple[Items, Items] | None:
    return _sides(answer_of(content, bugs - {"whole_text"}), truth_of(solution), bugs)


def _sides(text: str | None, truth: str, bugs: frozenset[str]) -> tuple[Items, Items] | None:
    """Return what is predicted and what is true; None where either cannot be read. No truth is read under `broken_is_empty`."""
    predicted, true = None if text is None else read_items(text, bugs), read_items(truth)
    return None if predicted is None or true is None else (predicted, true)


def _average(sides: tuple[Items, Items], bugs: frozenset[str], threshold: float | None = None) -> float:
    return average_precision(*sides, threshold, drop="dropped_boxes" in bugs)


def average_precision(predicted: Items, true: Items, threshold: float | None = None, *, drop: bool = False) -> float:
    """Return COCO's AP; drop: leave out items of classes that the truth lacks, else each such class has AP 0."""
    if not len(predicted) or not len(true):
        return float(not len(predicted) and not len(true))
    known = dict.fromkeys(label for label, is_box in zip(true.labels, true.are_boxes, strict=True) if is_box)
    classes = {label: f"class {number}" for number, label in enumerate(known)}
    found, rest = _boxes(predicted, classes)
    if not len(found):
        return 0.0
    (value,) = ap([found], [_boxes(true, classes)[0]], threshold=threshold)
    return float(value) if drop else float(value) * len(classes) / (len(classes) + len(rest))


def _boxes(items: Items, classes: Mapping[str | None, str]) -> tuple[Boxes, set[str | None]]:
    """Return the boxes of the classes, and the labels of all other items."""
    named = zip(items.labels, items.are_boxes, strict=True)
    names = [classes.get(label, "") if is_box else "" for label, is_box in named]
    rows = [row for row, name in enumerate(names) if name]
    array = np.zeros((len(rows), 5))
    array[:, :4] = items.boxes[rows]
    rest = {label for label, name in zip(items.labels, names, strict=True) if not name}
    return Boxes("pixel", array, tuple(names[row] for row in rows)), rest


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
    sides = _sides(text.lower(), truth.lower(), named)
    return weighted(*sides, named) if sides else 0.0


def weighted(predicted: Items, true: Items, bugs: frozenset[str] = frozenset()) -> float:
    """Return the weighted sum of two lists of boxes."""
    if not len(true) or not len(predicted):
        return float(not len(true) and not len(predicted))
    pairs = _greedy(predicted, true, bugs)
    shared, label = 0.0, ""
    for i, j, value in pairs:
        own = predicted.labels[i]
        label = own.lower() if own is not None else (label if "stale_label" in bugs else "")
        shared += value if label == (true.labels[j] or "").lower() else 0.0
    missed, surplus = 1 - len(pairs) / len(true), 1 - len(pairs) / len(predicted)
    return POSITION * shared / len(true) + COMPLETENESS * (1 - (missed + surplus) / 2)


def _greedy(predicted: Items, true: Items, bugs: frozenset[str]) -> list[tuple[int, int, float]]:
    """Return (predicted, true, IoU) of the greatest IoU first; among equals the first predicted, then the first true box."""
    table = _ious(predicted.boxes, true.boxes, bugs)
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


def iou(a: Items, b: Items, bugs: frozenset[str] = frozenset()) -> float:
    """Return IoU of the first items; with the bug `pixel_iou` the intersection counts whole pixels. 0 where either is no box or the union is empty."""
    return float(_ious(a.boxes, b.boxes, bugs)[0, 0])


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
    return iou(one_box(a * x, b * y, c * x, d * y), one_box(*map(float, true.groups())), named)


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
