from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.config.strict_yaml import MAX_BYTES, read_file, read_text, read_value
from geovlm_cli.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x 1\nb: *x\n", "line 2: aliases"),
        ("a:\n  <<: {b: 1}\n", "line 2: merge keys"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: tags"),
        ("a: !!int 3\n", "line 1: tags"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the key `a` stands twice (first in line 1)"),
        ("a:\n  b: .inf\n", "line 2: `.inf` is not a finite number"),
        ("a: .nan\n", "not a finite number"),
        ("a: 1e999\n", "not a finite number"),
        ("[1, 2]: 3\n", "a key must be a plain word"),
        ("- 1\n", "top level must be a mapping"),
        ("a: [1\n", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("a: \x00\n", "is not YAML"),
        ("a: " + "[" * 40 + "]" * 40, "nested more than"),
        ("a: " + "[" * 5000, "nested more than"),
        ("a: " + "9" * 5000, "too long"),
    ],
)
def test_what_surprises_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_text(text, "f.yaml")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5),
        ("-1", -1),
        ("1.", 1.0),
        (".5", 0.5),
        ("007", "007"),
        ("no", "no"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("12:30:00", "12:30:00"),
        ("[a, 1]", ["a", 1]),
        ("1e", "1e"),
        ("a/b.jsonl", "a/b.jsonl"),
    ],
)
def test_plain_values(text: str, value: Any) -> None:
    found = read_value(text, "here")
    assert found == value
    assert type(found) is type(value)


def test_lines_are_kept_by_path() -> None:
    document = read_text("a:\n  b: 1\n  c:\n    d: 2\n", "f.yaml")
    assert document.where(("a", "c", "d")) == "f.yaml line 4"
    assert document.where(("x",)) == "f.yaml"


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert read_text("# nothing\n", "f.yaml").values == {}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.yaml", tmp_path / "binary.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    binary.write_bytes(b"a: \xff\xfe")
    for path, words in (
        (tmp_path / "none.yaml", "No such file"),
        (large, "larger than 1 MiB"),
        (binary, "not UTF-8"),
        (tmp_path, "directory"),
    ):
        with pytest.raises(ConfigError, match=words):
            read_file(path)
