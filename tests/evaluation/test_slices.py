"""Which rows are measured together."""

from __future__ import annotations

from typing import Any

from geovlm_cli.boxes import boxes
from geovlm_cli.evaluation.slices import SliceKeys, slices
from geovlm_cli.task import Batch, Kind, Sample


def found(kind: Kind, *samples: Sample) -> dict[str, list[int]]:
    return {name: mask.nonzero()[0].tolist() for name, mask in slices(Batch(samples), kind).items()}


def row(reference: Any = "x", **meta: Any) -> Sample:
    return Sample(id="r", task="t", reference=reference, meta=meta)


def test_rows_without_a_key_have_a_slice_of_their_own() -> None:
    assert found("text", row(size_group="small"), row(), row(size_group="large")) == {
        "size_group=large": [2],
        "size_group=small": [0],
        "size_group": [1],
    }


def test_no_value_is_taken_for_a_missing_one() -> None:
    values = ("(none)", "(without)", "size_group", "a", None, "")
    parts = found("text", *(row(size_group=value) for value in values))
    assert parts["size_group"] == [4, 5]
    assert sorted(row for rows in parts.values() for row in rows) == list(range(len(values)))


def test_several_labels_are_no_class_for_a_row_is_in_one_slice_of_a_key() -> None:
    assert found("labels", row(("a", "b")), row(("b",))) == {}


def test_classes_of_labels_that_meta_names_go_before_the_labels() -> None:
    assert found("labels", row(("a", "b"), **{"class": "x"}), row(("b",), **{"class": "y"})) == {
        "class=x": [0],
        "class=y": [1],
    }


def test_a_key_that_nobody_has_gives_no_slice() -> None:
    assert found("text", row(), row()) == {}


def test_single_and_multiple_come_from_meta_or_from_the_truth() -> None:
    one, two = boxes("percent", [[0, 0, 1, 1]]), boxes("percent", [[0, 0, 1, 1], [2, 2, 3, 3]])
    assert found("boxes", row(one), row(two), row(one, boxes="multiple")) == {
        "boxes=multiple": [1, 2],
        "boxes=single": [0],
    }


def test_the_class_of_a_label_task_is_its_label() -> None:
    assert found("label", row("ship"), row("car"), row("ship")) == {"class=car": [1], "class=ship": [0, 2]}


def test_question_types_and_numbers_in_meta() -> None:
    assert found("answer", row(question_type="count"), row(question_type=3)) == {
        "question_type=3": [1],
        "question_type=count": [0],
    }


def test_a_key_of_too_many_values_is_an_identifier() -> None:
    assert found("label", *(row(str(i)) for i in range(201))) == {}
    keys = SliceKeys()
    keys.add([row(str(i)) for i in range(201)], "label")
    assert keys.identifiers == ["class"]


def sliced_by(protocol: str, keys: SliceKeys) -> dict[str, list[int]]:
    return {
        name: part.mask(code).nonzero()[0].tolist()
        for part in keys
        if part.holds_for(protocol)
        for name, code in part.named
    }


def test_a_protocol_may_slice_by_a_value_of_its_own() -> None:
    one, two = boxes("percent", [[0, 0, 1, 1]]), boxes("percent", [[0, 0, 1, 1], [2, 2, 3, 3]])
    keys = SliceKeys()
    keys.add([row(two), row(one)], "boxes", ["strict", "earthdial"])
    keys.add([row(two, **{"boxes@earthdial": "single"}), row(two)], "boxes", ["strict", "earthdial"])
    assert sliced_by("strict", keys) == {"boxes=multiple": [0, 2, 3], "boxes=single": [1]}
    assert sliced_by("earthdial", keys) == {"boxes=multiple": [0, 3], "boxes=single": [1, 2]}


def test_a_value_for_a_protocol_that_is_not_run_or_that_is_empty_changes_nothing() -> None:
    keys = SliceKeys()
    keys.add([row("x", **{"class@other": "a", "class@earthdial": None})], "label", ["earthdial"])
    assert sliced_by("earthdial", keys) == {"class=x": [0]}
