from __future__ import annotations

import re

import numpy as np
import pytest
from geovlm_eo.profiles import PROFILES
from geovlm_eo.protocols import descriptions
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli import Batch, Profile, Sample
from geovlm_cli.boxes import Grounded, boxes

BY_NAME = {profile.name: profile for profile in PROFILES}
EARTHDIAL = BY_NAME["earthdial"]
SHIP = [10.0, 10, 30, 30, 0]
PIECES = [
    "<box>",
    "</box>",
    "<ref>",
    "</ref>",
    "[[",
    "]]",
    "[",
    "]",
    "1, 2",
    " ",
    "a ship",
    "\n",
    "<box>[[",
    "]]</box>",
]


def row(text: str = "a ship", count: int = 1) -> Sample:
    return Sample(id="1", task="grounding", reference=Grounded(text, boxes("percent", [SHIP] * count)))


def scored(text: str, one: Sample, profile: Profile = EARTHDIAL) -> dict[str, float]:
    columns = descriptions.score_descriptions([text], Batch([one], profile))
    return {name: float(column[0]) for name, column in columns.items()}


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_tags_and_double_brackets_go_as_earthdials_expressions_take_them(text: str) -> None:
    wanted = re.sub(r"<box>\[\[.*?\]\]<\/box>|\[\[.*?\]\]", "", re.sub(r"<\/?ref>", "", text))
    assert descriptions.words_of(text) == wanted


@pytest.mark.parametrize("text", ["[[" * 200_000, "<box>[[" * 100_000, "<box>[[ ]]" * 70_000])
def test_tags_are_taken_out_in_one_pass(text: str) -> None:
    assert len(descriptions.words_of(text)) <= len(text)


@pytest.mark.parametrize(
    ("text", "hits", "predicted"),
    [
        ("a ship [[10, 10, 30, 30, 0]]", 1, 1),
        ("a ship <box>[[[10, 10, 30, 30, 0]]]</box> at sea [[60, 60, 70, 70, 0]]", 1, 2),
        ("a ship [[10, 10, 30, 30]]", 0, 0),  # not five numbers: no prediction at all
        ("a ship [[-1, 10, 30, 30, 0]]", 0, 0),
        ("a ship [[10, 10, 10, 30, 0]]", 0, 1),  # without area: a prediction that cannot hit
        ("a ship", 0, 0),
    ],
)
def test_only_five_numbers_are_a_prediction(text: str, hits: int, predicted: int) -> None:
    columns = scored(text, row())
    assert (columns["hits@0.5"], columns["predicted"]) == (hits, predicted)


def test_words_are_compared_without_their_boxes() -> None:
    assert scored("a <ref>ship</ref> <box>[[[10, 10, 30, 30, 0]]]</box>", row())["rouge1"] == 1.0


@pytest.mark.parametrize(("count", "counts"), [(49, True), (50, False), (70, False)])
def test_rows_of_fifty_boxes_or_more_are_skipped(count: int, counts: bool) -> None:
    listed = ", ".join(["[[[10, 10, 30, 30, 0]]]"] * count)
    one = row(count=count)
    one.meta = {"groundtruth": f"ships <box>{listed}</box>", "obj_ids": listed}
    columns = scored("ships [[10, 10, 30, 30, 0]]", one)
    assert (columns["predicted"], columns["hits@0.5"], columns["described"]) == (counts, counts, counts)


def test_boxes_and_words_are_skipped_by_counts_of_their_own() -> None:
    one = row()
    one.meta = {"groundtruth": "[1, 2, 3, 4, 0]" * 60, "obj_ids": '["[[10, 10, 30, 30, 0]]"]'}
    columns = scored("a ship [[10, 10, 30, 30, 0]]", one)
    assert (columns["hits@0.25"], columns["described"]) == (1, 0)


def test_other_models_are_read_as_they_write() -> None:
    columns = scored("a ship {<10><10><30><30>|<0>}", row(), BY_NAME["geochat"])
    assert (columns["hits@0.5"], columns["predicted"], columns["rouge1"]) == (1, 1, 1.0)


def test_the_boxes_are_pooled_and_the_words_averaged() -> None:
    texts = ["a ship [[10, 10, 30, 30, 0]]", "a car [[60, 60, 70, 70, 0]][[1, 1, 2, 2, 0]]", ""]
    columns = descriptions.score_descriptions(texts, Batch([row(), row("a car"), row()], EARTHDIAL))
    metrics = descriptions.summarise(columns, np.ones(3))
    assert (metrics["precision@0.5"].value, metrics["precision@0.5"].n) == (pytest.approx(1 / 3), 3)
    assert (metrics["rouge1"].value, metrics["rouge1"].n) == (pytest.approx(2 / 3), 3)
