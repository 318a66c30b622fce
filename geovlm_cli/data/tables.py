"""Rows in Arrow and parquet: files, folders of them, and what `datasets` saves to disk; read batch by batch with pyarrow (extra `arrow`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli.errors import DataError, clean

SUFFIXES = (".parquet", ".arrow")
_STATE, _DICT = "state.json", "dataset_dict.json"
_MANY = 2000  # entries of a folder above which it is no folder of shards
_BATCH = 64  # rows hold encoded images
_BYTES = 8 * 2**20  # of a batch that becomes Python values: a row of twelve bands is 170,000 numbers
_FILE_FORMAT = b"ARROW1"


def is_table(path: Path) -> bool:
    """Is this a parquet or Arrow file, or a folder of them (of one split, of several, or of shards)?"""
    if not path.is_dir():
        return path.suffix in SUFFIXES
    return (path / _DICT).is_file() or any(_of_folder(path)) or bool(_shards(path))


def files(path: Path) -> list[Path]:
    """Return the files of a table in order, split by split; raises DataError for a set of splits without one."""
    if not path.is_dir():
        return [path]
    if (path / _DICT).is_file():
        return [file for split in splits(path) for file in _of_folder(split)]
    return list(_of_folder(path)) or [file for shard in _shards(path) for file in _of_folder(shard)]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as Python values; those of a folder of splits (`DatasetDict.save_to_disk`) with the name of theirs as `split`. Raises as `files` and `rows_of` do."""
    folders = splits(path)
    if not folders:
        yield from rows_of(files(path))
    for folder in folders:
        yield from ({**row, "split": folder.name} for row in rows_of(_of_folder(folder)))


def rows_of(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the rows of these files as Python values, `_BATCH` at a time; raises DataError where pyarrow is missing or refuses a file."""
    for path in paths:
        with _refusals(path):
            for batch in _batches(path):
                yield from _values(batch)


def count(path: Path) -> int:
    """Return the number of rows of a table without making Python values of them; raises as `rows` does."""
    total = 0
    for file in files(path):
        with _refusals(file):
            total += sum(map(len, _batches(file)))
    return total


def is_split(path: Path) -> bool:
    """Is this the folder of one split of what `DatasetDict.save_to_disk` wrote?"""
    return (path / _STATE).is_file() and (path.absolute().parent / _DICT).is_file()


def splits(path: Path) -> list[Path]:
    """Return the folders of the splits in the order in which `datasets` lists them, those that it does not list after them; none of what is no such folder.

    Raises DataError for a folder that is to hold splits and holds none.
    """
    if not (path / _DICT).is_file():
        return []
    try:
        listed = list(orjson.loads((path / _DICT).read_bytes())["splits"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        listed = []
    found = _saved(_some_folders(path))
    if not found:
        raise DataError(f"{clean(str(path))} is to hold splits ({_DICT}), and none of its folders holds {_STATE}.")
    return sorted(found, key=lambda folder: listed.index(folder.name) if folder.name in listed else len(listed))


def _of_folder(path: Path) -> list[Path]:
    """Return the data files of one folder, in the order that its `state.json` gives or by name."""
    try:
        state = orjson.loads((path / _STATE).read_bytes())
        return [path / entry["filename"] for entry in state["_data_files"]]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())


def _shards(path: Path) -> list[Path]:
    """Return the sub-folders that `datasets` saved, as EarthDial keeps its sets, or those in sub-folders of it: a folder of sets."""
    folders = _some_folders(path)
    sets = [
        folder for folder in folders if not (folder / _DICT).is_file()
    ]  # one of several splits says which are meant
    return _saved(folders) or _saved(inner for folder in sets for inner in _some_folders(folder))


def _saved(folders: Iterable[Path]) -> list[Path]:
    return sorted(folder for folder in folders if (folder / _STATE).is_file())


def _some_folders(path: Path) -> list[Path]:
    """Return the sub-folders of a folder; none where it has so many entries that it holds something else."""
    with os.scandir(path) as found:
        entries = list(islice(found, _MANY))
    return [Path(entry.path) for entry in entries if entry.is_dir()] if len(entries) < _MANY else []


def _batches(path: Path) -> Iterator[Any]:
    return _parquet(path) if path.suffix == ".parquet" else _arrow(path)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Tell in a sentence what pyarrow, or the lack of it, has against a file."""
    try:
        import pyarrow as pa
    except ImportError:
        raise DataError(f"{clean(str(path))} is read with pyarrow; install geovlm-cli[arrow].") from None
    try:
        yield
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(path))}: {clean(str(error))}.") from error
    except pa.ArrowException as error:
        raise DataError(
            f"{clean(str(path))} is no readable {path.suffix[1:]} file: {clean(str(error)).rstrip('.')}."
        ) from error


def _values(batch: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of an Arrow batch as Python values, as many at a time as hold `_BYTES`."""
    few = max(1, len(batch) * _BYTES // max(1, batch.nbytes))
    for start in range(0, len(batch), few):
        yield from batch.slice(start, few).to_pylist()


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=_BATCH)


def _arrow(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        if source.read(len(_FILE_FORMAT)) == _FILE_FORMAT:
            reader = pa.ipc.open_file(source)
            batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
        else:
            source.seek(0)
            batches = iter(pa.ipc.open_stream(source))
        for batch in batches:
            yield from (batch.slice(start, _BATCH) for start in range(0, len(batch), _BATCH))
