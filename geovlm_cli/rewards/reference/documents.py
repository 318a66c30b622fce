"""JSON by scoring policy 4: RFC 8259, no duplicate keys, no repair, at most one fence."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import accumulate
from typing import Any

from geovlm_cli.rewards.reference.common import JSON_BLANKS, MAX_DEPTH, Refused, quoted, scrub
from geovlm_cli.rewards.reference.faults import check, number

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def read_json(text: str) -> Any:
    """Read one JSON document by scoring policy 4; raises `Refused` with the first fault from left to right."""
    body = _unfenced(text.strip(JSON_BLANKS))
    try:
        if _depth(body) <= MAX_DEPTH:
            return json.loads(
                body, object_pairs_hook=_object, parse_int=number, parse_float=number, parse_constant=_constant
            )
    except (ValueError, Refused):
        pass  # the walk below meets the first fault first, as this reader does not
    check(body)
    raise AssertionError(f"faults.check found nothing wrong with {quoted(body)}, which is no document")


def _depth(text: str) -> int:
    """Return how deep brackets are nested, those within strings left out."""
    steps = [(piece in "[{") - (piece in "]}") for piece in _BRACKET.findall(text)]
    return max(accumulate(steps), default=0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len({scrub(key) for key in known}) < len(pairs):
        raise Refused("duplicate_key", "A key stands twice in one object.")
    return known


def _constant(literal: str) -> float:
    raise Refused("bad_json", f"{literal} is no JSON number.")


def _unfenced(text: str) -> str:
    if not text.startswith("```"):
        return text
    if not text[3:].endswith("```"):
        raise Refused("bad_fence", "The code fence is never closed.")
    body = text[3:-3].removeprefix("json")
    if body.startswith("`") or (body and unicodedata.category(body[0])[0] in "LN"):
        raise Refused(
            "bad_fence",
            f"The code fence opens with {quoted(body.split()[0].strip('`'))}; only bare and json fences are read.",
        )
    return body.strip(JSON_BLANKS)
