from __future__ import annotations

import pytest
from geovlm_eo.words import token_recall, tokens, words
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer

NLTK = NLTKWordTokenizer()
PIECES = st.sampled_from(
    [
        *"abc019.,:;!?'\"`*()[]{}<>$%&@#-_/«»“”‘’„–—",
        "''",
        "``",
        "--",
        "...",
        "can",
        "not",
        "cannot",
        "n't",
        "'s",
        "'ll",
        "wanna",
        "gimme",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_one_sentence_is_cut_as_nltk_cuts_it(text: str) -> None:
    assert words(text) == NLTK.tokenize(text.strip().lower().replace(" ", ""))


# NLTK matches with the package `regex`, for which ² is no word character and a combining mark is one; after an apostrophe the two differ.
VISIBLE = st.characters(exclude_categories=["Z", "C", "M", "No", "Nl"])


@given(st.text(VISIBLE, max_size=12))
def test_any_visible_text_is_cut_as_nltk_cuts_it(text: str) -> None:
    assert words(text) == NLTK.tokenize(text.strip().lower().replace(" ", ""))


@given(
    st.lists(
        st.one_of(
            PIECES, st.sampled_from([" ", "Cannot", "'Tis", " 'twas", "IT'LL", "don't", "A", "'S ", " wanna go"])
        ),
        max_size=12,
    ).map("".join)
)
def test_a_sentence_with_blanks_and_capitals_is_cut_as_nltk_cuts_it(text: str) -> None:
    assert tokens(text) == NLTK.tokenize(text)


def test_a_stop_inside_a_caption_stays_with_its_word() -> None:
    assert tokens("Many trees. Two roads.") == ["Many", "trees.", "Two", "roads", "."]


def test_lines_that_end_in_a_stop_are_sentences() -> None:
    assert words("Yes.\nThe roofs are gone") == ["yes", ".", "theroofsaregone"]


@pytest.mark.parametrize(("labels", "ceiling"), [(1, 1.0), (2, 1.0), (3, 0.8), (4, 5 / 7), (5, 6 / 9), (6, 7 / 11)])
def test_a_perfect_list_of_labels_reaches_only_its_ceiling(labels: int, ceiling: float) -> None:
    answer = ", ".join("abcdef"[:labels])
    assert token_recall(answer, answer) == pytest.approx(ceiling)


@pytest.mark.parametrize("answer", ["airport", "Air Port", "airport.", "airport, forest"])
def test_spaces_case_and_extra_words_are_forgiven(answer: str) -> None:
    assert token_recall("airport", answer) == 1.0


@pytest.mark.parametrize("answer", ["", "airports", "port"])
def test_another_word_is_not(answer: str) -> None:
    assert token_recall("airport", answer) == 0.0


def test_an_empty_reference_scores_nothing() -> None:
    assert token_recall("", "airport") == 0.0
