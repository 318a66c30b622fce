from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from geovlm_eo.protocols import captions
from rouge_score.rouge_scorer import RougeScorer

from geovlm_cli import Batch, Sample

ROUGE = RougeScorer(["rouge1", "rougeL"], use_stemmer=True)
FIVE = ("There is a road .", "A road crosses a field .", "It is a road .", "Some roads .", "A field .")


def row(*references: str, **meta: Any) -> Sample:
    return Sample(id="1", task="image-caption", reference=references, meta=meta)


def earthdial_row(*columns: str) -> Sample:
    named = {f"caption{n}": text for n, text in enumerate(columns)}
    return row(*(text for text in columns if text), **named)


def scored(text: str, one: Sample, *, region: bool = False) -> dict[str, float]:
    score = captions.score_region_captions if region else captions.score_captions
    return {name: float(column[0]) for name, column in score([text], Batch([one])).items()}


def test_rouge_is_the_mean_over_the_references_with_stems() -> None:
    wanted = np.mean([ROUGE.score(reference, "two roads cross fields")["rougeL"].fmeasure for reference in FIVE])
    assert scored("two roads cross fields", earthdial_row(*FIVE))["rougeL"] == pytest.approx(wanted, abs=1e-12)


def test_the_best_reference_stands_beside_the_mean() -> None:
    wanted = max(ROUGE.score(reference, "two roads cross fields")["rougeL"].fmeasure for reference in FIVE)
    assert scored("two roads cross fields", earthdial_row(*FIVE))["rougeL_best"] == pytest.approx(wanted, abs=1e-12)


def test_meteor_is_that_of_the_best_reference() -> None:
    alone = [scored("There is a road .", row(reference))["meteor"] for reference in FIVE]
    assert scored("There is a road .", earthdial_row(*FIVE))["meteor"] == max(alone) == alone[0]


def test_only_the_first_column_counts_where_the_second_is_empty() -> None:
    one = earthdial_row("a road", "", "", "", "")
    assert scored("a road", one)["rouge1"] == 1.0
    assert captions.captions(earthdial_row("a road", "", "a field", "", "")) == ("a road",)


def test_empty_columns_count_with_zero_where_the_second_is_not() -> None:
    one = earthdial_row("a road", "a road", "", "", "")
    assert scored("a road", one)["rouge1"] == pytest.approx(0.4)
    assert scored("a road", row("a road", "a road"))["rouge1"] == 1.0  # rows without EarthDial's columns


@pytest.mark.parametrize("odd", [5, ["a ship"], {"a": 1}, True])
def test_a_column_that_is_no_text_counts_as_empty(odd: Any) -> None:
    assert captions.captions(row("a ship", caption0=odd)) == ("a ship",)
    assert captions.captions(row("x", caption0="a ship", caption1=odd)) == ("a ship",)


def test_sysus_caption_keeps_its_brackets() -> None:
    one = Sample(id="1", task="change-caption", reference=("two words",), meta={"groundtruth": '["two words"]'})
    assert captions.captions(one) == ('["two words"]',)
    assert scored("two words", one)["meteor"] < scored("two words", row("two words"))["meteor"]


def test_both_sides_are_cut_into_nltks_tokens() -> None:
    assert scored("You cannot go", row("you can not go"))["rouge1"] == 1.0
    assert scored("a road.", row("a road ."))["meteor"] == scored("a road .", row("a road ."))["meteor"]


def test_captions_of_regions_are_cut_at_blanks_and_have_one_reference() -> None:
    assert scored("1 ship.", row("1 ship ."), region=True)["meteor"] < scored("1 ship.", row("1 ship ."))["meteor"]
    assert scored("You cannot go", row("you can not go"), region=True)["rouge1"] < 1.0
    assert scored("a field", row("a road", "a field"), region=True)["rouge1"] == 0.5


@pytest.mark.parametrize("region", [True, False])
def test_an_empty_answer_scores_nothing(region: bool) -> None:
    assert set(scored("", row("a road"), region=region).values()) == {0.0}


def test_means_are_taken_under_weights() -> None:
    columns = {name: np.array([1.0, 0.0]) for name in captions.METRICS}
    assert captions.means(columns, np.array([3.0, 1.0]))["meteor"].value == 0.75
    assert np.isnan(captions.means(columns, np.zeros(2))["meteor"].value)
