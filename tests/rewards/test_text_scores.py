"""Edit distances and sets of words: Rust and the plain twin against Levenshtein and rapidfuzz."""

from __future__ import annotations

import random
from pathlib import Path

import Levenshtein
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel
from rapidfuzz.distance import Levenshtein as Classic

from geovlm_cli import rewards
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards.scores.common import Several
from geovlm_cli.rewards.scores.edits import Distance
from tests.rewards.captions import Case, mutated, partial_share, real

letters = st.text(alphabet="abcé\U0001f6a2 ", max_size=150)
repeated = st.tuples(letters, st.integers(1, 4)).map(lambda pair: pair[0] * pair[1])
readable = repeated.filter(lambda text: any(map(str.isalnum, text)))


def library(text: str, reference: str, variant: Distance) -> float:
    a, b = text.strip(), reference.strip()
    if not a:
        return 0.0  # an empty answer is unread
    if variant == "classic":
        return float(Classic.normalized_similarity(a, b))
    assert Levenshtein.ratio(a, b) == pytest.approx(Indel.normalized_similarity(a, b), abs=1e-12)
    return float(Levenshtein.ratio(a, b))


def rust(cases: list[Case], variant: Distance) -> list[float]:
    found = rewards.levenshtein([c.text for c in cases], [c.references for c in cases], variant=variant)
    return [float(score) for score in found]


@pytest.mark.parametrize("variant", ["indel", "classic"])
@given(repeated, st.lists(readable, min_size=1, max_size=3))
def test_edit_distances_equal_the_libraries(variant: Distance, text: str, references: list[str]) -> None:
    wanted = max(library(text, reference, variant) for reference in references)
    assert rust([Case(text, tuple(references))], variant) == [pytest.approx(wanted, abs=1e-12)]


@pytest.mark.parametrize("variant", ["indel", "classic"])
@given(letters.filter(str.strip), readable)
def test_the_twin_equals_the_libraries(variant: Distance, text: str, reference: str) -> None:
    short = text[:40], reference[:40]
    assert twin.levenshtein(*short[:1], [short[1]], variant=variant) == pytest.approx(
        library(*short, variant) if short[0].strip() else 1 - bool(short[1].strip()), abs=1e-12
    )


def test_the_two_distances_differ() -> None:
    assert rust([Case("kitten", ("sitting",))], "indel") == [pytest.approx(8 / 13)]
    assert rust([Case("kitten", ("sitting",))], "classic") == [pytest.approx(4 / 7)]


def test_edit_distances_read_the_first_characters() -> None:
    limit = twin.MAX_CHARACTERS
    assert rust([Case("a" * (limit + 500), ("a" * limit,))], "indel") == [1.0]
    assert rust([Case("é" * limit + "b", ("é" * (limit - 1) + "b",))], "classic") == [pytest.approx(1 - 1 / limit)]


@given(
    st.text(alphabet="abAB12 .,_-éßÉ\u0130\u212a", max_size=40),
    st.lists(st.text(alphabet="abAB12 .,_éß", min_size=1, max_size=20), min_size=1, max_size=3),
    st.sampled_from(["best", "mean"]),
)
def test_word_scores_equal_the_twin(text: str, references: list[str], several: Several) -> None:
    usable = text.strip() and any(map(twin.words, references))
    jaccard = twin.token_jaccard(text, references, several=several) if usable else 0.0
    lcs_f = twin.lcs_f(text, references, several=several) if usable else 0.0
    assert rewards.token_jaccard([text], [references], several=several).tolist() == [pytest.approx(jaccard, abs=1e-12)]
    assert rewards.lcs_f([text], [references], several=several).tolist() == [pytest.approx(lcs_f, abs=1e-12)]


@pytest.mark.parametrize(
    ("text", "reference", "score"),
    [
        ("Two ships, two planes!", "planes & ships: two", 1.0),
        ("ships and two cars", "two ships, two planes", 0.4),
        ("...", "two ships", 0.0),
        ("STRASSE é", "straße e\u0301", 1.0),
    ],
)
def test_jaccard_of_words(text: str, reference: str, score: float) -> None:
    assert rewards.token_jaccard([text], [reference]).tolist() == [pytest.approx(score)]
    assert twin.token_jaccard(text, [reference]) == pytest.approx(score)


def test_jaccard_of_no_words_is_zero_beside_any_reference() -> None:
    assert twin.token_jaccard("...", ["!"]) == 0.0
    assert rewards.token_jaccard(["???"], [["a real caption", "."]]).tolist() == [0.0]


def compare(shared: Path, count: int) -> float:
    """Compare on mutated real captions; returns the share of scores that are neither 0 nor 1."""
    draw, cases = random.Random(20251002), real(shared)
    drawn = [mutated(draw.choice(cases), draw) for _ in range(count)]
    scores: list[float] = []
    variants: tuple[Distance, ...] = ("indel", "classic")
    for variant in variants:
        wanted = [max(library(case.text, other, variant) for other in case.references) for case in drawn]
        found = rust(drawn, variant)
        assert found == [pytest.approx(value, abs=1e-9) for value in wanted]
        scores += found
    jaccard = rewards.token_jaccard([case.text for case in drawn], [case.references for case in drawn])
    plain = [twin.token_jaccard(c.text, c.references) if twin.visible(c.text) else 0.0 for c in drawn]
    assert jaccard.tolist() == [pytest.approx(value, abs=1e-9) for value in plain]
    return partial_share([*scores, *jaccard.tolist()])


def test_real_captions_are_scored_alike(shared: Path) -> None:
    assert compare(shared, 1000) > 0.3


@pytest.mark.timeout(3600)
@pytest.mark.slow  # a hundred thousand texts through pytest's comparison take minutes
def test_a_hundred_thousand_real_captions_are_scored_alike(shared: Path) -> None:
    assert compare(shared, 100_000) > 0.3
