"""Token recall and scene equality: Rust, plain twin and NLTK's own tokenizer agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer

from geovlm_cli.rewards import RewardInputError, geochat_equal, labels, token_recall
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Malformed, Sample

PIECES = [
    "airport", "Marine waters", "cannot", "gonna", "wanna", "d'ye", "more'n", "'tis", "don't", "it's", "we'll", "n't", "x", "7", "3.5", ",", ",", ", ", ":", ".", "..", "...", "?", "!", "'",
    "''", '"', "`", "``", "(", ")", "[", "]", "{", "<", "-", "--", "*", ";", "@", "%", "&", " ", "\n", "\t", "«", "”", "’", "–", "é", "É", "٣", "_", "\x1c", "\u00a0", "\u0130", "ß", "\u0301",
]  # fmt: skip
text = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@settings(max_examples=300)
@given(text, text)
def test_rust_equals_the_twin(answer: str, reference: str) -> None:
    mixed = f"{answer}, {reference}"
    for one in (answer, mixed, reference):
        assert token_recall([one], [reference]).tolist() == [
            twin.token_recall(one, reference) if twin.visible(one) else 0.0
        ], (one, reference)
        assert geochat_equal([one], [reference]).tolist() == [
            twin.geochat_equal(one, reference) if twin.visible(one) else 0.0
        ]


ODD = frozenset(
    "\n\t\x1c\u00a0\u0130\u0301"
)  # sentences end at white space; newer NLTK counts combining marks as letters


@settings(max_examples=200)
@given(text.filter(ODD.isdisjoint))
def test_the_twin_cuts_as_nltk_does(value: str) -> None:
    """NLTK's sentence splitter needs a download; within one sentence its rules are these."""
    assert twin.tokens(value) == NLTKWordTokenizer().tokenize(value.strip().lower().replace(" ", ""))


@pytest.mark.parametrize(("count", "ceiling"), [(1, 1.0), (2, 1.0), (3, 0.8), (4, 5 / 7), (5, 6 / 9), (6, 7 / 11)])
def test_the_ceiling_of_a_perfect_answer(count: int, ceiling: float) -> None:
    """n labels are 2n − 1 tokens, n − 1 of them commas; the answer shares n labels and one comma: (n + 1) / (2n − 1)."""
    names = tuple(f"label{number}" for number in range(count))
    assert token_recall([", ".join(names)], [names])[0] == pytest.approx(ceiling)


@pytest.mark.parametrize(
    ("answer", "score"), [("airport.", 1.0), ("Air port", 1.0), ("airport, forest", 1.0), ("seaport", 0.0), ("", 0.0)]
)
def test_single_labels(answer: str, score: float) -> None:
    assert token_recall([answer], ["Airport"]).tolist() == [score]


def test_a_comma_alone_earns_credit() -> None:
    """airport , forest are three tokens; the comma is one of them."""
    assert token_recall([","], [("airport", "forest")])[0] == pytest.approx(1 / 3)


def test_label_columns_and_malformed_answers() -> None:
    batch = Batch([Sample(id="1", task="t", reference=("a", "b"))] * 2)
    assert token_recall(labels(["a, b", "a"], batch), batch).tolist() == [1.0, pytest.approx(1 / 3)]
    assert token_recall([Malformed("no_answer"), "a,b"], batch).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("medium residential.", 1.0),
        ("Medium.Residential", 1.0),
        ("medium-residential", 0.0),
        ("residential", 0.0),
        (".", 0.0),
    ],
)
def test_geochat_scene(answer: str, score: float) -> None:
    assert geochat_equal([answer], ["MediumResidential"]).tolist() == [score]


def test_lengths_must_agree() -> None:
    with pytest.raises(RewardInputError, match="answers has 1 rows and the batch has 2"):
        token_recall(["a"], ["a", "b"])
