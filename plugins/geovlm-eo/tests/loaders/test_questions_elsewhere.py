"""HRVQA and RSVQAxBEN, on the real files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.errors import DataError

Load = Callable[..., Any]


def test_the_real_questions_of_hrvqa(shared: Path, load: Load) -> None:
    found = load(shared / "hrvqa-train")
    assert (found.format, len(found.samples), found.rejected) == ("hrvqa", 5, [])
    scene = load(shared / "hrvqa-train" / "train_question.json", task="scene").samples
    assert [(s.id, s.reference) for s in scene] == [("train-186826", "highdensity")]
    assert scene[0].images[0].source == str((shared / "hrvqa-train" / "images" / "9342.png").resolve())


def test_the_real_questions_of_rsvqaxben(shared: Path, load: Load) -> None:
    for split in ("train", "val"):
        found = load(shared / "rsvqaxben-text" / f"RSVQAxBEN_QA_{split}.json")
        assert (found.format, len(found.samples), found.rejected) == ("rsvqaxben", 10, [])
        assert {(s.meta["question_type"], s.choices) for s in found.samples} == {("presence", ("yes", "no"))}


def test_the_real_folder_of_rsvqaxben_joins_its_splits(shared: Path, load: Load) -> None:
    found = load(shared / "rsvqaxben-text")
    assert (found.format, len(found.samples), found.rejected) == ("rsvqaxben", 20, [])
    assert "splits joined: train 10, val 10; choose one with --split" in found.report()
    assert len(load(shared / "rsvqaxben-text", split="val").samples) == 10
    with pytest.raises(DataError, match="holds no question of type LC, of which rows of task `multi-label` are made"):
        load(shared / "rsvqaxben-text", task="multi-label")


def test_land_cover_answers_are_lists_of_classes(tmp_path: Path, load: Load) -> None:
    entry = {"type": "LC", "question": "What land cover?", "S2_name": "S2A_MSIL2A_20170803T094031_48_70"}
    rows = {
        "1": {**entry, "answer": "mixed forest and water bodies"},
        "2": {**entry, "answer": "a swamp"},
        "3": {**entry, "type": "presence", "answer": "yes"},
        "4": {"question": "?"},
    }
    path = tmp_path / "RSVQAxBEN_QA_test.json"
    path.write_text(json.dumps(rows))
    found = load(path, task="multi-label")
    assert [s.reference for s in found.samples] == [("Mixed forest", "Water bodies"), None]
    assert found.samples[1].flaw == "not a list of CORINE classes: `a swamp`"
    assert [row.id for row in found.rejected] == ["4"]
    name = "S2A_MSIL2A_20170803T094031_48_70"
    assert str(found.samples[0].images[0].source).endswith(f"/{name}/{name}_{{B04,B03,B02}}.tif")


def test_rsvqa_and_hrvqa_are_told_apart(shared: Path, load: Load) -> None:
    folder = shared / "rsvqa-lr"
    both = load(folder)
    assert (both.format, len(both.samples)) == ("rsvqa", 800)
    assert "splits joined: train 300, val 500; choose one with --split" in both.report()
    assert len(load(folder, split="val").samples) == 500
    assert len(load(folder / "LR_split_train_questions.json").samples) == 300
