"""JSON bytes that are the same for the same values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def canonical(value: Any) -> bytes:
    """Return JSON bytes of a value, keys in the order given; numpy values are numbers, lone surrogates U+FFFD."""
    try:
        return orjson.dumps(value, option=OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(scrubbed(value), option=OPTIONS)


def plain(config: Any) -> Any:
    """Return a configuration as JSON would hold it, so that what is compared is what was written."""
    return orjson.loads(orjson.dumps(config, option=OPTIONS, default=str))


def scrubbed(value: Any) -> Any:
    """Return JSON values with every lone surrogate as U+FFFD (scoring-policy.md rule 11)."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {scrubbed(key): scrubbed(item) for key, item in value.items()}
    return [scrubbed(item) for item in value] if isinstance(value, list | tuple) else value
