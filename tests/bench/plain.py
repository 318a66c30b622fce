"""The best plain Python or library for each path: `str.find`, orjson, numpy, scipy, pycocotools, rapidfuzz; one completion at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import orjson
from nltk.stem.porter import PorterStemmer
from numpy.typing import NDArray
from pycocotools import mask
from rapidfuzz.distance import LCSseq
from scipy.optimize import linear_sum_assignment

_WORDS = re.compile(r"[a-z0-9]+")
_NUMBERS = frozenset((int, float))
_OPEN, _CLOSE = "<answer>", "</answer>"


def kept(text: str) -> bool:
    """Return whether the usual pattern matches, by `str.find` and without backtracking."""
    if not (text.startswith("<think>") and text.rstrip().endswith(_CLOSE)):
        return False
    close = text.find("</think>")
    return close > 0 and text[close + 8 : text.find(_OPEN, close)].strip() == "" and text.count(_OPEN) == 1


def body(text: str) -> str | None:
    """Return the answer text."""
    start = text.find(_OPEN)
    end = text.find(_CLOSE, start)
    return text[start + len(_OPEN) : end].strip() if start >= 0 and end >= 0 and "<think>" in text else None


def parsed(text: str) -> list[list[float]]:
    """Return the boxes of an answer in Qwen's JSON: objects with four numbers in `bbox_2d`; none where it does not parse."""
    answer = body(text)
    if answer is None:
        return []
    try:
        found = orjson.loads(answer.removeprefix("```json").removesuffix("```"))
    except orjson.JSONDecodeError:
        return []
    items = found if isinstance(found, list) else [found]
    return [item["bbox_2d"] for item in items if isinstance(item, dict) and _is_box(item.get("bbox_2d"))]


def _is_box(value: object) -> bool:
    return isinstance(value, list) and len(value) == 4 and _NUMBERS.issuperset(map(type, value))


def packed(answers: Sequence[list[list[float]]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the boxes of all answers end to end, float64[m, 4], and where each answer's start."""
    flat = np.array([box for boxes in answers for box in boxes], dtype=np.float64).reshape(-1, 4)
    return flat, np.cumsum([0, *map(len, answers)], dtype=np.int64)


def boxes(text: str) -> NDArray[np.float64]:
    """Return float64[n, 4] of an answer in Qwen's JSON."""
    return np.array(parsed(text), dtype=np.float64).reshape(-1, 4)


def detection(text: str, reference: NDArray[np.float64]) -> float:
    """Return format plus 2·ΣIoU / (predicted + true): numpy and scipy."""
    return float(kept(text)) + matched(boxes(text), reference)


def matched(found: NDArray[np.float64], true: NDArray[np.float64]) -> float:
    """Return 2·ΣIoU / (predicted + true) of boxes float64[n, 4] and float64[m, 4]."""
    if not len(found):
        return 0.0
    low = np.maximum(found[:, None, :2], true[None, :, :2])
    size = np.minimum(found[:, None, 2:], true[None, :, 2:]) - low
    shared = np.prod(np.clip(size, 0, None), axis=2)
    areas = [np.prod(side[:, 2:] - side[:, :2], axis=1) for side in (found, true)]
    table = shared / (areas[0][:, None] + areas[1][None] - shared)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(2 * table[rows, columns].sum() / (len(found) + len(true)))


def matched_by_coco(found: NDArray[np.float64], true: NDArray[np.float64]) -> float:
    """Return the same with pycocotools' IoU; boxes as x, y, width, height."""
    if not len(found):
        return 0.0
    table = mask.iou(found, true, [0] * len(true))
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(2 * table[rows, columns].sum() / (len(found) + len(true)))


def label(text: str, reference: str) -> float:
    """Return format plus equality."""
    answer = body(text)
    return float(kept(text)) + float(answer is not None and answer.lower().rstrip(".") == reference.lower())


def words(text: str) -> list[str]:
    """Return the words as rouge-score cuts them."""
    return _WORDS.findall(text.lower())


_STEMMER = PorterStemmer()
_STEMS: dict[str, str] = {}


def stems(text: str) -> list[str]:
    """Return the stems of the words as rouge-score makes them, each word stemmed once in a run."""
    return [
        _STEMS.setdefault(word, _STEMS.get(word) or _STEMMER.stem(word)) if len(word) > 3 else word
        for word in words(text)
    ]


def rouge(found: Sequence[str], true: Sequence[str]) -> tuple[float, float]:
    """Return F of the shared words and of the longest common subsequence of two lists of words."""
    shared, both = LCSseq.similarity(found, true), len(found) + len(true)
    return 2 * (Counter(found) & Counter(true)).total() / both, 2 * shared / both


def caption(text: str, reference: str, cut: Callable[[str], list[str]]) -> float:
    """Return format plus rougeL, beside which rouge1 is computed."""
    answer = body(text)
    return float(kept(text)) + (rouge(cut(answer), cut(reference))[1] if answer else 0.0)
