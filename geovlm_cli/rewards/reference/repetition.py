"""How much of a text, or of a list of boxes, says again what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geovlm_cli.rewards.reference.common import scrub


def repeated_words(text: str, words: int = 6) -> float:
    """Return the share of the runs of `words` words that stood before."""
    said = scrub(text).lower().split()
    return repeated([tuple(said[at : at + words]) for at in range(len(said) - words + 1)])


def repeated(items: Sequence[Any]) -> float:
    """Return the share of items that equal one before them."""
    return 1 - len(set(items)) / len(items) if items else 0.0
