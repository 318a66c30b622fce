from __future__ import annotations

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from geovlm_cli.boxes import Array, boxes, convert, corners, expressible, hull, write
from geovlm_cli.errors import ConfigError
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Sample

COORDINATE = st.floats(-500, 500)
BOX = st.tuples(COORDINATE, COORDINATE, st.floats(1, 300), st.floats(1, 300), st.floats(-360, 360)).map(
    lambda b: np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3], b[4]]])
)
SAMPLE = Sample(id="a", task="t", image_size=(1024, 768))


def profile(syntax: str, frame: str) -> Profile:
    return Profile(name="p", box_syntax=syntax, frame=frame)  # type: ignore[arg-type]  # names come from the parameters


@given(BOX)
def test_corners_turn_counter_clockwise_on_screen(box: Array) -> None:
    x1, y1, x2, y2, angle = box[0]
    expected = affinity.rotate(shapely.box(x1, y1, x2, y2), -angle, origin="center")  # shapely's y axis points up
    # the area of the difference of near twins is noise
    assert shapely.Polygon(corners(box)[0]).hausdorff_distance(expected) <= 1e-9 * float(np.abs(box).max())


def test_a_small_positive_angle_lifts_the_right_end() -> None:
    right_end = corners(np.array([[0.0, 4.0, 10.0, 6.0, 10.0]]))[0][1:3]
    assert right_end[:, 1].mean() == pytest.approx(5 - 5 * math.sin(math.radians(10)))


@given(BOX)
def test_the_hull_touches_every_side(box: Array) -> None:
    points, around = corners(box)[0], hull(box)[0]
    assert around[:4] == pytest.approx([*points.min(axis=0), *points.max(axis=0)])
    assert around[4] == 0


def test_conversion_is_a_ratio_per_axis_that_leaves_the_angle() -> None:
    pixels = boxes("pixel", [[512, 192, 768, 384, 45]])
    assert convert(pixels, "percent", profile("list5", "percent"), (1024, 768)).array.tolist() == [[50, 25, 75, 50, 45]]


def test_equal_frames_need_no_image_size() -> None:
    percent = boxes("percent", [[1, 2, 3, 4]])
    assert convert(percent, "percent", profile("list5", "percent"), None) is percent


def test_four_numbers_say_the_clipped_hull() -> None:
    turned = boxes("pixel", [[-20, 10, 20, 30, 90]]).array
    assert expressible(turned, (100.0, 100.0), 4)[0] == pytest.approx([0, 0, 10, 40, 0])
    assert expressible(turned, (100.0, 100.0), 5) is turned


@pytest.mark.parametrize(
    ("syntax", "frame", "text"),
    [
        ("list5", "percent", "[50,25,75,50,45],[0,0,10,10,0]"),
        ("list4", "pixel", "[459,152,821,424],[0,0,102,77]"),
        ("geochat", "percent", "{<50><25><75><50>|<45>}<delim>{<0><0><10><10>|<0>}"),
        (
            "qwen-json",
            "permille",
            '[{"bbox_2d":[448,198,802,552],"label":"ship"},{"bbox_2d":[0,0,100,100],"label":"ship"}]',
        ),
    ],
)
def test_the_text_of_each_syntax(syntax: str, frame: str, text: str) -> None:
    truth = boxes("percent", [[50, 25, 75, 50, 45], [0, 0, 10, 10, 0]], ("ship", "ship"))
    assert write(truth, SAMPLE, profile(syntax, frame)) == text


@pytest.mark.parametrize("syntax", ["list4", "list5", "qwen-json"])
def test_no_boxes_are_an_empty_list(syntax: str) -> None:
    assert write(boxes("percent", []), SAMPLE, profile(syntax, "percent")) == "[]"


def test_a_box_thinner_than_a_step_keeps_one_step() -> None:
    assert write(boxes("unit", [[0.5, 0.5, 0.5001, 0.9]]), SAMPLE, profile("list4", "percent")) == "[50,50,51,90]"


@pytest.mark.parametrize(
    ("syntax", "frame", "box", "text"),
    [
        ("list5", "percent", [997.9, 500, 1000, 600], "[99,50,100,60,0]"),
        ("geochat", "percent", [997.9, 500, 1000, 600], "{<99><50><100><60>|<0>}"),
        ("list4", "permille", [999.7, 999.8, 1000, 1000], "[999,999,1000,1000]"),
        ("list5", "unit", [999.8, 0, 1000, 0.1], "[0.999,0.0,1.0,0.001,0.0]"),
        ("list5", "percent", [106, 500, 107, 600], "[10,50,11,60,0]"),  # 11 to 12 would not touch it
        ("list5", "percent", [-3, 996, 4, 1020], "[0,99,1,102,0]"),
    ],
)
def test_a_thin_box_becomes_the_step_that_holds_it_and_stays_on_the_image(
    syntax: str, frame: str, box: list[float], text: str
) -> None:
    sample = Sample(id="a", task="t", image_size=(1000, 1000))
    assert write(boxes("pixel", [box]), sample, profile(syntax, frame)) == text


@given(
    st.floats(-50, 1050),
    st.floats(-50, 1050),
    st.floats(1e-3, 80),
    st.floats(1e-3, 80),
    st.sampled_from(["percent", "permille", "unit"]),
)
def test_what_is_written_of_an_upright_box_on_the_image_meets_it_there(
    x: float, y: float, width: float, height: float, frame: str
) -> None:
    seen = x + width > 1e-6 and y + height > 1e-6 and x < 1000 - 1e-6 and y < 1000 - 1e-6
    sample, speaker = Sample(id="a", task="t", image_size=(1000, 1000)), profile("list5", frame)
    text = write(boxes("pixel", [[x, y, x + width, y + height]]), sample, speaker)
    said = convert(boxes(frame, [json.loads(text)]), "pixel", speaker, (1000, 1000))
    true, image = shapely.box(x, y, x + width, y + height), shapely.box(0, 0, 1000, 1000)
    assert not seen or shapely.box(*said.array[0, :4]).intersection(image).intersection(true).area > 0


def test_a_profile_without_boxes_is_named() -> None:
    with pytest.raises(ConfigError, match="Profile `plain` declares no box syntax"):
        write(boxes("unit", [[0, 0, 1, 1]]), SAMPLE, Profile(name="plain"))
