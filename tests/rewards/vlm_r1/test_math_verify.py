"""The reward `math` where math-verify is installed. It is not among the test dependencies: with it our own parser would go untested."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from geovlm_cli.rewards import vlm_r1
from tests.rewards.vlm_r1.cases.words import a

pytest.importorskip("math_verify", reason="math-verify is not installed")


@pytest.mark.parametrize(
    ("answer", "truth", "expected"),
    [
        ("12", "12", 1),
        ("12.0", "12", 1),
        ("13", "12", 0),
        ("3/4", "0.75", 1),
        (r"$\frac{3}{4}$", "0.75", 1),
        (r"\boxed{7}", "7", 1),
        ("50%", "0.5", 1),
        ("2+2", "4", 1),  # what our own parser does not read
        (r"$\sqrt{4}$", "2", 1),
        ("airport", "12", 0),
        ("", "12", 0),
        ("(" * 2000, "1", 0),
        ("9" * 5000, "1", 0),
        ("\ud800", "1", 0),
    ],
)
def test_numbers(answer: str, truth: str, expected: float) -> None:
    assert vlm_r1.judge() == "math-verify"
    assert vlm_r1.math(a(answer), truth) == expected


def test_what_takes_too_long_is_stopped() -> None:
    start = time.perf_counter()
    assert vlm_r1.math(a("2**999999999"), "1") == 0
    assert time.perf_counter() - start < 4


def test_another_thread_reads_plain_numbers_by_our_own_parser() -> None:
    with ThreadPoolExecutor(1) as pool:
        found = pool.map(vlm_r1.math, [a("12"), a("13"), a("2+2")], ["12.0", "12", "4"])
        assert list(found) == [1, 0, 0]
