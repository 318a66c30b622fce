"""JSON lines of foreign origin, streamed: one row in memory, limits, no silent loss."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from geovlm_cli.errors import DataError, clean
from geovlm_cli.runs.encoding import scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Above that of a completion (1 MiB): an answer that ran away is scored, with 0 and `too_long`; left out of the figures it would raise them.
MAX_ROW = 8 * 2**20


class MalformedLineError(ValueError):
    """A line that is no row; its text is half a sentence."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes) of every line that is not blank; of one above 8 MiB only its head.

    A UTF-8 byte order mark is left out. Raises DataError for an unreadable file and for UTF-16.
    """
    try:
        with path.open("rb") as file:
            number = 0
            file.seek(skipped(file.read(len(BOM_UTF8)), path))
            while line := file.readline(MAX_ROW + 1):
                number += 1
                head = line
                while len(line) > MAX_ROW and not line.endswith(b"\n"):
                    line = file.readline(MAX_ROW + 1)
                if not head.isspace():
                    yield number, head
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(path))}: {error.strerror}.") from error


def skipped(start: bytes, path: Path) -> int:
    """Return how many of the first bytes of a file are its UTF-8 byte order mark; raises DataError where they are UTF-16's."""
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise DataError(f"{clean(str(path))} is UTF-16; save it as UTF-8.")
    return len(BOM_UTF8) if start == BOM_UTF8 else 0


def parse(line: bytes) -> dict[str, Any]:
    """Return the object of one line; raises MalformedLineError. Lone surrogates become U+FFFD (scoring-policy.md rule 11)."""
    if len(line) > MAX_ROW:
        raise MalformedLineError(f"longer than {MAX_ROW} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        value = _with_surrogates(line, error)
    if not isinstance(value, dict):
        raise MalformedLineError("not a JSON object")
    return value


def problem(raw: bytes, error: Exception) -> str:
    """Return why bytes that a JSON reader refused with `error` are none, as half a sentence."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    return f"not JSON ({clean(str(error), 80)})"


def _with_surrogates(line: bytes, error: orjson.JSONDecodeError) -> Any:
    # orjson refuses what Python's json writes for a lone surrogate; model output holds them.
    if b"\\ud" not in line.lower():
        raise MalformedLineError(problem(line, error)) from error
    try:
        return scrubbed(json.loads(line, parse_constant=_refuse, parse_int=_integer, parse_float=_finite))
    except (ValueError, RecursionError) as other:
        raise MalformedLineError(problem(line, other)) from other


def _integer(text: str) -> int | float:
    """Read a whole number as orjson does: one beyond 64 bits is a float."""
    return int(text) if len(text) < 19 else _finite(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number is infinity when parsed as double")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
