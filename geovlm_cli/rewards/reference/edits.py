"""Similarity of texts by edit distance."""

from __future__ import annotations

from collections.abc import Sequence

from geovlm_cli.rewards.reference.common import MAX_CHARACTERS
from geovlm_cli.rewards.reference.texts import over_references


def levenshtein(text: str, references: Sequence[str], *, variant: str = "indel", several: str = "best") -> float:
    """Return 1 − indel / (|a| + |b|), or for `classic` 1 − Levenshtein / max(|a|, |b|), over several references."""
    a = text.strip()[:MAX_CHARACTERS]
    return over_references([_similarity(a, b.strip()[:MAX_CHARACTERS], variant) for b in references], several)


def _similarity(a: str, b: str, variant: str) -> float:
    substitution, greatest = (2, len(a) + len(b)) if variant == "indel" else (1, max(len(a), len(b)))
    return 1 - distance(a, b, substitution) / greatest if greatest else 1.0


def distance(a: str, b: str, substitution: int = 1) -> int:
    """Return the least cost of insertions, deletions (1 each) and substitutions that turn `a` into `b` (full table, row by row)."""
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b):
            row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != other) * substitution))
        above = row
    return above[-1]
