"""Rows read column by column are the rows read one by one, whatever is wrong with some of them."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovlm_cli.data import jsonl
from geovlm_cli.data.records import records
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.data.rows import row_to_sample
from geovlm_cli.data.usual import UsualRows
from geovlm_cli.errors import GeovlmError, UnknownNameError
from geovlm_cli.task import KINDS, Sample, Task

TASKS = {kind: Task(name=kind, kind=kind, summary="") for kind in KINDS}
BOXES = {"frame": "percent", "boxes": [[1, 2, 3.5, 4, 45], [0, 0, 9, 9, 0]]}
GOOD: list[dict[str, Any]] = [
    {
        "id": "a",
        "task": "label",
        "images": ["a.png"],
        "question": "q",
        "choices": ["x", "y"],
        "reference": "x",
        "completion": "c",
    },
    {"id": "b", "task": "boxes", "images": ["a.png", "b.png"], "reference": BOXES, "meta": {"size_group": "small"}},
    {"id": "c", "task": "box", "reference": {"boxes": [[1, 2, 3, 4]]}, "reasoning": "r"},
    {"id": "d", "task": "labels", "reference": ["x", "y"]},
    {"id": "e", "task": "count", "reference": 3},
    {"id": "f", "task": "answer", "reference": 3, "completion": None},
    {"id": "g", "task": "text", "reference": "one", "images": []},
]
ODD = st.one_of(
    st.sampled_from(
        [None, True, 7, -0.0, 1e300, "", "x", [], ["x"], ["x", 1], [""], {}, [[1, 2, 3, 4, 5]], [[1, 2]], "unit", "box"]
    ),
    st.sampled_from([{"path": "a", "role": "before"}, {**BOXES, "labels": ["s"]}, {"frame": [], "boxes": []}, BOXES]),
)
KEYS = st.sampled_from(
    ["id", "task", "images", "question", "choices", "reference", "completion", "reasoning", "meta", "image_size", "odd"]
)
MUTATED = st.tuples(st.sampled_from(GOOD), st.dictionaries(KEYS, ODD, max_size=2)).map(lambda two: {**two[0], **two[1]})


def find(name: str) -> Task:
    if name not in TASKS:
        raise UnknownNameError("task", name, TASKS)
    return TASKS[name]


def alone(line: bytes, asked: str | None, frame: str | None) -> Sample | None:
    try:
        return row_to_sample(jsonl.parse(line), "1", asked, find, frame)
    except (jsonl.MalformedLineError, MalformedRowError, GeovlmError):
        return None


def values(sample: Sample) -> dict[str, Any]:
    return {field.name: getattr(sample, field.name) for field in fields(Sample)}


@given(
    rows=st.lists(MUTATED | st.sampled_from(GOOD), max_size=40),
    asked=st.sampled_from([None, "boxes", "label"]),
    frame=st.sampled_from([None, "unit"]),
    escaped=st.booleans(),
)
def test_what_is_read_at_once_is_what_is_read_alone(
    rows: list[dict[str, Any]], asked: str | None, frame: str | None, escaped: bool
) -> None:
    lines = [json.dumps(row, ensure_ascii=escaped).encode("utf-8", "surrogatepass") for row in rows]
    found = UsualRows(asked, find, frame).samples(b"\n".join(lines))
    for line, sample in zip(lines or [b""], found, strict=True):
        expected = alone(line, asked, frame)
        assert sample is None or (expected is not None and values(sample) == values(expected)), line


def lines_of(*rows: Mapping[str, Any]) -> bytes:
    return b"\n".join(map(orjson.dumps, rows))


@pytest.mark.parametrize("row", GOOD, ids=lambda row: str(row["task"]))
def test_good_rows_are_read_at_once(row: dict[str, Any]) -> None:
    assert UsualRows(None, find, "unit").samples(lines_of(row, row))[1] is not None


def test_choices_that_are_the_same_are_one_tuple() -> None:
    rows = lines_of(GOOD[0], {**GOOD[0], "choices": ["z"]}, GOOD[0])
    one, other, again = UsualRows(None, find, None).samples(rows)
    assert one is not None
    assert other is not None
    assert again is not None
    assert one.choices is again.choices
    assert other.choices == ("z",)


LINES = st.one_of(
    st.sampled_from(GOOD).map(orjson.dumps),
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    st.sampled_from(
        [b"", b"  ", b"\r", b"[1]", b'{"id": "\\ud800"}', b'{"id": 1}\r', b"\xef\xbb\xbf{}", b'{"a": NaN}']
    ),
)
BROKEN = st.tuples(st.sampled_from(GOOD).map(orjson.dumps), st.integers(0, 80), st.binary(max_size=3)).map(
    lambda three: (three[0][: three[1]] + three[2] + three[0][three[1] + 1 :]).replace(b"\n", b"")
)


@given(lines=st.lists(LINES | BROKEN, min_size=1, max_size=20))
def test_broken_lines_are_never_read_at_once_as_something_else(lines: list[bytes]) -> None:
    found = UsualRows(None, find, "unit").samples(b"\n".join(lines))
    for line, sample in zip(lines, found, strict=True):
        expected = alone(line, None, "unit")
        assert sample is None or (expected is not None and values(sample) == values(expected)), line


@given(lines=st.lists(LINES, max_size=300), ended=st.booleans())
def test_blocks_are_the_lines_of_the_file(
    lines: list[bytes], ended: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    path.write_bytes(b"\n".join(lines) * 300 + b"\n" * ended)
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    expected = [(n, line) for n, line in enumerate(raw.removeprefix(BOM_UTF8).split(b"\n"), 1) if line.strip()]
    assert list(jsonl.lines(path)) == expected


def test_a_line_above_the_limit_ends_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    long = b'{"id": "' + b"x" * (3 * jsonl.MAX_ROW) + b'"}'
    path.write_bytes(b'{"id": 1}\n' + long + b'\n{"id": 3}\n' + long)
    found = list(records(path))
    why = f"longer than {jsonl.MAX_ROW} bytes"
    assert found == [(1, {"id": 1}), (2, why), (3, {"id": 3}), (4, why)]
    assert max(len(line) for _, line in jsonl.lines(path)) < 2 * jsonl.MAX_ROW
