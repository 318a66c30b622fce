"""Rows of predict: boxes in pixels of the original image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.boxes import Boxes, Grounded, boxes, corners
from geovlm_cli.errors import DataError
from geovlm_cli.generation.answering import Failure
from geovlm_cli.prediction.records import failed, record
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import ImageRef, Malformed, Sample

R1 = Profile(name="r1", box_syntax="list5", frame="model", angle_frame="model", resize=Resize(fixed=(448, 448)))
SAMPLE = Sample(id="a", task="t", question="where?", image_size=(896, 448))


def test_a_box_has_five_numbers_and_its_corners_in_pixels_of_the_original() -> None:
    answer = boxes("model", [[100, 100, 200, 140, 90]], ["ship"])
    row = record(SAMPLE, "[100,100,200,140,90]", answer, R1)
    assert row["boxes"] == [
        {"box": [200.0, 100.0, 400.0, 140.0, 90.0], "polygon": row["boxes"][0]["polygon"], "label": "ship"}
    ]
    turned_in_the_model_frame = corners(answer.array)[0] * [2, 1]
    assert np.allclose(row["boxes"][0]["polygon"], turned_in_the_model_frame)
    assert row["answer"] == {"frame": "model", "boxes": [[100, 100, 200, 140, 90]], "labels": ["ship"]}
    assert row["reason"] == ""


def test_polygons_are_made_in_the_frame_of_the_reference_where_there_is_one() -> None:
    wide = Sample(id="a", task="t", image_size=(896, 448), reference=boxes("pixel", [[0, 0, 9, 9]]))
    row = record(wide, "", boxes("model", [[100, 100, 200, 140, 45]]), R1)
    assert np.allclose(row["boxes"][0]["polygon"], corners(np.array([[200.0, 100, 400, 140, 45]]))[0], atol=0.01)


def test_a_malformed_answer_has_its_reason_and_no_boxes() -> None:
    row = record(SAMPLE, "[1,2", Malformed("bad_json"), R1)
    assert (row["completion"], row["answer"], row["reason"]) == ("[1,2", None, "bad_json")
    assert "boxes" not in row


def test_no_boxes_are_an_answer() -> None:
    assert record(SAMPLE, "[]", boxes("model", []), R1)["boxes"] == []


@pytest.mark.parametrize(("answer", "written"), [("ship", "ship"), (3, 3), (("a", "b"), ["a", "b"])])
def test_other_kinds_are_written_as_they_are(answer: object, written: object) -> None:
    row = record(SAMPLE, "", answer, R1)
    assert row["answer"] == written
    assert "boxes" not in row


def test_boxes_in_a_grounded_text() -> None:
    row = record(SAMPLE, "", Grounded("a ship", boxes("percent", [[0, 0, 50, 50]])), R1)
    assert row["answer"]["text"] == "a ship"
    assert row["boxes"][0]["box"] == [0, 0, 448, 224, 0]


def test_the_size_comes_from_the_last_image(tmp_path: Path) -> None:
    for name, size in (("before.png", (10, 10)), ("after.png", (200, 100))):
        Image.new("RGB", size).save(tmp_path / name)
    sample = Sample(
        id="a", task="t", images=tuple(ImageRef(str(tmp_path / name)) for name in ("before.png", "after.png"))
    )
    assert record(sample, "", boxes("percent", [[0, 0, 100, 100]]), R1)["boxes"][0]["box"] == [0, 0, 200, 100, 0]


def test_boxes_of_no_image_are_refused() -> None:
    with pytest.raises(DataError, match="no image"):
        record(Sample(id="a", task="t"), "", Boxes("percent", np.ones((1, 5))), R1)


def test_a_row_that_could_not_be_asked() -> None:
    row = failed(SAMPLE, Failure("Image x does not exist."))
    assert (row["completion"], row["error"], "by_server" in row) == (None, "Image x does not exist.", False)
