"""Rows that a run wrote, read again: damage is told, and what a second pass over them need not ask stays beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.errors import DataError, RunFolderError, clean
from geovlm_cli.runs.encoding import canonical

Row = Mapping[str, Any]
Key = tuple[Any, Any, Any]

_KEPT = ("id", "task", "k", "completion", "error", "cause")


def parsed(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Return the object of line `number` (from 1) of a file that a run wrote; raises RunFolderError where it is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _damaged(path, number, clean(str(error), 60)) from error
    if not isinstance(value, dict):
        raise _damaged(path, number, "it is no JSON object")
    return value


def finished_rows(path: Path, needed: Iterable[str] = ("id", "k", "task", "protocols")) -> Iterator[dict[str, Any]]:
    """Yield the rows of a finished run's rows.jsonl; raises DataError for a line that is cut off, damaged, or lacks a key of `needed`."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = parsed(path, number, line)
            except RunFolderError:
                row = {}
            if any(key not in row for key in needed):
                raise DataError(
                    f"Line {number} of {clean(str(path))} is no row of a finished run (cut off or damaged); end the run with --resume, or run it again."
                )
            yield row


def _damaged(path: Path, number: int, why: str) -> RunFolderError:
    return RunFolderError(
        f"Line {number} of {clean(str(path))} is damaged ({why}); cut the file off before it to go on from there, or choose another --out."
    )


class Carried:
    """The answers behind the first row of a run that is to be made again, by task, id and sample number.

    They lie in a file beside the rows until a pass over all rows has ended, so that a kill loses none.
    """

    def __init__(self, rows: Path) -> None:
        self.path = rows.with_suffix(".carried.jsonl")
        self._rows: dict[Key, Row] = {}
        if self.path.exists():
            with self.path.open("rb") as file:
                self._note(parsed(self.path, number, line) for number, line in enumerate(file, 1))

    def add(self, rows: Iterable[Row], write: Callable[[Path, bytes], None]) -> None:
        """Keep further rows, which go before those of an earlier pass; `write` makes a file that appears whole."""
        self._note(rows)
        if self._rows:
            write(self.path, b"".join(canonical(row) + b"\n" for row in self._rows.values()))

    def get(self, task: str, identity: str, k: int) -> Row | None:
        """Return a row with its answer, or why it had none."""
        return self._rows.get((task, identity, k))

    def drop(self) -> None:
        """Remove the file: all rows are where they belong."""
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _note(self, rows: Iterable[Row]) -> None:
        for row in rows:
            kept = {key: row[key] for key in _KEPT if key in row}
            self._rows[row.get("task"), row.get("id"), row.get("k")] = kept
