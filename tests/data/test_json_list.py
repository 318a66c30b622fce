from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from geovlm_cli.data import json_list
from geovlm_cli.data.records import records
from geovlm_cli.errors import DataError


def written(path: Path, text: str) -> Path:
    file = path / "rows.json"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("count", [0, 1, 3, 5000])
@pytest.mark.parametrize("indent", [None, 1])
def test_every_element_is_read_whatever_the_chunks(tmp_path: Path, count: int, indent: int | None) -> None:
    rows = [{"id": number, "text": "é" * (number % 60), "more": [1.5, {"x": "]"}]} for number in range(count)]
    file = written(tmp_path, " " + json.dumps(rows, indent=indent, ensure_ascii=False) + "\n")
    assert list(json_list.elements(file)) == list(enumerate(rows, 1))
    assert [row for _, row in records(file)] == rows


def test_what_is_no_object_costs_that_element(tmp_path: Path) -> None:
    found = list(json_list.elements(written(tmp_path, '[{"a": 1}, 12, {"b": 2}]')))
    assert found == [(1, {"a": 1}), (2, "not a JSON object"), (3, {"b": 2})]


def test_a_key_that_stands_twice_costs_that_element(tmp_path: Path) -> None:
    text = (
        '[{"a": 1, "a": 1}, {"a": [{"b": 2, "c": 1, "b": 3}]}, {"a": {"b": 1}, "b": 1}, [], {"c": "'
        + "x" * 200_000
        + '"}]'
    )
    found = dict(json_list.elements(written(tmp_path, text)))
    assert [found[1], found[2]] == ["a key stands twice: a", "a key stands twice: b"]
    assert (found[3], found[4]) == ({"a": {"b": 1}, "b": 1}, "not a JSON object")
    assert isinstance(found[5], dict)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin"),
        ('{"a": 1}', "does not begin"),
        ('[{"a": 1}', "breaks off"),
        ('[{"a": 1},', "element 2 is broken"),
        ('[{"a": 1} {"b": 1}]', "after element 1 comes `{`"),
        ('[{"a": }]', "element 1 is broken"),
        ('[{"a": NaN}]', "NaN is no JSON number"),
        ('[{"a": "' + "x" * 3_000_000 + '"', "element 1 is"),
        ("[" * 200_000, "element 1 is broken"),
    ],
)
def test_a_list_that_breaks_off_is_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        list(json_list.elements(written(tmp_path, text)))


def test_time_grows_with_the_file_and_no_faster(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        file = written(tmp_path, json.dumps([{"id": number, "text": "x" * 200} for number in range(count)]))
        start = time.process_time()
        assert sum(1 for _ in json_list.elements(file)) == count
        return time.process_time() - start

    seconds(100)
    assert seconds(40_000) < 30 * seconds(4_000)
