from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from geovlm_eo.loaders import rsvqa

from geovlm_cli import Sample
from geovlm_cli.data import BadRow
from geovlm_cli.errors import DataError


def write(folder: Path, split: str, **lists: Any) -> None:
    for key, entries in lists.items():
        (folder / f"LR_split_{split}_{key}.json").write_text(json.dumps({key: entries}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "7.png").touch()
    active = {"active": True}
    write(
        tmp_path,
        "val",
        questions=[
            {"id": 1, "img_id": 7, "type": "count", "question": "How many roads are there?", **active},
            {"id": 2, "img_id": 7, "type": "rural_urban", "question": "Is it a rural or an urban area", **active},
            {"id": 3, "img_id": 8, "type": "count", "question": "How many?", **active},
            {"id": 4, "img_id": 7, "type": "presence", "question": "Is there a road?", **active},
            {"id": 5, "active": False},
        ],
        answers=[
            {"question_id": 1, "answer": "69", **active},
            {"question_id": 2, "answer": "rural", **active},
            {"question_id": 3, "answer": "1", **active},
        ],
        images=[{"id": 7, **active}, {"id": 8, "active": False}],
    )
    return tmp_path


def test_the_three_files_are_joined_and_inactive_images_left_out(folder: Path) -> None:
    first, second, unanswered = rsvqa.read(folder, None)
    assert isinstance(first, Sample)
    assert isinstance(second, Sample)
    assert (first.id, first.task, first.question, first.reference) == (
        "LR_split_val-1",
        "vqa",
        "How many roads are there?",
        "69",
    )
    assert first.meta == {"question_type": "count", "image": 7, "split": "val"}
    assert first.images[0].source == "images/7.png"
    assert (second.reference, second.choices) == ("rural", ("rural", "urban"))
    assert unanswered == BadRow(4, "LR_split_val-4", "has no question text or no answer")


def test_the_rural_urban_questions_are_a_scene_task(folder: Path) -> None:
    [sample] = [row for row in rsvqa.read(folder, "scene") if isinstance(row, Sample)]
    assert (sample.task, sample.reference) == ("scene", "rural")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "LR_split_val_answers.json").unlink()
    with pytest.raises(DataError, match=r"answers\.json is missing"):
        list(rsvqa.read(folder, None))


@pytest.mark.parametrize("content", ["{", "[]", '{"answers": 3}', '{"questions": []}'])
def test_a_damaged_file_is_named(folder: Path, content: str) -> None:
    (folder / "LR_split_val_answers.json").write_text(content)
    with pytest.raises(DataError, match=r"answers\.json is no JSON"):
        list(rsvqa.read(folder, None))


def test_folders_and_question_files_are_recognised() -> None:
    assert rsvqa.detect({"files": ["LR_split_val_answers.json", "LR_split_val_questions.json"]})
    assert rsvqa.detect({"questions": [{"id": 0, "img_id": 0}]})
    assert not rsvqa.detect({"questions": [{"question_id": 1, "image_id": 2}]})
    assert not rsvqa.detect({"files": ["rows.jsonl"]})
    assert not rsvqa.detect({"question": "x"})


def test_the_real_splits(shared: Path) -> None:
    counts: Counter[str] = Counter()
    for row in rsvqa.read(shared / "rsvqa-lr", None):
        assert isinstance(row, Sample)
        assert (shared / "rsvqa-lr" / str(row.images[0].source)).is_file()
        counts[row.meta["split"]] += 1
    assert counts == {"train": 300, "val": 500}
    one_file = list(rsvqa.read(shared / "rsvqa-lr" / "LR_split_val_questions.json", None))
    assert len(one_file) == 500
