"""A JSON list of rows, streamed: one element in memory, whatever the size of the file."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, NoReturn

from geovlm_cli.data import jsonl
from geovlm_cli.data.repeated_keys import UniqueKeys, stands_twice
from geovlm_cli.errors import DataError, clean

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 2**16


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def is_list(path: Path) -> bool:
    """Does a JSON file hold a list?"""
    with path.open("rb") as file:
        return file.read(_CHUNK).removeprefix(BOM_UTF8).lstrip().startswith(b"[")


def elements(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield (number from 1, element) of the list that the file holds; one that is no object, or in which a key stands twice, is told by half a sentence instead.

    Raises DataError where the file is no JSON list, breaks off, or holds an element above 1 MiB: a list cannot be read on after that.
    """
    try:
        with path.open("rb") as raw:
            raw.seek(jsonl.skipped(raw.read(3), path))
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, (value, repeated) in enumerate(_values(_Buffer(file, path)), 1):
                if repeated is not None:
                    yield number, stands_twice(repeated)
                else:
                    yield number, value if isinstance(value, dict) else jsonl.NO_OBJECT
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(path))}: {error.strerror}.") from error


class _Buffer:
    """The unread text of a file: `text` from `at` on."""

    def __init__(self, file: IO[str], path: Path) -> None:
        self.text, self.at, self._file, self._path = "", 0, file, path
        self._keys = UniqueKeys()
        self._decoder = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=self._keys.object_of)

    def grow(self) -> bool:
        """Read on, as much again as is held; False at the end of the file."""
        more = self._file.read(max(_CHUNK, len(self.text) - self.at))
        if more:
            self.text, self.at = self.text[self.at :] + more, 0
        return bool(more)

    def next(self) -> str:
        """Step over blanks and return the next character, empty at the end of the file."""
        while True:
            while self.at < len(self.text) and self.text[self.at].isspace():
                self.at += 1
            if self.at < len(self.text) or not self.grow():
                return self.text[self.at : self.at + 1]

    def value(self) -> tuple[Any, int, str | None]:
        """Return the next value, where it ends, and the first key that stands twice in an object of it; raises ValueError where it is broken or goes on."""
        self._keys.repeated = None
        found, end = self._decoder.raw_decode(self.text, self.at)
        return found, end, self._keys.repeated

    def fail(self, why: str) -> NoReturn:
        raise DataError(f"{clean(str(self._path))} is no JSON list of rows: {why}.")


def _values(buffer: _Buffer) -> Iterator[tuple[Any, str | None]]:
    """Yield each element with the first key that stands twice in an object of it."""
    if buffer.next() != "[":
        buffer.fail("it does not begin with [")
    number = 0
    separator = "["
    while separator in ("[", ","):
        buffer.at += 1
        if buffer.next() == "]" and separator == "[":
            return
        number += 1
        yield _element(buffer, number)
        separator = buffer.next()
    if separator != "]":
        buffer.fail(f"after element {number} comes `{clean(separator)}`" if separator else "it breaks off")


def _element(buffer: _Buffer, number: int) -> tuple[Any, str | None]:
    while True:
        try:
            value, end, repeated = buffer.value()
        except (ValueError, RecursionError) as error:
            if len(buffer.text) - buffer.at > 2 * jsonl.MAX_ROW:
                buffer.fail(f"element {number} is longer than {jsonl.MAX_ROW} bytes or broken")
            if not buffer.grow():
                buffer.fail(f"element {number} is broken ({clean(str(error), 80)})")
            continue
        # A number at the very end of what was read may go on behind it.
        if end < len(buffer.text) or not buffer.grow():
            buffer.at = end
            return value, repeated
