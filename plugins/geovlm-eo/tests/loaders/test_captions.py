"""Files in Karpathy's shape, transcribed from Chen-Yang-Liu/RSICC (README; utils.py, create_input_files) and the shape of RSICD's dataset_rsicd.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.errors import ConfigError

Load = Callable[..., Any]
LEVIR = {
    "images": [
        {
            "filepath": "train",
            "filename": "train_000016.png",
            "imgid": 0,
            "sentences": [
                {"tokens": ["a", "road"], "raw": " a road is built .", "imgid": 0, "sentid": 0},
                {"tokens": [], "raw": "", "imgid": 0, "sentid": 1},
                {"tokens": ["houses"], "raw": " houses appear .", "imgid": 0, "sentid": 2},
            ],
            "split": "train",
            "changeflag": 1,
        },
        {
            "filename": "test_1.png",
            "sentences": [{"raw": "the scene is the same as before ."}],
            "split": "test",
            "changeflag": 0,
        },
    ],
    "dataset": "LEVIR-CC",
}


def written(folder: Path, document: Any) -> Path:
    path = folder / "LevirCCcaptions.json"
    path.write_text(json.dumps(document))
    return path


def test_captions_of_pairs(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, LEVIR))
    first = found.samples[0]
    assert (found.format, first.task, first.reference) == (
        "captions",
        "change-caption",
        ("a road is built .", "houses appear ."),
    )
    assert [(ref.role, str(ref.source).partition(str(tmp_path))[2]) for ref in first.images] == [
        ("before", "/images/train/A/train_000016.png"),
        ("after", "/images/train/B/train_000016.png"),
    ]
    assert "splits joined: train 1, test 1; choose one with --split" in found.report()
    assert [s.meta["split"] for s in load(tmp_path / "LevirCCcaptions.json", split="test").samples] == ["test"]


def test_whether_something_changed(tmp_path: Path, load: Load) -> None:
    assert [s.reference for s in load(written(tmp_path, LEVIR), task="temporal").samples] == ["yes", "no"]


def test_captions_of_single_images(tmp_path: Path, load: Load) -> None:
    images = [
        {"filename": "airport_1.jpg", "imgid": 0, "sentences": [{"raw": "An airport ."}], "split": "test"},
        {"sentences": []},
    ]
    path = written(tmp_path, {"images": images, "dataset": "rsicd"})
    (tmp_path / "RSICD_images").mkdir()
    (tmp_path / "RSICD_images" / "airport_1.jpg").touch()
    found = load(path)
    assert (found.samples[0].task, found.samples[0].images[0].source) == (
        "image-caption",
        str((tmp_path / "RSICD_images" / "airport_1.jpg").resolve()),
    )
    assert found.rejected[0].why == "an image needs a `filename`"
    with pytest.raises(ConfigError, match="captions of single images"):
        load(path, task="temporal")


def test_the_real_lines(shared: Path, load: Load) -> None:
    found = load(shared / "rsicd-captions" / "textaug_valid_rsicd.jsonl")
    assert (found.format, len(found.samples), found.rejected) == ("caption-lines", 1094, [])
    assert all(len(sample.reference) == 5 and sample.flaw is None for sample in found.samples)
    [one] = load(shared / "rsicd-captions" / "stadium_1.jsonl").samples
    assert one.images[0].source == str((shared / "rsicd-captions" / "stadium_1.jpg").resolve())
