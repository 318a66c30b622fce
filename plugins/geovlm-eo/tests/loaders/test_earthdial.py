from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from geovlm_eo.loaders import earthdial, questions

from geovlm_cli import Boxes, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.errors import ConfigError

SHIP = {
    "question": "[refer] [s1_vh_1] <image> \n Give me the location of <ref>2 small ships</ref>",
    "answer": "[[7, 80, 11, 91, 0]]",
    "gt_bbox": "[[7, 80, 11, 88, 0]], [[-3, 1, 4, 9, 12]]",
    "task_type": "ref",
    "size_group": "small",
}
SCENE = {
    "question": "[hr_rgb_0.5]  <image> \\n Classify the given image in one of the following classes. Classes:  port, railwaystation, "
    "airport. \\nAnswer in one word or a short phrase.",
    "answer": "railwaystation",
    "annotation": "railwayStation",
}


def read(tmp_path: Path, *rows: Any, task: str | None = None, keep_tokens: bool = False) -> list[Sample | BadRow]:
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return list(earthdial.read(path, task, keep_tokens=keep_tokens))


def one(tmp_path: Path, row: Any, **options: Any) -> Sample:
    [found] = read(tmp_path, row, **options)
    assert isinstance(found, Sample)
    return found


def test_a_detection_row(tmp_path: Path) -> None:
    sample = one(tmp_path, SHIP)
    assert (sample.id, sample.task, sample.completion, sample.flaw) == (
        "answers-1",
        "referred-detection",
        "[[7, 80, 11, 91, 0]]",
        None,
    )
    assert sample.question == "Give me the location of <ref>2 small ships</ref>"
    assert isinstance(sample.reference, Boxes)
    assert sample.reference.frame == "percent"
    assert sample.reference.array.tolist() == [[7, 80, 11, 88, 0], [-3, 1, 4, 9, 12]]
    assert sample.meta["size_group"] == "small"


def test_single_and_multiple_are_counted_by_the_digits_only_pattern(tmp_path: Path) -> None:
    truths = [
        "[[7, 80, 11, 88, 0]]",
        "[[7, 80, 11, 88, 0]][[-3, 1, 4, 9, 12]]",
        "[[1, 2, 3, 4, 5], [6, 7, 8, 9, 0]]",
        "[[-3, 1, 4, 9, 12]]",
    ]
    samples = read(tmp_path, *({**SHIP, "gt_bbox": truth} for truth in truths))
    assert [s.meta["boxes"] for s in samples if isinstance(s, Sample)] == ["single", "single", "multiple", "multiple"]


def test_a_classification_row_lists_its_classes_and_spells_the_truth_as_they_do(tmp_path: Path) -> None:
    sample = one(tmp_path, SCENE)
    assert (sample.task, sample.reference) == ("scene", "railwaystation")
    assert sample.choices == ("port", "railwaystation", "airport")
    assert sample.question == (
        "Classify the given image in one of the following classes. Classes: port, railwaystation, airport. Answer in one word or a short phrase."
    )
    assert sample.meta == {"annotation": "railwayStation", "class": "railwaystation"}


def test_tokens_are_kept_on_request(tmp_path: Path) -> None:
    assert one(tmp_path, SCENE, keep_tokens=True).question.startswith("[hr_rgb_0.5] Classify")


def test_a_vqa_row_has_its_type(tmp_path: Path) -> None:
    sample = one(
        tmp_path, {"question": "<image> Is there a road?", "answer": "yes", "annotation": "no", "vqa_type": "presence"}
    )
    assert (sample.task, sample.reference, sample.meta["question_type"]) == ("vqa", "no", "presence")


def test_the_stray_quotation_mark_goes_and_the_words_asked_for_are_choices(tmp_path: Path) -> None:
    row = {
        "question": ' [hr_rgb_temp_0.5] <image> <image> \\n How many? Please answer none, one, two or many."Answer in single word.',
        "caption0": "two",
    }
    sample = one(tmp_path, row, task="temporal")
    assert (sample.question, sample.reference) == (
        "How many? Please answer none, one, two or many. Answer in single word.",
        "two",
    )
    assert sample.choices == ("none", "one", "two", "many")


def test_a_test_set_row_has_images_with_roles(tmp_path: Path) -> None:
    row = {"question": "Affected?", "groundtruth": "yes", "jpg_A": "1/a.jpg", "jpg_B": "1/b.jpg"}
    sample = one(tmp_path, row, task="temporal")
    assert [(image.source, image.role) for image in sample.images] == [("1/a.jpg", "before"), ("1/b.jpg", "after")]
    assert sample.completion is None


def test_captions_are_several_references(tmp_path: Path) -> None:
    row = {"question": "Caption?", "answer": "a", "caption0": "x", "caption1": "y", "caption2": ""}
    assert one(tmp_path, row, task="image-caption").reference == ("x", "y")


def test_a_task_that_the_keys_do_not_tell_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--task"):
        read(tmp_path, {"question": "Caption?", "answer": "a", "caption0": "x"})


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"question": "?", "answer": "a", "caption0": "x", "caption1": "y"}, "captions"),
        ({"question": "[caption] <image> Describe.", "answer": "a", "caption0": "x", "caption1": ""}, "captions"),
        ({"question": "?", "answer": "a", "annotation": "1 ship", "task_type": "ref"}, "captions"),
        ({"question": "?", "answer": "a", "groundtruth": "x", "obj_ids": "[1]"}, "grounded descriptions"),
    ],
)
def test_rows_that_no_task_here_fits_are_named(tmp_path: Path, row: dict[str, str], what: str) -> None:
    with pytest.raises(ConfigError, match=f"are {what}, and geovlm-eo has no task"):
        read(tmp_path, row)
    if what == "captions":  # several texts whatever the task is called, so that a task of another kind has bad truth
        assert isinstance(one(tmp_path, row, task="vqa").reference, tuple)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        '{"question": 1, "annotation": "x"}',
        '{"question": "x"}',
        '{"question": "x", "annotation": "y", "answer": 3}',
    ],
)
def test_a_malformed_row_costs_that_row(tmp_path: Path, line: str) -> None:
    bad, good = read(tmp_path, line, SCENE)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.id) == (1, "answers-1")
    assert isinstance(good, Sample)


@pytest.mark.parametrize("truth", ["", "none", "[[1, 2, 3]]", "[[1, 2, 3, x, 0]]", "[[1, 2, 3, 4, 0]][[1, 2]]"])
def test_a_truth_that_is_no_box_is_a_flaw(tmp_path: Path, truth: str) -> None:
    assert one(tmp_path, {**SHIP, "gt_bbox": truth}).flaw is not None


def test_rows_are_recognised_by_their_keys() -> None:
    assert earthdial.detect(SHIP)
    assert earthdial.detect({"question": "x", "groundtruth0": "y"})
    assert not earthdial.detect({"question": "x", "reference": "y", "images": []})
    assert not earthdial.detect({"files": ["rows.jsonl"]})


def test_a_label_outside_the_classes_is_left_alone() -> None:
    assert questions.spelled_as("Snow", ("port",)) == "Snow"
    assert questions.choices("Is it a port?") == ()


def test_the_real_files_read_whole(shared: Path) -> None:
    counts = {}
    for path in sorted((shared / "earthdial-preds-dev").glob("[cd]*/*.jsonl")):
        if not path.parent.name.startswith("change"):
            rows = list(earthdial.read(path, None))
            assert all(isinstance(row, Sample) and row.flaw is None for row in rows)
            counts[path.stem] = len(rows)
    assert counts == {"STARCOP_test": 342, "WHU_19": 1005, "ship_dataset_v0": 411, "urban_tree_crown_detection": 1279}
