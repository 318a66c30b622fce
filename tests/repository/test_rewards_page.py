"""docs/reference/rewards.md: its examples run, and it names every public score."""

from __future__ import annotations

import doctest
from pathlib import Path

from geovlm_cli import rewards

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rewards.md"
NO_SCORES = {  # public names that are no parser, score or penalty
    "FORMAT", "REASONS", "CIDER_SCALE", "check_frame_is_declared", "component_weights", "components", "explain", "protocols_of_kind", "read_structure", "resolve",
    "score", "unusable", "variants", "document_frequencies", "bleu_counts", "corpus_bleu", "meteor_stages", "wordnet_corpus", "strict_of_kind",
}  # fmt: skip


def test_the_examples_run() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert results.attempted >= 12
    assert not results.failed


def test_every_parser_and_score_is_described() -> None:
    page = PAGE.read_text(encoding="utf-8")
    wanted = [name for name in rewards.__all__ if name[0].islower() and name not in NO_SCORES]
    assert [name for name in wanted if f"`{name}`" not in page and f"`{name}(" not in page] == []
