"""Penalties for completions that say the same again or go on too long."""

from __future__ import annotations

from collections.abc import Sequence

from geovlm_cli.rewards.reference.boxes import Found
from geovlm_cli.rewards.reference.common import scrub
from geovlm_cli.rewards.reference.repetition import repeated, repeated_words

BYTES_PER_TOKEN = 4


def repetition(text: str, found: Found | None = None, *, words: int = 6) -> float:
    """Return the share of runs of words that stood before, or of boxes with their labels where more of those did."""
    boxes = found or Found()
    labels: Sequence[str] = boxes.labels or [""] * len(boxes.boxes)
    return max(repeated_words(text, words), repeated(list(zip(boxes.boxes, labels, strict=True))))


def length(text: str, *, max_tokens: int = 256) -> float:
    """Return the bytes of a completion over those of `max_tokens` tokens of four, at most 1."""
    return min(len(scrub(text).encode()) / (BYTES_PER_TOKEN * max_tokens), 1.0)


def overlong(text: str, *, max_tokens: int = 256, slack: float = 0.2) -> float:
    """Return 0 up to 1 − `slack` of `max_tokens`, then a line that rises to 1 there."""
    share = length(text, max_tokens=max_tokens)
    return min(max((share - (1 - slack)) / slack, 0.0), 1.0) if share < 1 else 1.0
