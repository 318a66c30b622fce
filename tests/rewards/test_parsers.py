"""The public parsers and scores, each usable without a Task and on ordinary lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.profiles import BoxSyntax, Profile
from geovlm_cli.rewards import parsers
from geovlm_cli.task import Batch, Malformed, Sample


def batch(*references: Any, syntax: BoxSyntax = "list5", **fields: Any) -> Batch:
    profile = Profile(name="p", box_syntax=syntax, frame="percent")
    return Batch(
        [Sample(id=str(i), task="t", reference=reference, **fields) for i, reference in enumerate(references)], profile
    )


def test_label_takes_the_rows_choices_before_the_vocabulary() -> None:
    parse = parsers.label.known(("port", "airport"))
    assert list(parse(["Port.", "sea"], batch("port", "sea"))) == ["port", Malformed("unknown_label")]
    assert list(parse(["port", "sea"], batch("sea", "sea", choices=("Sea", "Lake")))) == [
        Malformed("unknown_label"),
        "Sea",
    ]


def test_labels() -> None:
    found = parsers.labels.known(("Beaches, dunes, sands", "port"))(
        ["port; beaches, dunes, sands", '["x"]', "[1]"], batch(("port",), ("x",), ("y",))
    )
    assert list(found) == [("port", "Beaches, dunes, sands"), ("x",), Malformed("wrong_type")]


def test_short_answers() -> None:
    assert list(rewards.answer(["Yes.", "12", "Rural"], batch("no", 3, "urban"))) == ["yes", 12, "rural"]
    assert list(rewards.count(["12.", "twelve"], batch(1, 2))) == [12, Malformed("bad_number")]
    assert list(rewards.yes_no(["No", "north"], batch("whatever", None))) == ["no", Malformed("unknown_label")]


def test_text_and_slices() -> None:
    found = rewards.text([" a ship ", "\u200b"], batch("x", "y"))
    assert found[0:2] == ["a ship", Malformed("empty")]
    assert found[-2] == "a ship"
    assert len(found) == 2
    with pytest.raises(IndexError):
        found[2]


def test_boxes_keep_labels_frame_and_invalid_items() -> None:
    text = '[{"bbox_2d": [1, 2, 3, 4], "label": "ship"}, {"bbox_2d": [1], "label": "car"}]'
    (found,) = rewards.boxes([text], batch(None, syntax="qwen-json"))
    assert found == Boxes("percent", np.array([[1.0, 2, 3, 4, 0]]), ("ship",), invalid=1)


GROUNDED: list[tuple[BoxSyntax, str, str, list[list[float]]]] = [
    ("list5", "a tree [[0, 61, 42, 77, 90]] near the road.", "a tree near the road.", [[0, 61, 42, 77, 90]]),
    ("list5", "<ref>1 car</ref> <box>[[[12, 11, 18, 14, 35]]]</box>, [1,2,3,4,0][5,6,7,8,0] end", "1 car , end", [[12, 11, 18, 14, 35], [1, 2, 3, 4, 0], [5, 6, 7, 8, 0]]),
    ("list5", "no marks - e.g. 3 ships", "no marks - e.g. 3 ships", []),
    ("geochat", "<p>two ships</p> {<1><2><3><4>|<5>}<delim>{<5><6><7><8>} at sea", "two ships at sea", [[1, 2, 3, 4, 5], [5, 6, 7, 8, 0]]),
    ("qwen-json", 'a ship\n```json\n[{"bbox_2d": [1, 2, 3, 4], "label": "ship"}]\n```', "a ship", [[1, 2, 3, 4, 0]]),
    ("internvl", "<ref>a ship</ref><box>[[1, 2, 3, 4], [5, 6, 7, 8]]</box> near [[1,2,3,4]].", "a ship near .", [[1, 2, 3, 4, 0], [5, 6, 7, 8, 0], [1, 2, 3, 4, 0]]),
]  # fmt: skip


@pytest.mark.parametrize(("syntax", "text", "words", "found"), GROUNDED)
def test_grounded_text_is_split_from_its_boxes(
    syntax: BoxSyntax, text: str, words: str, found: list[list[float]]
) -> None:
    (answer,) = rewards.grounded([text], batch(None, syntax=syntax))
    assert isinstance(answer, Grounded)
    assert answer.text == words
    assert answer.boxes.array.tolist() == found


def test_scores_take_ordinary_lists() -> None:
    assert rewards.set_f1([("a", "b"), Malformed("empty")], [("a",), ("b",)]).tolist() == [pytest.approx(2 / 3), 0]
    assert rewards.recall([["a", "b"]], [["a"]]).tolist() == [1]
    assert rewards.jaccard(["a"], [("a", "b")]).tolist() == [0.5]
    assert rewards.equal(["Yes", 3, Malformed("empty")], ["yes", 4, "no"]).tolist() == [1, 0, 0]
    assert rewards.equal([12, 13], [12, 12]).tolist() == [1, 0]
    assert rewards.equal([("b", "a")], [("a", "b")]).tolist() == [1]
    assert rewards.lcs_f(["two ships", Malformed("empty")], [("two boats", "two ships"), "x"]).tolist() == [1, 0]
    assert rewards.rouge(["two ships"], ["two boats"], several="mean").tolist() == [0.5]


def test_box_scores_take_ordinary_lists() -> None:
    true = boxes("percent", [[0, 0, 10, 10], [20, 20, 30, 30]])
    half = Boxes("percent", boxes("percent", [[0, 0, 10, 5]]).array, invalid=1)
    assert rewards.detection([half, Malformed("bad_json"), true], [true] * 3).tolist() == [
        pytest.approx(2 * 0.5 / 4),
        0,
        1,
    ]
    assert rewards.detection([boxes("percent", []), Malformed("bad_json")], [boxes("percent", [])] * 2).tolist() == [
        1,
        0,
    ]
    assert rewards.matches([half, Malformed("bad_json")], [true] * 2).tolist() == [[0.5, 1, 2, 2], [0, 0, 0, 2]]
    assert rewards.any_match([half], [true]).tolist() == [[1, 2]]
    assert rewards.referring([boxes("percent", [[0, 0, 10, 5]])], [boxes("percent", [[0, 0, 10, 10]])]).tolist() == [
        0.5
    ]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(rewards.RewardInputError, match="answers has 1 rows and the batch has 2"):
        rewards.set_f1([("a",)], [("a",), ("b",)])
    with pytest.raises(rewards.RewardInputError, match="frames percent and pixel"):
        rewards.detection([boxes("percent", []), boxes("pixel", [])], [boxes("percent", [])] * 2)
