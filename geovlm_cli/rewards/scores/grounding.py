"""Scores of texts that speak of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geovlm_cli.rewards.scores.boxes import detection
from geovlm_cli.rewards.scores.common import Column, Truth, as_batch, builtin
from geovlm_cli.rewards.scores.texts import lcs_f
from geovlm_cli.rewards.truth import bad, rows_of


@builtin
def grounding(answers: Sequence[Any], truth: Truth, *, box_weight: float = 0.5) -> Column:
    """`box_weight`·detection + (1 − `box_weight`)·lcs_f of the text without its boxes."""
    batch = as_batch(truth)
    flawed = bad(batch, "grounded")
    mixed = box_weight * detection(answers, batch) + (1 - box_weight) * lcs_f(answers, batch)
    return mixed * ~flawed.rows[rows_of(batch)] if flawed.some else mixed
