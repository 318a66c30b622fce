from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from geovlm_eo import profiles
from geovlm_eo.loaders import earthdial
from geovlm_eo.protocols import boxes as box_protocol
from geovlm_eo.protocols import labels
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli import Batch, Boxes, ImageRef, Profile, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.rewards import digit_boxes

BY_NAME = {profile.name: profile for profile in profiles.PROFILES}
EARTHDIAL = BY_NAME["earthdial"]


def sample(*truth: Sequence[float], frame: str = "percent", size: tuple[int, int] | None = None) -> Sample:
    return Sample(id="1", task="referred-detection", reference=boxes(frame, truth), image_size=size)


def count(text: str, one: Sample, profile: Profile | None = EARTHDIAL) -> tuple[float, float, float]:
    columns = box_protocol.count_boxes([text], Batch([one], profile))
    return columns["hits@0.5"][0], columns["hits@0.25"][0], columns["predicted"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[10, 10, 30, 30, 0]]", (1, 1, 1)),
        ("[[10, 10, 30, 30, 0]][[10, 10, 30, 30, 0]]", (2, 2, 2)),  # no one-to-one matching
        ("[[10, 10, 30, 30, 0], [60, 60, 70, 70, 0]]", (1, 1, 2)),
        ("a ship [10,10,30,30,0] there", (1, 1, 1)),
        ("[[30, 30, 10, 10, 0]]", (1, 1, 1)),  # inverted corners name the same rectangle
        ("[[10, 10, 30, 20, 0]]", (1, 1, 1)),  # IoU is exactly 0.5
        ("[[10, 10, 30, 15, 0]]", (0, 1, 1)),
        ("[[10, 10, 30, 30]]", (0, 0, 1)),  # counted, never a hit
        ("[[10, 10, 10, 30, 0]]", (0, 0, 1)),
        ("[[10, 10, 30, 30, 0, 7]]", (0, 0, 1)),
        ("[[-10, 10, 30, 30, 0]]", (0, 0, 0)),  # lost by the digits-only pattern
        ("[[10.5, 10, 30, 30, 0]]", (0, 0, 0)),
        ("[[10, 10, 30, " + "9" * 5000 + ", 0]]", (0, 0, 1)),
        ("", (0, 0, 0)),
        ("no ship", (0, 0, 0)),
        ("[ 10,10, 30,\t30,  0 ]", (1, 1, 1)),
        ("[10 ,10,30,30,0]", (0, 0, 0)),  # no blank before a comma
    ],
)
def test_boxes_are_read_and_counted_as_earthdial_does(text: str, expected: tuple[int, int, int]) -> None:
    assert count(text, sample([10, 10, 30, 30, 0])) == expected


@pytest.mark.parametrize(
    "one",
    [
        Sample(
            id="1", task="t", reference=boxes("percent", [[40, 48, 60, 52, 0]]), images=(ImageRef("a"), ImageRef("b"))
        ),
        Sample(
            id="1",
            task="t",
            reference=boxes("percent", [[40, 48, 60, 52, 0]]),
            meta={"caption0": "[[40, 48, 60, 52, 0]]"},
        ),
    ],
)
def test_answers_about_two_images_lose_their_angle(one: Sample) -> None:
    assert count("[[40, 48, 60, 52, 90]]", one) == (1, 1, 1)
    assert count("[[40, 48, 60, 52, 90]]", sample([40, 48, 60, 52, 0])) == (0, 0, 1)


def test_the_digits_only_parser_is_earthdials_regular_expression() -> None:
    pattern = re.compile(r"\[\s*(\d+(?:,\s*\d+)*)\s*\]")

    @given(
        st.lists(
            st.sampled_from(
                ["[", "[[", "]", "1", "23", ",", ", ", " ,", " ", "\n", "-", ".", "[1,2,3,4,5]", "[1,2,3,4]", "x", "٣"]
            ),
            max_size=30,
        ).map("".join)
    )
    def equal(text: str) -> None:
        items = [[int(n) for n in item.split(",")] for item in pattern.findall(text)]
        read = digit_boxes([text], Batch([sample()], EARTHDIAL))[0]
        good = [item for item in items if len(item) == 5]
        assert (len(read), read.invalid) == (len(good), len(items) - len(good))

    equal()


def test_a_true_box_with_a_negative_number_cannot_be_hit() -> None:
    assert count("[[0, 10, 30, 30, 0]]", sample([-1, 10, 30, 30, 0])) == (0, 0, 1)


def test_angles_turn_counter_clockwise_on_screen() -> None:
    assert count("[[40, 48, 60, 52, 90]]", sample([48, 40, 52, 60, 0]))[0] == 1
    assert count("[[40, 48, 60, 52, 45]]", sample([40, 48, 60, 52, 135]))[0] == 0


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("geovlm-r1", "[45,45,134,134,0]"),  # 448 px
        ("geochat", "{<10><10><30><30>|<0>}"),
        ("qwen2-vl", '[{"bbox_2d": [100, 100, 300, 300], "label": "ship"}]'),
        ("qwen2.5-vl", '[{"bbox_2d": [56, 45, 168, 134], "label": "ship"}]'),  # 560×448 px
    ],
)
def test_other_models_are_measured_in_their_own_frame_and_syntax(profile: str, text: str) -> None:
    assert count(text, sample([10, 10, 30, 30, 0], size=(560, 448)), BY_NAME[profile]) == (1, 1, 1)


def test_without_a_profile_boxes_are_in_the_frame_of_the_reference() -> None:
    assert count("[[10, 10, 30, 30, 0]]", sample([10, 10, 30, 30, 0], frame="pixel"), None) == (1, 1, 1)


def test_a_row_without_true_boxes_counts_its_predictions() -> None:
    assert count("[[10, 10, 30, 30, 0]]", sample()) == (0, 0, 1)
    assert count("[[10, 10, 30, 30, 0]]", Sample(id="1", task="t")) == (0, 0, 1)


def test_precision_pools_boxes_under_weights() -> None:
    columns = {
        "hits@0.5": np.array([1.0, 0.0, 0.0]),
        "hits@0.25": np.array([1.0, 1.0, 0.0]),
        "predicted": np.array([1.0, 3.0, 0.0]),
    }
    both = box_protocol.precision(columns, np.ones(3))
    assert (both["precision@0.5"].value, both["precision@0.5"].n, both["precision@0.25"].value) == (0.25, 4, 0.5)
    assert box_protocol.precision(columns, np.array([2.0, 0, 0]))["precision@0.5"].value == 1.0
    assert np.isnan(box_protocol.precision(columns, np.array([0, 0, 1.0]))["precision@0.5"].value)


def test_counts_are_not_scored_in_vqa() -> None:
    kinds: list[Any] = ["presence", "comp", "rural_urban", "count", "area", None]
    samples = [Sample(id=str(k), task="vqa", reference="yes", meta={"question_type": k} if k else {}) for k in kinds]
    columns = labels.recall_tokens_of_words(["yes"] * 6, Batch(samples))
    assert columns["scored"].tolist() == [1, 1, 1, 0, 0, 1]
    metric = labels.mean_recall(columns, np.ones(6))["token_recall"]
    assert (metric.value, metric.n) == (1.0, 4)


def test_a_type_that_is_no_text_is_not_scored_and_spoils_no_other_row() -> None:
    kinds: list[Any] = ["presence", ["presence"], {"a": 1}, None]
    samples = [Sample(id=str(k), task="vqa", reference="yes", meta={"question_type": k}) for k in kinds]
    assert labels.recall_tokens_of_words(["yes"] * 4, Batch(samples))["scored"].tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize(("count", "ceiling"), [(1, 1.0), (2, 1.0), (3, 0.8), (4, 5 / 7), (5, 6 / 9), (6, 7 / 11)])
def test_a_perfect_list_of_labels_reaches_only_its_ceiling(count: int, ceiling: float) -> None:
    names = ("forest", "river", "road", "port", "beach", "park")
    one = Batch([Sample(id="1", task="multi-label", reference=names[:count])])
    for answer in (", ".join(names[:count]), ", ".join(names)):  # every label is as good as the right ones
        assert labels.recall_tokens([answer], one)["token_recall"].tolist() == [pytest.approx(ceiling)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("airport", 1), ("Air Port", 1), ("airport.", 1), ("airport, forest", 1), ("", 0), ("airports", 0), ("port", 0)],
)
def test_spaces_case_and_extra_words_are_forgiven(answer: str, expected: int) -> None:
    flawed = Sample(id="1", task="scene", reference="airport", flaw="label not among the choices")
    assert labels.recall_tokens([answer], Batch([flawed]))["token_recall"].tolist() == [expected]


def real(folder: Path, name: str, task: str | None = None) -> tuple[Batch, list[str], Any]:
    rows = [row for row in earthdial.read(folder / f"{name}.jsonl", task) if isinstance(row, Sample)]
    expected = orjson.loads((folder / "expected.json").read_bytes())[name]["recomputed_here"]
    return Batch(rows, EARTHDIAL), [row.completion or "" for row in rows], expected


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("classification/WHU_19", "scene"),
        ("classification/STARCOP_test", "scene"),
        ("change/xBD_testset_2", "temporal"),
        ("change/xBD_testset_3", "temporal"),
    ],
)
def test_the_published_classification_figures(shared: Path, name: str, task: str | None) -> None:
    batch, texts, expected = real(shared / "earthdial-preds-dev", name, task)
    metric = labels.mean_recall(labels.recall_tokens(texts, batch), np.ones(len(batch)))["token_recall"]
    assert metric.n == expected["rows"]
    assert metric.value * 100 == pytest.approx(expected["accuracy_exact_nospace_lower"], abs=0.01)


def test_the_published_figures_of_boxes_on_two_images(shared: Path) -> None:
    batch, texts, expected = real(
        shared / "earthdial-preds-dev", "change/xBD_referred_object_detection", "referred-detection"
    )
    metrics = box_protocol.precision(box_protocol.count_boxes(texts, batch), np.ones(len(batch)))
    for name, metric in metrics.items():
        assert (metric.n, metric.value * 100) == (expected[name][1], pytest.approx(expected[name][3], abs=0.01))


@pytest.mark.parametrize("name", ["ship_dataset_v0", "urban_tree_crown_detection"])
@pytest.mark.parametrize("threshold", ["0.5", "0.25"])
def test_the_published_detection_figures_of_every_slice(shared: Path, name: str, threshold: str) -> None:
    batch, texts, expected = real(shared / "earthdial-preds-dev", f"detection/{name}")
    columns = box_protocol.count_boxes(texts, batch)
    for group, (hits, predicted, true, percent) in expected[f"precision@{threshold}_rotated"].items():
        weights = np.array([float(group in ("all", row.meta["boxes"], row.meta["size_group"])) for row in batch])
        assert weights @ columns[f"hits@{threshold}"] == hits
        metric = box_protocol.precision(columns, weights)[f"precision@{threshold}"]
        assert (metric.n, metric.value * 100) == (predicted, pytest.approx(percent, abs=0.01))
        assert (
            sum(
                len(row.reference)
                for row, w in zip(batch, weights, strict=True)
                if w and isinstance(row.reference, Boxes)
            )
            == true
        )


@pytest.mark.parametrize("name", ["geovlm-r1", "qwen2.5-vl", "qwen2-vl"])
def test_a_row_whose_image_is_missing_costs_only_itself(name: str) -> None:
    sound = sample([0, 0, 448, 448, 0], frame="pixel", size=(448, 448))
    flawed = sample([0, 0, 448, 448, 0], frame="pixel")
    flawed.flaw = "boxes that need the image's size: Image gone.png does not exist."
    profile = BY_NAME[name]
    side = int(profile.extent(str(profile.frame), (448, 448))[0])
    text = (
        f"[{[0, 0, side, side, 0]}]"
        if profile.box_numbers == 5
        else f'[{{"bbox_2d": {[0, 0, side, side]}, "label": "x"}}]'
    )
    columns = box_protocol.count_boxes([text, text], Batch([flawed, sound], profile))
    assert columns["hits@0.5"].tolist() == [0, 1]
    assert columns["predicted"][1] == 1
