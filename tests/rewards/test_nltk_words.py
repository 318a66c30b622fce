from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer

from geovlm_cli.rewards.reference import nltk_words

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
    assert nltk_words(text) == NLTK.tokenize(text)


# NLTK matches with the package `regex`, for which ² is no word character and a combining mark is one; after an apostrophe the two differ.
VISIBLE = st.characters(exclude_categories=["Z", "C", "M", "No", "Nl"])


@given(st.text(VISIBLE, max_size=12))
def test_any_visible_text_is_cut_as_nltk_cuts_it(text: str) -> None:
    assert nltk_words(text) == NLTK.tokenize(text)


@given(
    st.lists(
        st.one_of(
            PIECES, st.sampled_from([" ", "Cannot", "'Tis", " 'twas", "IT'LL", "don't", "A", "'S ", " wanna go"])
        ),
        max_size=12,
    ).map("".join)
)
def test_a_sentence_with_blanks_and_capitals_is_cut_as_nltk_cuts_it(text: str) -> None:
    assert nltk_words(text) == NLTK.tokenize(text)


def test_a_stop_inside_a_caption_stays_with_its_word() -> None:
    assert nltk_words("Many trees. Two roads.") == ["Many", "trees.", "Two", "roads", "."]
