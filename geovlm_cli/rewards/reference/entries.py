"""The entries of a JSON list as they stand there: what VLM-R1's rewards compare."""

from __future__ import annotations

import math
from typing import Any

from geovlm_cli.rewards.reference.common import Refused, reads, scrub
from geovlm_cli.rewards.reference.documents import read_json

Entry = tuple[tuple[float, float, float, float] | None, str | None]  # its box and its label, each where it has one


@reads
def read_entries(text: str) -> list[Entry]:
    """Read the entries of a JSON list; `Unread` where the text is no such list."""
    document = read_json(text)
    if not isinstance(document, list):
        raise Refused("wrong_type", "The answer is no list.")
    return [entry(value) for value in document]


def entry(value: Any) -> Entry:
    """Return the four finite numbers of `bbox_2d` and the text of `label`."""
    if not isinstance(value, dict):
        return None, None
    numbers, label = value.get("bbox_2d"), value.get("label")
    is_box = isinstance(numbers, list) and len(numbers) == 4 and all(map(_is_finite, numbers))
    return (
        tuple(map(float, numbers)) if is_box else None,  # type: ignore[arg-type,return-value]  # four, as was checked
        scrub(label) if isinstance(label, str) else None,
    )


def _is_finite(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False
