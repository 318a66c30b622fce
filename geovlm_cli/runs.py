"""The folder that a run leaves (contracts.md section 7): one writer at a time, whole lines only, same inputs → same bytes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any, Self

import orjson
import yaml

from geovlm_cli.errors import OutputError, RunFolderError, clean

SCHEMA = "geovlm-run/1"
LOCK = ".lock"
RECORD = "run.json"
CONFIG = "config.yaml"
_PACKAGES = {"geovlm": "geovlm-cli", "torch": "torch", "transformers": "transformers", "trl": "trl"}
_MISSING = object()
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class RunFolder:
    """An open, locked run folder. `resumed` says whether it held this run already."""

    def __init__(self, path: Path, record: dict[str, Any], *, resumed: bool) -> None:
        self.path = path
        self.resumed = resumed
        self._record = record

    @classmethod
    @contextmanager
    def create(
        cls,
        path: str | Path,
        *,
        command: str,
        config: Mapping[str, Any],
        seed: int,
        resume: bool = False,
        data_sha256: str | None = None,
        overwrite: bool = False,
        may_change: Collection[str] = (),
    ) -> Iterator[RunFolder]:
        """Open the folder of a run for the length of a `with` block, and write `run.json` and `config.yaml` into it.

        resume: start, or go on with the same command, configuration and data; `may_change` names dotted keys that may differ then.
        overwrite: what the folder holds is moved to `PATH.old-N`. Raises OutputError for a folder that cannot be written, RunFolderError for
        one that another process uses, or that holds anything else.
        """
        folder = Path(path)
        with _locked(folder):
            record = _new_record(command, config, seed, data_sha256)
            resumed = _claim(folder, record, config, resume=resume, overwrite=overwrite, may_change=may_change)
            _write_bytes(folder / CONFIG, yaml.safe_dump(_plain(config), sort_keys=False, allow_unicode=True).encode())
            run = cls(folder, record, resumed=resumed)
            run.record()  # last: a folder with the record is a run
            yield run

    def record(self, **facts: Any) -> None:
        """Add facts (device, …) to `run.json`."""
        self._record |= facts
        write_json(self.path / RECORD, self._record)


class RowFile:
    """A JSON-lines file that is appended to batch by batch and survives a kill.

    Opening cuts the file back to its last whole line and to whole batches of `batch` lines; a shorter last batch stays only where it ends the
    file at `total` lines. `rows_done` counts the lines that are there.
    """

    def __init__(self, path: str | Path, *, batch: int = 1, total: int | None = None) -> None:
        self.path = Path(path)
        try:
            self.path.touch()
            self.rows_done, self._end = _whole_batches(self.path, batch, total)
            # Unbuffered: bytes that a full disk refused must not be flushed later, behind the cut.
            self._file = self.path.open("r+b", buffering=0)
            self._cut_back()
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the rows of one batch; raises OutputError, and leaves the file at its last whole batch, where that fails."""
        lines = [canonical(row) + b"\n" for row in rows]
        left = memoryview(b"".join(lines))
        self._end += len(left)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._end -= sum(map(len, lines))
            self._cut_back()
            raise _cannot_write(self.path, error) from error
        self.rows_done += len(lines)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read the rows that are there from the start."""
        with self.path.open("rb") as file:
            for _, line in zip(range(self.rows_done), file, strict=False):
                yield orjson.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Bring the rows to the disk and close the file; raises OutputError."""
        if self._file.closed:
            return
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def _cut_back(self) -> None:
        self._file.truncate(self._end)
        self._file.seek(self._end)


def write_json(path: str | Path, value: Any) -> None:
    """Write a JSON file that appears whole or not at all (temporary file, fsync, rename); raises OutputError."""
    _write_bytes(Path(path), orjson.dumps(value, option=_OPTIONS | orjson.OPT_INDENT_2) + b"\n")


def canonical(value: Any) -> bytes:
    """Return JSON bytes of a value, keys in the order given; numpy values are numbers, lone surrogates U+FFFD."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_scrubbed(value), option=_OPTIONS)


def config_sha256(config: Mapping[str, Any]) -> str:
    """Return the sha256 of a configuration, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(_plain(config), option=orjson.OPT_SORT_KEYS)).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock; the kernel lets go of it when the process ends, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        raise _cannot_write(folder, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = clean(lock.read(), 40) or "unknown"
            raise RunFolderError(
                f"The run folder {clean(str(folder))} is in use by process {holder}; wait for it or choose another --out."
            ) from error
        _sign(lock.fileno(), folder)
        yield


def _sign(descriptor: int, folder: Path) -> None:
    """Write the process id into the lock: the message of the next one names it, and a full disk shows before the model loads."""
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} on {platform.node()}".encode())
        os.fsync(descriptor)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _claim(
    folder: Path,
    record: Mapping[str, Any],
    config: Mapping[str, Any],
    *,
    resume: bool,
    overwrite: bool,
    may_change: Collection[str],
) -> bool:
    """Make sure that the folder is empty or holds this very run, and say which."""
    entries = [entry for entry in folder.iterdir() if entry.name != LOCK and not _is_leftover(entry)]
    if not entries:
        return False
    if overwrite:
        _move_aside(folder, entries)
        return False
    if not resume or not (folder / RECORD).is_file():
        hint = (
            "add --resume to go on, or choose another --out" if (folder / RECORD).is_file() else "choose another --out"
        )
        raise RunFolderError(f"The run folder {clean(str(folder))} is not empty; {hint}.")
    _check_same(folder, record, config, may_change)
    return True


def _is_leftover(entry: Path) -> bool:
    """Is this what a run leaves that was killed before it began?"""
    begun = (entry.parent / RECORD).exists()
    return not begun and (entry.name == CONFIG or (entry.name.startswith(".") and entry.suffix == ".part"))


def _move_aside(folder: Path, entries: Iterable[Path]) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}.old-{number}")).exists():
        number += 1
    try:
        aside.mkdir()
        for entry in entries:
            entry.rename(aside / entry.name)
    except OSError as error:
        raise _cannot_write(aside, error) from error


def _check_same(
    folder: Path, record: Mapping[str, Any], config: Mapping[str, Any], may_change: Collection[str]
) -> None:
    old, old_config = _read_previous(folder)
    for key in ("command", "seed", "data_sha256"):
        if old.get(key) != record[key]:
            raise RunFolderError(_other_run(folder, key, old.get(key), record[key]))
    before, now = _flat(old_config), _flat(_plain(config))
    for key in [*now, *before]:
        if before.get(key, _MISSING) != now.get(key, _MISSING) and key not in may_change:
            raise RunFolderError(_other_run(folder, key, before.get(key), now.get(key)))


def _read_previous(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        record = orjson.loads((folder / RECORD).read_bytes())
        config = yaml.safe_load((folder / CONFIG).read_bytes()) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise RunFolderError(
            f"The run folder {clean(str(folder))} holds a run that cannot be read ({clean(str(error), 80)}); choose another --out."
        ) from error
    if not isinstance(record, dict) or not isinstance(config, dict):
        raise RunFolderError(
            f"The run folder {clean(str(folder))} holds a run that cannot be read; choose another --out."
        )
    return record, config


def _other_run(folder: Path, key: str, old: Any, new: Any) -> str:
    return (
        f"The run folder {clean(str(folder))} holds another run: `{key}` was {clean(str(old), 60)} and is now {clean(str(new), 60)}; "
        "set it back to go on, or choose another --out."
    )


def _new_record(command: str, config: Mapping[str, Any], seed: int, data_sha256: str | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": {
            **{name: _version(package) for name, package in _PACKAGES.items()},
            "python": platform.python_version(),
        },
        "plugins": {point.dist.name: point.dist.version for point in entry_points(group="geovlm") if point.dist},
        "seed": seed,
        "data_sha256": data_sha256,
        "config_sha256": config_sha256(config),
        "device": None,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _whole_batches(path: Path, batch: int, total: int | None) -> tuple[int, int]:
    """Return (lines, bytes) that are to stay."""
    ends = [0]
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                ends.append(ends[-1] + len(line))
    lines = len(ends) - 1
    kept = total if total is not None and lines >= total else lines - lines % batch
    return kept, ends[kept]


def _write_bytes(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(f"Cannot write {clean(str(path))}: {error.strerror}.")


def _plain(config: Any) -> Any:
    """Return a configuration as JSON would hold it, so that what is compared is what was written."""
    return orjson.loads(orjson.dumps(config, option=_OPTIONS, default=str))


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {f"{prefix}{key}": value}
    return flat


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_scrubbed(key): _scrubbed(item) for key, item in value.items()}
    return [_scrubbed(item) for item in value] if isinstance(value, list | tuple) else value
