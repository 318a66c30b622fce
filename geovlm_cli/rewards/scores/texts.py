"""Scores of free texts by their words (scoring policy 9)."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from geovlm_cli._rust_rewards import TextColumn
from geovlm_cli.boxes import Grounded
from geovlm_cli.rewards.arguments import mistyped, one_of
from geovlm_cli.rewards.columns import GroundedAnswers, TextAnswers
from geovlm_cli.rewards.scores.common import SEVERAL, Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.truth import rows_of, text_truth
from geovlm_cli.task import Malformed


def text_column(answers: Sequence[Any]) -> TextColumn:
    if isinstance(answers, GroundedAnswers):
        return answers.texts.column
    if isinstance(answers, TextAnswers):
        return answers.column
    return TextColumn.from_list([v if type(v) is str else plain_text(row, v) for row, v in enumerate(answers)])


def plain_text(row: int, value: Any) -> str:
    """Return an answer as text, "" where it was not read; raises RewardInputError for what is neither text nor number."""
    if isinstance(value, str):
        return value
    if isinstance(value, Malformed):
        return ""
    if isinstance(value, Real):
        return str(value)
    if not isinstance(value, Grounded) or not isinstance(value.text, str):
        raise mistyped(f"answers[{row}]", value, "a str, a number or Malformed")
    return value.text


@builtin
def lcs_f(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    r"""F1 of the longest common subsequence of the words `[^\W_]+` of the NFC, case-folded texts, first 4,000 words (scoring policy 9)."""
    batch = as_batch(truth)
    check(answers, batch)
    several = one_of("several", several, SEVERAL)
    return text_truth(batch).lcs_f(text_column(answers), rows=rows_of(batch), several=several)


@builtin
def token_jaccard(answers: Sequence[Any], truth: Truth, *, several: Several = "best") -> Column:
    """Jaccard index |A ∩ B| / |A ∪ B| of the sets of words of two texts, the words of `lcs_f`. Of label sets: `jaccard`."""
    batch = as_batch(truth)
    check(answers, batch)
    several = one_of("several", several, SEVERAL)
    return text_truth(batch).jaccard(text_column(answers), rows=rows_of(batch), several=several)
