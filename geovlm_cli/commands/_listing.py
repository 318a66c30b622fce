"""What the list commands print: aligned columns for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from geovlm_cli.errors import clean

_CELL_LIMIT = 100


def echo_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, limit: int = _CELL_LIMIT) -> None:
    """Print rows of equal keys to stdout: a line each under a header, or one JSON list. limit: characters of a cell."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2, ensure_ascii=False))
        return
    if not rows:
        return
    cells = [[key.upper() for key in rows[0]], *([_cell(value, limit) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def echo_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing to stdout: a line a field, or one JSON object."""
    if as_json:
        click.echo(json.dumps(fields, indent=2, ensure_ascii=False))
        return
    width = max(len(key) for key in fields)
    for key, value in fields.items():
        click.echo(f"{key.ljust(width)}  {_cell(value, limit=10_000)}".rstrip())


def _cell(value: Any, limit: int = _CELL_LIMIT) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, list):
        value = ", ".join(_cell(item) for item in value)
    elif isinstance(value, dict):
        value = ", ".join(f"{key}={_cell(item)}" for key, item in value.items())
    return clean(str(value), limit)
