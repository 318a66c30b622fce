"""What stands below the figures of a single benchmark."""

from __future__ import annotations

from dataclasses import replace

from geovlm_cli import Benchmark
from geovlm_cli.evaluation.published import beside

WHU = Benchmark(name="whu", task="scene", loader="geovlm", protocol="earthdial", split="", max_new_tokens=9, source="")
RESULTS = {
    "data": {"n": 2},
    "metrics": {"scene": {"earthdial": {"recall": {"value": 0.5, "low": 0.25, "high": 1.0, "n": 2.0}}}},
    "slices": {},
}


def test_its_published_figures_with_ours_without_a_mark_where_the_rows_are_all_there() -> None:
    known = replace(WHU, rows=2, tables=("Scenes",), published={"Other": {"recall": 0.75}})
    title, head, line = beside(known, RESULTS).splitlines()
    assert title == "Scenes"
    assert head.split()[:4] == ["benchmark", "figure", "Other", "ours"]
    assert line.split() == ["whu", "recall", "75.00", "50.00", "25.00", "…", "100.00", "2", "2"]
    assert beside(replace(known, tables=()), RESULTS).splitlines() == ["published", head, line]


def test_without_published_figures_it_says_so_and_how_many_rows_are_there() -> None:
    assert beside(WHU, RESULTS) == "whu: no published figures; rows 2"
    (line, mark) = beside(replace(WHU, rows=3), RESULTS).splitlines()
    assert line == "whu: no published figures; rows 2 of 3 *"
    assert mark.startswith("* not as many rows")
