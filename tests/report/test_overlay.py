"""Overlays are true: what scores 1 is drawn where the truth is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.boxes import Boxes, boxes, corners
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.report.overlay import (
    PREDICTED,
    REGION,
    TRUTH,
    angle_frame,
    captioned,
    draw,
    pixel_boxes,
    pixel_polygons,
    side_by_side,
)
from geovlm_cli.rewards import score
from geovlm_cli.task import Batch, Sample, Task

SIZE = (1024, 768)
R1 = Profile(name="r1", box_syntax="list5", frame="model", angle_frame="model", resize=Resize(fixed=(448, 448)))


def in_model_frame(percent: Boxes) -> Boxes:
    return Boxes("model", percent.array * np.array([4.48, 4.48, 4.48, 4.48, 1]))


def test_an_answer_that_scores_1_is_the_polygon_of_the_truth_on_1024_by_768() -> None:
    truth = boxes("percent", [[25, 50, 75, 65, 45]])
    made_in = angle_frame(truth, in_model_frame(truth), R1)
    assert made_in == "percent"
    drawn = pixel_polygons(in_model_frame(truth), made_in, R1, SIZE)
    expected = pixel_polygons(truth, made_in, R1, SIZE)
    assert np.abs(drawn - expected).max() < 1e-9
    assert np.allclose(expected, corners(truth.array) * [10.24, 7.68])


def test_what_the_score_calls_perfect_is_drawn_on_the_truth() -> None:
    truth = boxes("percent", [[25, 50, 75, 75, 45]])
    task = Task(name="find", kind="boxes", summary="")
    batch = Batch([Sample(id="a", task="find", reference=truth, image_size=SIZE)], R1)
    scores = score(task, ["[112,224,336,336,45]"], batch, structure="plain")
    assert scores.columns["detection"][0] == pytest.approx(1, abs=1e-12)
    drawn = pixel_polygons(scores.answers[0], "percent", R1, SIZE)
    assert np.abs(drawn - pixel_polygons(truth, "percent", R1, SIZE)).max() < 1


def test_the_two_pictures_differ_by_no_more_than_one_pixel() -> None:
    truth = boxes("percent", [[25, 50, 75, 65, 45]])
    blank = Image.new("RGB", SIZE)
    true_ink = ink(draw(blank, truth, None, R1, SIZE), TRUTH)
    answer_ink = ink(draw(blank, truth, in_model_frame(truth), R1, SIZE), PREDICTED)
    assert true_ink.sum() > 1000
    assert not (answer_ink & ~grown(true_ink)).any()
    assert not (true_ink & ~grown(answer_ink)).any()


def test_lines_run_through_the_corners_of_the_polygon() -> None:
    truth = boxes("pixel", [[300, 200, 700, 260, 30]])
    found = ink(draw(Image.new("RGB", SIZE), truth, None, R1, SIZE), TRUTH)
    for x, y in pixel_polygons(truth, "pixel", R1, SIZE)[0]:
        assert grown(found)[int(y), int(x)]


def test_turning_after_mapping_would_be_seen() -> None:
    truth = boxes("percent", [[25, 50, 75, 65, 45]])
    wrong = corners(pixel_boxes(truth, R1, SIZE))
    assert np.abs(wrong - pixel_polygons(truth, "percent", R1, SIZE)).max() > 20


def test_without_a_reference_the_frame_of_the_profiles_angles_is_taken() -> None:
    answer = boxes("model", [[1, 2, 3, 4, 5]])
    assert angle_frame(None, answer, R1) == "model"
    assert angle_frame(None, answer, Profile(name="p", frame="permille")) == "permille"
    assert angle_frame(None, boxes("percent", []), None) == "percent"


def test_a_small_image_is_enlarged_and_its_boxes_with_it() -> None:
    picture = draw(Image.new("RGB", (112, 112)), None, boxes("pixel", [[28, 28, 84, 84]]), None, (112, 112))
    assert picture.size == (448, 448)
    assert ink(picture, PREDICTED)[112, 224]


def test_a_smaller_copy_of_the_image_gets_the_same_boxes() -> None:
    picture = draw(Image.new("RGB", (512, 512)), None, boxes("pixel", [[1000, 1000, 3000, 3000]]), None, (4096, 4096))
    assert ink(picture, PREDICTED)[125, 250]


def test_the_given_image_is_left_as_it_was_and_labels_are_written() -> None:
    blank = Image.new("RGB", SIZE)
    plain = draw(blank, None, boxes("pixel", [[100, 100, 200, 200]]), None, SIZE)
    labelled = draw(blank, None, boxes("pixel", [[100, 100, 200, 200]], ["ship"]), None, SIZE)
    assert not np.asarray(blank).any()
    assert ink(labelled, PREDICTED).sum() > ink(plain, PREDICTED).sum()


def test_model_pixels_without_a_profile_are_refused() -> None:
    with pytest.raises(ConfigError, match="--profile"):
        draw(Image.new("RGB", SIZE), None, boxes("model", [[1, 1, 9, 9]]), None, SIZE)


def test_a_pair_becomes_one_picture() -> None:
    row = side_by_side([Image.new("RGB", (100, 50), (255, 0, 0)), Image.new("RGB", (448, 448), (0, 255, 0))])
    assert row.size == (896 + 4 + 448, 448)
    assert row.getpixel((0, 0)) == (255, 0, 0)
    assert row.getpixel((1000, 0)) == (0, 255, 0)


def ink(picture: Image.Image, color: tuple[int, int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (np.asarray(picture) == np.array(color)).all(axis=2)
    return found


def grown(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    padded = np.pad(mask, 1)
    height, width = mask.shape
    shifted = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    together: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.logical_or.reduce(shifted)
    return together


def test_boxes_of_the_question_are_drawn_in_their_own_frame_and_colour() -> None:
    region = boxes("percent", [[25, 50, 75, 65, 45]])
    found = ink(draw(Image.new("RGB", SIZE), None, None, None, SIZE, region), REGION)
    for x, y in pixel_polygons(region, "percent", None, SIZE)[0]:
        assert grown(found)[int(y), int(x)]


def test_a_caption_is_folded_to_the_width_of_its_picture() -> None:
    short, long = (captioned(Image.new("RGB", (500, 500)), text) for text in ("word", "word " * 40))
    assert (short.width, long.width) == (500, 500)
    assert long.height > short.height
