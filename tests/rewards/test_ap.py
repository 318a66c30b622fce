"""Average precision: Rust, plain twin and pycocotools agree to 1e-9, on single images and on corpora."""

from __future__ import annotations

import contextlib
import io
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import coco as pycoco
from pycocotools.cocoeval import COCOeval

from geovlm_cli.boxes import Boxes, boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import RewardInputError, ap, protocols_of_kind
from geovlm_cli.rewards import boxes as parse_boxes
from geovlm_cli.rewards.reference.ap import Scene, average_precision, coco
from geovlm_cli.task import Batch, Malformed, Metric, Sample

COCO = protocols_of_kind("boxes")[0]
NAMES = ("ship", "car", "plane")
SIDES = (4, 8, 16, 30, 32, 33, 60, 96, 97, 130)  # on both sides of COCO's areas


def scene(draw: random.Random, predicted: int, true: int, names: tuple[str, ...] = NAMES) -> Scene:
    """Boxes on a coarse grid, so that equal IoU, repeated boxes and IoU at a threshold are common."""
    truths = [(draw.choice(names), box(draw)) for _ in range(true)]
    guesses = [
        moved(draw, draw.choice(truths)) if truths and draw.random() < 0.7 else (draw.choice(names), box(draw))
        for _ in range(predicted)
    ]
    return Scene(guesses, truths)


def box(draw: random.Random) -> Any:
    x, y = draw.randrange(0, 40, 4), draw.randrange(0, 40, 4)
    return float(x), float(y), float(x + draw.choice(SIDES)), float(y + draw.choice(SIDES)), 0.0


def moved(draw: random.Random, item: tuple[str, Any]) -> tuple[str, Any]:
    name, (x1, y1, x2, y2, _) = item
    dx, dy = draw.choice((0, 0, 1, 2, -2)), draw.choice((0, 0, 1, 2))
    return (draw.choice(NAMES) if draw.random() < 0.1 else name), (x1 + dx, y1 + dy, x2 + dx, y2 + dy, 0.0)


def as_boxes(items: Any) -> Boxes:
    return boxes("pixel", [values for _, values in items], [name for name, _ in items])


def pycocotools(scenes: list[Scene]) -> list[float]:
    judge = evaluated(scenes)
    with contextlib.redirect_stdout(io.StringIO()):
        judge.summarize()
    return [float(value) for value in judge.stats]


def evaluated(scenes: list[Scene], areas: list[str] | None = None) -> COCOeval:
    """Run pycocotools over some images; areas: the ranges that are looked at, all four where none are named."""
    names = sorted({name for one in scenes for name, _ in one.true})
    annotations = [
        {
            "image_id": i,
            "category_id": names.index(name),
            "bbox": corner_and_size(values),
            "area": corner_and_size(values)[2] * corner_and_size(values)[3],
            "iscrowd": 0,
        }
        for i, one in enumerate(scenes)
        for name, values in one.true
    ]
    detections = [
        {"image_id": i, "category_id": names.index(name), "bbox": corner_and_size(values), "score": 1.0}
        for i, one in enumerate(scenes)
        for name, values in one.predicted
        if name in names
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = pycoco.COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(scenes))],
            "categories": [{"id": k, "name": name} for k, name in enumerate(names)],
            "annotations": [{"id": number, **values} for number, values in enumerate(annotations, 1)],
        }
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(detections) if detections else pycoco.COCO(), "bbox")
        if areas:
            judge.params.areaRng = judge.params.areaRng[: len(areas)]
            judge.params.areaRngLbl = areas
        judge.evaluate()
        judge.accumulate()
    return judge


def corner_and_size(values: Any) -> list[float]:
    x1, y1, x2, y2, _ = values
    return [x1, y1, x2 - x1, y2 - y1]


def batch_of(scenes: list[Scene]) -> Batch:
    return Batch([Sample(id=str(i), task="t", reference=as_boxes(one.true)) for i, one in enumerate(scenes)])


def protocol(scenes: list[Scene], weights: list[float] | None = None) -> dict[str, Metric]:
    columns = COCO.score([as_boxes(one.predicted) for one in scenes], batch_of(scenes))
    return COCO.summarise(columns, np.array(weights or [1.0] * len(scenes)))


def same(mine: dict[str, Metric], expected: list[float]) -> None:
    values = [
        -1.0 if np.isnan(metric.value) else metric.value for metric in mine.values()
    ]  # pycocotools: −1 where nothing counts
    assert values == pytest.approx(expected, abs=1e-9)


def corpus(seed: int, images: int = 5, most: int = 8) -> list[Scene]:
    draw = random.Random(seed)
    scenes = [scene(draw, draw.randrange(most), draw.randrange(most)) for _ in range(images)]
    return [*scenes, scene(draw, 2, 3)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_a_corpus_equals_pycocotools(seed: int) -> None:
    scenes = corpus(seed)
    expected = pycocotools(scenes)
    same(protocol(scenes), expected)
    plain = [-1.0 if np.isnan(value) else value for value in coco(scenes).values()]
    assert plain == pytest.approx(expected, abs=1e-9)


@pytest.mark.timeout(3600)
@pytest.mark.slow  # 2,000 corpora of up to 60 images take minutes in pycocotools
def test_many_corpora_equal_pycocotools() -> None:
    for seed in range(2000):
        scenes = corpus(seed, images=1 + seed % 60, most=2 + seed % 30)
        same(protocol(scenes), pycocotools(scenes))


@pytest.mark.parametrize("most", [101, 140])
def test_a_class_and_image_is_cut_at_a_hundred_detections(most: int) -> None:
    draw = random.Random(most)
    crowded = scene(draw, most, 30, ("ship",))
    late = Scene(
        [*([("ship", (0.0, 0.0, 4.0, 4.0, 0.0))] * 100), ("ship", (50.0, 50.0, 60.0, 60.0, 0.0))],
        [("ship", (50.0, 50.0, 60.0, 60.0, 0.0))],
    )
    scenes = [crowded, late, scene(draw, 12, 12, ("ship",))]
    same(protocol(scenes), pycocotools(scenes))
    assert average_precision(late) == ap([as_boxes(late.predicted)], [as_boxes(late.true)])[0] == 0


@settings(max_examples=100)
@given(st.integers(0, 10**9), st.sampled_from([None, 0.5, 0.75, 0.3]))
def test_one_image_equals_the_twin(seed: int, threshold: float | None) -> None:
    draw = random.Random(seed)
    scenes = [scene(draw, draw.randrange(9), draw.randrange(7)) for _ in range(4)]
    found = ap([as_boxes(one.predicted) for one in scenes], [as_boxes(one.true) for one in scenes], threshold=threshold)
    labelled = all(name for one in scenes for name, _ in one.true) and any(one.true for one in scenes)
    plain = scenes if labelled and any(one.predicted for one in scenes) else [nameless(one) for one in scenes]
    assert found.tolist() == pytest.approx([average_precision(one, threshold) for one in plain], abs=1e-9)


def nameless(one: Scene) -> Scene:
    return Scene([("", values) for _, values in one.predicted], [("", values) for _, values in one.true])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_one_image_equals_pycocotools(seed: int) -> None:
    draw = random.Random(seed)
    one = scene(draw, draw.randrange(1, 12), draw.randrange(1, 9))
    expected = pycocotools([one])
    found = [ap([as_boxes(one.predicted)], [as_boxes(one.true)], threshold=t)[0] for t in (None, 0.5, 0.75)]
    assert found == pytest.approx(expected[:3], abs=1e-9)


def test_a_hit_then_a_flood_costs_nothing_and_a_flood_then_a_hit_does() -> None:
    truth, hit, flood = boxes("pixel", [[0, 0, 9, 9]]), [0, 0, 9, 9], [[50, 50, 60, 60]] * 9
    good, bad = ap([boxes("pixel", [hit, *flood]), boxes("pixel", [*flood, hit])], [truth, truth], threshold=0.5)
    assert (good, bad) == (pytest.approx(1.0), pytest.approx(0.1))


def test_nothing_true() -> None:
    none = boxes("pixel", [])
    found = ap(
        [none, boxes("pixel", [[0, 0, 1, 1]]), Boxes("pixel", np.zeros((0, 5)), (), 1), Malformed("bad_json")],
        [none] * 4,
    )
    assert found.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_classes_are_compared_only_where_the_syntax_carries_them() -> None:
    batch = Batch(
        [Sample(id="1", task="t", reference=boxes("pixel", [[0, 0, 9, 9]], ["ship"]))],
        Profile(name="p", box_syntax="list4", frame="pixel"),
    )
    assert ap(parse_boxes(["[0,0,9,9]"], batch), batch).tolist() == pytest.approx([1.0])
    labelled = Batch(list(batch), Profile(name="q", box_syntax="qwen-json", frame="pixel"))
    answers = [f'[{{"bbox_2d": [0,0,9,9], "label": "{name}"}}]' for name in ("Ship.", "car")]
    found = ap(parse_boxes(answers, labelled.take([0, 0])), labelled.take([0, 0]))
    assert found.tolist() == pytest.approx([1.0, 0.0])


def test_areas_are_those_of_the_original_image() -> None:
    """A box of 10 × 10 percent is 40 × 40 px of this image: medium. Without a size only the figures over all areas are known."""
    reference = boxes("percent", [[0, 0, 10, 10]])
    sized, unsized = ([Sample(id="1", task="t", reference=reference, image_size=size)] for size in ((400, 400), None))
    known, unknown = (COCO.summarise(COCO.score([reference], Batch(rows)), np.ones(1)) for rows in (sized, unsized))
    assert known["ap_medium"].value == pytest.approx(1.0)
    assert known["ap_small"].n == 0
    assert unknown["ap"].value == pytest.approx(1.0)
    assert np.isnan(unknown["ap_medium"].value)


def test_unreadable_answers_miss_and_so_does_a_true_box_without_area() -> None:
    good, bad = boxes("pixel", [[0, 0, 9, 9]]), boxes("pixel", [[5, 0, 1, 9]])
    batch = Batch([Sample(id=str(i), task="t", reference=reference) for i, reference in enumerate([good, good, bad])])
    columns = COCO.score([good, Malformed("bad_json"), good], batch)
    assert columns["row"].tolist() == [0, 0, 1, 2, 2]
    found = COCO.summarise(columns, np.ones(3))["ar@100"]
    assert found.value == pytest.approx(1 / 3)
    assert found.n == 3


@pytest.mark.parametrize("numbers", ["list4", "list5"])
def test_rows_of_bad_truth_are_kept_as_pycocotools_keeps_them(numbers: Any) -> None:
    """A sixth of the rows have one true box without area beside good ones, or nothing but such a box; one lies outside the image."""
    scenes = corpus(11, images=60)
    flat = [(4.0, 4.0, 4.0, 30.0, 0.0), (20.0, 12.0, 26.0, 12.0, 0.0), (1e12, 0.0, 1e12, 5.0, 0.0)]
    spoilt = [
        Scene(one.predicted, [*one.true[: i % 4], (NAMES[i % 3], flat[i % 3])]) if i % 6 == 0 else one
        for i, one in enumerate(scenes)
    ]
    profile = Profile(name="p", box_syntax=numbers, frame="pixel")
    samples = [
        Sample(id=str(i), task="t", reference=as_boxes(one.true), flaw=None if i % 6 else "box without area: it")
        for i, one in enumerate(spoilt)
    ]
    columns = COCO.score([as_boxes(one.predicted) for one in spoilt], Batch(samples, profile))
    same(COCO.summarise(columns, np.ones(len(spoilt))), pycocotools(spoilt))


def test_a_row_of_bad_truth_without_boxes_has_none_and_one_that_cannot_be_placed_is_left_out() -> None:
    guess = boxes("permille", [[0, 0, 9, 9]])
    samples = [
        Sample(id="1", task="t", reference=boxes("permille", [[0, 0, 9, 9]])),
        Sample(id="2", task="t", reference=None, flaw="no boxes: `x`"),
        Sample(
            id="3", task="t", reference=boxes("pixel", [[0, 0, 9, 9]]), flaw="boxes that need the image's size: gone"
        ),
    ]
    batch = Batch(samples, Profile(name="p", box_syntax="list5", frame="permille"))
    assert COCO.score([guess] * 3, batch)["row"].tolist() == [0, 0, 1]


def test_a_weight_is_a_repeated_image() -> None:
    scenes = corpus(7)
    one = next(index for index, found in enumerate(scenes) if found.true)
    left_out = protocol(scenes, [float(index != one) for index in range(len(scenes))])
    assert left_out["ap@0.5"].value == pytest.approx(
        protocol([s for i, s in enumerate(scenes) if i != one])["ap@0.5"].value
    )
    doubled = protocol(scenes, [2.0] * len(scenes))
    assert doubled["ar@100"].value == pytest.approx(protocol(scenes)["ar@100"].value)
    assert doubled["ap"].n == 2 * protocol(scenes)["ap"].n


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(RewardInputError, match="answers has 1 rows and the batch has 2"):
        ap([boxes("pixel", [])], [boxes("pixel", [])] * 2)
    with pytest.raises(RewardInputError, match=r"threshold is 1\.5; it must be between 0 and 1"):
        ap([boxes("pixel", [])], [boxes("pixel", [])], threshold=1.5)
