"""Two runs compared row by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import DataError
from geovlm_cli.evaluation import compare, compare_runs
from geovlm_cli.evaluation.fingerprints import fingerprint
from geovlm_cli.evaluation.paired import comparison_table
from geovlm_cli.evaluation.saved_rows import SavedTask, read_rows
from geovlm_cli.rewards import protocols_of_kind
from geovlm_cli.task import Sample, Task

TASK = Task(name="t", kind="label", summary="", protocols=protocols_of_kind("label"))


def run(folder: Path, *rows: tuple[str, int, float], asks: str = "", protocol: str = "strict") -> Path:
    """A run folder; asks: a letter a row for what it asks and holds true, nothing as in runs of before rows told it."""
    folder.mkdir()
    lines = [
        {
            "id": name,
            "k": k,
            "task": "t",
            **({"digest": f"{ord(asks[i]):016x}"} if asks else {}),
            "protocols": {protocol: {"columns": {"accuracy": value, "bad_truth": 0}}},
        }
        for i, (name, k, value) in enumerate(rows)
    ]
    (folder / "rows.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return folder


def test_rows_are_paired_by_id_and_their_samples_averaged(tmp_path: Path) -> None:
    before = run(tmp_path / "a", ("x", 0, 0.0), ("x", 1, 1.0), ("y", 0, 0.0), ("y", 1, 0.0))
    after = run(tmp_path / "b", ("y", 0, 0.5), ("y", 1, 0.5), ("x", 0, 1.0), ("x", 1, 1.0))
    found = compare(before, after, "t", "accuracy")
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.5, 0.5, 2)


def test_other_rows_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    before, after = run(tmp_path / "a", ("x", 0, 0.0)), run(tmp_path / "b", ("y", 0, 0.5))
    with pytest.raises(DataError, match="different rows"):
        compare(before, after, "t", "accuracy")
    with pytest.raises(DataError, match="no column `reward`"):
        compare(before, before, "t", "reward")


def between(before: Path, after: Path, draws: int = 9) -> Any:
    return compare_runs(before, after, lambda name: replace(TASK, name=name), draws=draws)


def test_rows_of_one_id_that_ask_something_else_are_refused(tmp_path: Path) -> None:
    rows = [(f"{i}", 0, 1.0) for i in range(3)]
    before, other = run(tmp_path / "a", *rows, asks="abc"), run(tmp_path / "b", *rows, asks="axy")
    for compared in (lambda: between(before, other), lambda: compare(before, other, "t", "accuracy")):
        with pytest.raises(DataError, match=r"2 rows of 3 of task `t`, the first `1`, differ in question or truth"):
            compared()
    assert between(before, run(tmp_path / "same", *rows[::-1], asks="cba"))["notes"] == []


def test_rows_of_which_no_id_is_in_both_runs_are_paired_by_question_and_truth(tmp_path: Path) -> None:
    before = run(tmp_path / "a", ("a-1", 0, 0.0), ("a-2", 0, 1.0), ("a-3", 0, 0.5), asks="xyx")
    after = run(tmp_path / "b", ("b-1", 0, 1.0), ("b-2", 0, 1.0), ("b-3", 0, 1.0), asks="xyx")
    found = between(before, after)
    assert found["tasks"]["t"]["strict"]["accuracy"]["difference"] == pytest.approx(0.5)
    assert found["notes"] == ["t: the runs have no id in common; rows are paired by question and truth"]
    with pytest.raises(DataError, match="different rows"):  # which of the two x is which?
        between(before, run(tmp_path / "c", ("c-1", 0, 1.0), ("c-2", 0, 1.0), ("c-3", 0, 1.0), asks="yxx"))
    with pytest.raises(DataError, match=r"only .* holds 3 rows such as `a-1`"):
        between(before, run(tmp_path / "d", ("d-1", 0, 1.0), ("d-2", 0, 1.0), ("d-3", 0, 1.0), asks="xyz"))


def test_rows_that_no_other_is_like_are_paired_in_any_order(tmp_path: Path) -> None:
    before = run(tmp_path / "a", ("a-1", 0, 0.0), ("a-2", 0, 1.0), asks="xy")
    after = run(tmp_path / "b", ("b-1", 0, 1.0), ("b-2", 0, 0.0), asks="yx")
    accuracy = between(before, after)["tasks"]["t"]["strict"]["accuracy"]
    assert (accuracy["difference"], accuracy["low"], accuracy["high"]) == (0, 0, 0)


def test_runs_of_before_rows_told_what_they_ask_are_paired_by_id_with_a_note(tmp_path: Path) -> None:
    before, after = run(tmp_path / "a", ("x", 0, 0.0)), run(tmp_path / "b", ("x", 0, 1.0), asks="x")
    assert "paired by id alone" in between(before, after)["notes"][0]


def test_runs_without_a_protocol_in_common_are_refused_and_say_what_they_have(tmp_path: Path) -> None:
    before, after = run(tmp_path / "a", ("x", 0, 0.0)), run(tmp_path / "b", ("x", 0, 0.0), protocol="vlm-r1")
    with pytest.raises(DataError, match=r"under strict and .* measured t under vlm-r1; nothing can be compared"):
        between(before, after)


def test_a_protocol_of_the_kind_is_compared_though_the_task_does_not_name_it(tmp_path: Path) -> None:
    bare = Task(name="t", kind="label", summary="")
    rows = run(tmp_path / "a", ("x", 0, 0.0), protocol="vlm-r1")
    assert "accuracy" in compare_runs(rows, rows, lambda _: bare, draws=0)["tasks"]["t"]["vlm-r1"]


def test_a_task_without_a_protocol_in_common_is_left_out_with_a_note(tmp_path: Path) -> None:
    runs = [run(tmp_path / "a", ("x", 0, 0.0)), run(tmp_path / "b", ("x", 0, 0.0))]
    for folder, protocol in zip(runs, ("strict", "vlm-r1"), strict=True):
        line = {"id": "y", "k": 0, "task": "u", "protocols": {protocol: {"columns": {"accuracy": 1.0, "bad_truth": 0}}}}
        with (folder / "rows.jsonl").open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
    found = between(runs[0], runs[1])
    assert (list(found["tasks"]["t"]), list(found["tasks"]["u"])) == (["strict"], [])
    assert any("measured u under strict and" in note and note.endswith("it is left out") for note in found["notes"])
    assert "u: 1 rows" not in comparison_table(found)


@pytest.mark.parametrize(
    "line",
    [b'{"broken', b"null\n", b"[1]\n", b'{"id": "x", "k": 0}\n', b'{"task": "t", "k": "a", "id": 1, "protocols": 5}\n'],
)
def test_what_is_no_row_is_named_with_its_line(tmp_path: Path, line: bytes) -> None:
    rows = run(tmp_path / "a", ("x", 0, 0.0))
    with (rows / "rows.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(DataError, match=r"Line 2 of .*rows\.jsonl is no row of a"):
        read_rows(rows)


def test_boxes_of_a_ranking_protocol_are_taken_in_the_order_of_the_rows_asked_for() -> None:
    task = SavedTask()
    for name, hits in (("a", [1, 0]), ("b", []), ("c", None), ("d", [3]), ("e", [4, 5])):
        columns = {} if hits is None else {"hit": hits, "format": 1.0}
        task.add({"id": name, "k": 0, "protocols": {} if name == "d" else {"coco": {"columns": columns}}})
    task.settle()
    found = task.columns("coco", np.array([4, 0, 2]))
    assert {name: column.tolist() for name, column in found.items()} == {"hit": [4, 5, 1, 0], "row": [0, 0, 1, 1]}


def test_a_fingerprint_tells_question_and_truth_and_nothing_else() -> None:
    truths: list[Any] = [
        "a",
        ("a",),
        ("a", "b"),
        1,
        None,
        boxes("pixel", [[0, 0, 1, 1]]),
        boxes("percent", [[0, 0, 1, 1]]),
    ]
    truths += [boxes("pixel", [[0, 0, 1, 1]], ["a"]), Grounded("a", Boxes("pixel", np.zeros((0, 5)))), "b", "a\ud800"]
    samples = [Sample(id="1", task="t", question=q, reference=truth) for q in ("", "q") for truth in truths]
    assert len({fingerprint(sample) for sample in samples}) == 2 * (len(truths) - 1)  # a text is as good as one caption
    first, second = (Sample(id=name, task=name, question="q", reference="a", meta={"x": name}) for name in "12")
    assert fingerprint(first) == fingerprint(second)
    assert len(fingerprint(first)) == 16
