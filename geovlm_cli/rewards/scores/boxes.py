"""Scores of boxes (scoring policy 6 and 7). IoU is taken in the frame of the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import BoxColumn, BoxTruth, RewardInputError
from geovlm_cli._rust_rewards import assign as _assign
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.rewards.arguments import flaw_of, fraction, mistyped, one_of
from geovlm_cli.rewards.columns import Answers, BoxAnswers, GroundedAnswers
from geovlm_cli.rewards.scores.common import ANGLES, MATCHING, Angles, Column, Matching, Truth, as_batch, builtin, check
from geovlm_cli.rewards.truth import box_truth, joined_boxes, rows_of
from geovlm_cli.task import Batch, Malformed


def _box_answers(answers: Sequence[Any], batch: Batch) -> BoxAnswers:
    if isinstance(answers, GroundedAnswers):
        return answers.boxes
    if isinstance(answers, BoxAnswers):
        return answers
    return _box_column(list(map(boxes_of_answer, range(len(answers)), answers)), batch)


def boxes_of_answer(row: int, value: Any) -> Boxes | None:
    """Return the boxes of an answer, None where it was not read; raises RewardInputError for what has none or whose boxes are none."""
    found = value.boxes if isinstance(value, Grounded) else value
    if isinstance(found, Malformed):
        return None
    if not isinstance(found, Boxes):
        raise mistyped(f"answers[{row}]", found, "Boxes, Grounded or Malformed (parse texts first)")
    if flaw := flaw_of(found):
        raise RewardInputError(f"The boxes of answers[{row}] are wrong: {flaw}.")
    return found


def _box_column(found: list[Boxes | None], batch: Batch) -> BoxAnswers:
    frames = {boxes.frame for boxes in found if boxes is not None}
    if len(frames) > 1:
        raise RewardInputError(
            f"answers holds boxes in the frames {' and '.join(sorted(frames))}; convert them to one with geovlm_cli.boxes.convert."
        )
    frames |= {boxes.frame for boxes in joined_boxes(batch).found if boxes is not None and not frames}
    column = column_of_boxes(found)
    return BoxAnswers(column, next(iter(frames), "pixel"), batch.profile.box_numbers if batch.profile else 5)


def column_of_boxes(found: Sequence[Boxes | None]) -> BoxColumn:
    """Return boxes end to end, none where there is None."""
    some = [Boxes("", np.zeros((0, 5))) if boxes is None else boxes for boxes in found]
    return BoxColumn.from_arrays(
        np.concatenate([np.zeros((0, 5)), *(boxes.array for boxes in some)], dtype=np.float64, casting="same_kind"),
        np.cumsum([0, *map(len, some)], dtype=np.int64),
        np.array([boxes.invalid for boxes in some], dtype=np.int64),
        labels=[boxes.labels for boxes in some] if any(boxes.labels for boxes in some) else None,
    )


def boxes_and_truth(
    answers: Sequence[Any], truth: Truth, prepare: Callable[[Batch, str, int], BoxTruth] = box_truth
) -> tuple[BoxTruth, BoxColumn, NDArray[np.int64], NDArray[np.bool_]]:
    """Return the truth as `prepare` makes it, the answers, their rows, and which rows were read (a list's `Malformed` is no empty answer)."""
    batch = as_batch(truth)
    check(answers, batch)
    read = _box_answers(answers, batch)
    ok = (
        answers.reasons == 0
        if isinstance(answers, Answers)
        else np.array([not isinstance(v, Malformed) for v in answers], dtype=np.bool_)
    )
    return prepare(batch, read.frame, read.numbers), read.column, rows_of(batch), ok


@builtin
def detection(answers: Sequence[Any], truth: Truth, *, min_iou: float = 0.0, angles: Angles = "rotated") -> Column:
    """2·ΣIoU / (N_pred + N_true) after the one-to-one assignment of greatest ΣIoU over pairs of equal label with IoU ≥ `min_iou` (scoring policy 6).

    IoU is taken in the frame of the reference. Nothing true and nothing predicted is 1. angles: `rotated` as they are, `hull` the
    axis-aligned hull of both sides, `drop` angle 0.
    """
    prepared, column, rows, ok = boxes_and_truth(answers, truth)
    min_iou, angles = fraction("min_iou", min_iou), one_of("angles", angles, ANGLES)
    return prepared.detection(column, rows=rows, min_iou=min_iou, angles=angles) * ok + 0.0  # no −0


@builtin
def detection_max(answers: Sequence[Any], truth: Truth, *, min_iou: float = 0.0, angles: Angles = "rotated") -> Column:
    """ΣIoU / max(N_pred, N_true) after the assignment of `detection`: the reading of GeoVLM-R1's detection reward in geovlm-r1.md 2.3."""
    batch = as_batch(truth)
    shared, _, predicted, true = matches(answers, batch, min_iou=min_iou, angles=angles).T
    most = np.maximum(predicted, true)
    ratio = _of_nothing(answers, batch, most == 0)
    np.divide(shared, most, out=ratio, where=most > 0)
    return ratio


def _of_nothing(answers: Sequence[Any], batch: Batch, empty: NDArray[np.bool_]) -> Column:
    """Return 1 for the `empty` rows, which have no box on either side; 0 for those of them that cannot be scored, and for the others."""
    return detection(answers, batch) * empty if empty.any() else np.zeros(len(batch))


@builtin
def referring(answers: Sequence[Any], truth: Truth, *, angles: Angles = "rotated") -> Column:
    """IoU of the one predicted with the one true box (scoring policy 7)."""
    prepared, column, rows, ok = boxes_and_truth(answers, truth)
    return prepared.referring(column, rows=rows, angles=one_of("angles", angles, ANGLES)) * ok


@builtin
def matches(
    answers: Sequence[Any],
    truth: Truth,
    *,
    min_iou: float = 0.5,
    angles: Angles = "rotated",
    matching: Matching = "optimal",
) -> Column:
    """Return float64[n, 4] of the matched boxes: ΣIoU of the pairs, pairs, predicted boxes (invalid ones too), true boxes.

    matching: `optimal` is the assignment of `detection`; `greedy` takes the free pair of greatest IoU again and again, among equals the
    first predicted, then the first true box.
    """
    prepared, column, rows, ok = boxes_and_truth(answers, truth)
    greedy = one_of("matching", matching, MATCHING) == "greedy"
    min_iou, angles = fraction("min_iou", min_iou), one_of("angles", angles, ANGLES)
    found = prepared.matches(column, rows=rows, min_iou=min_iou, angles=angles, greedy=greedy)
    found[:, :3] *= ok[:, None]
    return found + 0.0  # no −0


@builtin
def box_precision(
    answers: Sequence[Any],
    truth: Truth,
    *,
    threshold: float = 0.5,
    angles: Angles = "rotated",
    matching: Matching = "optimal",
) -> Column:
    """Matched / predicted boxes at IoU ≥ `threshold`, one true box a predicted one; where nothing is predicted 1 if nothing is true, else 0."""
    return _rate(answers, truth, threshold, angles, matching, predicted=1, true=0)


@builtin
def box_recall(
    answers: Sequence[Any],
    truth: Truth,
    *,
    threshold: float = 0.5,
    angles: Angles = "rotated",
    matching: Matching = "optimal",
) -> Column:
    """Matched / true boxes at IoU ≥ `threshold`; where nothing is true 1 if nothing is predicted, else 0. Boxes everywhere give 1: train with `box_f1`."""
    return _rate(answers, truth, threshold, angles, matching, predicted=0, true=1)


@builtin
def box_f1(
    answers: Sequence[Any],
    truth: Truth,
    *,
    threshold: float = 0.5,
    angles: Angles = "rotated",
    matching: Matching = "optimal",
) -> Column:
    """2·matched / (predicted + true boxes) at IoU ≥ `threshold`; 1 where there are none on either side."""
    return _rate(answers, truth, threshold, angles, matching, predicted=1, true=1)


def _rate(
    answers: Sequence[Any],
    truth: Truth,
    threshold: float,
    angles: Angles,
    matching: Matching,
    *,
    predicted: int,
    true: int,
) -> Column:
    """Return matched boxes over those that are counted; where none are, whether there are none of the others either."""
    batch = as_batch(truth)
    threshold = fraction("threshold", threshold)
    _, matched, found, there = matches(answers, batch, min_iou=threshold, angles=angles, matching=matching).T
    counted = predicted * found + true * there
    rate = _of_nothing(answers, batch, found + there == 0)
    np.divide((predicted + true) * matched, counted, out=rate, where=counted > 0)
    return rate


@builtin
def any_match(
    answers: Sequence[Any], truth: Truth, *, threshold: float = 0.5, angles: Angles = "rotated"
) -> NDArray[np.int64]:
    """Return int64[n, 2]: predictions that overlap any true box with IoU ≥ `threshold`, and predictions; duplicates all count (EarthDial)."""
    prepared, column, rows, ok = boxes_and_truth(answers, truth)
    threshold, angles = fraction("threshold", threshold), one_of("angles", angles, ANGLES)
    return prepared.any_match(column, rows=rows, threshold=threshold, angles=angles) * ok[:, None]


def assign(iou: NDArray[np.float64], /, *, min_iou: float = 0.0, greedy: bool = False) -> NDArray[np.int64]:
    """Return int64[k, 2]: the one-to-one pairs (row, column) of float64[n, m] that maximise ΣIoU among those with IoU ≥ `min_iou` and IoU > 0, by row.

    greedy: the greatest free pair again and again; among equals the first row, then the first column.
    """
    return _assign(iou, min_iou=fraction("min_iou", min_iou), greedy=one_of("greedy", greedy, (True, False)))
