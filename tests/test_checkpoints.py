from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from geovlm_cli import checkpoints
from geovlm_cli.errors import ModelError, OutputError


def publish(folder: Path, step: int, content: bytes = b"weights") -> Path:
    staged = folder / checkpoints.STAGING / f"checkpoint-{step}"
    staged.mkdir(parents=True)
    (staged / "model.safetensors").write_bytes(content)
    (staged / "sub").mkdir()
    (staged / "sub" / "state.json").write_bytes(b"{}")
    return checkpoints.publish(staged, folder, step)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def test_a_published_checkpoint_is_complete(tmp_path: Path) -> None:
    checkpoint = publish(tmp_path, 3)
    assert checkpoint == tmp_path / "checkpoint-3"
    assert checkpoints.flaw(checkpoint) is None
    manifest = orjson.loads((checkpoint / "manifest.json").read_bytes())
    assert manifest["step"] == 3
    assert [item["path"] for item in manifest["files"]] == ["model.safetensors", "sub/state.json"]


@pytest.mark.parametrize("harm", [truncate, flip, link, fifo, folder, Path.unlink])
@pytest.mark.parametrize("name", ["model.safetensors", "sub/state.json", "manifest.json"])
def test_whatever_happens_to_the_newest_the_one_before_is_used(
    tmp_path: Path, harm: Callable[[Path], None], name: str
) -> None:
    publish(tmp_path, 10)
    newest = publish(tmp_path, 20)
    harm(newest / name)
    said: list[str] = []
    assert checkpoints.newest(tmp_path, said.append) == tmp_path / "checkpoint-10"
    assert said[0].startswith("checkpoint-20 failed verification (")
    assert said[0].endswith("using checkpoint-10.")


def test_the_newest_is_that_of_the_highest_step(tmp_path: Path) -> None:
    for step in (9, 100, 20):
        publish(tmp_path, step)
    said: list[str] = []
    assert checkpoints.newest(tmp_path, said.append) == tmp_path / "checkpoint-100"
    assert not said


def test_no_checkpoint_is_none_and_only_broken_ones_are_an_error(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path / "none", lambda _: None) is None
    truncate(publish(tmp_path, 5) / "model.safetensors")
    with pytest.raises(ModelError, match=r"checkpoint-5 failed verification \(model.safetensors has 6 of 7 bytes\)"):
        checkpoints.newest(tmp_path, lambda _: None)


def test_a_manifest_cannot_point_outside(tmp_path: Path) -> None:
    checkpoint = publish(tmp_path, 1)
    entry = {"path": "../../etc/passwd", "size": 1, "sha256": ""}
    (checkpoint / "manifest.json").write_bytes(orjson.dumps({"files": [entry]}))
    assert "lies outside" in str(checkpoints.flaw(checkpoint))


def test_rotation_keeps_the_newest(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        publish(tmp_path, step)
    checkpoints.rotate(tmp_path, 2)
    assert [checkpoints.step_of(path) for path in checkpoints.all_in(tmp_path)] == [3, 2]
    checkpoints.rotate(tmp_path, None)
    assert len(checkpoints.all_in(tmp_path)) == 2


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / checkpoints.STAGING / "checkpoint-4").mkdir(parents=True)
    publish_folder = tmp_path / "kept"
    publish_folder.mkdir()
    checkpoints.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_broken_copy_is_replaced(tmp_path: Path) -> None:
    truncate(publish(tmp_path, 5) / "model.safetensors")
    assert checkpoints.flaw(publish(tmp_path, 5, b"new")) is None


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "free space"), (errno.EIO, "mend it")])
def test_a_save_that_fails_says_what_is_intact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    publish(tmp_path, 10)

    def fail(descriptor: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=rf"checkpoint-20.*{os.strerror(code)}; checkpoint-10 is intact; {words}"):
        publish(tmp_path, 20)
    monkeypatch.undo()
    assert [path.name for path in checkpoints.all_in(tmp_path)] == ["checkpoint-10"]


def test_the_space_of_a_checkpoint_is_asked_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=12_000_000))
    checkpoints.check_space(tmp_path, 5_000_000, said.append)
    assert said == []
    checkpoints.check_space(tmp_path, 10_000_000, said.append)
    assert said == ["warning: a checkpoint needs about 10 MB; the run folder has 12 MB free"]
    with pytest.raises(OutputError, match="A checkpoint needs about 61 MB; the run folder has 12 MB free: free space"):
        checkpoints.check_space(tmp_path, 61_000_000, said.append)


def test_files_get_the_mode_of_new_ones(tmp_path: Path) -> None:
    staged = tmp_path / checkpoints.STAGING
    staged.mkdir()
    (staged / "model.safetensors").touch(mode=0o600)
    (tmp_path / "new").touch()
    checkpoint = checkpoints.publish(staged, tmp_path, 1)
    assert (checkpoint / "model.safetensors").stat().st_mode == (tmp_path / "new").stat().st_mode
