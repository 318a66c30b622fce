"""The words about learning follow from the intervals."""

from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli.demo.text import finding, table


def change(low: float, high: float) -> dict[str, float]:
    return {"value": (low + high) / 2, "low": low, "high": high, "n": 400}


def measure(
    rise: tuple[float, float] = (0.1, 0.2), beside: tuple[float, float] = (-0.1, 0.1), constant: float | None = None
) -> dict[str, Any]:
    found = {"value": 0.5, "low": 0.45, "high": 0.55, "n": 400.0}
    return {
        "name": "counts",
        "n": 400,
        "constant": constant,
        "models": {model: {"greedy": found, "sampled": found} for model in ("base", "sft", "grpo", "long-sft")},
        "change": {"sft": change(*rise), "long-sft": change(*beside)},
    }


@pytest.mark.parametrize(
    ("rise", "word"),
    [((0.01, 0.1), "rose"), ((-0.1, -0.01), "fell"), ((-0.01, 0.1), "no change that the rows can tell")],
)
def test_it_rose_only_where_the_whole_interval_says_so(rise: tuple[float, float], word: str) -> None:
    assert finding(measure(rise)).startswith(f"- counts: {word} from SFT to SFT + GRPO")


@pytest.mark.parametrize(
    ("beside", "word"), [((0.01, 0.1), "above"), ((-0.1, -0.01), "alone is better"), ((-0.01, 0.1), "level with")]
)
def test_the_long_sft_stands_beside_it(beside: tuple[float, float], word: str) -> None:
    assert word in finding(measure(beside=beside))


@pytest.mark.parametrize(("constant", "learnt"), [(0.46, False), (0.44, True), (None, True)])
def test_what_a_fixed_answer_reaches_was_not_learnt(constant: float | None, learnt: bool) -> None:
    assert ("not learnt" in finding(measure(constant=constant))) is not learnt


def test_the_table_has_two_lines_a_measure_of_equal_width() -> None:
    lines = table([measure(), measure()])
    assert len(lines) == 2 + 4
    assert len(set(map(len, lines))) == 1
    assert "50.0 [45.0, 55.0]" in lines[2]
