"""Protocols run over batches; a fault costs only the rows that it happens on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from geovlm_cli.errors import ConfigError
from geovlm_cli.evaluation.protocols import Part, choose, joined, run, values_of_rows
from geovlm_cli.task import Batch, Metric, Protocol, Sample, Task

TASK = Task(name="t", kind="text", summary="", distribution="dist")


def protocol(score: Any, name: str = "lengths") -> Protocol:
    return Protocol(name, "1", score, lambda *_: {"x": Metric(0.0, 0.0)})


def rows(n: int) -> Batch:
    return Batch([Sample(id=str(i), task="t") for i in range(n)])


def lengths(texts: Sequence[str], batch: Batch) -> Mapping[str, Any]:
    if "boom" in texts:
        raise RuntimeError("no")
    return {"length": [len(text) for text in texts]}


def ranked(texts: Sequence[str], batch: Batch) -> Mapping[str, Any]:
    """A box a letter, its confidence its position."""
    return {
        "row": [i for i, text in enumerate(texts) for _ in text],
        "score": [k for text in texts for k in range(len(text))],
    }


def test_columns_are_joined_in_order() -> None:
    parts = [
        (start, run(protocol(lengths), TASK, texts, rows(2))) for start, texts in ((0, ["a", "bb"]), (2, ["ccc", ""]))
    ]
    assert joined(parts, 4)["length"].tolist() == [1, 2, 3, 0]


def test_a_fault_in_what_is_prepared_from_all_rows_costs_the_row_that_it_is_in() -> None:
    def known(texts: Sequence[str], batch: Batch) -> Mapping[str, Any]:
        kinds: list[bool] = batch.prepared(
            "kinds", lambda whole: [{"x": True}.get(s.meta["kind"], False) for s in whole]
        )
        return {"hit": [float(kinds[row]) for row in batch.rows]}

    samples = [Sample(id=str(i), task="t", meta={"kind": kind}) for i, kind in enumerate(["x", ["x"], "y", "x"])]
    part = run(protocol(known), TASK, ["a"] * 4, Batch(samples))
    assert list(part.errors) == [1]
    assert "unhashable" in part.errors[1]
    assert joined([(0, part)], 4)["hit"].tolist() == [1, 0, 0, 1]
    waiting = replace(protocol(known), prepare=lambda _: None)
    assert len(run(waiting, TASK, ["a"] * 4, Batch(samples)).errors) == 4


def test_a_protocol_that_calls_exit_costs_its_row() -> None:
    def leaves(*_: object) -> dict[str, Any]:
        raise SystemExit(9)

    part = run(protocol(leaves), TASK, ["a"], rows(1))
    assert part.errors == {0: "Protocol `lengths` of task `t` of dist failed: SystemExit: 9"}


def test_a_fault_costs_its_row_and_names_protocol_task_and_distribution() -> None:
    part = run(protocol(lengths), TASK, ["a", "boom", "ccc"], rows(3))
    assert list(part.errors) == [1]
    assert part.errors[1] == "Protocol `lengths` of task `t` of dist failed: RuntimeError: no"
    assert joined([(0, part)], 3)["length"].tolist() == [1, 0, 3]


def test_a_batch_that_fails_everywhere_has_no_columns() -> None:
    part = run(protocol(lengths), TASK, ["boom", "boom"], rows(2))
    good = run(protocol(lengths), TASK, ["a"], rows(1))
    assert sorted(part.errors) == [0, 1]
    assert joined([(0, part), (2, good)], 3)["length"].tolist() == [0, 0, 1]


def test_a_wrong_length_is_a_fault() -> None:
    part = run(protocol(lambda *_: {"x": [1.0, 2.0]}), TASK, ["a"], rows(1))
    assert "shape (2,)" in part.errors[0]


def test_a_protocol_that_ranks_boxes_names_the_row_of_each() -> None:
    parts = [
        (start, run(protocol(ranked), TASK, texts, rows(2))) for start, texts in ((0, ["ab", ""]), (2, ["c", "de"]))
    ]
    columns = joined(parts, 4)
    assert columns["row"].tolist() == [0, 0, 2, 3, 3]
    assert columns["score"].tolist() == [0, 1, 0, 0, 1]
    assert list(values_of_rows(parts[0][1], 2)) == [{"score": [0.0, 1.0]}, {"score": []}]


def test_all_protocols_of_a_task_strict_first_or_the_named_ones() -> None:
    task = replace(TASK, protocols=(protocol(lengths, "earthdial"), protocol(lengths, "strict")))
    assert [p.name for p in choose(task, ())] == ["strict", "earthdial"]
    assert [p.name for p in choose(task, ["earthdial"])] == ["earthdial"]


def test_a_named_protocol_that_the_task_lacks_is_refused_with_the_nearest() -> None:
    task = replace(TASK, protocols=(protocol(lengths, "earthdial"),))
    with pytest.raises(ConfigError, match="Did you mean `earthdial`") as error:
        choose(task, ["earthdail"])
    assert error.value.exit_code == 2


def test_rows_of_plain_columns_and_of_none() -> None:
    part = run(protocol(lengths), TASK, ["a", "bb"], rows(2))
    assert list(values_of_rows(part, 2)) == [{"length": 1.0}, {"length": 2.0}]
    assert list(values_of_rows(Part({}), 2)) == [{}, {}]
