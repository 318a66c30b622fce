"""`earthdial` for words: scenes, several labels, two dates, damage, questions.

Both sides lose their spaces and their capitals and are cut into NLTK's tokens; the score of a row is |tokens shared| / number of tokens of the truth.
So extra words cost nothing, the comma between two labels is a token that counts, and a perfect list of n labels reaches (n + 1) / (2n - 1) only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import Batch, Metric, Protocol
from geovlm_cli.rewards import token_recall
from geovlm_eo.protocols.common import EARTHDIAL, VERSION, Column, Columns, ratio

SCORED_QUESTIONS = frozenset({"presence", "comp", "rural_urban"})


def recall_tokens(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score each row by token recall of its reference."""
    return {"token_recall": token_recall(texts, batch), "scored": np.ones(len(batch))}


def recall_tokens_of_words(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score as `recall_tokens`, leaving out the question types that the tables leave out (counts, areas); a row without a type is scored."""
    scored: NDArray[np.bool_] = batch.prepared("earthdial questions", _scored)
    return recall_tokens(texts, batch) | {"scored": scored[batch.rows].astype(np.float64)}


def mean_recall(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Return the mean over the scored rows."""
    return {"token_recall": ratio(columns["token_recall"] * columns["scored"], columns["scored"], weights)}


def _scored(whole: Batch) -> NDArray[np.bool_]:
    types = (sample.meta.get("question_type") for sample in whole)
    # A type that is no text, a list among them, is none of those scored.
    return np.array([named is None or str(named) in SCORED_QUESTIONS for named in types], dtype=np.bool_)


EARTHDIAL_LABELS = Protocol(name=EARTHDIAL, version=VERSION, score=recall_tokens, summarise=mean_recall)
EARTHDIAL_VQA = Protocol(name=EARTHDIAL, version=VERSION, score=recall_tokens_of_words, summarise=mean_recall)
