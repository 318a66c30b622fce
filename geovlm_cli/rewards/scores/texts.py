"""Scores of free texts by their words (scoring policy 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geovlm_cli._rust_rewards import TextColumn
from geovlm_cli.boxes import Grounded
from geovlm_cli.rewards.columns import GroundedAnswers, TextAnswers
from geovlm_cli.rewards.scores.common import Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.truth import rows_of, text_truth
from geovlm_cli.task import Malformed


def text_column(answers: Sequence[Any]) -> TextColumn:
    if isinstance(answers, GroundedAnswers):
        return answers.texts.column
    if isinstance(answers, TextAnswers):
        return answers.column
    return TextColumn.from_list([_plain_text(value) for value in answers])


def _plain_text(value: Any) -> str:
    if isinstance(value, Malformed):
        return ""
    return value.text if isinstance(value, Grounded) else str(value)


@builtin
def lcs_f(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    r"""F1 of the longest common subsequence of the words `[^\W_]+` of the NFC, case-folded texts, first 4,000 words (scoring policy 9)."""
    batch = as_batch(truth)
    check(answers, batch)
    return text_truth(batch).lcs_f(text_column(answers), rows=rows_of(batch), several=several)


@builtin
def token_jaccard(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    """Jaccard index |A ∩ B| / |A ∪ B| of the sets of words of two texts, the words of `lcs_f`. Of label sets: `jaccard`."""
    batch = as_batch(truth)
    check(answers, batch)
    return text_truth(batch).jaccard(text_column(answers), rows=rows_of(batch), several=several)
