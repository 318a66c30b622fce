"""Data sets by their id on the hub, `hf:OWNER/NAME[/FOLDER][:SPLIT]`: fetched once into the cache of `datasets` (extra `train`), then read from its Arrow files."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, DataError, clean

PREFIX = "hf:"
DEFAULT_SPLIT = "train"
_SPLIT = re.compile(r":(\w+)$")


def is_hub(source: str | Path) -> bool:
    """Is this source an id of the hub?"""
    return str(source).startswith(PREFIX)


@lru_cache(maxsize=16)
def files(source: str) -> tuple[Path, ...]:
    """Return the Arrow files of a split (`train` where none is named), fetched where they are not in the cache yet; of one folder of the data set where it is named.

    Raises ConfigError for an id without a name or a split that the data set lacks, DataError where it cannot be fetched.
    """
    name, split = _parts(source)
    dataset = _loaded(name, split)
    found = tuple(Path(entry["filename"]) for entry in dataset.cache_files)
    if not found:
        raise DataError(f"Data set `{clean(name)}`, split {split}, has no row.")
    return found


def _parts(source: str) -> tuple[str, str]:
    rest = source.removeprefix(PREFIX)
    split = _SPLIT.search(rest)
    name = rest[: split.start()] if split else rest
    if not name:
        raise ConfigError(f"`{clean(source)}` names no data set; write {PREFIX}OWNER/NAME or {PREFIX}OWNER/NAME:SPLIT.")
    return name, split[1] if split else DEFAULT_SPLIT


def _folder_of(name: str) -> tuple[str] | tuple[str, None, str]:
    """Return the first arguments of `load_dataset`: the id, and the folder in it (`data_dir`) where the name goes on behind OWNER/NAME."""
    parts = name.split("/")
    if len(parts) < 3 or Path(name).exists() or name.startswith(("/", ".")):
        return (name,)
    return "/".join(parts[:2]), None, "/".join(parts[2:])


def _hint(name: str) -> str:
    return "" if "/" in name else f"; a data set of the hub is named {PREFIX}OWNER/NAME"


def _loaded(name: str, split: str) -> Any:
    try:
        import datasets
    except ImportError:
        raise DataError(f"`{PREFIX}{clean(name)}` is fetched with datasets; install geovlm-cli[train].") from None
    try:
        return datasets.load_dataset(*_folder_of(name), split=split)
    except ValueError as error:
        # datasets says "Unknown split "x". Should be one of [...]" and much else with this class.
        raise ConfigError(f"Data set `{clean(name)}`, split {split}: {clean(str(error))}.") from error
    except (OSError, datasets.exceptions.DatasetsError) as error:
        raise DataError(
            f"Data set `{clean(name)}` cannot be fetched: {clean(str(error) or type(error).__name__).rstrip('.')}{_hint(name)}."
        ) from error
