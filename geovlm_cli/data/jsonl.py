"""JSON lines of foreign origin, streamed: one row in memory, limits, no silent loss."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import numpy as np
import orjson

from geovlm_cli.data.repeated_keys import STANDS_TWICE, repeated_key, stands_twice
from geovlm_cli.errors import DataError, clean
from geovlm_cli.runs.encoding import scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Above that of a completion (1 MiB): an answer that ran away is scored, with 0 and `too_long`; left out of the figures it would raise them.
MAX_ROW = 8 * 2**20
NO_OBJECT = "not a JSON object"
_NOT_JSON, _NOT_UTF_8, _LONGER = "not JSON", "not UTF-8", "longer than"
NO_ROW = (
    _NOT_JSON,
    _NOT_UTF_8,
    NO_OBJECT,
    _LONGER,
    STANDS_TWICE,
)  # what begins the reasons of lines that no format reads
_NEWLINE = 10
_BLOCK = 2**16  # as much as becomes objects that stay in the cache until they are samples


class MalformedLineError(ValueError):
    """A line that is no row; its text is half a sentence."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes) of every line that is not blank; of one above 8 MiB only its head.

    A UTF-8 byte order mark is left out. Raises DataError for an unreadable file and for UTF-16.
    """
    for number, block in blocks(path):
        yield from ((place, line) for place, line in enumerate(block.split(b"\n"), number) if not is_blank(line))


def blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield some 64 KiB of whole lines at a time, blank ones among them: the number of the first (from 1), and the lines without the last one's end.

    Raises as `lines` does.
    """
    try:
        with path.open("rb") as file:
            number = 1
            file.seek(skipped(file.read(len(BOM_UTF8)), path))
            while block := file.read(_BLOCK):
                block = (block + _rest_of_line(file, block)).removesuffix(b"\n")
                yield number, block
                number += newlines(block) + 1
    except OSError as error:
        raise unreadable(path, error) from error


def newlines(block: bytes) -> int:
    """Return how many lines end in a block; `bytes.count` looks at one byte at a time."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == _NEWLINE))


def unreadable(path: Path, error: OSError) -> DataError:
    """Return the error for a file that the system does not give, or a folder that was taken for one."""
    if isinstance(error, IsADirectoryError):
        return DataError(f"The folder {clean(str(path))} holds no rows of this format; name the file that does.")
    return DataError(f"Cannot read {clean(str(path))}: {error.strerror}.")


def is_blank(line: bytes) -> bool:
    """Is there nothing in a line but white space?"""
    return not line or line.isspace()


def row(line: bytes) -> dict[str, Any] | str:
    """Return what `parse` does; in place of a line that is no row, or in which a key stands twice, why, as half a sentence."""
    try:
        found = parse(line)
    except MalformedLineError as error:
        return str(error)
    key = repeated_key(line)
    return found if key is None else stands_twice(key)


def _rest_of_line(file: BinaryIO, block: bytes) -> bytes:
    """Read the rest of the line in which a block ends; of one that goes on beyond 8 MiB only so much."""
    if block.endswith(b"\n"):
        return b""
    head = rest = file.readline(MAX_ROW + 1)
    while len(rest) > MAX_ROW and not rest.endswith(b"\n"):
        rest = file.readline(MAX_ROW + 1)
    return head


def skipped(start: bytes, path: Path) -> int:
    """Return how many of the first bytes of a file are its UTF-8 byte order mark; raises DataError where they are UTF-16's."""
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise DataError(f"{clean(str(path))} is UTF-16; save it as UTF-8.")
    return len(BOM_UTF8) if start == BOM_UTF8 else 0


def parse(line: bytes) -> dict[str, Any]:
    """Return the object of one line; raises MalformedLineError. Lone surrogates become U+FFFD (scoring-policy.md rule 11)."""
    if len(line) > MAX_ROW:
        raise MalformedLineError(f"{_LONGER} {MAX_ROW} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        value = _with_surrogates(line, error)
    if not isinstance(value, dict):
        raise MalformedLineError(NO_OBJECT)
    return value


def problem(raw: bytes, error: Exception) -> str:
    """Return why bytes that a JSON reader refused with `error` are none, as half a sentence."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return _NOT_UTF_8
    return f"{_NOT_JSON} ({clean(str(error), 80)})"


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
