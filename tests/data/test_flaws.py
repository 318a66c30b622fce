from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geovlm_cli.boxes import Grounded, boxes
from geovlm_cli.data.flaws import extent_flaw, flaw_of, folded, sound
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import KINDS, ImageRef, Sample, Task

TASKS: dict[str, Task] = {kind: Task(name=kind, kind=kind, summary="") for kind in KINDS}
TASKS["change"] = Task(
    name="change", kind="label", summary="", images=("before", "after"), vocabulary=("none", "major")
)
PROFILE = Profile(name="p", resize=Resize(fixed=(448, 448)))


def flaw(task: str, reference: Any, **fields: Any) -> str | None:
    return flaw_of(Sample(id="1", task=task, reference=reference, **fields), TASKS[task])


@pytest.mark.parametrize(
    ("task", "reference", "why"),
    [
        ("label", None, "no reference"),
        ("label", "  ", "an empty label"),
        ("label", 3, "not of kind label"),
        ("label", "<answer>x", "a tag of the answer structure"),
        ("labels", (), "no labels"),
        ("labels", ("a", ""), "an empty label"),
        ("text", (), "an empty reference"),
        ("text", ("one", " "), "an empty reference"),
        ("answer", "", "an empty reference"),
        ("text", "one", "reference not of kind text: a text"),
        ("count", -1, "count below 0: -1"),
        ("box", boxes("unit", []), "not exactly one box: 0"),
        ("box", boxes("unit", [[0, 0, 1, 1], [0, 0, 1, 1]]), "not exactly one box: 2"),
        ("boxes", boxes("percent", [[5, 5, 5, 9]]), "inverted or without area: [5, "),
        ("boxes", boxes("percent", [[5, 9, 8, 5]]), "inverted or without area: [5, "),
        ("boxes", boxes("percent", [[0, 0, 2e6, 1]]), "box not finite"),
        ("boxes", boxes("percent", [[0, 0, float("nan"), 1]]), "box not finite"),
        ("boxes", boxes("percent", [[101, 0, 110, 9]]), "outside the image"),
        ("boxes", boxes("percent", [[0, 0, 1, 1]], ["a", "b"]), "differ in number: 2 and 1"),
        ("grounded", Grounded("", boxes("unit", [])), "an empty reference"),
        ("grounded", Grounded("x", boxes("unit", [[2, 2, 3, 3]])), "outside the image"),
    ],
)
def test_bad_truth_is_named(task: str, reference: Any, why: str) -> None:
    assert why in str(flaw(task, reference))


@pytest.mark.parametrize("far", [float("inf"), float("nan"), 2e6])
def test_a_region_that_no_question_could_name_is_a_flaw(far: float) -> None:
    why = str(flaw("label", "x", regions=boxes("pixel", [[1, 2, 3, 4], [1, 2, far, 4]])))
    assert why.startswith("region not finite or above 1000000: [1, 2, ")
    bad, good = (Sample(id="1", task="label", reference="x", regions=boxes("pixel", [[1, 2, x, 4]])) for x in (far, 3))
    assert sound([bad, good], TASKS["label"]).tolist()[0] is False
    assert flaw_of(good, TASKS["label"]) is None


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ([300, 200, 400, 400], "region outside the image: [300, 200, 400, 400, 0] (percent, 100×100)"),
        ([50, 10, 20, 30], "region inverted or without area: [50, 10, 20, 30, 0]"),
    ],
)
def test_a_region_keeps_the_rules_of_true_boxes(region: list[float], why: str) -> None:
    assert flaw("label", "x", regions=boxes("percent", [[0, 0, 9, 9], region])) == why


@pytest.mark.parametrize("line", [[10, 10, 10, 30], [0, 0, 0, 6], [100, 3, 100, 9], [5, 5, 5, 5]])
def test_a_region_that_percent_has_rounded_to_a_line_is_no_flaw(line: list[float]) -> None:
    assert flaw("label", "x", regions=boxes("percent", [line])) is None


def test_a_region_outside_the_image_is_found_once_its_size_is_known() -> None:
    sample = Sample(id="1", task="label", reference="x", regions=boxes("pixel", [[300, 300, 400, 400]]))
    assert extent_flaw(sample, PROFILE) is None
    assert str(extent_flaw(replace(sample, image_size=(200, 200)), PROFILE)).startswith("region outside the image: ")
    assert extent_flaw(replace(sample, image_size=(512, 512)), PROFILE) is None


@pytest.mark.parametrize("task", ["label", "answer"])
def test_a_truth_outside_the_choices_of_its_row_is_named(task: str) -> None:
    assert flaw(task, "yes", choices=("no", "maybe")) == "label not among the choices: `yes`"
    assert flaw(task, "Yes.", choices=("no", "yes")) is None


@pytest.mark.parametrize(
    ("task", "reference"),
    [
        ("label", "airport"),
        ("labels", ("a", "b")),
        ("count", 0),
        ("boxes", boxes("percent", [])),
        ("boxes", boxes("percent", [[-5, -5, 20, 131, 33]])),
        ("grounded", Grounded("x", boxes("unit", []))),
    ],
)
def test_good_truth_has_no_flaw(task: str, reference: Any) -> None:
    assert flaw(task, reference) is None


def test_a_turned_box_is_judged_by_its_polygon() -> None:
    # Unrotated, 40×2 boxes centred 10 left of the image: only the one that lies along the x axis reaches it.
    lying, standing = [[-30.0, 50, 10, 52, 0]], [[-30.0, 50, 10, 52, 90]]
    assert flaw("boxes", boxes("percent", lying)) is None
    assert "outside the image" in str(flaw("boxes", boxes("percent", standing)))
    # The corner of the hull meets the image, the polygon does not: two rectangles are told apart along the turned axis.
    diagonal = [[-40.0, -7, 20, -3, -45]]
    assert "outside" in str(flaw("boxes", boxes("percent", [[-40.0, -7, 20, -3, 45]])))
    assert flaw("boxes", boxes("percent", diagonal)) is None


def test_labels_are_looked_up_as_they_are_compared() -> None:
    choices = ("Rail way-Station", "airport")
    assert flaw("label", "rail_way station.", choices=choices) is None
    assert "not among the choices: `harbour`" in str(flaw("label", "harbour", choices=choices))
    assert "not among" in str(flaw("change", "minor"))  # the task's vocabulary, where the row has no choices
    assert folded("E\u0301cole") == folded("\u00c9COLE")


@pytest.mark.parametrize(
    ("wanted", "found", "good"),
    [(1, 1, True), (1, 2, False), (range(2, 5), 4, True), (range(2, 5), 5, False), (1, 0, True)],
)
def test_the_number_of_images_is_the_task_s(wanted: int | range, found: int, good: bool) -> None:
    task = Task(name="t", kind="label", summary="", images=wanted)
    sample = Sample(id="1", task="t", reference="x", images=(ImageRef("a"),) * found)
    assert (flaw_of(sample, task) is None) is good


def test_roles_that_differ_are_named() -> None:
    images = (ImageRef("a", "before"), ImageRef("b", "later"))
    sample = Sample(id="1", task="change", reference="none", images=images)
    assert flaw_of(sample, TASKS["change"]) == "wrong images: before, later where the task wants before, after"


def test_what_a_loader_found_stands() -> None:
    assert flaw("label", "x", flaw="torn page") == "torn page"


def test_an_extent_that_the_profile_tells_is_asked_later() -> None:
    sample = Sample(id="1", task="boxes", reference=boxes("model", [[450, 0, 500, 9]]))
    assert flaw_of(sample, TASKS["boxes"]) is None
    assert "outside the image: [450, 0, 500, 9, 0] (model, 448×448)" in str(extent_flaw(sample, PROFILE))
    assert extent_flaw(sample, Profile(name="q")) is None  # the size is unknown


@pytest.mark.parametrize("kind", ["box", "boxes"])
@pytest.mark.parametrize("frame", ["percent", "unit", "pixel", "model"])
def test_boxes_that_are_sound_together_have_no_flaw_alone(kind: str, frame: str) -> None:
    draw = np.random.default_rng(0)
    numbers = np.array([-3e6, -1.0, 0.0, 0.3, 0.7, 1.0, 9.0, 90.0, 140.0, 3e6, np.nan, np.inf])
    sides = draw.choice(numbers, (3000, 5))
    sides[::2, :4] = np.sort(sides[::2, :4], axis=1)
    samples = [
        Sample(
            id="1",
            task=kind,
            reference=boxes(frame, rows.tolist()),
            image_size=(100, 80) if draw.random() < 0.5 else None,
        )
        for rows in np.split(sides, np.sort(draw.integers(0, len(sides), 2000)))
    ]
    found = sound(samples, TASKS[kind])
    assert found.any()
    assert all(flaw_of(sample, TASKS[kind]) is None for sample, well in zip(samples, found, strict=True) if well)


def test_boxes_with_a_tag_a_flaw_or_too_many_images_are_not_sound() -> None:
    good: dict[str, Any] = {"id": "1", "task": "boxes", "reference": boxes("percent", [[1, 1, 2, 2]])}
    three = (ImageRef("a"), ImageRef("b"), ImageRef("c"))
    odd: list[dict[str, Any]] = [{"flaw": "known"}, {"reasoning": "<think>"}, {"images": three}, {"reference": None}]
    found = sound([Sample(**good), *(Sample(**good | fields) for fields in odd)], TASKS["boxes"])
    assert found.tolist() == [True, False, False, False, False]
