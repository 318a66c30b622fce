"""The compiled module: its stub, its errors, its columns as Python sees them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from geovlm_cli import _rust_rewards as rust

TRUTH = rust.BoxTruth(np.array([[0.0, 0, 10, 10, 0]]), np.array([0, 1]), np.ones((1, 2)))
ROW = np.zeros(1, dtype=np.int64)
EXTENT = np.array([[100.0, 100.0]])


def texts(*completions: str) -> rust.Texts:
    return rust.read_structure(completions, structure="plain")


@pytest.mark.slow  # mypy reads numpy's stubs: ten seconds
def test_the_stub_is_the_module() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "geovlm_cli._rust_rewards"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_reasons_are_the_closed_list() -> None:
    assert rust.REASONS[0] == ""
    assert " ".join(rust.REASONS[1:]) == (
        "no_answer many_answers unclosed no_think many_thinks bad_order empty too_long too_many bad_json bad_fence "
        "duplicate_key too_deep bad_number wrong_type wrong_arity invalid_box unknown_label bad_truth plugin_error"
    )


def test_an_internal_error_can_be_caught_as_an_exception() -> None:
    assert issubclass(rust.RewardInternalError, Exception)
    assert issubclass(rust.RewardInputError, ValueError)
    assert rust.RewardInputError.__module__ == "geovlm_cli._rust_rewards"


def test_lone_surrogates_read_as_replacement_characters() -> None:
    read = texts("a\ud800\udc00b\udfff", "plain", "\ud7ff\ue000\ud800\U0001f6a2")
    assert [read[0], read[1], read[2]] == ["a\ufffd\ufffdb\ufffd", "plain", "\ud7ff\ue000\ufffd\U0001f6a2"]


def test_texts_index_like_a_sequence() -> None:
    read = rust.read_structure(["<think>t</think><answer>a</answer>", "x"], structure="think_answer")
    assert (len(read), read[0], read[-1], read.think(0), read.think(1)) == (2, "a", None, "t", None)
    assert read.format.tolist() == [1.0, 0.0]
    assert [rust.REASONS[code] for code in read.reasons] == ["", "no_answer"]
    again = read.take(np.array([1, 0, 0]))
    assert [again[0], again[1], again[2]] == [None, "a", "a"]
    with pytest.raises(IndexError):
        read[2]


def test_columns_outlive_the_list_they_were_read_from() -> None:
    completions = [f"caption number {i}" for i in range(3)]
    column = rust.parse_text(rust.read_structure(completions, structure="plain"))
    completions.clear()
    assert column[2] == "caption number 2"


def test_boxes_and_labels_of_a_row() -> None:
    answer = '[{"bbox_2d": [1, 2, 3, 4], "label": "Ship"}, 7]'
    column = rust.parse_boxes(texts(answer, "x"), syntax="qwen-json", extents=EXTENT, rows=np.zeros(2, np.int64))
    assert column.boxes(0).tolist() == [[1, 2, 3, 4, 0]]
    assert column.labels(0) == ("Ship",)
    assert (column.offsets.tolist(), column.invalid.tolist()) == ([0, 1, 1], [1, 0])
    assert column.take(np.array([1, 0])).labels(1) == ("Ship",)
    assert column.boxes(1).shape == (0, 5)


def test_arrays_need_not_be_contiguous() -> None:
    wide = np.array([[0.0, 0, 10, 10, 0, 9], [5.0, 0, 15, 10, 0, 9]])
    assert rust.iou(wide[:, :5], wide[::-1, :5]).tolist() == [[1 / 3, 1.0], [1.0, 1 / 3]]


def test_empty_batches() -> None:
    none = np.zeros(0, dtype=np.int64)
    column = rust.parse_boxes(texts(), syntax="list5", extents=EXTENT, rows=none)
    assert (len(column), column.offsets.tolist(), column.array.shape) == (0, [0], (0, 5))
    assert TRUTH.detection(column, rows=none).shape == (0,)
    assert TRUTH.matches(column, rows=none).shape == (0, 4)
    assert rust.iou(np.zeros((0, 5)), np.zeros((3, 5))).shape == (0, 3)
    assert rust.assign(np.zeros((2, 0))).shape == (0, 2)


CASES: list[tuple[Callable[[], object], str]] = [
    (lambda: rust.read_structure("text", structure="any"), "completions must be a list or tuple of str; found str."),
    (lambda: texts(1), "completions[0] must be a str; found int."),  # type: ignore[arg-type]
    (lambda: rust.read_structure([], structure="all"), "structure is all; it must be think_answer,"),  # type: ignore[arg-type]
    (lambda: rust.read_structure([], structure="any", threads=0), "threads is 0; it must be at least 1."),
    (
        lambda: rust.iou(np.zeros((1, 4)), np.zeros((1, 5))),
        "a must be a numpy array float64[n, 5]; found float64[1, 4].",
    ),
    (lambda: rust.assign(np.array([[np.nan]])), "iou[0] is NaN; it must be finite."),
    (lambda: rust.assign([[1.0]]), "iou must be a numpy array float64[n, m]; found list."),  # type: ignore[arg-type]
    (lambda: texts("a").take(np.array([0, 1])), "rows[1] is 1; it must be at least 0 and below 1."),
    (
        lambda: rust.parse_boxes(texts("[]"), syntax="list5", extents=EXTENT, rows=np.zeros(2, np.int64)),
        "rows has 2 entries where 1 are needed, one for each of the texts.",
    ),
    (
        lambda: rust.parse_boxes(texts("[]"), syntax="list5", extents=-EXTENT, rows=ROW),
        "extents[0] is [-100.0, -100.0]; width and height must be above 0.",
    ),
    (
        lambda: rust.BoxTruth(np.zeros((2, 5)), np.array([0, 1]), np.ones((1, 2))),
        "offsets must start at 0, never fall and end at 2; offsets[1] is 1.",
    ),
    (
        lambda: rust.BoxTruth(np.zeros((1, 5)), np.array([0, 1]), np.ones((1, 2)), labels=[["a", "b"]]),
        "labels[0] is a list of 2 labels; it must be one label a box, or none at all.",
    ),
    (lambda: rust.TextTruth(["a"]), "references[0] must be a list or tuple of str; found str."),
    (
        lambda: rust.TextTruth([["a"]], bad=np.zeros(2, bool)),
        "bad has 2 entries where 1 are needed, one for each of the references.",
    ),
    (lambda: rust.LabelTruth([], np.array([0]), [["a"]]), "vocabulary_of[0] is 0; it must be at least 0 and below 0."),
]


@pytest.mark.parametrize(("call", "message"), CASES, ids=[message for _, message in CASES])
def test_wrong_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(rust.RewardInputError) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_answers_of_another_truth_are_refused() -> None:
    one, other = (rust.LabelTruth([], np.array([-1]), [["a"]]) for _ in range(2))
    column = rust.parse_labels(texts("a"), truth=one, rows=ROW, many=False)
    assert one.equal(column, rows=ROW).tolist() == [1.0]
    with pytest.raises(rust.RewardInputError, match="another LabelTruth"):
        other.equal(column, rows=ROW)


def test_bad_truth_is_marked() -> None:
    inverted = rust.BoxTruth(np.array([[5.0, 0, 1, 1, 0], [0, 0, 1, 1, 0]]), np.array([0, 1, 2]), np.ones((2, 2)))
    assert inverted.bad.tolist() == [True, False]
    assert rust.LabelTruth([], np.array([-1, -1]), [[], ["a"]]).bad.tolist() == [True, False]
    assert rust.TextTruth([[" "], ["a"]], bad=np.array([False, True])).bad.tolist() == [True, True]
