"""What the list commands print: aligned columns for people, JSON for programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import click

from geovlm_cli.errors import clean

_CELL_LIMIT = 100
_NARROWEST = 20  # characters to which a column of a table may be folded


def echo_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, limit: int = _CELL_LIMIT) -> None:
    """Print rows of equal keys to stdout: a line each under a header, or one JSON list. limit: characters of a cell."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2, ensure_ascii=False))
        return
    if not rows:
        return
    cells = [[key.upper() for key in rows[0]], *([_cell(value, limit) for value in row.values()] for row in rows)]
    for line in _table(cells, terminal_width()):
        click.echo(line)


def echo_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing to stdout: a line a field, or one JSON object."""
    if as_json:
        click.echo(json.dumps(fields, indent=2, ensure_ascii=False))
        return
    for line in _fields([(key, _cell(value, limit=10_000)) for key, value in fields.items()], terminal_width()):
        click.echo(line)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is, or None where it is none: files and pipes get whole lines."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _table(cells: Sequence[Sequence[str]], room: int | None) -> list[str]:
    """Return rows under their header. Where they are wider than `room`, the widest column is folded, or each row becomes a block of fields."""
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    surplus = sum(widths) + 2 * len(widths) - 2 - (room or sys.maxsize)
    if surplus > 0:
        widest = widths.index(max(widths))
        widths[widest] -= surplus
        if widths[widest] < _NARROWEST:
            return _blocks(cells, room)
    return [line for row in cells for line in _folded(row, widths)]


def _folded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return one row of a table as lines, its cells folded to their widths."""
    columns = [textwrap.wrap(cell, max(1, width)) for cell, width in zip(row, widths, strict=True)]
    lines = zip_longest(*columns, fillvalue="") if any(columns) else [row]
    return ["  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _blocks(cells: Sequence[Sequence[str]], room: int | None) -> list[str]:
    header, *rows = cells
    blocks = [_fields(list(zip(header, row, strict=True)), room) for row in rows]
    return [line for block in blocks for line in ("", *block)][1:]


def _fields(fields: Sequence[tuple[str, str]], room: int | None) -> list[str]:
    """Return a line a field; on a terminal a long value goes on under its beginning."""
    indent = max(len(key) for key, _ in fields) + 2
    lines: list[str] = []
    for key, value in fields:
        folds = textwrap.wrap(value, max(_NARROWEST, room - indent)) if room else [value]
        first, *others = folds or [""]
        lines += [f"{key.ljust(indent)}{first}".rstrip(), *(f"{'':{indent}}{fold}" for fold in others)]
    return lines


def _cell(value: Any, limit: int = _CELL_LIMIT) -> str:
    if value is None or value in ([], (), {}):
        return "-"
    if isinstance(value, list | tuple):
        value = ", ".join(_cell(item) for item in value)
    elif isinstance(value, dict):
        value = ", ".join(f"{key}={_cell(item)}" for key, item in value.items())
    return clean(str(value), limit)
