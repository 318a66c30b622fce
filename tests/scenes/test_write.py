"""A data set on disk is made of rows that every command reads."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from geovlm_cli.errors import OutputError
from geovlm_cli.scenes import TASKS, generate, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_rows_have_the_schema_and_their_pictures(tmp_path: Path) -> None:
    rows = write(tmp_path / "set", dict.fromkeys(TASKS, 2), seed=1, split="validation")
    header, *lines = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert header == {"schema": "geovlm/1"}
    assert [line["task"] for line in lines] == [*TASKS, *TASKS]
    for line in lines:
        assert {"id", "task", "images", "question", "reference", "reasoning", "meta"} <= set(line)
        for image in line["images"]:
            with Image.open(rows.parent / image["path"]) as picture:
                assert picture.size == (112, 112)
    expected = next(generate("referred-detection", 1, seed=1, split="validation"))
    assert lines[1]["reference"] == expected.reference
    with Image.open(rows.parent / lines[1]["images"][0]["path"]) as picture:
        assert picture.tobytes() == expected.images[0].tobytes()


def test_writing_twice_leaves_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(tmp_path / name, {"temporal": 2, "vqa": 1}, seed=0, split="test", size=64)
    files = [sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("one", "other")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert len(files[0]) == 6


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Scenes cannot be written to"):
        write(tmp_path / "file", {"scene": 1}, seed=0, split="test")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 1 KiB, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    held = tmp_path / "held"
    (held / "images").mkdir(parents=True)
    files = {held / "rows.jsonl": "mine", held / "images/test-scene-0-00000-image.png": "mine too"}
    for path, text in files.items():
        path.write_text(text)
    for out in (held, tmp_path / "new/set"):
        with pytest.raises(OutputError, match="Scenes cannot be written to"):
            write(out, {"scene": 2}, seed=0, split="test")
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert not (tmp_path / "new").exists()


def test_an_error_while_drawing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no paint")

    monkeypatch.setitem(TASKS, "scene", broken)
    with pytest.raises(RuntimeError):
        write(tmp_path / "new", {"vqa": 1, "scene": 1}, seed=0, split="test")
    assert not (tmp_path / "new").exists()
