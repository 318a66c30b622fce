"""Scores of texts that speak of boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from geovlm_cli.rewards.arguments import fraction, one_of
from geovlm_cli.rewards.scores.boxes import detection
from geovlm_cli.rewards.scores.common import Column, Truth, as_batch, builtin
from geovlm_cli.rewards.scores.sentences import hslr, lexical
from geovlm_cli.rewards.scores.texts import lcs_f
from geovlm_cli.rewards.truth import bad, rows_of

Words = Literal["lcs_f", "lexical", "hslr"]
_LIKENESS: Mapping[Words, Callable[[Sequence[Any], Truth], Column]] = {"lcs_f": lcs_f, "lexical": lexical, "hslr": hslr}


@builtin
def grounding(answers: Sequence[Any], truth: Truth, *, box_weight: float = 0.5, words: Words = "lcs_f") -> Column:
    """`box_weight`·detection + (1 − `box_weight`)·likeness of the texts without their boxes, by the score that `words` names.

    GeoVLM-R1 mixes boxes and HSLR, half and half by default here; its weights are not known.
    """
    batch = as_batch(truth)
    flawed = bad(batch, "grounded")
    score = mixed(
        detection(answers, batch),
        _LIKENESS[one_of("words", words, get_args(Words))](answers, batch),
        box_weight=box_weight,
    )
    return score * ~flawed.rows[rows_of(batch)] if flawed.some else score


def mixed(found: Column, said: Column, *, box_weight: float = 0.5) -> Column:
    """Return the mean of what boxes and words score, with the weight of the boxes."""
    box_weight = fraction("box_weight", box_weight)
    return box_weight * found + (1 - box_weight) * said
