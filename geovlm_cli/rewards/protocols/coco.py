"""The protocol `coco`: box AP and AR of a corpus exactly as pycocotools computes them, rotated boxes by their own IoU.

Answers of a model carry no scores: all are equal, so boxes rank by row and then as written, and the figures are below those of a detector
that ranks. Classes are compared where the syntax and the truth carry labels, else all boxes are of one class. A row whose truth is bad is
kept, as an annotation file keeps it: a true box without area is missed. Areas are those of the original image; where its size is unknown only the figures over all areas are given. In a bootstrap draw a
row that is drawn twice counts twice where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import coco_entries, coco_summary
from geovlm_cli.boxes import boxes_of
from geovlm_cli.rewards.arguments import flaw_of
from geovlm_cli.rewards.scores.ap import has_classes
from geovlm_cli.rewards.scores.boxes import boxes_and_truth
from geovlm_cli.rewards.truth import NO_PROFILE, box_truth_as_written
from geovlm_cli.task import Batch, Metric, Protocol, Sample

Column = NDArray[np.float64]

_COLUMNS = ("row", "class", "rank", "all", "small", "medium", "large")
_FIGURES = (
    "ap", "ap@0.5", "ap@0.75", "ap_small", "ap_medium", "ap_large",
    "ar@1", "ar@10", "ar@100", "ar_small", "ar_medium", "ar_large",
)  # fmt: skip
_AREAS = ("all", "small", "medium", "large")


def _score(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    """Return an entry a true box and a ranked detection; `row` is the row of the batch (`coco_entries` tells the rest)."""
    prepared, column, rows, _ = boxes_and_truth(answers, batch, prepare=box_truth_as_written)
    pixels = batch.prepared("pixels of a unit", _pixels)
    entries = coco_entries(prepared, column, rows=rows, pixels=pixels, by_class=has_classes(answers, batch))
    return dict(zip(_COLUMNS, entries.T.copy(), strict=True))


def _pixels(whole: Batch) -> Column:
    return np.array([_pixels_of_a_unit(sample, whole) for sample in whole], dtype=np.float64)


def _pixels_of_a_unit(sample: Sample, whole: Batch) -> float:
    boxes = boxes_of(sample.reference)
    if boxes is None or flaw_of(boxes) or boxes.frame == "pixel":
        return 1.0
    if sample.image_size is None:
        return np.nan
    width, height = (whole.profile or NO_PROFILE).extent(boxes.frame, sample.image_size)
    return sample.image_size[0] * sample.image_size[1] / (width * height)


def _summarise(columns: Mapping[str, Any], weights: Column) -> dict[str, Metric]:
    entries = np.stack([columns[name] for name in _COLUMNS], axis=1)
    figures = coco_summary(entries, np.ascontiguousarray(weights))
    counts = dict(zip(_AREAS, figures[len(_FIGURES) :].tolist(), strict=True))
    return {
        name: Metric(float(value), counts[name.rpartition("_")[2] if "_" in name else "all"])
        for name, value in zip(_FIGURES, figures, strict=False)
    }


COCO = Protocol("coco", "2", _score, _summarise, reads="answers")
