"""The protocol `strict`: what evaluation reports by default, by kind (scoring policy; metric names of contracts.md section 9).

Rows whose truth is bad weigh nothing; a malformed answer weighs like any other and scores 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.rewards import scores
from geovlm_cli.rewards.columns import Answers
from geovlm_cli.rewards.truth import bad, rows_of
from geovlm_cli.task import Batch, Kind, Malformed, Metric, Protocol, Task

Column = NDArray[np.float64]
Columns = Mapping[str, Column]
Weights = NDArray[np.float64]

VERSION = "1"
THRESHOLD = 0.5
TOLERANCE = 1e-9


def strict_of_kind(kind: Kind) -> Protocol:
    """Return `strict` for a task that reads and scores as its kind does."""
    return Protocol(
        "strict", VERSION, partial(_score, kind, _MEASURES[kind]), partial(_summarise, kind), reads="answers"
    )


def strict_of_components(task: Task) -> Protocol:
    """Return `strict` for a task with a parser or rewards of its own: the mean of each component."""
    return Protocol("strict", VERSION, partial(_score, task.kind, partial(_components, task)), _means, reads="answers")


def _components(task: Task, answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    from geovlm_cli.rewards.scoring import components  # scoring asks this module for a task's protocol

    return components(task, answers, batch)


def _score(
    kind: Kind, measure: Callable[[Sequence[Any], Batch], Mapping[str, Column]], answers: Sequence[Any], batch: Batch
) -> dict[str, Column]:
    unread = (
        answers.reasons != 0
        if isinstance(answers, Answers)
        else np.array([isinstance(a, Malformed) for a in answers], dtype=np.bool_)
    )
    flawed = bad(batch, kind).rows[rows_of(batch)]
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in measure(answers, batch).items()}
    return {**columns, "malformed": unread.astype(np.float64), "bad_truth": flawed.astype(np.float64)}


# --- what each kind measures -----------------------------------------------------------------------------------------------------


def _label_sets(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    return {
        "f1": scores.set_f1(answers, batch),
        "recall": scores.recall(answers, batch),
        "jaccard": scores.jaccard(answers, batch),
        "exact": scores.equal(answers, batch),
    }


def _texts(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    return {
        "lcs_f": scores.lcs_f(answers, batch),
        "rouge1": scores.rouge(answers, batch, variant="rouge1"),
        "rougeL": scores.rouge(answers, batch, variant="rougeL"),
    }


def _accuracy(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    return {"accuracy": scores.equal(answers, batch)}


def _one_box(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    iou = scores.referring(answers, batch)
    return {"iou": iou, "precision@0.5": (iou >= THRESHOLD - TOLERANCE).astype(np.float64)}


def _many_boxes(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    shared, matched, predicted, true = scores.matches(answers, batch, min_iou=THRESHOLD).T
    return {
        "reward": scores.detection(answers, batch),
        "iou": shared,
        "matched": matched,
        "predicted": predicted,
        "true": true,
    }


def _grounded(answers: Sequence[Any], batch: Batch) -> dict[str, Column]:
    return {**_many_boxes(answers, batch), **_texts(answers, batch), "reward": scores.grounding(answers, batch)}


_MEASURES: Mapping[Kind, Callable[[Sequence[Any], Batch], dict[str, Column]]] = {
    "label": _accuracy,
    "labels": _label_sets,
    "text": _texts,
    "answer": _accuracy,
    "count": _accuracy,
    "box": _one_box,
    "boxes": _many_boxes,
    "grounded": _grounded,
}


# --- what is reported ------------------------------------------------------------------------------------------------------------

_POOLED = ("iou", "matched", "predicted", "true")


def _summarise(kind: Kind, columns: Columns, weights: Weights) -> dict[str, Metric]:
    if kind not in ("boxes", "grounded"):
        return _means(columns, weights)
    means = _means({name: column for name, column in columns.items() if name not in _POOLED}, weights)
    return {**_pooled(columns, _used(columns, weights)), **means}


def _means(columns: Columns, weights: Weights) -> dict[str, Metric]:
    used = _used(columns, weights)
    n = float(used.sum())
    return {name: Metric(_ratio(float(used @ column), n), n) for name, column in columns.items() if name != "bad_truth"}


def _used(columns: Columns, weights: Weights) -> Weights:
    """Return the weights without rows of bad truth; the same array where there are none, for a copy would be a tenth of what a million rows take."""
    return weights * (1 - columns["bad_truth"]) if columns["bad_truth"].any() else weights


def _pooled(columns: Columns, weights: Weights) -> dict[str, Metric]:
    """Pool over rows: pq = 2·ΣIoU / (N_pred + N_true), precision, recall and F1 at IoU 0.5; 0 where nothing was predicted or true."""
    iou, matched, predicted, true = (float(weights @ columns[name]) for name in _POOLED)
    return {
        "pq": Metric(_ratio(2 * iou, predicted + true), predicted + true),
        "precision@0.5": Metric(_ratio(matched, predicted), predicted),
        "recall@0.5": Metric(_ratio(matched, true), true),
        "f1@0.5": Metric(_ratio(2 * matched, predicted + true), predicted + true),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
