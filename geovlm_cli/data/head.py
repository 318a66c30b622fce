"""The first object of a data source, by which its format is recognised, read without the rest."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.data import jsonl
from geovlm_cli.errors import DataError, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS = "rows.jsonl"
_CHUNK = 2**20
_KEY = re.compile(r'\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_DECODER = json.JSONDecoder()


def data_path(path: Path) -> Path:
    """Return the file with the rows of a source: the file itself, `rows.jsonl` in a folder, or the folder where a loader reads it whole."""
    if path.is_dir():
        inner = path / ROWS
        return inner if inner.is_file() else path
    if not path.is_file():
        raise DataError(f"There is no data at {clean(str(path))}; give a file, or a folder that holds {ROWS}.")
    return path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file; of a folder, that of its JSON files' names and contents in order of name."""
    return fingerprint(path)[0]


def fingerprint(path: Path) -> tuple[str, int]:
    """Return what `sha256_of` does, and the number of lines, from one reading."""
    digest, lines = hashlib.sha256(), 0
    folder = path.is_dir()
    for file in sorted(path.glob("*.json*")) if folder else [path]:
        if folder:
            digest.update(file.name.encode() + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                lines += chunk.count(b"\n")
    return digest.hexdigest(), lines


def head(path: Path) -> Mapping[str, Any]:
    """Return what `Loader.detect` is handed for a file or a folder; raises DataError where there is no row to look at."""
    if path.is_dir():
        return {"files": sorted(entry.name for entry in path.iterdir())}
    if path.suffix == ".json":
        return _document_head(path)
    first = ""
    for number, line in jsonl.lines(path):
        try:
            return jsonl.parse(line)
        except jsonl.MalformedLineError as error:
            first = first or f"; line {number}: {error}"
    raise DataError(f"{clean(str(path))} holds no row: no line of it is a JSON object{first}.")


def _document_head(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(jsonl.MAX_ROW)
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(path))}: {error.strerror}.") from error
    text = raw[jsonl.skipped(raw[:3], path) :].decode("utf-8", "replace").lstrip()
    first = _value(text, 1 + len(text[1:]) - len(text[1:].lstrip()))[0] if text.startswith("[") else _object_head(text)
    if not isinstance(first, dict) or not first:
        raise DataError(f"{clean(str(path))} is no JSON list of rows and no JSON object.")
    return first


def _object_head(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    position = 0
    while key := _KEY.match(text, position):
        value, end = _value(text, key.end())
        found[str(json.loads(key.group(1), strict=False))] = value
        if end is None:
            break
        position = end
    return found


def _value(text: str, start: int) -> tuple[Any, int | None]:
    """Return the JSON value at `start` and its end; (None, None) where it is cut off or broken."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, None
