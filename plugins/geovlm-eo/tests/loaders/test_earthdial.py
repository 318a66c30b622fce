from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from geovlm_eo.loaders import earthdial, questions
from PIL import Image

from geovlm_cli import Boxes, Grounded, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.data import BadRow
from geovlm_cli.data.truths import read_boxes_text
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


def test_only_earthdial_counts_single_and_multiple_by_its_digits_only_pattern(tmp_path: Path) -> None:
    truths = [
        "[[7, 80, 11, 88, 0]]",
        "[[7, 80, 11, 88, 0]][[-3, 1, 4, 9, 12]]",
        "[[1, 2, 3, 4, 5], [6, 7, 8, 9, 0]]",
        "[[-3, 1, 4, 9, 12]]",
        "[[1, 2, 3]]",
    ]
    samples = [s for s in read(tmp_path, *({**SHIP, "gt_bbox": truth} for truth in truths)) if isinstance(s, Sample)]
    assert [s.meta["boxes"] for s in samples[:4]] == ["single", "multiple", "multiple", "single"]
    assert [s.meta.get("boxes@earthdial") for s in samples] == [None, "single", None, "multiple", "single"]


def test_a_classification_row_lists_its_classes_and_spells_the_truth_as_they_do(tmp_path: Path) -> None:
    sample = one(tmp_path, SCENE, task="scene")
    assert (sample.task, sample.reference) == ("scene", "railwaystation")
    assert sample.choices == ("port", "railwaystation", "airport")
    assert sample.question == (
        "Classify the given image in one of the following classes. Classes: port, railwaystation, airport. Answer in one word or a short phrase."
    )
    assert sample.meta == {"annotation": "railwayStation", "class": "railwaystation"}


def test_tokens_are_kept_on_request(tmp_path: Path) -> None:
    assert one(tmp_path, SCENE, task="scene", keep_tokens=True).question.startswith("[hr_rgb_0.5] Classify")


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
    ("row", "task"),
    [
        ({"question": "?", "answer": "a", "annotation": "1 ship", "task_type": "ref"}, "region-caption"),
        ({"question": "?", "answer": "a", "groundtruth": "x", "obj_ids": "[]"}, "grounding"),
        ({"question": "?", "answer": "a", "annotation": "no", "vqa_type": "presence"}, "vqa"),
        ({"question": "?", "groundtruth": "no", "ttype": "rural_urban"}, "vqa"),
        ({"question": "?", "gt_bbox": "[[1, 2, 3, 4, 0]]"}, "referred-detection"),
    ],
)
def test_keys_that_only_one_task_has_tell_it(tmp_path: Path, row: dict[str, str], task: str) -> None:
    assert one(tmp_path, row).task == task


@pytest.mark.parametrize(
    ("row", "candidates"),
    [
        ({"question": "[caption] ?", "caption0": "x", "caption1": "y"}, "image-caption, change-caption"),
        ({"question": "?", "annotation": "airport"}, "scene, multi-label, temporal or vqa"),
        ({"question": "?", "groundtruth": "[[1, 2, 3, 4, 0]]", "ttype": "ref"}, "referred-detection"),
    ],
)
def test_a_task_is_never_guessed(tmp_path: Path, row: dict[str, str], candidates: str) -> None:
    with pytest.raises(ConfigError, match=f"name it with --task .*{candidates}"):
        read(tmp_path, row)


def test_a_caption_in_a_json_list_is_unpacked_and_its_raw_text_kept(tmp_path: Path) -> None:
    raw = '["a road has been built"]'
    sample = one(tmp_path, {"question": "?", "answer": "a", "caption0": raw, "caption1": ""}, task="change-caption")
    assert (sample.reference, sample.meta["caption0"]) == (("a road has been built",), raw)
    broken = one(tmp_path, {"question": "?", "caption0": "[a road"}, task="change-caption")
    assert broken.reference == ("[a road",)


def test_the_region_of_a_question_is_a_box_and_its_place_a_mark(tmp_path: Path) -> None:
    question = (
        " [identify] [hr_rgb_0.5] <image> \\n what object is in this location  <box>[[[42, 61, 48, 66, 55]]]</box>"
    )
    sample = one(tmp_path, {"question": question, "annotation": "1 car", "task_type": "ref", "size_group": "large"})
    assert sample.question == "what object is in this location <region>"
    assert sample.regions == boxes("percent", [[42, 61, 48, 66, 55]])
    assert (sample.reference, sample.meta["size_group"]) == (("1 car",), "large")


def test_a_region_that_is_no_box_stays_in_the_question() -> None:
    assert questions.without_regions("What is at <box>left</box>?") == ("What is at <box>left</box>?", None)


def test_a_description_has_its_words_and_the_boxes_of_obj_ids(tmp_path: Path) -> None:
    row = {
        "question": "[grounding] <image> Describe.",
        "answer": "a",
        "groundtruth": "There is  <ref>1 tan pool </ref> <box>[[[81, 22, 100, 42, 0]]]</box> located at right,  <ref>2 cars </ref> "
        "<box>[[1, 2, 3, 4, 5]][[5, 6, 7, 8, 9]]</box>.",
        "obj_ids": '["[[81, 22, 100, 42, 0]]", "[[1, 2, 3, 4, 5]], [[5, 6, 7, 8, 9]]"]',
        "size_group": '["medium", "small"]',
    }
    sample = one(tmp_path, row)
    assert sample.reference == Grounded(
        "There is 1 tan pool located at right, 2 cars.",
        boxes("percent", [[81, 22, 100, 42, 0], [1, 2, 3, 4, 5], [5, 6, 7, 8, 9]]),
    )
    assert sample.meta["size_groups"] == '["medium", "small"]'
    assert "size_group" not in sample.meta
    assert one(tmp_path, {**row, "obj_ids": "[1"}).flaw == "`obj_ids` is no list of boxes: `[1`"


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
    bad, good = read(tmp_path, line, SCENE, task="scene")
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.id) == (1, "answers-1" if line.startswith('{"') else "")
    assert isinstance(good, Sample)


@pytest.mark.parametrize("truth", ["", "none", "[[1, 2, 3]]", "[[1, 2, 3, x, 0]]", "[[1, 2, 3, 4, 0]][[1, 2]]"])
def test_a_truth_that_is_no_box_is_a_flaw(tmp_path: Path, truth: str) -> None:
    assert one(tmp_path, {**SHIP, "gt_bbox": truth}).flaw is not None


def test_rows_are_recognised_by_their_keys() -> None:
    assert earthdial.detect(SHIP)
    assert earthdial.detect({"question": "x", "groundtruth0": "y"})
    assert not earthdial.detect({"question": "x", "reference": "y", "images": []})
    assert not earthdial.detect({"files": ["rows.jsonl"]})


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ("Classes: forest, river, port\nAnswer in one word or a short phrase.", ("forest", "river", "port")),
        ("Classes: forest, river, port\\nAnswer in one word.", ("forest", "river", "port")),
        ("Classes:  port, pond ,\tairport. \\nAnswer in one word.", ("port", "pond", "airport")),
        (
            "Classes: St. Mary's, a.b, c. Answer.",
            ("St",),
        ),  # a stop before a blank ends the list, one inside a name does not
        ("Classes: a.b, c. Answer.", ("a.b", "c")),
        ("Classes: Industrial or commercial units, Pastures.", ("Industrial or commercial units", "Pastures")),
        ("Please answer yes/no.", ("yes", "no")),
        ('Please answer none, one, two or many."Answer in single word.', ("none", "one", "two", "many")),
        ("Please answer in one word, or in a short phrase.", ()),
        ("Please answer briefly.", ()),
    ],
)
def test_a_list_of_classes_ends_with_its_line_or_sentence(question: str, listed: tuple[str, ...]) -> None:
    assert questions.read(question)[2] == listed


def test_names_of_bigearthnet_keep_their_commas(tmp_path: Path) -> None:
    land = "Land principally occupied by agriculture, with significant areas of natural vegetation"
    row = {
        "question": f"[classify] [s2_rgb_10] <image> Classes: {land}, Beaches, dunes, sands, Pastures, Transitional woodland, shrub. Answer.",
        "groundtruth": f"pastures, beaches, dunes, sands, {land}",
    }
    sample = one(tmp_path, row, task="multi-label")
    assert sample.choices == (land, "Beaches, dunes, sands", "Pastures", "Transitional woodland, shrub")
    assert sample.reference == ("Pastures", "Beaches, dunes, sands", land)
    assert one(tmp_path, {**row, "groundtruth": "dunes, sands"}, task="multi-label").reference == ("dunes", "sands")


def test_a_label_outside_the_classes_is_left_alone() -> None:
    assert questions.spelled_as("Snow", ("port",)) == "Snow"
    assert questions.choices("Is it a port?") == ()


TASKS_OF_FILES = {
    "WHU_19": ("scene", 1005),
    "STARCOP_test": ("scene", 342),
    "ship_dataset_v0": (None, 411),
    "urban_tree_crown_detection": (None, 1279),
    "region_captioning/urban_tree_crown_detection": (None, 1471),
    "HIT_UAV_test": (None, 908),
    "SRSDD_V1_0_test": (None, 156),
    "ship_dataset_v0_test": (None, 682),
    "Swimming_pool_dataset": (None, 25),
    "UCAS_AOD": (None, 25),
    "UCM_captions": ("image-caption", 210),
    "sydney_Captions": ("image-caption", 11),
    "xBD_testset_2": ("temporal", 25),
    "xBD_testset_3": ("temporal", 25),
    "xBD_reg_cls_testset_2": ("damage", 25),
    "xBD_referred_object_detection": ("referred-detection", 25),
    "xBD_image_captioning": ("image-caption", 25),
    "Dubai_CC": ("change-caption", 25),
    "MUDS": ("change-caption", 10),
}


def test_every_row_of_the_real_files_is_read(shared: Path) -> None:
    files = sorted((shared / "earthdial-preds-dev").glob("*/*.jsonl"))
    assert len(files) == len(TASKS_OF_FILES)
    for path in files:
        task, count = TASKS_OF_FILES.get(f"{path.parent.name}/{path.stem}") or TASKS_OF_FILES[path.stem]
        rows = list(earthdial.read(path, task))
        assert len(rows) == count
        assert all(isinstance(row, Sample) and row.flaw is None and row.reference for row in rows), path
        named = path.parent.name == "region_captioning" or path.stem == "xBD_reg_cls_testset_2"
        assert all(isinstance(row, Sample) and (row.regions is not None) == named for row in rows), path


def test_the_boxes_of_the_real_descriptions_are_those_in_their_text(shared: Path) -> None:
    for path in sorted((shared / "earthdial-preds-dev/grounding").glob("*.jsonl")):
        for row in earthdial.read(path, None):
            assert isinstance(row, Sample)
            assert read_boxes_text(row.meta["groundtruth"], "percent")[0] == row.reference.boxes


def picture(side: int) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "JPEG")
    return {"bytes": buffer.getvalue(), "path": None}


def saved(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """Save rows as EarthDial's shards are: `datasets`, image columns of the type Image."""
    made = datasets.Dataset.from_list(rows)
    for name in made.column_names:
        if name.startswith("jpg"):
            made = made.cast_column(name, datasets.Image())
    made.save_to_disk(folder / "GeoChat_Bench" / "refer" / "shard_0")
    return folder / "GeoChat_Bench" / "refer"


def test_a_shard_of_a_test_set(tmp_path: Path) -> None:
    """Columns and quotation marks as src/earthdial/eval/rs_detection/detection_test.py of hiyamdebary/EarthDial reads them."""
    rows = [
        {
            "jpg": picture(8),
            "question": '"[refer] [hr_rgb_0.5] <image> \\n Give me the location of <ref>1 plane</ref>"',
            "groundtruth": '"[[83, 58, 87, 62, 37]]"',
            "ttype": '"ref"',
            "size_group": '"small"',
        }
    ]
    [sample] = earthdial.read(saved(tmp_path, rows), "referred-detection")
    assert isinstance(sample, Sample)
    assert sample.question == "Give me the location of <ref>1 plane</ref>"
    assert sample.reference == boxes("percent", [[83, 58, 87, 62, 37]])
    assert (sample.meta["size_group"], sample.meta["question_type"], sample.meta["boxes"]) == ("small", "ref", "single")
    assert isinstance(sample.images[0].source, bytes)


def test_a_pair_of_a_test_set_has_roles_and_counts_its_marks(tmp_path: Path) -> None:
    question = "[identify] [hr_rgb_temp_0.5] <image> \\n Is this building at <box>[[56, 5, 58, 7, 0]]</box> affected?"
    rows = [{"jpg_A": picture(8), "jpg_B": picture(9), "question": question, "groundtruth": "yes"}]
    [sample] = earthdial.read(saved(tmp_path, rows), "damage")
    assert isinstance(sample, Sample)
    assert [image.role for image in sample.images] == ["before", "after"]
    assert (sample.reference, sample.meta["image_marks"]) == ("yes", 1)


def test_a_sequence_of_a_test_set_has_roles(tmp_path: Path) -> None:
    keys = ("jpg_A", "jpg_B", "jpg_C", "jpg_D")
    held = {key: picture(8 + place) for place, key in enumerate(keys)}
    rows = [{**held, "question": "<image><image><image><image> Which season?", "groundtruth": "summer"}]
    [sample] = earthdial.read(saved(tmp_path, rows), "temporal")
    assert isinstance(sample, Sample)
    assert [image.role for image in sample.images] == ["first", "second", "third", "fourth"]
    assert "image_marks" not in sample.meta


@pytest.mark.parametrize("columns", [("jpg",), ("jpg_A", "jpg_B")])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_training_set_is_known_by_its_pictures(
    tmp_path: Path, load: Callable[..., Any], columns: tuple[str, ...], as_text: bool
) -> None:
    """Copies of the shards hold the turns as JSON text, as EarthDial's own, or as a list, as rows of LLaVA and GeoChat do."""
    turns = [
        {"from": "human", "value": "[refer] [hr_rgb_0.5] <image>\nGive me the location of <ref>1 plane</ref>"},
        {"from": "gpt", "value": "[[10, 20, 30, 40, 15]]"},
    ]
    row = {**{name: picture(8) for name in columns}, "conversations": json.dumps(turns) if as_text else turns}
    found = load(saved(tmp_path, [row]), task="detection")
    [sample] = found.samples
    assert (found.format, len(sample.images), sample.reference) == (
        "earthdial",
        len(columns),
        boxes("percent", [[10, 20, 30, 40, 15]]),
    )
    assert sample.question == "Give me the location of <ref>1 plane</ref>"


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_shard_of_a_training_set(tmp_path: Path, wrapped: bool) -> None:
    turns = [
        {"from": "human", "value": "<image>\n[hr_rgb_0.5] Classify. Classes: port, airport."},
        {"from": "gpt", "value": "Air Port"},
        {"from": "human", "value": "And?"},
        {"from": "gpt", "value": "port"},
    ]
    held = json.dumps({"conversations": turns} if wrapped else turns)
    path = saved(tmp_path, [{"jpg": picture(8), "conversations": held}, {"jpg": picture(8), "conversations": "[oops"}])
    first, second, bad = earthdial.read(path, "scene")
    assert isinstance(first, Sample)
    assert isinstance(second, Sample)
    assert (first.id, first.question, first.reference) == ("refer-1", "Classify. Classes: port, airport.", "airport")
    assert (second.id, second.question, second.reference) == ("refer-1#2", "And?", "port")
    assert isinstance(bad, BadRow)
    assert "`conversations` is no JSON" in bad.why


def test_a_row_of_a_split_has_one_id(tmp_path: Path, load: Callable[..., Any]) -> None:
    turns = [{"from": "human", "value": "Classify."}, {"from": "gpt", "value": "port"}]
    rows = datasets.Dataset.from_list([{"jpg": picture(8), "conversations": json.dumps(turns * 2)}] * 2)
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "d")
    chosen, named = load(tmp_path / "d", task="scene", split="test"), load(tmp_path / "d" / "test", task="scene")
    assert chosen.format == "earthdial"
    assert [sample.id for sample in chosen.samples] == ["test-1", "test-1#2", "test-2", "test-2#2"]
    assert [sample.id for sample in named.samples] == [sample.id for sample in chosen.samples]


def test_a_training_row_is_recognised() -> None:
    assert earthdial.detect({"jpg": {"bytes": b"x"}, "conversations": "[]"})
    assert not earthdial.detect({"image": "a.png", "conversations": []})


def test_image_columns_that_are_not_read_are_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    row = {"jpg": "a.jpg", "jpg1": "b.jpg", "jpg2": "c.jpg", "question": "Which class?", "groundtruth": "port"}
    read(tmp_path, row, row, task="scene")
    assert [next(key for key in ("jpg1", "jpg2") if key in said) for said in caplog.messages] == ["jpg1", "jpg2"]
    caplog.clear()
    one(tmp_path, {key: value for key, value in row.items() if key == "jpg" or not key.startswith("jpg")}, task="scene")
    assert not caplog.messages
