"""The public scores: `score(answers, batch)` gives float64[n], one value in [0, 1] a row (counts where the docstring says so).

`answers` is a column of this package's parsers, or an ordinary list of values (str, int, tuple of labels, `Boxes`, `Grounded`) and
`Malformed`. Instead of a batch an ordinary list of references may stand. A row that was not read, or whose truth is bad, gets 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import AnswerColumn, BoxColumn, BoxTruth, RewardInputError, TextColumn
from geovlm_cli.boxes import Boxes, Grounded
from geovlm_cli.rewards.columns import Answers, BoxAnswers, GroundedAnswers, LabelAnswers, TextAnswers, VqaAnswers
from geovlm_cli.rewards.parsers import answer as parse_answer
from geovlm_cli.rewards.parsers import count, labels, local_answers
from geovlm_cli.rewards.truth import bad, box_truth, boxes_of, rows_of, text_truth
from geovlm_cli.task import Batch, Malformed, Sample

Column = NDArray[np.float64]
Truth = Batch | Sequence[Any]
Several = Literal["best", "mean"]
Angles = Literal["rotated", "hull", "drop"]
F = TypeVar("F", bound=Callable[..., Any])

_BUILTINS: set[Callable[..., Any]] = set()


def _builtin(function: F) -> F:
    _BUILTINS.add(function)
    return function


def is_builtin(function: Callable[..., Any]) -> bool:
    """Say whether a reward is one of this module's, perhaps with options bound by `functools.partial`: it scores whole columns."""
    return getattr(function, "func", function) in _BUILTINS


def as_batch(truth: Truth) -> Batch:
    """Return a batch as it is; ordinary references as the batch of samples that have nothing else."""
    if isinstance(truth, Batch):
        return truth
    return Batch([Sample(id=str(row), task="", reference=reference) for row, reference in enumerate(truth)])


def _check(answers: Sequence[Any], batch: Batch) -> None:
    if len(answers) != len(batch):
        raise RewardInputError(f"answers has {len(answers)} rows and the batch has {len(batch)}; they must be equal.")


# --- labels and short answers ----------------------------------------------------------------------------------------------------


def _label_answers(answers: Sequence[Any], batch: Batch) -> LabelAnswers:
    if isinstance(answers, LabelAnswers):
        return answers
    return labels([_label_text(value) for value in answers], batch)


def _label_text(value: Any) -> str:
    if isinstance(value, Malformed):
        return ""
    return json.dumps([value] if isinstance(value, str) else list(value))


def _overlap(answers: Sequence[Any], truth: Truth) -> tuple[Column, Column, Column]:
    batch = as_batch(truth)
    _check(answers, batch)
    shared, predicted, true = _label_answers(answers, batch).overlap(rows_of(batch)).T.astype(np.float64)
    return shared, predicted, true


def _ratio(part: Column, whole: Column) -> Column:
    ratio = np.zeros(len(part))
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


@_builtin
def set_f1(answers: Sequence[Any], truth: Truth) -> Column:
    """F1 of two label sets, 2·|A ∩ B| / (|A| + |B|); unknown labels are false positives, repeated ones count once (scoring policy 8)."""
    shared, predicted, true = _overlap(answers, truth)
    return _ratio(2 * shared, predicted + true)


@_builtin
def recall(answers: Sequence[Any], truth: Truth) -> Column:
    """Share of the true labels that were named. Naming every label gives 1: prefer `set_f1` for training."""
    shared, _, true = _overlap(answers, truth)
    return _ratio(shared, true)


@_builtin
def jaccard(answers: Sequence[Any], truth: Truth) -> Column:
    """Jaccard index |A ∩ B| / |A ∪ B| of two label sets."""
    shared, predicted, true = _overlap(answers, truth)
    return _ratio(shared, predicted + true - shared)


@_builtin
def equal(answers: Sequence[Any], truth: Truth) -> Column:
    """1 where the answer equals the truth: label sets as sets, short answers and counts as scoring policy 10 reads them."""
    batch = as_batch(truth)
    _check(answers, batch)
    if isinstance(answers, LabelAnswers):
        return answers.truth.equal(answers.column, rows=rows_of(batch))
    if not isinstance(answers, VqaAnswers) and any(isinstance(sample.reference, tuple | list) for sample in batch):
        shared, predicted, true = _overlap(answers, batch)
        same: NDArray[np.bool_] = (shared == predicted) & (shared == true) & (true > 0)
        return same.astype(np.float64)
    references, rows = local_answers(batch)
    return _vqa_column(answers, batch).equal(references, rows=rows)


def _vqa_column(answers: Sequence[Any], batch: Batch) -> AnswerColumn:
    if isinstance(answers, VqaAnswers):
        return answers.column
    texts = ["" if isinstance(value, Malformed) else str(value) for value in answers]
    counts = all(isinstance(sample.reference, int) for sample in batch)
    return (count if counts else parse_answer)(texts, batch).column


# --- texts -----------------------------------------------------------------------------------------------------------------------


def _text_column(answers: Sequence[Any]) -> TextColumn:
    if isinstance(answers, GroundedAnswers):
        return answers.texts.column
    if isinstance(answers, TextAnswers):
        return answers.column
    return TextColumn.from_list([_plain_text(value) for value in answers])


def _plain_text(value: Any) -> str:
    if isinstance(value, Malformed):
        return ""
    return value.text if isinstance(value, Grounded) else str(value)


@_builtin
def lcs_f(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    r"""F1 of the longest common subsequence of the words `[^\W_]+` of the NFC, case-folded texts, first 4,000 words (scoring policy 9)."""
    batch = as_batch(truth)
    _check(answers, batch)
    return text_truth(batch).lcs_f(_text_column(answers), rows=rows_of(batch), several=several)


@_builtin
def rouge_l(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    """ROUGE-L F exactly as the `rouge-score` package gives it without stemmer."""
    batch = as_batch(truth)
    _check(answers, batch)
    return text_truth(batch).rouge_l(_text_column(answers), rows=rows_of(batch), several=several)


# --- boxes -----------------------------------------------------------------------------------------------------------------------


def _box_answers(answers: Sequence[Any], batch: Batch) -> BoxAnswers:
    if isinstance(answers, GroundedAnswers):
        return answers.boxes
    if isinstance(answers, BoxAnswers):
        return answers
    found = [value.boxes if isinstance(value, Grounded) else value for value in answers]
    return _box_column([value if isinstance(value, Boxes) else None for value in found], batch)


def _box_column(found: list[Boxes | None], batch: Batch) -> BoxAnswers:
    frames = {boxes.frame for boxes in found if boxes is not None}
    if len(frames) > 1:
        raise RewardInputError(
            f"answers holds boxes in the frames {' and '.join(sorted(frames))}; convert them to one with geovlm_cli.boxes.convert."
        )
    some = [boxes or Boxes("", np.zeros((0, 5))) for boxes in found]
    column = BoxColumn.from_arrays(
        np.concatenate([np.zeros((0, 5)), *(boxes.array for boxes in some)]),
        np.cumsum([0, *map(len, some)], dtype=np.int64),
        np.array([boxes.invalid for boxes in some], dtype=np.int64),
        labels=[boxes.labels for boxes in some] if any(boxes.labels for boxes in some) else None,
    )
    frames |= {boxes.frame for boxes in map(boxes_of, batch) if boxes is not None and not frames}
    return BoxAnswers(column, next(iter(frames), "pixel"), batch.profile.box_numbers if batch.profile else 5)


def _boxes(answers: Sequence[Any], truth: Truth) -> tuple[BoxTruth, BoxColumn, NDArray[np.int64], NDArray[np.bool_]]:
    """Return the prepared truth, the answers, their rows, and which rows were read (a list's `Malformed` is no empty answer)."""
    batch = as_batch(truth)
    _check(answers, batch)
    read = _box_answers(answers, batch)
    ok = (
        answers.reasons == 0
        if isinstance(answers, Answers)
        else np.array([not isinstance(v, Malformed) for v in answers], dtype=np.bool_)
    )
    return box_truth(batch, read.frame, read.numbers), read.column, rows_of(batch), ok


@_builtin
def detection(answers: Sequence[Any], truth: Truth, *, min_iou: float = 0.0, angles: Angles = "rotated") -> Column:
    """2·ΣIoU / (N_pred + N_true) after the one-to-one assignment of greatest ΣIoU over pairs of equal label with IoU ≥ `min_iou` (scoring policy 6).

    IoU is taken in the frame of the reference. Nothing true and nothing predicted is 1. angles: `rotated` as they are, `hull` the
    axis-aligned hull of both sides, `drop` angle 0.
    """
    prepared, column, rows, ok = _boxes(answers, truth)
    return prepared.detection(column, rows=rows, min_iou=min_iou, angles=angles) * ok + 0.0  # no −0


@_builtin
def referring(answers: Sequence[Any], truth: Truth, *, angles: Angles = "rotated") -> Column:
    """IoU of the one predicted with the one true box (scoring policy 7)."""
    prepared, column, rows, ok = _boxes(answers, truth)
    return prepared.referring(column, rows=rows, angles=angles) * ok


@_builtin
def matches(answers: Sequence[Any], truth: Truth, *, min_iou: float = 0.5, angles: Angles = "rotated") -> Column:
    """Return float64[n, 4] of the assignment: ΣIoU of the matched pairs, matched pairs, predicted boxes (invalid ones too), true boxes."""
    prepared, column, rows, ok = _boxes(answers, truth)
    found = prepared.matches(column, rows=rows, min_iou=min_iou, angles=angles)
    found[:, :3] *= ok[:, None]
    return found + 0.0  # no −0


@_builtin
def any_match(
    answers: Sequence[Any], truth: Truth, *, threshold: float = 0.5, angles: Angles = "rotated"
) -> NDArray[np.int64]:
    """Return int64[n, 2]: predictions that overlap any true box with IoU ≥ `threshold`, and predictions; duplicates all count (EarthDial)."""
    prepared, column, rows, ok = _boxes(answers, truth)
    return prepared.any_match(column, rows=rows, threshold=threshold, angles=angles) * ok[:, None]


@_builtin
def grounding(answers: Sequence[Any], truth: Truth, *, box_weight: float = 0.5) -> Column:
    """`box_weight`·detection + (1 − `box_weight`)·lcs_f of the text without its boxes."""
    batch = as_batch(truth)
    flawed = bad(batch, "grounded")
    mixed = box_weight * detection(answers, batch) + (1 - box_weight) * lcs_f(answers, batch)
    return mixed * ~flawed.rows[rows_of(batch)] if flawed.some else mixed
