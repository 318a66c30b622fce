"""What stands below the figures of a single benchmark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from geovlm_cli import Benchmark
from geovlm_cli.evaluation.published import as_markdown, beside, beside_seeds, tables, why_none

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


def of_seed(value: float, n: float = 2.0) -> dict[str, Any]:
    return {**RESULTS, "metrics": {"scene": {"earthdial": {"recall": {"value": value, "low": 0, "high": 1, "n": n}}}}}


def test_several_seeds_stand_beside_published_figures_as_mean_and_spread() -> None:
    known = replace(WHU, rows=3, tables=("Scenes",), published={"Other": {"recall": 0.75, "recall [class=a]": 0.5}})
    title, head, line, part, *said = beside_seeds(known, [of_seed(0.5), of_seed(0.6), of_seed(0.7)]).splitlines()
    assert (title, "least … most" in head, "95 %" in head) == ("Scenes", True, False)
    assert line.split() == [
        *("whu", "recall", "75.00", "60.00", "±", "10.00", "50.00", "…", "70.00", "2"),
        *("2", "of", "3", "*"),
    ]
    assert part.split()[:5] == ["whu", "recall", "[class=a]", "50.00", "–"]
    assert [text[0] for text in said] == ["*", "–"]
    assert said[1] == "– whu, recall [class=a]: no row has class=a"


def test_a_figure_that_a_seed_lacks_has_no_mean() -> None:
    known = replace(WHU, rows=2, published={"Other": {"recall": 0.75}})
    _, _, line, why = beside_seeds(known, [of_seed(0.5), of_seed(0.0, n=0)]).splitlines()
    assert line.split() == ["whu", "recall", "75.00", "–", "0", "/", "2", "2"]
    assert why == "– whu, recall: the rows have nothing that recall counts"


def test_a_figure_that_is_not_there_has_its_reason() -> None:
    nothing = {"value": 0.0, "low": None, "high": None, "n": 0}
    empty = {**RESULTS, "metrics": {"scene": {"earthdial": {"recall": nothing}}}}
    assert why_none(RESULTS, WHU, "recall") == ""
    assert why_none(RESULTS, WHU, "recall [boxes=single]") == "no row has boxes=single"
    assert why_none(empty, WHU, "recall") == "the rows have nothing that recall counts"
    assert why_none(RESULTS, replace(WHU, protocol="coco"), "recall") == "the protocol coco was not run"
    assert why_none(RESULTS, replace(WHU, task="vqa"), "recall") == "no row of the task vqa was measured"
    known = replace(WHU, published={"Other": {"recall": 0.75}, "Third": {"precision": 0.5}})
    assert beside(known, empty).splitlines()[-3:] == [
        "– under a model: its publication leaves the figure out",
        "– whu, recall: the rows have nothing that recall counts",
        "– whu, precision: the rows have nothing that precision counts",
    ]


def test_an_unknown_number_of_published_rows_is_said() -> None:
    known = replace(WHU, published={"Other": {"recall": 0.75}})
    assert tables([known], {"whu": RESULTS})["published"][1][-1] == "2 of unknown *"
    assert beside(known, RESULTS).splitlines()[-1].startswith("* of unknown: nobody says how many rows")
    assert "unknown" not in beside(replace(known, rows=2), RESULTS)


def test_doubtful_figures_are_marked_and_explained() -> None:
    known = replace(WHU, published={"Other": {"recall": 0.75}}, remarks={"Other": "a misprint"})
    assert beside(known, RESULTS).splitlines()[-1] == "† whu, Other: a misprint"
    assert tables([known], {})["published"][1][2] == "75.00 †"


def test_markdown_keeps_its_columns() -> None:
    known = replace(WHU, rows=2, published={"A|B": {"recall": 0.75}}, tables=("Scenes",))
    title, _, head, rule, row, _ = as_markdown(tables([known], {"whu": RESULTS}))
    assert title == "## Scenes"
    assert r"| A\|B |" in head
    assert rule.count("--") == 7
    assert row == "| whu | recall | 75.00 | 50.00 | 25.00 … 100.00 | 2 | 2 |"
