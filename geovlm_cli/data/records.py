"""Rows wherever they are kept: JSON lines, a JSON list, parquet, Arrow, or a data set of the hub; what the keys mean is each format's own business."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from geovlm_cli.data import hub, json_list, jsonl, tables
from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import clean
from geovlm_cli.task import Sample

Row = Mapping[str, Any]
_NO_ROWS = (".geojson", ".xml", ".txt", ".csv")


def records(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Yield (number from 1, row) of a source, streaming; in place of a row that cannot be read, why, as half a sentence.

    The number is the line of JSON lines, else the place in the list or table. Raises DataError where the rows cannot be reached at all.
    """
    if hub.is_hub(path):
        return enumerate(tables.rows_of(hub.files(str(path))), 1)
    if tables.is_table(path):
        return enumerate(tables.rows(path), 1)
    if path.suffix == ".json":
        return json_list.elements(path)
    return ((number, jsonl.row(line)) for number, line in jsonl.lines(path))


def has_lines(path: Path) -> bool:
    """Are the rows of a source JSON lines: not in a list, a table, or a data set of the hub?"""
    return not (hub.is_hub(path) or tables.is_table(path) or path.suffix == ".json")


def is_rows(path: Path) -> bool:
    """Does the source hold rows that `records` reads: no JSON object, no folder that only its own loader knows?"""
    if hub.is_hub(path) or tables.is_table(path):
        return True
    if path.is_dir():
        return False
    return json_list.is_list(path) if path.suffix == ".json" else path.suffix not in _NO_ROWS


def converted(path: Path, convert: Callable[[Row, int], Iterable[Sample]]) -> Iterator[Sample | BadRow]:
    """Yield the samples that `convert(row, number)` makes of each row; one that it refuses (MalformedRowError) costs that row."""
    for number, row in records(path):
        if isinstance(row, str):
            yield BadRow(number, "", row)
            continue
        try:
            yield from convert(row, number)
        except MalformedRowError as error:
            own = row.get("id", row.get("question_id"))
            yield BadRow(number, clean(identity_of(path, number, own), 60), str(error))


def identity_of(path: Path, number: int, value: Any = None) -> str:
    """Return the id of a row: its own where it has one, else one made of the source's name and the row's number."""
    own = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    return str(value) if own else f"{name_of(path)}-{number}"


@lru_cache(maxsize=64)
def name_of(path: Path) -> str:
    """Return the name of a source that ids are made of: that of a file without its suffix, of a split the whole (`datasets` allows dots in it)."""
    return path.absolute().name if tables.is_split(path) else path.stem
