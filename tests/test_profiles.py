from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.profiles import Profile, Resize, profile_from_mapping

SIDES = st.integers(1, 6000)


@given(SIDES, SIDES, st.sampled_from([14, 16, 28, 32]), st.integers(1, 256), st.integers(256, 16384))
def test_resize_equals_the_arithmetic_of_transformers(
    width: int, height: int, factor: int, least: int, most: int
) -> None:
    vision = pytest.importorskip("transformers.models.qwen2_vl.image_processing_qwen2_vl", exc_type=ImportError)
    resize = Resize(factor=factor, min_pixels=least * factor**2, max_pixels=most * factor**2)
    if max(width, height) / min(width, height) > 200:
        with pytest.raises(DataError, match="crop it"):
            resize(width, height)
        return
    h, w = vision.smart_resize(height, width, factor=factor, min_pixels=resize.min_pixels, max_pixels=resize.max_pixels)
    assert resize(width, height) == (w, h)


def test_extents_of_the_frames_of_one_image() -> None:
    profile = Profile(name="p", frame="model")
    assert profile.extent("pixel", (1024, 768)) == (1024, 768)
    assert profile.extent("model", (1000, 750)) == (1008, 756)
    assert [profile.extent(frame, None) for frame in ("unit", "percent", "permille")] == [
        (1, 1),
        (100, 100),
        (1000, 1000),
    ]


def test_a_fixed_size_needs_no_image() -> None:
    assert Profile(name="p", resize=Resize(fixed=(448, 448))).extent("model", None) == (448, 448)


def test_a_frame_in_pixels_needs_the_image() -> None:
    with pytest.raises(DataError, match="needs the size of the image"):
        Profile(name="p").extent("pixel", None)


def test_a_profile_survives_its_description() -> None:
    profile = Profile(name="p", box_syntax="list5", frame="model", angle_frame="model", resize=Resize(fixed=(112, 112)))
    assert profile_from_mapping(profile.describe(), "here") == profile
    assert profile.describe()["resize"] == {"fixed": (112, 112)}
    other = Profile(name="p", opens_think=True, resize=Resize(factor=32, min_pixels=1024))
    assert profile_from_mapping(other.describe(), "here") == other


def test_limits_that_one_multiple_of_the_factor_fits_are_read() -> None:
    resize = {"factor": 28, "min_pixels": 700, "max_pixels": 784}
    assert profile_from_mapping({"name": "p", "resize": resize}, "here").resize(30, 30) == (28, 28)


def test_a_broken_template_ends_in_one_full_stop() -> None:
    with pytest.raises(ConfigError) as error:
        profile_from_mapping({"name": "p", "instruction": "{% if x %}Look."}, "here")
    assert str(error.value).endswith(".")
    assert not str(error.value).endswith("..")


@pytest.mark.parametrize("structure", ["think_answer", "answer"])
def test_a_template_may_open_a_block_that_the_structure_has(structure: str) -> None:
    assert profile_from_mapping({"name": "p", "structure": structure, "opens_think": True}, "here").opens_think


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "p", "frmae": "unit"}, "unknown profile key `frmae`. Did you mean `frame`"),
        ({"name": "p", "frame": "meters"}, "`frame` is `meters`; it must be one of pixel"),
        ({"frame": "unit"}, "needs a `name`"),
        ({"name": " "}, "needs a `name`"),
        ({"name": 5}, "`name` is 5, and must be a text; put it in quotation marks."),
        (
            {"name": "p", "resize": {"factor": 28, "min_pixels": 800, "max_pixels": 1000}},
            "no image whose sides are multiples of 28 has an area in [800, 1000] px",
        ),
        ({"name": "p", "resize": {"min_pixels": 100, "max_pixels": 700}}, "has an area in [100, 700] px"),
        ({"name": "p", "box_syntax": "list4", "frame": "model"}, "leaves out `factor`, `min_pixels`, `max_pixels`;"),
        (
            {"name": "p", "box_syntax": "list4", "frame": "model", "resize": {"factor": 28, "min_pixels": 3136}},
            "`resize` leaves out `max_pixels`; declare what the model does",
        ),
        (
            {"name": "p", "box_syntax": "list4", "frame": "unit", "angle_frame": "unit"},
            "`angle_frame` is `unit`, and boxes of the syntax `list4` have no angles",
        ),
        ({"name": "p", "angle_frame": "unit"}, "a profile without `box_syntax` has no angles"),
        ({"name": "p", "resize": {"size": 3}}, "`resize` takes the keys fixed, factor"),
        ({"name": "p", "resize": {"fixed": "448"}}, "`resize.fixed` must be [width, height]"),
        ({"name": "p", "resize": {"fixed": [448, 0]}}, "`resize.fixed` must be [width, height]"),
        ({"name": "p", "resize": {"factor": 2.5}}, "`resize.factor` must be a whole number"),
        ({"name": "p", "resize": {"min_pixels": 10, "max_pixels": 5}}, "`resize.min_pixels` is above"),
        (
            {"name": "p", "resize": {"fixed": [448, 448], "factor": 28, "max_pixels": 9}},
            "`resize.fixed` is the size of every image, so `factor`, `max_pixels` would say nothing; give one or the other.",
        ),
        ({"name": "p", "structure": "any", "opens_think": True}, "structure `any` has no think block"),
        ({"name": "p", "structure": "plain", "opens_think": True}, "`structure` one of think_answer, answer."),
        ({"name": "p", "opens_think": "no"}, "`opens_think` must be true or false"),
        ({"name": "p", "instruction": 3}, "`instruction` must be a text"),
        ({"name": "p", "instruction": "Look. {{ tags"}, "`instruction` is no jinja2 text: "),
        ({"name": "p", "frame": "unit"}, "`box_syntax` and `frame` go together"),
    ],
)
def test_a_bad_profile_names_its_file_and_key(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=r"^mine\.yaml: ") as error:
        profile_from_mapping(values, "mine.yaml")
    assert message in str(error.value)
