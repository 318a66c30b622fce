"""Keys that stand twice in a JSON object: readers differ in which of the two values they take, so a row with one is not read."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from geovlm_cli._rust_rewards import may_repeat_keys
from geovlm_cli.errors import clean

STANDS_TWICE = "a key stands twice"


def stands_twice(key: str) -> str:
    """Return why a row with such a key is not read, as half a sentence."""
    return f"{STANDS_TWICE}: {clean(key, 40)}"


def repeated_key(line: bytes) -> str | None:
    """Return the first key that stands twice in an object of a JSON text, at any depth; None where there is none and where the text is broken."""
    if not may_repeat_keys(line):
        return None
    keys = UniqueKeys()
    try:
        json.loads(line, object_pairs_hook=keys.object_of)
    except (ValueError, RecursionError):
        return None
    return keys.repeated


class UniqueKeys:
    """Makes the objects of a JSON reader (`object_pairs_hook`), and remembers the first key that stood twice in one."""

    def __init__(self) -> None:
        self.repeated: str | None = None

    def object_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object; of two values of one key it has the last."""
        found = dict(pairs)
        if len(found) < len(pairs) and self.repeated is None:
            counts = Counter(key for key, _ in pairs)
            self.repeated = next(key for key, count in counts.items() if count > 1)
        return found
