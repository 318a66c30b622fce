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


def rouge_l(text: str, references: Sequence[str], *, several: str = "best") -> float:
    """Return F of rougeL as the `rouge-score` package gives it without stemmer."""
    return over_references([_rouge_l(_rouge_words(text), _rouge_words(reference)) for reference in references], several)


def _rouge_words(text: str) -> list[str]:
    return re.sub("[^a-z0-9]+", " ", text.lower()).split()


def _rouge_l(a: Sequence[str], b: Sequence[str]) -> float:
    shared = lcs(b, a)
    if not shared:
        return 0.0
    precision, found = shared / len(a), shared / len(b)
    return 2 * precision * found / (precision + found)


def over_references(values: Sequence[float], several: str) -> float:
    return max(values, default=0.0) if several == "best" else sum(values) / len(values)
