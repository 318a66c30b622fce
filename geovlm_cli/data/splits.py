"""What `DatasetDict` saved, read one split after another: a row gets the id that it has where the folder of its split is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from geovlm_cli.data import tables
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.task import Sample


def items(loader: Loader, path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield what a loader reads from a source; from a folder of splits each with the name of its split as `meta.split`, bad rows with their place in the whole."""
    folders = tables.splits(path)
    if not folders:
        yield from loader.read(path, task)
    for number, folder in enumerate(folders):
        yield from _of_split(loader, folder, task, folders[:number])


def _of_split(loader: Loader, folder: Path, task: str | None, before: list[Path]) -> Iterator[Sample | BadRow]:
    @cache  # counted at the first bad row: most splits have none
    def rows_before() -> int:
        return sum(map(tables.count, before))

    for item in loader.read(folder, task):
        if isinstance(item, Sample):
            item.meta = {**item.meta, "split": folder.name}
            yield item
        else:
            yield replace(item, line=item.line + rows_before()) if item.line else item
