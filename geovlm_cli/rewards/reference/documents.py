"""JSON by scoring policy 4: RFC 8259, no duplicate keys, no repair, at most one fence."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from geovlm_cli.rewards.reference.common import JSON_BLANKS, Refused, quoted
from geovlm_cli.rewards.reference.faults import check


def read_json(text: str) -> Any:
    """Read one JSON document by scoring policy 4; raises `Refused` with the first fault from left to right."""
    body = _unfenced(text.strip(JSON_BLANKS))
    check(body)
    return json.loads(body, parse_int=float)


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
