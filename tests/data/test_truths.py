from __future__ import annotations

import time

import pytest

from geovlm_cli import Grounded
from geovlm_cli.boxes import boxes
from geovlm_cli.data.truths import read_text, without_boxes
from geovlm_cli.task import Kind

FIVE: list[list[float]] = [[1, 2, 3, 4, 5], [-6, 7.5, 8, 9, 0]]


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2, 3, 4, 5]][[-6, 7.5, 8, 9, 0]]",
        "[[1, 2, 3, 4, 5], [-6, 7.5, 8, 9, 0]]",
        "[1,2,3,4,5],[-6,7.5,8,9,0]",
        "[[[1, 2, 3, 4, 5]]] and [[[-6, 7.5, 8, 9, 0]]]",
        "{<1><2><3><4>|<5>}<delim>{<-6><7.5><8><9>|<0>}",
        "{<1><2><3><4>|<5>}{<-6><7.5><8><9>}",
    ],
)
def test_boxes_are_read_in_every_writing_of_the_specification(text: str) -> None:
    assert read_text("boxes", text, "percent") == (boxes("percent", FIVE), None)


def test_json_boxes_bring_their_labels() -> None:
    text = '```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "car"}, {"bbox_2d": [5, 6, 7, 8], "label": "bus"}]\n```'
    assert read_text("boxes", text, "pixel") == (boxes("pixel", [[1, 2, 3, 4], [5, 6, 7, 8]], ["car", "bus"]), None)
    assert read_text("box", '{"bbox_2d": [1, 2, 3, 4]}', "pixel") == (boxes("pixel", [[1, 2, 3, 4]]), None)


def test_no_box_is_a_truth_where_it_is_said() -> None:
    assert read_text("boxes", " [] ", "percent") == (boxes("percent", []), None)


@pytest.mark.parametrize(
    "text", ["", "none", "[[1, 2, 3]]", "[[1, 2, 3, x, 0]]", "[[1, 2, 3, 4, 0]][[1, 2]]", "{<1><2>}"]
)
def test_a_text_that_is_no_list_of_boxes_is_a_flaw(text: str) -> None:
    assert "not a list of boxes" in str(read_text("boxes", text, "percent")[1])


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("label", " airport ", "airport"),
        ("answer", "yes", "yes"),
        ("labels", "Pastures, Sea,  ,Bogs", ("Pastures", "Sea", "Bogs")),
        ("text", " A road. ", ("A road.",)),
        ("count", "12", 12),
    ],
)
def test_each_kind_reads_its_text(kind: Kind, text: str, value: object) -> None:
    assert read_text(kind, text, None) == (value, None)


@pytest.mark.parametrize("text", ["many", "-1", "3.5", "", "٣"])
def test_a_count_that_is_no_number_is_a_flaw(text: str) -> None:
    assert "not a whole number" in str(read_text("count", text, None)[1])


def test_a_description_is_its_words_and_its_boxes() -> None:
    text = (
        "There is  <ref>a pool </ref> <box>[[[81, 22, 100, 42, 0]]]</box> at right,  <p>a car</p> {<1><2><3><4>|<5>}."
    )
    found = Grounded("There is a pool at right, a car.", boxes("percent", [[81, 22, 100, 42, 0], [1, 2, 3, 4, 5]]))
    assert read_text("grounded", text, "percent") == (found, None)


@pytest.mark.parametrize("piece", ["<box>", "[[1]", "[", "{<1>", "{<", "<p>", "[ "])
def test_hostile_texts_take_time_in_proportion(piece: str) -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        without_boxes(piece * count)
        read_text("boxes", piece * count, "percent")
        return time.process_time() - start

    seconds(1000)
    assert seconds(80_000) < 60 * max(seconds(8_000), 1e-3)
