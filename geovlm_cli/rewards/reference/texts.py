"""Scores of free texts (scoring policy 9)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from geovlm_cli.rewards.reference.common import MAX_WORDS, Refused, reads, visible


@reads
def read_text(text: str) -> str:
    """Return the trimmed text (captions)."""
    if not visible(text):
        raise Refused("empty", "The text holds no visible character.")
    return text.strip()


def lcs(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence (full table, row by row)."""
    above = [0] * (len(b) + 1)
    for word in a:
        row = [0]
        for j, other in enumerate(b):
            row.append(above[j] + 1 if word == other else max(above[j + 1], row[j]))
        above = row
    return above[-1]


def words(text: str) -> list[str]:
    r"""Return the first 4,000 words `[^\W_]+` of the NFC, case-folded text (scoring policy 9)."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).casefold())[:MAX_WORDS]


def lcs_f(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return F1 of the longest common subsequence of words over several references (scoring policy 9)."""
    return over_references([_lcs_f(words(text), words(reference)) for reference in references], several)


def _lcs_f(a: Sequence[str], b: Sequence[str]) -> float:
    return 2 * lcs(a, b) / (len(a) + len(b)) if a and b else 0.0


def token_jaccard(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return |A ∩ B| / |A ∪ B| of the sets of words, 0 where both are empty, over several references."""
    found = set(words(text))
    sets = [set(words(reference)) for reference in references]
    return over_references([len(found & true) / len(found | true) if found | true else 0.0 for true in sets], several)


def over_references(values: Sequence[float], several: str) -> float:
    return max(values, default=0.0) if several == "best" else sum(values) / len(values)
