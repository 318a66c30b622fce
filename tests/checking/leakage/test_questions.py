from __future__ import annotations

import pytest

from geovlm_cli.checking.leakage.questions import plain

QUESTION = "how many red boats lie at pier 9"


@pytest.mark.parametrize(
    "text",
    [
        "How many red boats lie at pier 9?",
        "how many red  boats lie at pier 9",
        "<image>\nHow many red boats lie at pier 9?",
        "<|vision_start|><|image_pad|><|vision_end|>How many red boats lie at pier 9?",
        "How many red boats lie at pier 9 ?!",
        "How many red boats lie at pier 9? Answer the question using a single word or phrase.",
        "How many red boats lie at pier 9?\nAnswer in one word or a short phrase.",
        "How many red boats lie at pier 9? Please answer with a number",
    ],
)
def test_spellings_of_one_question_are_the_same_words(text: str) -> None:
    assert plain(text) == QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "How many red boats lie at pier 8?",
        "How many boats lie at pier 9?",
        "How many red boats lie at pier 9? Which is the longest?",
        "How many red boats lie at pier 9? Answer yes or no.",
    ],
)
def test_other_questions_stay_apart(text: str) -> None:
    assert plain(text) != QUESTION


def test_numbers_and_signs_of_combined_letters_are_kept() -> None:
    assert plain("1.5 km") != plain("15 km")
    assert plain("कितनी नावें?") == "कितनी नावें"
    assert plain("<image>") == plain(" ?") == ""
