"""EarthDial's box parser: brackets of digits anywhere in a text."""

from __future__ import annotations

import re

from geovlm_cli.rewards.reference.boxes import Found
from geovlm_cli.rewards.reference.common import MAX_BOXES

_BRACKET = re.compile(r"\[\s*(\d+(?:,\s*\d+)*)\s*\]")


def read_digit_boxes(text: str, *, horizontal: bool = False) -> Found:
    """Read every `[x1, y1, x2, y2, angle]` of digits; inverted corners name the same rectangle. horizontal: without their angles."""
    found = Found()
    for place, match in enumerate(_BRACKET.finditer(text), 1):
        numbers = [float(part.strip()) for part in match[1].split(",")]
        if len(numbers) != 5 or place > MAX_BOXES:
            found.flaws.append(("wrong_arity", f"Box {place} has {len(numbers)} numbers, or is one too many."))
            continue
        (x1, x2), (y1, y2) = sorted(numbers[0:4:2]), sorted(numbers[1:4:2])
        found.boxes.append((x1, y1, x2, y2, 0.0 if horizontal else numbers[4]))
        found.places.append(place)
    return found
