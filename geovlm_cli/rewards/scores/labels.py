"""Scores of labels, label sets and short answers (scoring policy 8 and 10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import AnswerColumn
from geovlm_cli.rewards.arguments import mistyped
from geovlm_cli.rewards.columns import LabelAnswers, VqaAnswers
from geovlm_cli.rewards.parsers import answer as parse_answer
from geovlm_cli.rewards.parsers import count, labels
from geovlm_cli.rewards.scores.common import Column, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.texts import plain_text
from geovlm_cli.rewards.truth import answer_truth, label_truth, rows_of
from geovlm_cli.task import Batch, Malformed


def _label_answers(answers: Sequence[Any], batch: Batch) -> LabelAnswers:
    """Return the answers as read against the truth of `batch`: read again where that is another than they know."""
    vocabulary: tuple[str, ...] = ()
    if isinstance(answers, LabelAnswers):
        vocabulary = answers.vocabulary
        if label_truth(batch, vocabulary) is answers.truth:
            return answers
    return labels.known(vocabulary)(list(map(_label_text, range(len(answers)), answers)), batch)


def _label_text(row: int, value: Any) -> str:
    if isinstance(value, Malformed):
        return ""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in names):
        raise mistyped(f"answers[{row}]", value, "a label, a tuple of labels or Malformed")
    return json.dumps(list(names))


def _overlap(answers: Sequence[Any], truth: Truth) -> tuple[Column, Column, Column]:
    batch = as_batch(truth)
    check(answers, batch)
    shared, predicted, true = _label_answers(answers, batch).overlap(rows_of(batch)).T.astype(np.float64)
    return shared, predicted, true


def _ratio(part: Column, whole: Column) -> Column:
    ratio = np.zeros(len(part))
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _f1_of_counts(shared: Column, predicted: Column, true: Column) -> Column:
    return _ratio(2 * shared, predicted + true)


def _recall_of_counts(shared: Column, _: Column, true: Column) -> Column:
    return _ratio(shared, true)


def _equal_of_counts(shared: Column, predicted: Column, true: Column) -> Column:
    same: NDArray[np.bool_] = (shared == predicted) & (shared == true) & (true > 0)
    return same.astype(np.float64)


def _jaccard_of_counts(shared: Column, predicted: Column, true: Column) -> Column:
    return _ratio(shared, predicted + true - shared)


@builtin
def set_f1(answers: Sequence[Any], truth: Truth) -> Column:
    """F1 of two label sets, 2·|A ∩ B| / (|A| + |B|); unknown labels are false positives, repeated ones count once (scoring policy 8)."""
    return _f1_of_counts(*_overlap(answers, truth))


@builtin
def recall(answers: Sequence[Any], truth: Truth) -> Column:
    """Share of the true labels that were named. Naming every label gives 1: prefer `set_f1` for training."""
    return _recall_of_counts(*_overlap(answers, truth))


@builtin
def jaccard(answers: Sequence[Any], truth: Truth) -> Column:
    """Jaccard index |A ∩ B| / |A ∪ B| of two label sets."""
    return _jaccard_of_counts(*_overlap(answers, truth))


@builtin
def equal(answers: Sequence[Any], truth: Truth) -> Column:
    """1 where the answer equals the truth: label sets as sets, short answers and counts as scoring policy 10 reads them."""
    batch = as_batch(truth)
    check(answers, batch)
    if isinstance(answers, LabelAnswers):
        read = _label_answers(answers, batch)
        return read.truth.equal(read.column, rows=rows_of(batch))
    if not isinstance(answers, VqaAnswers) and any(isinstance(sample.reference, tuple | list) for sample in batch):
        return _equal_of_counts(*_overlap(answers, batch))
    return _vqa_column(answers, batch).equal(answer_truth(batch, count=False), rows=rows_of(batch))


# What a score makes of the three counts: labels in both sets, predicted, true.
OF_COUNTS: dict[Callable[..., Column], Callable[[Column, Column, Column], Column]] = {
    equal: _equal_of_counts,
    set_f1: _f1_of_counts,
    recall: _recall_of_counts,
    jaccard: _jaccard_of_counts,
}


def _vqa_column(answers: Sequence[Any], batch: Batch) -> AnswerColumn:
    if isinstance(answers, VqaAnswers):
        return answers.column
    texts = list(map(plain_text, range(len(answers)), answers))
    counts = all(isinstance(sample.reference, int) for sample in batch)
    return (count if counts else parse_answer)(texts, batch).column
