"""JSON files that are one object with lists in it, read whole."""

from __future__ import annotations

import logging
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.data import jsonl
from geovlm_cli.data.repeated_keys import repeated_key, stands_twice
from geovlm_cli.errors import DataError, clean

logger = logging.getLogger(__name__)


def load(path: Path) -> Mapping[str, Any]:
    """Return the object of a JSON file, with a warning where a key stands twice in an object of it; raises DataError where it is missing, unreadable, no JSON or no object."""
    try:
        raw = path.read_bytes().removeprefix(BOM_UTF8)
        value = orjson.loads(raw)
    except FileNotFoundError:
        raise DataError(f"The file {clean(str(path))} is missing.") from None
    except OSError as error:
        raise jsonl.unreadable(path, error) from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"{clean(str(path))} is {jsonl.problem(raw, error)}.") from error
    if not isinstance(value, dict):
        raise DataError(f"{clean(str(path))} is no JSON object.")
    if (key := repeated_key(raw)) is not None:
        logger.warning("%s: %s; of its two values the last is read", clean(str(path)), stands_twice(key))
    return value


def number_of(entry: Mapping[str, Any], key: str) -> str | int | None:
    """Return the id that an entry has under a key, or None where it has none to look up by."""
    value = entry.get(key)
    return value if isinstance(value, str | int) else None


def entries(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects of one list of a document; what is no object, or no list, is left out."""
    value = document.get(key)
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
