"""Scores from sentence vectors, and what is mixed with them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geovlm_cli.rewards.reference.captions import meteor
from geovlm_cli.rewards.reference.rouge import rouge
from geovlm_cli.rewards.reference.texts import over_references


def sbert(vector: Sequence[float], references: Sequence[Sequence[float]], *, several: str = "best") -> float:
    """Return max(0, cosine) of a sentence's vector with those of the references."""
    return over_references([max(0.0, _cosine(vector, other)) for other in references], several)


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    norm = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norm if norm else 0.0


def lexical(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return the mean of ROUGE-1 F and ROUGE-L F of Porter stems, and METEOR without synonyms."""
    rouges = [rouge(text, references, variant=name, stemmer=True, several=several) for name in ("rouge1", "rougeL")]
    return (sum(rouges) + meteor(text, references, several=several)) / 3


def hslr(meaning: float, words: float, *, alpha: float = 0.5) -> float:
    """Return the mix of an `sbert` and a `lexical` value."""
    return alpha * meaning + (1 - alpha) * words
