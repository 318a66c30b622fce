from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from geovlm_cli.report.html.choice import ranking, rows_at, survey


def row(number: int, value: float, reason: str = "", **more: Any) -> dict[str, Any]:
    columns = {"reward": value, "malformed": float(bool(reason)), "bad_truth": 0.0}
    entry = {"columns": columns, "answer": None, "reason": reason}
    return {"id": f"r{number}", "k": 0, "task": "t", "completion": "x", "protocols": {"strict": entry}, **more}


def saved(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(item) + b"\n" for item in rows))
    return path


def test_the_worst_come_first_and_the_best_is_among_them(tmp_path: Path) -> None:
    path = saved(tmp_path / "rows.jsonl", [row(i, ((i * 37) % 100) / 100) for i in range(100)])
    shown = [item["protocols"]["strict"]["columns"]["reward"] for item in rows_at(path, survey(path)["t"].chosen(12))]
    assert shown == sorted(shown)
    assert len(shown) == 12
    assert shown[:8] == [i / 100 for i in range(8)]
    assert shown[-1] == 0.99


def test_every_reason_is_shown_and_none_takes_all_the_room(tmp_path: Path) -> None:
    rows = [row(i, 0.0, "empty") for i in range(50)] + [row(50, 0.0, "bad_json")] + [row(60 + i, 0.5) for i in range(9)]
    path = saved(tmp_path / "rows.jsonl", rows)
    reasons = [item["protocols"]["strict"]["reason"] for item in rows_at(path, survey(path)["t"].chosen(10))]
    assert reasons.count("empty") == 4
    assert reasons.count("bad_json") == 1
    assert reasons.count("") == 5


@pytest.mark.parametrize(
    ("failed", "wrong", "perfect", "expected"),
    [
        (927, 0, 2073, (80, 0, 16)),
        (3, 500, 2000, (3, 80, 13)),
        (500, 500, 2000, (48, 35, 13)),
        (200, 0, 5, (91, 0, 5)),
        (5, 5, 290, (5, 5, 10)),
        (0, 0, 300, (0, 0, 16)),
        (30, 20, 40, (30, 20, 40)),
    ],
)
def test_failures_take_their_share_and_perfect_answers_are_the_fewest(
    tmp_path: Path, failed: int, wrong: int, perfect: int, expected: tuple[int, int, int]
) -> None:
    rows = [row(i, 1.0) for i in range(perfect)] + [row(i, 0.0, "empty") for i in range(failed)]
    path = saved(tmp_path / "rows.jsonl", rows + [row(i, 0.2) for i in range(wrong)])
    shown = [item["protocols"]["strict"] for item in rows_at(path, survey(path)["t"].chosen(96))]
    groups = [bool(entry["reason"]) * 2 + (not entry["reason"] and entry["columns"]["reward"] < 1) for entry in shown]
    assert (groups.count(2), groups.count(1), groups.count(0)) == expected
    assert groups == sorted(groups, reverse=True)  # failures, then what is wrong, then what is right


def test_reasons_take_turns_and_equal_answers_come_from_all_of_the_file(tmp_path: Path) -> None:
    rows = [row(i, 0.0, "empty" if i < 300 else "bad_json") for i in range(600)]
    shown = list(rows_at(path := saved(tmp_path / "rows.jsonl", rows), survey(path)["t"].chosen(20)))
    assert [item["protocols"]["strict"]["reason"] for item in shown] == ["empty", "bad_json"] * 10
    numbers = [int(item["id"][1:]) for item in shown]
    assert max(numbers[::2]) - min(numbers[::2]) > 200


def test_fewer_rows_than_room_are_all_shown_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "rows.jsonl", [row(i, 1.0) for i in range(3)])
    assert [item["id"] for item in rows_at(path, survey(path)["t"].chosen(20))] == ["r0", "r1", "r2"]


def test_answers_that_cannot_be_read_take_the_room_that_is_left(tmp_path: Path) -> None:
    path = saved(tmp_path / "rows.jsonl", [*(row(i, 0.0, "empty") for i in range(9)), row(9, 1.0)])
    assert len(survey(path)["t"].chosen(8)) == 8


@pytest.mark.parametrize("answered", [0, 20])
def test_a_few_rows_without_an_answer_are_shown_first(tmp_path: Path, answered: int) -> None:
    lost = [row(i, 0.0, completion=None, error="no image", protocols={}) for i in range(9)]
    path = saved(tmp_path / "rows.jsonl", [*(row(9 + i, 0.5) for i in range(answered)), *lost])
    shown = list(rows_at(path, survey(path)["t"].chosen(12)))
    assert [item["id"] for item in shown[:4]] == ["r0", "r1", "r2", "r3"]
    assert len(shown) == (12 if answered else 4)
    assert ranking(shown[0]) == ("", 0.0, "no_answer")


def test_the_histogram_counts_fractions_and_is_left_out_for_right_or_wrong(tmp_path: Path) -> None:
    path = saved(tmp_path / "rows.jsonl", [row(i, value) for i, value in enumerate((0.0, 0.05, 0.55, 1.0))])
    assert survey(path)["t"].histogram == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    path = saved(tmp_path / "right.jsonl", [row(0, 0.0), row(1, 1.0)])
    assert survey(path)["t"].histogram == []


@pytest.mark.parametrize(
    ("protocols", "expected"),
    [
        ({"earthdial": {"columns": {"hit": 2.0}, "reason": "empty"}}, ("hit", 2.0, "empty")),
        ({"coco": {"columns": {"score": [0.5]}, "reason": ""}}, ("", 0.0, "")),
        (
            {"a": {"columns": {"x": 0.5}, "reason": ""}, "strict": {"columns": {"f1": 0.1}, "reason": ""}},
            ("f1", 0.1, ""),
        ),
        ({"strict": {"columns": {"f1": 0.0, "bad_truth": 1.0}, "reason": ""}}, ("f1", 0.0, "bad_truth")),
        ({}, ("", 0.0, "")),
    ],
)
def test_a_row_ranks_by_strict_or_by_its_first_protocol(protocols: Any, expected: Any) -> None:
    assert ranking({"completion": "x", "protocols": protocols}) == expected
