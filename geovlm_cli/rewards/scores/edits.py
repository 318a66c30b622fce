"""Similarity of texts by edit distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from geovlm_cli.rewards.arguments import one_of
from geovlm_cli.rewards.scores.common import SEVERAL, Column, Several, Truth, as_batch, builtin, check
from geovlm_cli.rewards.scores.texts import text_column
from geovlm_cli.rewards.truth import rows_of, text_truth

Distance = Literal["indel", "classic"]


@builtin
def levenshtein(
    answers: Sequence[Any], truth: Truth, *, variant: Distance = "indel", several: Several = "best"
) -> Column:
    """Similarity of two trimmed texts by edit distance over code points, the first 16,384 of each.

    variant: `indel` is python-Levenshtein's `ratio`, 1 − indel / (|a| + |b|), where a substitution costs 2; `classic` is
    1 − Levenshtein / max(|a|, |b|). They differ: kitten and sitting give 0.615 and 0.571.
    """
    batch = as_batch(truth)
    check(answers, batch)
    variant, several = one_of("variant", variant, get_args(Distance)), one_of("several", several, SEVERAL)
    return text_truth(batch).levenshtein(text_column(answers), rows=rows_of(batch), variant=variant, several=several)
