"""The first object of a data source, by which its format is recognised, read without the rest."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovlm_cli.data import hub, jsonl, tables
from geovlm_cli.data.records import records
from geovlm_cli.errors import DataError, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS = "rows.jsonl"
_CHUNK = 2**20
_DOCUMENTS = (".json", ".geojson")
FOREIGN = (".xml", ".txt")  # of formats that keep one file an image
_ANNOTATIONS = (".json", ".jsonl", ".geojson", ".xml", ".txt", ".yaml", ".yml", ".csv")
_PEEKED = 20  # names of a sub-folder that a loader gets to see
_MANY = 1000  # entries above which a folder's sub-folders are not looked into: BigEarthNet has 590,326
_KEY = re.compile(r'\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_DECODER = json.JSONDecoder()


def data_path(path: Path) -> Path:
    """Return the file with the rows of a source: the file itself, `rows.jsonl` in a folder, or the folder where a loader reads it whole."""
    if hub.is_hub(path):
        return path
    if path.is_dir():
        inner = path / ROWS
        return inner if inner.is_file() else path
    if not path.is_file():
        raise DataError(f"There is no data at {clean(str(path))}; give a file, or a folder that holds {ROWS}.")
    return path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file; of several (a folder, a table, a data set of the hub), that of their names and contents in order of name."""
    return fingerprint(path)[0]


def fingerprint(path: Path) -> tuple[str, int]:
    """Return what `sha256_of` does, and the number of lines, from one reading."""
    digest, lines = hashlib.sha256(), 0
    for name, file in _data_files(path):
        digest.update(name.encode() + b"\0" if name else b"")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                lines += jsonl.newlines(chunk)
    return digest.hexdigest(), lines


def _data_files(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that hold rows or annotations, with the name that counts; images are not among them."""
    if hub.is_hub(path):
        yield from ((file.name, file) for file in hub.files(str(path)))
    elif not path.is_dir():
        yield "", path
    elif tables.is_table(path):
        yield from ((file.relative_to(path).as_posix(), file) for file in tables.files(path))
    else:
        found = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
        for file in sorted(file for file in found if file.suffix in _ANNOTATIONS):
            yield file.relative_to(path).as_posix(), file


def head(path: Path) -> Mapping[str, Any]:
    """Return what `Loader.detect` is handed for a file or a folder; raises DataError where there is no row to look at."""
    if hub.is_hub(path) or tables.is_table(path):
        return _first_row(path)
    if path.is_dir():
        return _folder_head(path)
    if path.suffix in _DOCUMENTS:
        return _document_head(path)
    if path.suffix == ".csv":
        return {"columns": _columns(path)}
    if path.suffix in FOREIGN:
        return {"files": [path.name]}
    if path.suffix in (".yaml", ".yml"):
        raise DataError(
            f"{clean(str(path))} is YAML, which holds no rows; name the folder of the images and labels that it describes."
        )
    first = ""
    for number, line in jsonl.lines(path):
        try:
            return jsonl.parse(line)
        except jsonl.MalformedLineError as error:
            first = first or f"; line {number}: {error}"
    raise DataError(f"{clean(str(path))} holds no row: no line of it is a JSON object{first}.")


def _columns(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            columns = next(csv.reader(file), [])
    except (OSError, csv.Error) as error:
        raise DataError(f"Cannot read {clean(str(path))}: {clean(str(error), 80)}.") from error
    if not any(map(str.strip, columns)):
        raise DataError(
            f"{clean(str(path))} holds no row: its first line, which names the columns of a CSV table, is empty."
        )
    return columns


def _first_row(path: Path) -> Mapping[str, Any]:
    for _, row in records(path):
        if not isinstance(row, str):
            return row
    raise DataError(f"{clean(str(path))} holds no row.")


def _folder_head(path: Path) -> Mapping[str, Any]:
    entries = sorted(path.iterdir())
    folders = {entry.name: _some_names(entry) for entry in entries if entry.is_dir()} if len(entries) < _MANY else {}
    return {"files": [entry.name for entry in entries], "folders": folders}


def _some_names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(entry.name for entry in islice(found, _PEEKED))


def _document_head(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(jsonl.MAX_ROW)
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(path))}: {error.strerror}.") from error
    text = raw[jsonl.skipped(raw[:3], path) :].decode("utf-8", "replace").lstrip()
    first = _value(text, 1 + len(text[1:]) - len(text[1:].lstrip()))[0] if text.startswith("[") else _object_head(text)
    if text.startswith("[") and text[1:].lstrip().startswith("]"):
        raise DataError(f"{clean(str(path))} holds no row.")
    if not isinstance(first, dict) or not first:
        raise DataError(f"{clean(str(path))} is no JSON list of rows and no JSON object.")
    return first


def _object_head(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    position = 0
    while key := _KEY.match(text, position):
        value, end = _value(text, key.end())
        if end is None and text.startswith("[", key.end()):
            value = _begun_list(text, key.end())
        found[str(json.loads(key.group(1), strict=False))] = value
        if end is None:
            break
        position = end
    return found


def _begun_list(text: str, start: int) -> list[Any]:
    """Return the first element of a list that is too long to be looked at whole."""
    first, end = _value(text, start + 1 + len(text[start + 1 :]) - len(text[start + 1 :].lstrip()))
    return [] if end is None else [first]


def _value(text: str, start: int) -> tuple[Any, int | None]:
    """Return the JSON value at `start` and its end; (None, None) where it is cut off or broken."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, None
