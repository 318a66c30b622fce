"""Scores of the published scripts that compare tokens or letters, for their protocols: all of them forgive too much to train with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geovlm_cli._rust_rewards import TextColumn
from geovlm_cli.rewards.columns import Answers, LabelAnswers
from geovlm_cli.rewards.scores.common import Column, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.texts import text_column
from geovlm_cli.rewards.truth import rows_of, token_truth

_LISTS = (tuple, list, set, frozenset)


@builtin
def token_recall(answers: Sequence[Any], truth: Truth) -> Column:
    """EarthDial's score of labels and short answers: |set(reference) ∩ set(answer)| / len(reference), over tokens.

    A token is what NLTK's English word tokenizer makes of the trimmed, lower-cased text with every blank deleted; labels of a reference are
    joined by commas. Where NLTK would look for sentences with a trained model, a text is cut after `.`, `?` or `!` before white space that is
    no blank (a tab, a new line), within a label too. A comma is a token, so a perfect answer of n labels scores (n + 1) / (2n − 1) and not 1: 1, 0.8, 0.714 … for 2, 3, 4
    labels. Extra tokens cost nothing: naming every label scores as much as the truth.
    """
    batch = as_batch(truth)
    check(answers, batch)
    return token_truth(batch).recall(_texts(answers), rows=rows_of(batch))


@builtin
def geochat_equal(answers: Sequence[Any], truth: Truth) -> Column:
    """GeoChat's scene score: 1 where answer and reference are equal in lower case without blanks and full stops, else 0."""
    batch = as_batch(truth)
    check(answers, batch)
    return token_truth(batch).spaceless_equal(_texts(answers), rows=rows_of(batch))


def _texts(answers: Sequence[Any]) -> TextColumn:
    if isinstance(answers, Answers) and not isinstance(answers, LabelAnswers):
        return text_column(answers)
    return text_column([v if type(v) is str else _as_text(v) for v in answers])


def _as_text(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, _LISTS) else value
