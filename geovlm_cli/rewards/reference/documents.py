"""JSON by scoring policy 4: RFC 8259, no duplicate keys, no repair, at most one fence."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from geovlm_cli.rewards.reference.common import JSON_BLANKS, MAX_DEPTH, MAX_INTEGER, MAX_NUMBER, Refused, quoted


def read_json(text: str) -> Any:
    """Read one JSON document by scoring policy 4; raises `Refused`."""
    body = _unfenced(text.strip(JSON_BLANKS))
    _check_depth(body)
    try:
        return json.loads(
            body, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        at = f"at {quoted(body[error.pos : error.pos + 20])}" if error.pos < len(body) else "at its end"
        raise Refused("bad_json", f"The answer is no JSON: {error.msg[0].lower()}{error.msg[1:]}, {at}.") from None


def _unfenced(text: str) -> str:
    if not text.startswith("```"):
        return text
    if not text[3:].endswith("```"):
        raise Refused("bad_fence", "The code fence is never closed.")
    body = text[3:-3].removeprefix("json")
    if body[:1].isalnum() or body.startswith("`"):
        raise Refused(
            "bad_fence",
            f"The code fence opens with {quoted(body.split()[0].strip('`'))}; only bare and json fences are read.",
        )
    return body.strip(JSON_BLANKS)


def _check_depth(text: str) -> None:
    depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', text, flags=re.DOTALL):
        depth += (piece in "[{") - (piece in "]}")
        if depth > MAX_DEPTH:
            raise Refused("too_deep", f"Brackets are nested deeper than {MAX_DEPTH}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(key for key, _ in pairs)
    for key, count in counts.items():
        if count > 1:
            raise Refused("duplicate_key", f"The key {quoted(key)} stands {count} times in one object.")
    return dict(pairs)


def _integer(literal: str) -> float:
    if len(literal) > MAX_INTEGER:
        raise Refused(
            "bad_number",
            f"The number {quoted(literal)} has {len(literal)} characters; an integer may have {MAX_INTEGER}.",
        )
    return float(literal)


def _number(literal: str) -> float:
    if len(literal) > MAX_NUMBER:
        raise Refused(
            "bad_number", f"The number {quoted(literal)} has {len(literal)} characters; a number may have {MAX_NUMBER}."
        )
    return float(literal)


def _constant(literal: str) -> float:
    raise Refused("bad_json", f"{literal} is no JSON number.")
