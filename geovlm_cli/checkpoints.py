"""What a complete checkpoint is: a folder `checkpoint-N` with a manifest of sizes and hashes, put in place by one rename.

Written as: files into a `.tmp-` folder, each flushed to disk, the manifest last, then the rename; older checkpoints go only afterwards.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from geovlm_cli.errors import ModelError, OutputError, clean

MANIFEST = "manifest.json"
SCHEMA = "geovlm-checkpoint/1"
STAGING = ".tmp-checkpoint"
_NAME = re.compile(r"checkpoint-(\d+)")
_CHUNK = 1 << 20


def step_of(checkpoint: Path) -> int:
    """Return N of `checkpoint-N`, or -1 for another name."""
    match = _NAME.fullmatch(checkpoint.name)
    return int(match[1]) if match else -1


def all_in(folder: Path) -> list[Path]:
    """Return the checkpoints under `folder`, complete or not, newest step first."""
    found = [path for path in folder.iterdir() if step_of(path) >= 0] if folder.is_dir() else []
    return sorted(found, key=step_of, reverse=True)


def publish(staged: Path, folder: Path, step: int) -> Path:
    """Put a finished staging folder in place as `checkpoint-<step>`; raises OutputError where the disk does not hold it."""
    target = folder / f"checkpoint-{step}"
    try:
        _allow_as_usual(staged)
        files = [path for path in sorted(staged.rglob("*")) if path.is_file() and path.name != MANIFEST]
        _write_synced(staged / MANIFEST, _manifest(staged, files, step))
        for inner in [*{path.parent for path in files}, staged]:
            _sync(inner)
        shutil.rmtree(target, ignore_errors=True)  # only a copy that failed verification can stand there
        staged.rename(target)
        _sync(folder)
    except OSError as error:
        raise not_saved(folder, step, error) from error
    return target


def check_space(folder: Path, needed: int, say: Callable[[str], None]) -> None:
    """Compare the bytes that a checkpoint takes with the free ones: a sentence where two do not fit, OutputError where one does not."""
    free = shutil.disk_usage(folder).free
    room = f"a checkpoint needs about {needed / 1e6:.0f} MB; the run folder has {free / 1e6:.0f} MB free"
    if free < needed:
        raise OutputError(f"{room[0].upper()}{room[1:]}: free space or choose another --out.")
    if free < 2 * needed:
        say(f"warning: {room}")


def not_saved(folder: Path, step: int, error: OSError) -> OutputError:
    """Return the error for a checkpoint that could not be written."""
    kept = next((path.name for path in all_in(folder) if flaw(path) is None), None)
    free = (
        "free space and run again with --resume"
        if error.errno == errno.ENOSPC
        else "mend it and run again with --resume"
    )
    rest = f"{kept} is intact; {free}" if kept else free
    return OutputError(f"Saving checkpoint-{step} in {clean(str(folder))} failed: {error.strerror or error}; {rest}.")


def flaw(checkpoint: Path) -> str | None:
    """Return why a checkpoint is not complete, or None where every file has the size and hash of the manifest."""
    try:
        if not stat.S_ISREG((checkpoint / MANIFEST).lstat().st_mode):
            return f"{MANIFEST} is not a regular file"
        manifest = orjson.loads((checkpoint / MANIFEST).read_bytes())
        entries = [(str(item["path"]), int(item["size"]), str(item["sha256"])) for item in manifest["files"]]
    except FileNotFoundError:
        return f"no {MANIFEST}"
    except (OSError, ValueError, TypeError, KeyError):
        return f"{MANIFEST} is damaged"
    return next((why for why in (_flaw_of_file(checkpoint, *entry) for entry in entries) if why), None)


def newest(folder: Path, report: Callable[[str], None]) -> Path | None:
    """Return the newest complete checkpoint, or None where there is no checkpoint at all; `report` gets a sentence where newer ones are passed over.

    Raises ModelError where there are checkpoints and none is complete.
    """
    passed: list[str] = []
    for checkpoint in all_in(folder):
        why = flaw(checkpoint)
        if why is None:
            if passed:
                report(f"{'; '.join(passed)}; using {checkpoint.name}.")
            return checkpoint
        passed.append(f"{checkpoint.name} failed verification ({why})")
    if passed:
        raise ModelError(
            f"No checkpoint in {clean(str(folder))} is complete: {'; '.join(passed)}; start a new run with another --out."
        )
    return None


def rotate(folder: Path, keep: int | None) -> None:
    """Delete all but the `keep` newest checkpoints (None keeps all)."""
    for checkpoint in all_in(folder)[keep:] if keep else ():
        (checkpoint / MANIFEST).unlink(missing_ok=True)  # first, so that a half-deleted one is never taken for complete
        shutil.rmtree(checkpoint)


def sweep(folder: Path) -> None:
    """Delete what a killed run left half-written."""
    for path in folder.glob(f"{STAGING}*"):
        shutil.rmtree(path)


def _manifest(staged: Path, files: list[Path], step: int) -> bytes:
    entries: list[dict[str, Any]] = []
    for path in files:
        _sync(path)
        entries.append(
            {"path": path.relative_to(staged).as_posix(), "size": path.stat().st_size, "sha256": _sha256(path)}
        )
    return orjson.dumps({"schema": SCHEMA, "step": step, "files": entries}, option=orjson.OPT_INDENT_2)


def _flaw_of_file(checkpoint: Path, name: str, size: int, sha256: str) -> str | None:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        return f"{MANIFEST} names {clean(name)}, which lies outside"
    path = checkpoint / inside
    try:
        status = path.lstat()
    except OSError:
        return f"{clean(name)} is missing"
    if not stat.S_ISREG(status.st_mode):
        return f"{clean(name)} is not a regular file"
    if status.st_size != size:
        return f"{clean(name)} has {status.st_size} of {size} bytes"
    return None if _sha256(path) == sha256 else f"{clean(name)}: sha256 differs"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _allow_as_usual(staged: Path) -> None:
    """Give every file the mode of a new one: safetensors makes files that only their owner may read."""
    probe = staged / ".mode"
    probe.touch()
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.unlink()
    for path in staged.rglob("*"):
        if path.is_file():
            path.chmod(mode)


def _write_synced(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
