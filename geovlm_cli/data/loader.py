"""What a loader is: one data format, recognised by its keys and read as samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geovlm_cli.task import Sample


@dataclass(frozen=True, kw_only=True)
class Loader:
    """A data format.

    detect: does the first row (a JSON object with its keys) belong to this format? read(path, task): the samples, streaming; a malformed row
    raises nothing but is yielded with its `flaw`, or reported through `geovlm_cli.data.BadRow`. task is the name given by `--task` or None.
    profile: the name of the model profile that wrote the saved answers, where the format belongs to one model.
    """

    name: str
    detect: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Path, str | None], Iterator[Sample]]
    profile: str | None = None
    distribution: str = field(default="", compare=False)
