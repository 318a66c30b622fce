"""Which loader reads a source: the one named, or the one whose keys fit; and whether a file is one format or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from geovlm_cli.data import rows
from geovlm_cli.data.formats import GENERAL
from geovlm_cli.data.head import FOREIGN, head
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.records import is_rows, records
from geovlm_cli.data.tables import is_table
from geovlm_cli.errors import ConfigError, DataError, PluginError, clean, nearest
from geovlm_cli.task import Task

_WHOLE = (".json", ".jsonl", ".geojson", ".csv")  # of files that hold the rows of many images
_LOOKED_AT_FOR_MIXTURE = 100_000  # rows of a file with flawed ones
_LOOKED_AT = 1000  # rows in which a finer format than that of the first may show


def recognised(
    path: Path, loaders: Mapping[str, Loader], find: Callable[[str], Task], frame: str | None, name: str | None
) -> tuple[Path, Loader]:
    """Return what is to be read and its loader: the one named, or that of the format which the head of a source fits.

    The general formats are asked where no plugin's fits. A folder that no loader knows stands for the only file with rows in it. Raises
    ConfigError for an unknown name and where several formats fit, DataError where none does.
    """
    ours = rows.loader(find, frame)
    known = {ours.name: ours, **{loader.name: loader for loader in GENERAL}, **loaders}
    if name is not None:
        loader = _named(name, known)
        inner = _only_file(path)
        return inner if inner and not _detects(loader, head(path)) and _detects(loader, head(inner)) else path, loader
    specific = (ours, *loaders.values())
    fitting = _fitting(path, specific)
    if not fitting and (inner := _only_file(path)) and (within := _fitting(inner, specific)):
        path, fitting = inner, within
    return path, _single(path, fitting, known)


def _only_file(path: Path) -> Path | None:
    """Return the file with rows or annotations of all images in a folder that holds just one, else None."""
    found = [file for file in path.iterdir() if file.suffix in _WHOLE and file.is_file()] if path.is_dir() else []
    return found[0] if len(found) == 1 and not is_table(path) else None


def _fitting(path: Path, specific: Sequence[Loader]) -> list[Loader]:
    first = head(path)
    theirs = [loader for loader in specific if _detects(loader, first)]
    return theirs or _refined(path, [loader for loader in GENERAL if _detects(loader, first)], specific)


def _refined(path: Path, general: list[Loader], specific: Sequence[Loader]) -> list[Loader]:
    """Return the loaders that refine a general one, where one of the first rows is of their format, else the general ones."""
    names = {item.name for item in general}
    finer = [loader for loader in (*specific, *GENERAL) if loader.refines in names]
    for _, row in islice(records(path), _LOOKED_AT) if finer and is_rows(path) else ():
        found = [loader for loader in finer if isinstance(row, Mapping) and _detects(loader, row)]
        if found:
            return found
    return general


def _single(path: Path, fitting: Sequence[Loader], known: Mapping[str, Loader]) -> Loader:
    if len(fitting) > 1:
        raise ConfigError(
            f"{clean(str(path))} fits the formats {', '.join(item.name for item in fitting)}; choose one with --format."
        )
    if not fitting:
        first = head(path)
        held, names = ("its columns are" if "columns" in first else "its keys are", first.get("columns", first))
        whole = path.is_dir() and not is_table(path)
        if whole or path.suffix in FOREIGN:
            held, names = ("it holds", first["files"]) if whole else ("its name ends in", [path.suffix])
        named = clean(", ".join(map(str, names)), 120) or "nothing"
        if whole and any(Path(name).suffix in _WHOLE for name in names):
            named += " (name the file that is meant)"
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


def refuse_mixture(
    path: Path,
    loader: Loader,
    rejected: Sequence[BadRow],
    flawed: bool,  # one of two things that the rows told
    specific: Sequence[Loader],
) -> None:
    """Raise DataError where the first row that could not be read, or one of rows with flaws, belongs to another format: then the file is two, not damaged."""
    line = next((row.line for row in rejected if row.line), 0)
    if not (line or flawed) or not is_rows(path):
        return
    own = (loader.name, loader.refines)
    formats = [other for other in (*specific, *GENERAL) if other.name not in own]
    named = ((number, row) for number, row in records(path) if number == line)
    for number, row in islice(named, 1) if line else islice(records(path), _LOOKED_AT_FOR_MIXTURE):
        if isinstance(row, str) or _detects(loader, row):
            continue
        others = [other.name for other in formats if _detects(other, row)]
        if others:
            raise DataError(
                f"{clean(str(path))} mixes formats: it begins as {loader.name}, and line {number} is {others[0]}; give each format a file of its own."
            )
