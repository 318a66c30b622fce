"""The protocol `vlm-r1`: VLM-R1's rewards of a kind of answer, their bugs mended, as means over the rows.

Words are compared as texts: of several references the best counts, and labels, which a comma, a semicolon or a line break parts, in whatever
order they stand. Boxes are compared as the task reads them, in the frame of the reference. A row whose truth is bad is kept, as its script
keeps it; left out is only one of which nobody can say where its boxes lie, for want of the image's size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Boxes, boxes_of, convert
from geovlm_cli.rewards.truth import NO_PROFILE, are_unplaced, captions_of, joined, rows_of, with_area
from geovlm_cli.rewards.vlm_r1 import METHODS
from geovlm_cli.rewards.vlm_r1.boxes import average_precision, iou, weighted
from geovlm_cli.rewards.vlm_r1.items import Items
from geovlm_cli.rewards.vlm_r1.reading import cleaned
from geovlm_cli.task import Batch, Kind, Metric, Protocol, Sample

Column = NDArray[np.float64]

_BETWEEN_LABELS = re.compile("[,;\n]")

_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "label": ("default", "all_match", "mcq"),
    "labels": ("default", "all_match"),
    "text": ("default", "all_match"),
    "answer": ("default", "all_match", "yes_no"),
    "count": ("default", "math"),
}

_BOXES: Mapping[Kind, tuple[str, ...]] = {"box": ("rec",)}
_UNPLACED = "unplaced"
_MANY_BOXES = ("od_ap", "od_ap50", "odLength", "weighted_sum")


def _words(kind: Kind, texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    rows = [_pairs(kind, text, sample) for text, sample in zip(texts, batch, strict=True)]
    distinct = {pair for pairs in rows for pair in pairs}  # labels and short answers repeat
    columns = {}
    for name in _WORDS[kind]:
        found = {pair: METHODS[name](*pair) for pair in distinct}
        columns[name] = np.array([max(found[pair] for pair in pairs) for pairs in rows], dtype=np.float64)
    return columns


def _pairs(kind: Kind, text: str, sample: Sample) -> list[tuple[str, str]]:
    """Return what is compared in a row as (completion, solution): the answer with each reference."""
    if kind == "labels":
        return [_aligned(text, joined(sample))]
    references = captions_of(sample) if kind == "text" else ()
    return [(_answered(text), reference) for reference in references or (joined(sample),)]


def _aligned(text: str, truth: str) -> tuple[str, str]:
    """Return two lists of labels: in each the labels of both first, then its own, either part in order."""
    own, true = _labels(text), _labels(truth)
    shared = sorted(own & true)
    return _answered(", ".join([*shared, *sorted(own - true)])), ", ".join([*shared, *sorted(true - own)])


def _answered(text: str) -> str:
    return f"<answer>{text}</answer>"


def _labels(text: str) -> set[str]:
    return {label for piece in _BETWEEN_LABELS.split(text) if (label := cleaned(piece))}


def _boxes(kind: Kind, answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    names, unplaced = _BOXES.get(kind, _MANY_BOXES), _unplaced(batch)[rows_of(batch)]
    nothing = dict.fromkeys(names, 0.0)
    rows = [
        nothing if left_out else _of_row(answer, sample, batch, kind) or nothing
        for answer, sample, left_out in zip(answers, batch, unplaced.tolist(), strict=True)
    ]
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names}
    return {**columns, _UNPLACED: unplaced.astype(np.float64)}


def _unplaced(batch: Batch) -> NDArray[np.bool_]:
    frame = batch.profile.frame if batch.profile else None
    return batch.prepared(
        "unplaced boxes", lambda whole: are_unplaced(whole, frame) if frame else np.zeros(len(whole), dtype=np.bool_)
    )


def _of_row(answer: Any, sample: Sample, batch: Batch, kind: Kind) -> dict[str, float] | None:
    """Return the columns of a row; None where there is nothing to compare."""
    value, truth = boxes_of(answer), boxes_of(sample.reference)
    if value is None or truth is None:
        return None
    found = _items(convert(value, truth.frame, batch.profile or NO_PROFILE, sample.image_size), truth)
    true = _items(replace(truth, array=with_area(truth.array)), value)
    if kind == "box":
        return {"rec": iou(found, true) if len(found) == len(true) == 1 else 0.0}
    share = 1.0 if len(true) >= len(found) else len(true) / len(found)
    ap = average_precision(found, true)
    return {
        "od_ap": ap,
        "od_ap50": average_precision(found, true, 0.5),
        "odLength": ap * share,
        "weighted_sum": weighted(found, true),
    }


def _items(boxes: Boxes, other: Boxes) -> Items:
    """Return the boxes as VLM-R1 has them: upright, with labels where both sides carry them, and the items that are no box."""
    labels = boxes.labels if boxes.labels and (other.labels or not len(other)) else ("",) * len(boxes)
    rows = np.concatenate([boxes.array[:, :4], np.full((boxes.invalid, 4), np.nan)])
    return Items(rows, (*labels, *[None] * boxes.invalid))


def _means(columns: Mapping[str, Any], weights: Column) -> dict[str, Metric]:
    used = weights * (1 - columns.get(_UNPLACED, 0.0))
    n = float(used.sum())
    return {
        name: Metric(float(used @ column) / n if n else float("nan"), n)
        for name, column in columns.items()
        if name != _UNPLACED
    }


def _of_kind(kind: Kind) -> Protocol:
    if kind in _WORDS:
        return Protocol("vlm-r1", "2", partial(_words, kind), _means)
    return Protocol("vlm-r1", "2", partial(_boxes, kind), _means, reads="answers")


_KINDS: tuple[Kind, ...] = ("label", "labels", "text", "answer", "count", "box", "boxes", "grounded")
VLM_R1: Mapping[Kind, Protocol] = {kind: _of_kind(kind) for kind in _KINDS}
