"""ROUGE: Rust and the plain twin against `rouge-score` and `pycocoevalcap`, bit for bit; the stemmer against nltk."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from pycocoevalcap.rouge.rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer

from geovlm_cli import rewards
from geovlm_cli.rewards import reference as twin
from tests.rewards.captions import Case, mutated, partial_share, real

Variant = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
Rate = Literal["f", "precision", "recall"]

VARIANTS: list[Variant] = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
RATES: dict[Rate, str] = {"f": "fmeasure", "precision": "precision", "recall": "recall"}
SCORERS = {stemmer: RougeScorer(VARIANTS, use_stemmer=stemmer) for stemmer in (False, True)}
SUFFIXES = "ational tional enci anci izer bli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize sses ies ss s eed ed ing ied y e ll".split()  # noqa: SIM905  # reads as words

made = st.tuples(st.sampled_from(["relat", "happ", "y", "geo", "hop", "tr", "fill"]), st.sampled_from(SUFFIXES)).map(
    "".join
)
word = made | st.sampled_from(
    ["the", "Ship", "ships", "shipping", "port", "ports", "2", "é", "is_at", "-", "\u212a", "\u0130", "a" * 20]
)
texts = st.lists(st.tuples(word, st.sampled_from([" ", " ", " ", "\n", ", "])).map("".join), max_size=80).map("".join)
readable = texts.filter(twin.words)


def expected(case: Case, variant: Variant, rate: Rate, *, stemmer: bool) -> float:
    return float(getattr(SCORERS[stemmer].score_multi(case.references, case.text)[variant], RATES[rate]))


def rust(cases: list[Case], variant: Variant, rate: Rate = "f", *, stemmer: bool) -> list[float]:
    references = [case.references for case in cases]
    scores = rewards.rouge([c.text for c in cases], references, variant=variant, rate=rate, stemmer=stemmer)
    return [float(score) for score in scores]


@pytest.mark.parametrize("stemmer", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
@given(texts, st.lists(readable, min_size=1, max_size=3), st.sampled_from(list(RATES)))
def test_equals_rouge_score(variant: Variant, stemmer: bool, text: str, references: list[str], rate: Rate) -> None:
    case = Case(text, tuple(references))
    wanted = expected(case, variant, rate, stemmer=stemmer)
    assert rust([case], variant, rate, stemmer=stemmer) == [wanted]
    assert twin.rouge(text, references, variant=variant, rate=rate, stemmer=stemmer) == wanted


@given(texts, st.lists(readable, min_size=1, max_size=3))
def test_coco_equals_pycocoevalcap(text: str, references: list[str]) -> None:
    wanted = float(Rouge().calc_score([text], references)) if text.strip() else 0.0
    assert rewards.coco_rouge([text], [references]).tolist() == [wanted]
    assert twin.coco_rouge(text, references) == wanted


@pytest.mark.parametrize(
    ("text", "reference"),
    [("a b c ", "a b c"), ("a b\n", "a b"), ("a", " a "), (" a", "a "), ("a  b", "a b"), ("a ", "a ")],
)
def test_coco_does_not_trim(text: str, reference: str) -> None:
    wanted = float(Rouge().calc_score([text], [reference]))
    assert rewards.coco_rouge([text], [reference]).tolist() == [wanted]
    assert twin.coco_rouge(text, [reference]) == wanted


@pytest.mark.parametrize("text", ["", " ", "  "])
def test_coco_pays_nothing_for_an_answer_that_shows_nothing(text: str) -> None:
    """The empty words of both sides are one match to pycocoevalcap."""
    assert Rouge().calc_score([text], ["a b "]) > 0.3
    assert rewards.coco_rouge([text], ["a b "]).tolist() == [0]


@pytest.mark.parametrize("length", [4000, 4500])
def test_the_longest_common_subsequence_reads_4000_words(length: int) -> None:
    """Up to there the figures are the packages'; beyond it a text of any length costs the same."""
    draw = random.Random(4)
    sides = [" ".join(draw.choices("abcdefgh", k=length)) for _ in range(2)]
    text, reference = (" ".join(side.split()[:4000]) for side in sides)
    wanted = expected(Case(text, (reference,)), "rougeL", "f", stemmer=False)
    assert rewards.rouge([sides[0]], [sides[1]]).tolist() == [wanted]
    assert rewards.coco_rouge([sides[0]], [sides[1]]).tolist() == [float(Rouge().calc_score([text], [reference]))]


@pytest.mark.parametrize(("before", "shared"), [(3998, 2), (3999, 1), (4000, 0)])
def test_no_word_counts_after_4000(before: int, shared: int) -> None:
    text = "x " * before + "a b"
    assert rewards.rouge([text], ["a b"], rate="recall").tolist() == [shared / 2]
    assert twin.rouge(text, ["a b"], rate="recall") == shared / 2
    assert rewards.coco_rouge([text], ["a b"])[0] == twin.coco_rouge(text, ["a b"])
    assert (twin.coco_rouge(text, ["a b"]) > 0) == (shared > 0)


@given(
    st.text(alphabet="aeiouyylstngdbz*é", max_size=8),
    st.sampled_from(["", *SUFFIXES]),
    st.sampled_from(["", "s", "ed", "ly"]),
)
def test_stems_equal_nltk(head: str, middle: str, end: str) -> None:
    assert twin.stem(head + middle + end) == PorterStemmer().stem(head + middle + end)


def test_the_mean_over_references() -> None:
    assert rewards.rouge(["a b"], [["a b", "a c"]], several="mean").tolist() == [0.75]
    assert twin.rouge("a b", ["a b", "a c"], several="mean") == 0.75


def test_best_is_the_first_reference_with_the_best_f() -> None:
    references = ["a b c d", "a", "x"]
    assert rewards.rouge(["a b"], [references], rate="precision").tolist() == [1.0]
    assert rewards.rouge(["a b"], [references], rate="recall").tolist() == [0.5]


def test_lines_are_read_up_to_four_thousand_words() -> None:
    text, reference = "a\n" * 3999 + "b c", "b c"
    assert rewards.rouge([text], [reference], variant="rougeLsum", rate="recall").tolist() == [0.5]
    assert twin.rouge(text, [reference], variant="rougeLsum", rate="recall") == 0.5


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"variant": "rouge3"}, "variant is rouge3; it must be rouge1, rouge2, rougeL or rougeLsum."),
        ({"rate": "f1"}, "rate is f1; it must be f, precision or recall."),
        ({"several": "all"}, "several is all; it must be best or mean."),
    ],
)
def test_wrong_options_are_named(option: dict[str, str], message: str) -> None:
    with pytest.raises(rewards.RewardInputError) as caught:
        rewards.rouge(["a"], ["a"], **option)  # type: ignore[arg-type]  # what is refused
    assert str(caught.value) == message


def compare(shared: Path, count: int, *, stemmer: bool) -> float:
    """Compare all variants on mutated real captions; returns the share of scores that are neither 0 nor 1."""
    draw, cases = random.Random(20251001), real(shared)
    drawn = [mutated(draw.choice(cases), draw) for _ in range(count)]
    found = {variant: rust(drawn, variant, stemmer=stemmer) for variant in VARIANTS}
    for row, case in enumerate(drawn):
        wanted = SCORERS[stemmer].score_multi(case.references, case.text)
        assert {v: found[v][row] for v in VARIANTS} == {v: wanted[v].fmeasure for v in VARIANTS}, case
    return partial_share([score for scores in found.values() for score in scores])


@pytest.mark.parametrize("stemmer", [False, True])
def test_real_captions_are_scored_alike(shared: Path, stemmer: bool) -> None:
    assert compare(shared, 400, stemmer=stemmer) > 0.3


@pytest.mark.slow  # rouge-score takes about ten minutes for them
@pytest.mark.parametrize("stemmer", [False, True])
def test_a_hundred_thousand_real_captions_are_scored_alike(shared: Path, stemmer: bool) -> None:
    assert compare(shared, 100_000, stemmer=stemmer) > 0.3


def test_real_captions_are_scored_alike_by_the_twin(shared: Path) -> None:
    draw, cases = random.Random(7), real(shared)
    drawn = [mutated(draw.choice(cases), draw) for _ in range(150)]
    for variant in VARIANTS:
        plain = [twin.rouge(case.text, case.references, variant=variant, stemmer=True) for case in drawn]
        assert rust(drawn, variant, stemmer=True) == plain
