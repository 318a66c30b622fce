"""Rows transcribed from the GeoChat repository: its README and geochat/eval/batch_geochat_{scene,vqa,referring}.py; boxes as its demo writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.errors import DataError

Load = Callable[..., Any]
REFER = {
    "id": "P0001",
    "image": "P0001.png",
    "conversations": [
        {"from": "human", "value": "<image>\n[refer] where is <p>1 gray large harbor at the left</p> ?"},
        {"from": "gpt", "value": "{<8><26><22><37>|<90>}<delim>{<40><41><50><51>|<12>}"},
        {"from": "human", "value": "[identify] what is this {<8><26><22><37>|<90>}"},
        {"from": "gpt", "value": "1 gray large harbor"},
    ],
}
BENCH = {
    "question_id": "refer_1",
    "image_id": "P0001",
    "question": "1 gray large harbor at the left",
    "ground_truth": [[8, 26, 22, 37, 90], [40, 41, 50, 51, 12]],
    "type": "ref",
    "dataset": "SOTA",
    "obj_ids": [3, 4],
    "size_group": "large",
}


def written(folder: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    text = json.dumps(rows) if name.endswith(".json") else "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(text)
    return path


def test_an_instruction_with_boxes(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, REFER, name="GeoChat_Instruct.json"), task="referred-detection")
    first = found.samples[0]
    assert (found.format, found.profile, first.id) == ("geochat-instruct", "geochat", "P0001")
    assert first.question == "where is <p>1 gray large harbor at the left</p> ?"
    assert first.reference == boxes("percent", [[8, 26, 22, 37, 90], [40, 41, 50, 51, 12]])
    caption = load(tmp_path / "GeoChat_Instruct.json", task="region-caption").samples[1]
    assert (caption.id, caption.question) == ("P0001#2", "what is this <region>")
    assert caption.regions == boxes("percent", [[8, 26, 22, 37, 90]])
    assert caption.reference == ("1 gray large harbor",)


def plain(number: int) -> dict[str, Any]:
    turns = [{"from": "human", "value": "<image>\nRural?"}, {"from": "gpt", "value": "yes"}]
    return {"id": str(number), "image": "a.png", "conversations": turns}


@pytest.mark.parametrize("name", ["all.json", "all.jsonl"])
def test_any_of_the_first_rows_shows_the_format(tmp_path: Path, load: Load, name: str) -> None:
    path = written(tmp_path, *map(plain, range(300)), REFER, name=name)
    found = load(path, task="region-caption")
    assert (found.format, found.profile, len(found.samples)) == ("geochat-instruct", "geochat", 302)
    assert (found.samples[0].question, found.samples[-1].question) == ("Rural?", "what is this <region>")


def test_a_broken_row_without_boxes_is_no_other_format(tmp_path: Path, load: Load) -> None:
    broken = {**plain(2), "conversations": [{"from": "nobody", "value": "?"}]}
    found = load(written(tmp_path, plain(1), broken, REFER), task="region-caption")
    assert (found.format, len(found.samples), [row.line for row in found.rejected]) == ("geochat-instruct", 3, [2])


def test_rows_without_boxes_are_llava_unless_named(tmp_path: Path, load: Load) -> None:
    path = written(tmp_path, *map(plain, range(1000)), REFER, name="all.json")
    assert load(path, task="vqa").format == "llava"
    assert load(path, task="vqa", format_name="geochat-instruct").profile == "geochat"


def test_a_referring_row_of_the_benchmark(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, {**BENCH, "answer": "{<8><26><22><37>|<90>}"}), task="referred-detection")
    [sample] = found.samples
    assert (found.format, sample.id, sample.completion) == ("geochat-bench", "refer_1", "{<8><26><22><37>|<90>}")
    assert sample.question == "Give me the location of <ref>1 gray large harbor at the left</ref>"
    assert sample.images[0].source.endswith("P0001.png")
    assert sample.reference == boxes("percent", [[8, 26, 22, 37, 90], [40, 41, 50, 51, 12]])
    assert (sample.meta["size_group"], sample.meta["boxes"], sample.meta["dataset"]) == ("large", "multiple", "SOTA")


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ("{<8><26><22><37>}", [[8, 26, 22, 37, 0]]),
        ("[[8, 26, 22, 37, 90]]", [[8, 26, 22, 37, 90]]),
        ([8, 26, 22, 37], [[8, 26, 22, 37, 0]]),
        ([[[8, 26], [22, 26], [22, 37], [8, 37]]], [[8, 26, 22, 37, 0]]),
    ],
)
def test_writings_of_the_truth(tmp_path: Path, load: Load, truth: Any, expected: list[list[float]]) -> None:
    [sample] = load(written(tmp_path, {**BENCH, "ground_truth": truth}), task="referred-detection").samples
    assert sample.reference == boxes("percent", expected)


@pytest.mark.parametrize("truth", [[[1, 2]], [["a", 1, 2, 3]], {"x": 1}])
def test_a_truth_that_is_no_box_is_a_flaw(tmp_path: Path, load: Load, truth: Any) -> None:
    [sample] = load(written(tmp_path, {**BENCH, "ground_truth": truth}), task="referred-detection").samples
    assert "not a text and no boxes" in str(sample.flaw)


def test_a_region_row_of_the_benchmark(tmp_path: Path, load: Load) -> None:
    row = {**BENCH, "question": "{<8><26><22><37>|<90>}", "ground_truth": "1 gray large harbor"}
    [sample] = load(written(tmp_path, row), task="region-caption").samples
    assert sample.question == "What is the object present at <region>"
    assert (sample.regions, sample.reference) == (boxes("percent", [[8, 26, 22, 37, 90]]), ("1 gray large harbor",))


def test_scene_and_vqa_rows_of_the_benchmark(tmp_path: Path, load: Load) -> None:
    scene = {
        "question_id": "airport/airport_1",
        "image": "airport_1.jpg",
        "text": "Classify. Classes: a, b.",
        "ground_truth": "airport",
    }
    [sample] = load(written(tmp_path, scene), task="scene").samples
    assert (sample.id, sample.reference, sample.images[0].source.endswith("airport_1.jpg")) == (
        "airport/airport_1",
        "airport",
        True,
    )
    vqa = {
        "question_id": 12,
        "image": "12.tif",
        "text": "Is there a road?",
        "ground_truth": "yes",
        "category": "presence",
    }
    [sample] = load(written(tmp_path, vqa), task="vqa").samples
    assert (sample.id, sample.meta["question_type"]) == ("12", "presence")


def test_a_scene_without_a_truth_has_the_class_of_its_question_id(tmp_path: Path, load: Load) -> None:
    row = {"question_id": "Airport/1", "image_id": "AID/airport_1.jpg", "answer": "airport"}
    assert load(written(tmp_path, row), task="scene").samples[0].reference == "Airport"
    assert load(written(tmp_path, row), task="vqa").samples[0].reference is None
    assert load(written(tmp_path, {**row, "question_id": "1"}), task="scene").samples[0].flaw == "no reference"


def test_answers_of_the_scene_script_have_no_question(tmp_path: Path, load: Load) -> None:
    """batch_geochat_scene.py writes these four keys, and the whole name of the image as its id."""
    row = {"question_id": "Airport/1", "image_id": "AID/airport_1.jpg", "answer": "airport", "ground_truth": "airport"}
    found = load(written(tmp_path, row), task="scene")
    [sample] = found.samples
    assert (found.format, sample.completion, sample.reference, sample.question) == (
        "geochat-bench",
        "airport",
        "airport",
        "",
    )
    assert str(sample.images[0].source).endswith("AID/airport_1.jpg")
    assert sample.meta["question_id"] == "Airport/1"  # by which GeoChat's own scorer judges


def test_bad_rows_cost_those_rows(tmp_path: Path, load: Load) -> None:
    found = load(written(tmp_path, BENCH, {**BENCH, "image_id": 3, "question_id": "x"}), task="referred-detection")
    assert (len(found.samples), found.rejected[0].id) == (1, "x")
    with pytest.raises(DataError, match="name one with --task"):
        load(tmp_path / "rows.jsonl")
