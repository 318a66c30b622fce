"""Where several faults meet in one answer, engine and twin name the same one: the first that a reader from left to right meets."""

from __future__ import annotations

import random
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import BoxSyntax
from geovlm_cli.task import Kind
from tests.rewards.judging import Case
from tests.rewards.test_twin_equals_rust import GOOD, Drawn, alike

LONG = "9" * 21
FAULTS = [
    *(LONG, f"-{LONG}", f"{LONG}.", f"{LONG}e", f"{LONG}.5.", f"0.{'1' * 39}", f"0{LONG}"),
    *(".5", "1e", "01", "NaN", "-", "null", '"x"', "[" * 40, "{" * 40, "[]", "{}", ",", "]", ">", "<", "|", "}"),
    *('{"a":1,"a":2}', '{"a":1,"a"}', '{"\\ud800":1,"\\ufffd":2}', '"label":1,"label":2,', '"label":1,"lab'),
    *("```", "<p>", "<box>", "1e6", "-1e7", "true,", '"\\x"', '"\t"'),
]
SYNTAXES: tuple[BoxSyntax, ...] = get_args(BoxSyntax)


def case_of(kind: Kind, syntax: BoxSyntax) -> Case:
    reference = ("river",) if kind == "labels" else boxes("pixel", [[10, 10, 31, 28]])
    return Case(kind, reference, syntax=syntax, extent=(100.0, 100.0))


def judged(kind: Kind, syntax: BoxSyntax, answer: str) -> str:
    """Judge by both, which must agree; returns the reason."""
    return alike(Drawn(case_of(kind, syntax), answer, "plain", opens_think=False)).reason


def faulty(text: str, draw: random.Random) -> str:
    """Put two or three faults into an answer: in place of a number, a key or a sign, or beside it."""
    for _ in range(draw.choice([2, 2, 3])):
        places = [match.span() for match in re.finditer(r'[0-9.]+|"[^"]*"|[][{},|<>:]', text)]
        start, end = draw.choice(places)
        fault = draw.choice(FAULTS)
        text = draw.choice([text[:start] + fault, text[:end] + fault, text[:start]]) + text[end:]
        if not text.strip():
            return fault
    return text


def compare(kind: Kind, syntax: BoxSyntax, seed: int) -> str:
    draw = random.Random(f"{kind} {syntax} {seed}")
    good = '["river", "x", "a b"]' if kind == "labels" else draw.choice([text for text in GOOD[syntax] if text != "[]"])
    return judged(kind, syntax, faulty(good, draw))


KINDS: list[Kind] = ["box", "boxes", "labels"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("syntax", SYNTAXES)
@settings(max_examples=200)
@given(seed=st.integers(0, 10**9))
def test_both_name_the_same_fault(kind: Kind, syntax: BoxSyntax, seed: int) -> None:
    compare(kind, syntax, seed)


@pytest.mark.parametrize(("kind", "least"), [("box", 8), ("boxes", 6), ("labels", 5)])
def test_many_reasons_are_compared(kind: Kind, least: int) -> None:
    assert len({compare(kind, "qwen-json", seed) for seed in range(400)} - {""}) >= least


@pytest.mark.timeout(3600)
@pytest.mark.slow  # 100,000 answers a kind and syntax take minutes in the plain twin
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_both_name_the_same_of_a_hundred_thousand(kind: Kind, syntax: BoxSyntax) -> None:
    assert len({compare(kind, syntax, seed) for seed in range(100_000)}) > 2


@pytest.mark.parametrize(
    ("syntax", "answer", "reason"),
    [
        ("qwen-json", '[{"label":"x","label":"y","bbox_2d":[7,53,.5,65]}]', "duplicate_key"),
        ("qwen-json", '[{"label":"x","bbox_2d":[7,53,.5,65],"label":"y"}]', "bad_json"),
        ("qwen-json", '[{"label":"x","label"}]', "bad_json"),  # no key before its colon
        ("qwen-json", f"[{LONG},, {'[' * 40}", "bad_number"),
        ("qwen-json", f"[,{LONG}, {'[' * 40}", "bad_json"),
        ("qwen-json", f"[{'[' * 40},,{LONG}", "too_deep"),
        ("qwen-json", f"[{LONG}.]", "bad_json"),  # a literal is read as a whole: this one is no number
        ("geochat", f"{{<47><62><59><{LONG}>|<.5>}}", "bad_number"),
        ("geochat", f"{{<47><.5><59><{LONG}>|<5>}}", "bad_json"),
        ("list5", f"[1,2,3,4,{LONG}],[1,,2]", "bad_number"),
        ("list5", f"[1,2,3,4,{LONG}.]", "bad_json"),
        ("list5", f"[[[[1,2,3,4,5]]]],{LONG}", "too_deep"),
    ],
)
def test_the_first_from_left_to_right(syntax: BoxSyntax, answer: str, reason: str) -> None:
    assert judged("boxes", syntax, answer) == reason


@pytest.mark.parametrize("letter", ["\u0345", "\u24b6", "\u00b2", "\u4e00", "\u2160", "_"])
def test_a_fence_opens_with_a_letter_or_number_or_none(letter: str) -> None:
    assert judged("boxes", "qwen-json", f"```{letter}[]```") in ("bad_fence", "bad_json")
