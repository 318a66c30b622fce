"""Which loader reads a source: the one named, or the one whose keys fit; and whether a file is one format or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geovlm_cli.data import rows
from geovlm_cli.data.formats import GENERAL
from geovlm_cli.data.head import head
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.records import is_rows, records
from geovlm_cli.errors import ConfigError, DataError, PluginError, clean, nearest
from geovlm_cli.task import Task


def loader_of(
    path: Path, loaders: Mapping[str, Loader], find: Callable[[str], Task], frame: str | None, name: str | None
) -> Loader:
    """Return the loader named, or that of the format which the head of a source fits; the general formats are asked where no plugin's fits.

    Raises ConfigError for an unknown name and where several formats fit, DataError where none does.
    """
    ours = rows.loader(find, frame)
    known = {ours.name: ours, **{loader.name: loader for loader in GENERAL}, **loaders}
    if name is not None:
        return _named(name, known)
    first = head(path)
    theirs = [loader for loader in (ours, *loaders.values()) if _detects(loader, first)]
    fitting = theirs or [loader for loader in GENERAL if _detects(loader, first)]
    if len(fitting) > 1:
        raise ConfigError(
            f"{clean(str(path))} fits the formats {', '.join(item.name for item in fitting)}; choose one with --format."
        )
    if not fitting:
        held, names = ("it holds", first["files"]) if path.is_dir() else ("its keys are", first.get("columns", first))
        named = clean(", ".join(map(str, names)), 120) or "nothing"
        raise DataError(f"{clean(str(path))} is in no known format: {held} {named}. Known formats: {', '.join(known)}.")
    return fitting[0]


def _detects(loader: Loader, first: Mapping[str, Any]) -> bool:
    """Ask a loader whether a head is of its format; raises PluginError for whatever it raises."""
    try:
        return bool(loader.detect(first))
    except (Exception, SystemExit) as error:
        owner = f" of {loader.distribution}" if loader.distribution else ""
        raise PluginError(
            f"The loader `{loader.name}`{owner} failed to say whether it reads the data: {type(error).__name__}: {clean(str(error))}."
        ) from error


def _named(name: str, known: Mapping[str, Loader]) -> Loader:
    """Return the loader of a name, made with the option that stands after its colon."""
    plain, colon, option = name.partition(":")
    if plain not in known:
        raise ConfigError(f"Unknown data format `{clean(plain)}`.{nearest(plain, known)} Known: {', '.join(known)}.")
    loader = known[plain]
    if not colon:
        return loader
    if loader.option is None:
        raise ConfigError(f"Data format `{plain}` takes no option, and `{clean(option)}` was given.")
    return loader.option(option)


def refuse_mixture(path: Path, loader: Loader, rejected: Sequence[BadRow], loaders: Mapping[str, Loader]) -> None:
    """Raise DataError where the first row that could not be read belongs to another format: then the file is two, not damaged."""
    line = next((row.line for row in rejected if row.line), 0)
    if not line or not is_rows(path):
        return
    row = next((row for number, row in records(path) if number == line), "")
    if isinstance(row, str):
        return
    others = [
        other.name for other in (*loaders.values(), *GENERAL) if other.name != loader.name and _detects(other, row)
    ]
    if others and not _detects(loader, row):
        raise DataError(
            f"{clean(str(path))} mixes formats: it begins as {loader.name}, and line {line} is {others[0]}; give each format a file of its own."
        )
