"""What a loader is: one data format, recognised by its keys and read as samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geovlm_cli.task import Sample


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: its line (from 1; 0 where the format has none), its id if it had one, and why, as half a sentence."""

    line: int
    id: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Loader:
    """A data format.

    detect: does this head belong to the format? It is handed the first row of a file (JSON lines, a JSON list, parquet, Arrow), or of a data
    set of the hub; a JSON object with its keys (of a list that is too long the first element, of another value None); of a CSV table `{"columns": [names]}`; or, for a folder,
    `{"files": [names, sorted], "folders": {name: [some of the names in it]}}`. Rows in any of these containers are had by `data.records`.
    read(path, task): the samples, streaming, with image paths as the format has them (relative ones are resolved by the host, and refused
    outside its roots). A malformed row raises nothing: yield `BadRow` for it; a bad truth is a `Sample` with its `flaw`. task is the name
    given by `--task`, or None. A reference may be left as one text, which the host reads as the kind of the task
    wants it (`data.truths`), or as the `Objects` of one image, of which it makes the rows that the kind wants (`data.objects`).
    profile: the name of the model profile that wrote the saved answers, where the format belongs to one model. frame: the frame of boxes in
    such texts, where the format declares one. refines: the name of the general format of which this is a case that not every row shows: data
    of that format is this one where `detect` knows any of the first rows. option: makes the loader that `--format NAME:OPTION` asks for, where the format has a choice.
    """

    name: str
    detect: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Path, str | None], Iterator[Sample | BadRow]]
    profile: str | None = None
    frame: str | None = None
    refines: str | None = None
    option: Callable[[str], Loader] | None = field(default=None, compare=False)
    distribution: str = field(default="", compare=False)
