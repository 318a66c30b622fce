"""`earthdial` for words: scenes, several labels, two dates, damage, questions.

Both sides lose their spaces and their capitals and are cut into NLTK's tokens; the score of a row is |tokens shared| / number of tokens of the truth.
So extra words cost nothing, the comma between two labels is a token that counts, and a perfect list of n labels reaches (n + 1) / (2n - 1) only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geovlm_cli import Batch, Metric, Protocol, Sample
from geovlm_eo.protocols.common import EARTHDIAL, VERSION, Column, Columns, ratio
from geovlm_eo.words import token_recall

SCORED_QUESTIONS = frozenset({"presence", "comp", "rural_urban"})


def recall_tokens(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score each row by token recall of its reference."""
    scores = [token_recall(_reference_text(sample), text or "") for text, sample in zip(texts, batch, strict=True)]
    return {"token_recall": np.array(scores, dtype=np.float64), "scored": np.ones(len(batch))}


def recall_tokens_of_words(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score as `recall_tokens`, leaving out the question types that the tables leave out (counts, areas); a row without a type is scored."""
    columns = recall_tokens(texts, batch)
    columns["scored"] = np.array([float(_is_scored(sample)) for sample in batch])
    return columns


def mean_recall(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Return the mean over the scored rows."""
    return {"token_recall": ratio(columns["token_recall"] * columns["scored"], columns["scored"], weights)}


def _is_scored(sample: Sample) -> bool:
    return sample.meta.get("question_type", "presence") in SCORED_QUESTIONS


def _reference_text(sample: Sample) -> str:
    if isinstance(sample.reference, tuple | list):
        return ", ".join(str(label) for label in sample.reference)
    return "" if sample.reference is None else str(sample.reference)


EARTHDIAL_LABELS = Protocol(name=EARTHDIAL, version=VERSION, score=recall_tokens, summarise=mean_recall)
EARTHDIAL_VQA = Protocol(name=EARTHDIAL, version=VERSION, score=recall_tokens_of_words, summarise=mean_recall)
