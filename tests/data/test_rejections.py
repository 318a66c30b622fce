from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from geovlm_cli.data.loader import BadRow
from geovlm_cli.data.rejections import reasons, write_rejected


def test_every_rejected_row_is_listed_with_its_reason(tmp_path: Path) -> None:
    bad = [BadRow(3, "", "not UTF-8"), BadRow(0, "ä", "its id is there twice")]
    assert write_rejected(tmp_path, bad) == tmp_path / "rejected.jsonl"
    found = [orjson.loads(line) for line in (tmp_path / "rejected.jsonl").read_bytes().splitlines()]
    assert found == [
        {"line": 3, "id": None, "reason": "not UTF-8"},
        {"line": None, "id": "ä", "reason": "its id is there twice"},
    ]


def test_where_no_row_was_rejected_there_is_no_list(tmp_path: Path) -> None:
    assert write_rejected(tmp_path, []) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("not JSON (unexpected character: line 1 column 2)", "not JSON"),
        ("no `task`: write it into the row or name one with --task", "no `task`"),
        ("an image is a path or encoded bytes, found 3", "an image is a path or encoded bytes"),
        ("image ../a b.png lies outside the image roots; name its folder", "image lies outside the image roots; name its folder"),
        ('an image is a path or {"path": …, "role": …}', 'an image is a path or {"path": …, "role": …}'),
        ("unknown task `chnage`; did you mean `change`?", "unknown task `chnage`; did you mean `change`?"),
    ],
)  # fmt: skip
def test_reasons_are_counted_without_the_offending_part(why: str, reason: str) -> None:
    assert reasons([BadRow(1, "", why), BadRow(2, "", why)]) == {reason: 2}


def test_reasons_that_differ_row_by_row_are_counted_together() -> None:
    bad = [BadRow(n, "", f"class {n}") for n in range(30)] + [BadRow(99, "", "torn")] * 2
    found = reasons(bad)
    assert list(found.items())[:2] == [("torn", 2), ("class 0", 1)]
    assert (len(found), found["other"], sum(found.values())) == (21, 11, 32)
