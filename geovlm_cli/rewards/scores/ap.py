"""COCO's average precision of single answers. For a corpus: the protocol `coco`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geovlm_cli._rust_rewards import average_precision
from geovlm_cli.rewards.arguments import fraction, one_of
from geovlm_cli.rewards.columns import BoxAnswers, GroundedAnswers
from geovlm_cli.rewards.scores.boxes import boxes_and_truth
from geovlm_cli.rewards.scores.common import ANGLES, Angles, Column, Truth, as_batch, builtin
from geovlm_cli.rewards.truth import joined_boxes
from geovlm_cli.task import Batch

LABELLED_SYNTAXES = frozenset({"qwen-json"})


@builtin
def ap(answers: Sequence[Any], truth: Truth, *, threshold: float | None = None, angles: Angles = "rotated") -> Column:
    """COCO's average precision of each answer against its own image: at IoU `threshold`, or where that is None the mean over 0.5, 0.55 … 0.95.

    To the letter of pycocotools, with every detection of equal score, so boxes rank as written, at most 100 a class: the mean over the
    classes of the image; a class that the image lacks is not scored, and items that are no box are left out. Where nothing is true: 1 if
    nothing is predicted, else 0. False boxes after the last hit cost nothing: measure with it, train with `detection` instead.
    """
    batch = as_batch(truth)
    prepared, column, rows, ok = boxes_and_truth(answers, batch)
    values = average_precision(
        prepared,
        column,
        rows=rows,
        threshold=None if threshold is None else fraction("threshold", threshold),
        by_class=has_classes(answers, batch),
        angles=one_of("angles", angles, ANGLES),
    )
    return values * ok


def has_classes(answers: Sequence[Any], batch: Batch) -> bool:
    """Say whether boxes are compared class by class: where the syntax of the answers and every true box of the data carry labels."""
    if not batch.prepared("labelled boxes", _all_labelled):
        return False
    if isinstance(answers, BoxAnswers | GroundedAnswers) and batch.profile is not None:
        return batch.profile.box_syntax in LABELLED_SYNTAXES
    return any(getattr(value, "labels", ()) for value in answers)


def _all_labelled(whole: Batch) -> bool:
    found = [boxes for boxes in joined_boxes(whole).found if boxes is not None and len(boxes)]
    return bool(found) and all(boxes.labels for boxes in found)
