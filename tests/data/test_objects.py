from __future__ import annotations

import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.data.objects import UNKNOWN, Objects, objects_of, rows_of
from geovlm_cli.errors import ConfigError
from geovlm_cli.task import Kind, Sample, Task

SOME = Objects(boxes("pixel", [[1, 1, 2, 2], [3, 3, 4, 4], [5, 5, 6, 6]], ["car", "ship", "car"]))


def rows(kind: Kind, found: Objects = SOME, question: str = "") -> list[Sample]:
    sample = Sample(
        id="a", task="t", question=question, reference=found, choices=("car", "ship"), meta={"split": "val"}
    )
    return list(rows_of(sample, Task(name="t", kind=kind, summary="")))


def test_a_class_is_a_row() -> None:
    car, ship = rows("boxes")
    assert (car.id, car.reference, car.meta["boxes"]) == (
        "a/car",
        boxes("pixel", [[1, 1, 2, 2], [5, 5, 6, 6]]),
        "multiple",
    )
    assert (ship.question, ship.choices) == ("Locate all <ref>ship</ref> in the image.", ())
    assert ship.meta == {"split": "val", "class": "ship", "phrase": "ship", "boxes": "single"}


def test_an_own_question_names_the_class_where_it_says() -> None:
    assert [row.question for row in rows("count", question="How many {}s?")] == ["How many cars?", "How many ships?"]
    assert [row.reference for row in rows("count")] == [2, 1]


def test_an_image_is_a_row_of_labels() -> None:
    [labels], [label] = rows("labels"), rows("label")
    assert (labels.reference, labels.choices, labels.flaw) == (("car", "ship"), ("car", "ship"), None)
    assert label.flaw == "not exactly one class: 2"


def test_objects_without_names_are_objects() -> None:
    [row] = rows("boxes", Objects(boxes("pixel", [[1, 1, 2, 2]])))
    assert (row.id, row.question) == ("a/object", "Locate all <ref>object</ref> in the image.")


def test_objects_that_cannot_be_read_flaw_the_rows_that_lack_them() -> None:
    found = objects_of("pixel", [("car", [1.0, 1, 2, 2]), ("ship", "torn"), ("ship", "worn"), ("bus", [3.0, 3, 4, 4])])
    said = "an object cannot be read: torn"
    assert [(row.id, row.flaw) for row in rows("boxes", found)] == [("a/car", None), ("a/bus", None), ("a/ship", said)]
    assert [row.reference is None for row in rows("count", found)] == [False, False, True]
    [labels] = rows("labels", found)
    assert (labels.reference, labels.flaw) == (("car", "bus", "ship"), None)


@pytest.mark.parametrize("kind", ["boxes", "count", "labels"])
def test_an_object_of_unknown_class_flaws_every_row(kind: Kind) -> None:
    found = objects_of("pixel", [("car", [1.0, 1, 2, 2]), (UNKNOWN, "torn"), ("bus", [3.0, 3, 4, 4])])
    assert {row.flaw for row in rows(kind, found)} == {"an object cannot be read: torn"}


@pytest.mark.parametrize("kind", ["text", "answer", "grounded"])
def test_a_kind_that_boxes_cannot_answer_is_refused(kind: Kind) -> None:
    with pytest.raises(
        ConfigError, match="cannot be made of that; choose one of kind boxes, box, count, labels or label"
    ):
        rows(kind)
