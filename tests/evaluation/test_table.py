"""What the terminal shows."""

from __future__ import annotations

from typing import Any

from geovlm_cli.evaluation.table import report


def interval(value: float | None, n: float = 10) -> dict[str, Any]:
    return {
        "value": value,
        "low": None if value is None else value - 0.1,
        "high": None if value is None else value + 0.1,
        "n": n,
    }


def results(**changes: Any) -> dict[str, Any]:
    return {
        "model": None,
        "data": {"source": "rows.jsonl", "n": 10, "flawed": 2, "rejected": 0, "failed": 0},
        "structure": "any",
        "profile": None,
        "protocols": {"strict": "1", "earthdial": "1"},
        "metrics": {
            "scene": {
                "strict": {"accuracy": interval(0.5), "malformed": interval(None, 0)},
                "earthdial": {"token_recall": interval(0.75)},
            }
        },
        "slices": {
            "scene": {"strict": {"class=a": {"accuracy": interval(0.25)}, "class=b": {"accuracy": interval(0.3)}}}
        },
        "reasons": {"scene": {"unknown_label": 3}},
        **changes,
    }


def test_values_times_100_with_interval_and_n_under_each_protocol() -> None:
    lines = report(results()).splitlines()
    assert lines[0] == "saved answers on rows.jsonl: 10 rows, 2 with bad truth; structure any, profile none"
    assert any(line.split() == ["strict", "(1)", "accuracy", "50.00", "40.00", "…", "60.00", "10"] for line in lines)
    assert any(
        line.split() == ["earthdial", "(1)", "token_recall", "75.00", "65.00", "…", "85.00", "10"] for line in lines
    )
    assert any(line.split() == ["malformed", "–", "0"] for line in lines)
    assert any(line.split() == ["class=b", "30.00"] for line in lines)


def test_reasons_are_always_there_and_a_gameable_protocol_is_named() -> None:
    assert "failure reasons: unknown_label 3" in report(results())
    assert "failure reasons: none" in report(results(reasons={"scene": {}}))
    assert "note: earthdial" in report(results())
    assert "note:" not in report(results(protocols={"strict": "1"}, metrics={"scene": {}}))


def test_a_key_of_one_value_or_of_many_prints_no_slices() -> None:
    one = {"scene": {"strict": {"class=a": {"accuracy": interval(0.5)}}}}
    many = {"scene": {"strict": {f"class={i}": {"accuracy": interval(0.5)} for i in range(13)}}}
    assert "class=" not in report(results(slices=one))
    assert "class=" not in report(results(slices=many))
