"""What the fuzzer by coverage keeps, and what it says where its tools are missing. The laws themselves are held by `cargo test`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tests.fuzz import guided


def test_kept_texts_are_short_and_different() -> None:
    own = guided.lines_of(guided.CORPUS)
    assert len(own) == len(set(own)) > 20
    assert all(len(text.encode()) <= 3 * guided.LONGEST_KEPT for text in own)
    assert len(guided.kept()) > len(own) + 900


def test_every_law_has_a_target() -> None:
    laws = {path.stem for path in (guided.CRATE / "src").glob("*.rs")} - {"lib"}
    assert laws == set(guided.TARGETS)
    manifest = (guided.CRATE / "Cargo.toml").read_text(encoding="utf-8")
    assert all(f'name = "{target}"' in manifest for target in guided.TARGETS)


def test_missing_tools_are_named_and_end_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = CliRunner().invoke(guided.main)
    assert found.exit_code == 0
    assert "cargo install cargo-fuzz" in found.output
