"""The run folder: locked, claimed by one run, recorded."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

import orjson
import yaml

from geovlm_cli.errors import ConfigError, RunFolderError, clean
from geovlm_cli.runs.encoding import plain
from geovlm_cli.runs.files import cannot_write, write_bytes, write_json

SCHEMA = "geovlm-run/1"
LOCK = ".lock"
RECORD = "run.json"
CONFIG = "config.yaml"
_OURS = (LOCK, RECORD, CONFIG)
_PACKAGES = {"geovlm": "geovlm-cli", "torch": "torch", "transformers": "transformers", "trl": "trl"}
_MISSING = object()


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
        data_sha256: str | Mapping[str, str] | None = None,
        overwrite: bool = False,
        may_change: Collection[str] = (),
    ) -> Iterator[RunFolder]:
        """Open the folder of a run for the length of a `with` block, and write `run.json` and `config.yaml` into it.

        resume: start, or go on with the same command, configuration, seed and data; `may_change` names dotted keys, or `seed`, that may differ then.
        data_sha256: of the data, or by name of each file that the run reads.
        overwrite: what the folder holds is moved to `PATH.old-N`. A ConfigError before any work takes the folder back. Raises OutputError for a folder that cannot be written, RunFolderError for
        one that another process uses, or that holds anything else.
        """
        folder = Path(path)
        made = [place for place in (folder, *folder.parents) if not place.exists()]
        with _locked(folder):
            record = _new_record(command, config, seed, data_sha256)
            resumed = _claim(folder, record, config, resume=resume, overwrite=overwrite, may_change=may_change)
            write_bytes(folder / CONFIG, yaml.safe_dump(plain(config), sort_keys=False, allow_unicode=True).encode())
            run = cls(folder, record, resumed=resumed)
            run.record()  # last: a folder with the record is a run
            try:
                yield run
            except ConfigError:
                if not resumed:
                    _take_back(folder, made)
                raise

    @staticmethod
    def check(
        path: str | Path,
        *,
        command: str,
        config: Mapping[str, Any],
        seed: int,
        resume: bool = False,
        data_sha256: str | Mapping[str, str] | None = None,
        may_change: Collection[str] = (),
    ) -> None:
        """Raise what `create` would raise for a folder that cannot be written or holds anything else; makes and writes nothing."""
        folder = Path(path)
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise cannot_write(folder, OSError(0, "it is no folder" if not there.is_dir() else "it may not be written"))
        if there == folder:
            record = _new_record(command, config, seed, data_sha256)
            _claim(folder, record, config, resume=resume, overwrite=False, may_change=may_change)

    def record(self, **facts: Any) -> None:
        """Add facts (device, …) to `run.json`."""
        self._record |= facts
        write_json(self.path / RECORD, self._record)


def config_sha256(config: Mapping[str, Any]) -> str:
    """Return the sha256 of a configuration, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(plain(config), option=orjson.OPT_SORT_KEYS)).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock; the kernel lets go of it when the process ends, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        raise cannot_write(folder, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            signed = clean(lock.read(), 40)
            holder = f"process {signed}" if signed else "another process"
            raise RunFolderError(
                f"The run folder {clean(str(folder))} is in use by {holder}; wait for it or choose another --out."
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
        raise cannot_write(folder, error) from error


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


def _take_back(folder: Path, made: Iterable[Path]) -> None:
    """Remove the folder of a run that was refused, and those that were made for it; a file with work in it keeps them all."""
    entries = list(folder.iterdir())
    if any(entry.is_dir() or (entry.name not in _OURS and entry.stat().st_size) for entry in entries):
        return
    with suppress(OSError):  # the refusal is what the user has to read, not that a file of it stays
        for entry in entries:
            entry.unlink()
        for place in made:
            place.rmdir()


def _move_aside(folder: Path, entries: Iterable[Path]) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}.old-{number}")).exists():
        number += 1
    try:
        aside.mkdir()
        for entry in entries:
            entry.rename(aside / entry.name)
    except OSError as error:
        raise cannot_write(aside, error) from error


def _check_same(
    folder: Path, record: Mapping[str, Any], config: Mapping[str, Any], may_change: Collection[str]
) -> None:
    old, old_config = _read_previous(folder)
    facts = [_flat({key: which.get(key) for key in ("command", "seed", "data_sha256")}) for which in (old, record)]
    for key in facts[1]:
        if facts[0].get(key) != facts[1][key] and key not in may_change:
            raise RunFolderError(_other_run(folder, key, facts[0].get(key), facts[1][key]))
    before, now = _flat(old_config), _flat(plain(config))
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
        f"The run folder {clean(str(folder))} holds another run: `{key}` was {clean(str(old), 70)} and is now {clean(str(new), 70)}; "
        "set it back to go on, or choose another --out."
    )


def _new_record(
    command: str, config: Mapping[str, Any], seed: int, data_sha256: str | Mapping[str, str] | None
) -> dict[str, Any]:
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


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {f"{prefix}{key}": value}
    return flat
