"""Every profile writes and reads back the truth of every task with boxes, to half a step of its own frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from geovlm_eo import detection, grounding, referred_detection
from geovlm_eo.profiles import PROFILES
from hypothesis import given, settings
from hypothesis import strategies as st

from geovlm_cli import Batch, Boxes, Profile, Sample, Task
from geovlm_cli.boxes import Array, Grounded, boxes, expressible, scaled
from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import read_structure, resolve

BOX_TASKS = [resolve(task) for task in (referred_detection.TASK, detection.TASK, grounding.TASK)]
SIZES = st.tuples(st.integers(60, 3000), st.integers(60, 3000))
UNITS = st.floats(0.02, 0.9, allow_subnormal=False)
PLACES = st.tuples(UNITS, UNITS, st.floats(0.03, 0.1), st.floats(0.03, 0.1), st.integers(0, 359))


def truth_of(places: list[tuple[float, float, float, float, int]], frame: str, size: tuple[int, int]) -> Boxes:
    rows = [[x, y, x + w, y + h, angle] for x, y, w, h, angle in places]
    extent = (100.0, 100.0) if frame == "percent" else (float(size[0]), float(size[1]))
    return Boxes(frame, scaled(boxes("unit", rows).array, (1.0, 1.0), extent))


def read_back(task: Task, sample: Sample, profile: Profile) -> Boxes:
    assert task.parse is not None
    texts = read_structure([target_text(task, sample, profile)], profile)
    (answer,) = task.parse(texts, Batch([sample], profile))  # type: ignore[arg-type]  # Rust-side texts
    found = answer.boxes if isinstance(answer, Grounded) else answer
    assert isinstance(found, Boxes), answer
    assert found.invalid == 0
    return found


def expected(truth: Boxes, sample: Sample, profile: Profile) -> Array:
    """Return what the profile's syntax can say of the truth, in its frame, unrounded."""
    own = profile.extent(truth.frame, sample.image_size)
    return scaled(
        expressible(truth.array, own, profile.box_numbers), own, profile.extent(str(profile.frame), sample.image_size)
    )


@pytest.mark.parametrize("task", BOX_TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@settings(max_examples=40)
@given(places=st.lists(PLACES, min_size=1, max_size=4), frame=st.sampled_from(["percent", "pixel"]), size=SIZES)
def test_truth_is_read_back_to_half_a_step(
    profile: Profile,
    task: Task,
    places: list[tuple[float, float, float, float, int]],
    frame: str,
    size: tuple[int, int],
) -> None:
    truth = truth_of(places, frame, size)
    reference = Grounded("some ships at sea", truth) if task.kind == "grounded" else truth
    sample = Sample(id="1", task=task.name, reference=reference, image_size=size)
    found, wanted = read_back(task, sample, profile), expected(truth, sample, profile)
    assert found.array.shape == wanted.shape
    narrow = (wanted[:, 2:4] - wanted[:, :2]) < 1  # a box thinner than a step keeps one
    assert (np.abs(found.array[:, :2] - wanted[:, :2]) <= 0.5 + 1e-6).all()
    assert ((np.abs(found.array[:, 2:4] - wanted[:, 2:4]) <= 0.5 + 1e-6) | narrow).all()
    assert (np.abs(found.array[:, 4] - wanted[:, 4]) <= 0.5).all()


# preprocessor_config.json of Qwen2-VL, Qwen2.5-VL and Qwen3-VL as published: patch size times merge size, and the limits of the area in px.
PUBLISHED = {"qwen2-vl": (28, 3136, 12845056), "qwen2.5-vl": (28, 3136, 12845056), "qwen3-vl": (32, 65536, 16777216)}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("size", [(2000, 2000), (448, 448), (100, 60), (9000, 4000), (640, 480)])
def test_an_image_is_resized_as_the_published_processor_does(name: str, size: tuple[int, int]) -> None:
    profile = next(profile for profile in PROFILES if profile.name == name)
    factor, least, most = PUBLISHED[name]
    vision = pytest.importorskip("transformers.models.qwen2_vl.image_processing_qwen2_vl", exc_type=ImportError)
    height, width = vision.smart_resize(size[1], size[0], factor=factor, min_pixels=least, max_pixels=most)
    assert profile.resize(*size) == (width, height)
    assert name != "qwen2.5-vl" or size != (2000, 2000) or (width, height) == (1988, 1988)


def test_the_448_rule() -> None:
    """Three boxes of GeoVLM-R1's figure are EarthDial's, scaled by 4.48 and rounded (geovlm-r1.md 1.3)."""
    profile = next(profile for profile in PROFILES if profile.name == "geovlm-r1")
    percent = boxes("percent", [[26, 69, 40, 81, 58], [36, 85, 44, 93, 59], [54, 75, 58, 77, 0]])
    sample = Sample(id="1", task="referred-detection", reference=percent)
    text = target_text(BOX_TASKS[0], sample, replace(profile, structure="plain"))
    assert text == "[116,309,179,363,58],[161,381,197,417,59],[242,336,260,345,0]"
