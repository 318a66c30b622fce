"""Files that appear whole or not at all, and files that grow by whole batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson

from geovlm_cli.errors import OutputError, clean
from geovlm_cli.runs.encoding import OPTIONS, canonical
from geovlm_cli.runs.rows import Carried, parsed


class RowFile:
    """A JSON-lines file that is appended to batch by batch and survives a kill.

    Opening cuts the file back to its last whole line and to whole batches of `batch` lines; a shorter last batch stays only where it ends the
    file at `total` lines. again: which rows are to be made again; the file is cut back to the batches before the first of them, and `carried`
    holds what was cut off. afresh: nothing that the file holds is of use, so it is emptied. `rows_done` counts the lines that are there.
    Raises OutputError, and RunFolderError for a damaged line.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        batch: int = 1,
        total: int | None = None,
        again: Callable[[Mapping[str, Any]], bool] | None = None,
        afresh: bool = False,
    ) -> None:
        self.path = replaceable(Path(path))
        try:
            self.path.touch()
            self.carried = Carried(self.path)
            self.rows_done, self._end = (0, 0) if afresh else self._whole_batches(batch, total, again)
            # Unbuffered: bytes that a full disk refused must not be flushed later, behind the cut.
            self._file = self.path.open("r+b", buffering=0)
            self._cut_back()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the rows of one batch; raises OutputError, and leaves the file at its last whole batch, where that fails."""
        lines = [canonical(row) + b"\n" for row in rows]
        left = memoryview(b"".join(lines))
        self._end += len(left)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._end -= sum(map(len, lines))
            self._cut_back()
            raise cannot_write(self.path, error) from error
        self.rows_done += len(lines)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read the rows that are there from the start."""
        with self.path.open("rb") as file:
            for number, line in zip(range(1, self.rows_done + 1), file, strict=False):
                yield parsed(self.path, number, line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is None:  # the pass over all rows has ended
            self.carried.drop()

    def close(self) -> None:
        """Bring the rows to the disk and close the file; raises OutputError."""
        if self._file.closed:
            return
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _whole_batches(
        self, batch: int, total: int | None, again: Callable[[Mapping[str, Any]], bool] | None
    ) -> tuple[int, int]:
        """Return (lines, bytes) that are to stay; what else was answered is carried over."""
        ends, first, behind = [0], None, []
        for row, length in self._lines():
            if first is None and again is not None and again(row):
                first = len(ends) - 1
            if first is not None:
                behind.append(row)
            ends.append(ends[-1] + length)
        lines = len(ends) - 1 if first is None else first
        kept = total if first is None and total is not None and lines >= total else lines - lines % batch
        if first is not None:
            before = (row for row, _ in islice(self._lines(), kept, first))
            self.carried.add(chain(before, behind), write_bytes)
        return kept, ends[kept]

    def _lines(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield each whole line as a row, with its length in bytes."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n"):
                    yield parsed(self.path, number, line), len(line)

    def _cut_back(self) -> None:
        self._file.truncate(self._end)
        self._file.seek(self._end)


def write_json(path: str | Path, value: Any) -> None:
    """Write a JSON file that appears whole or not at all (temporary file, fsync, rename); raises OutputError."""
    write_bytes(Path(path), orjson.dumps(value, option=OPTIONS | orjson.OPT_INDENT_2) + b"\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as `write_json` does."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file for a `with` block, and let it take the place of `path` when the block ends without an error.

    A link is followed. Raises OutputError where the system refuses, and where `path` is a device, a pipe or a folder: renaming would replace it.
    """
    target = replaceable(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there; raises OutputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def replaceable(path: Path) -> Path:
    """Return the path that a link leads to; raises OutputError for what is there and is no regular file."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OutputError(f"Cannot write {clean(str(path))}: it is there and is no regular file; choose another name.")
    return target


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return the error for a path that the system refused to write."""
    return OutputError(f"Cannot write {clean(str(path))}: {error.strerror}.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
