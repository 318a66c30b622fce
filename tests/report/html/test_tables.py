from __future__ import annotations

from geovlm_cli.report.html.tables import bars, measured, sliced


def test_figures_are_those_of_the_results_times_hundred() -> None:
    metrics = {"strict": {"pq": {"value": 0.73351, "low": 0.4869, "high": 0.98019, "n": 8.0}}}
    (part,) = measured(metrics, {"strict": "1"})
    (figure,) = part.figures
    assert (figure.value, figure.low, figure.high, figure.n) == ("73.35", "48.69", "98.02", "8")
    assert figure.bar == (48.69, 73.351, 98.019)


def test_a_metric_that_counted_nothing_has_no_figure_and_no_bar() -> None:
    (part,) = measured({"strict": {"pq": {"value": 0.0, "low": None, "high": None, "n": 0.0}}}, {})
    assert (part.figures[0].value, part.figures[0].bar) == ("–", None)


def test_a_metric_above_one_is_printed_and_not_drawn() -> None:
    (part,) = measured({"x": {"cider": {"value": 1.2, "low": 1.1, "high": 1.3, "n": 3.0}}}, {})
    assert (part.figures[0].value, part.figures[0].bar) == ("120.00", None)


def test_slices_are_a_table_a_key_with_gaps_where_a_protocol_lacks_one() -> None:
    cell = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 2.0}
    slices = {
        "strict": {"size_group=small": {"pq": cell, "malformed": cell}, "size_group=large": {"pq": cell}},
        "coco": {"size_group=small": {"ap@0.5": cell}, "class=a=b": {"ap@0.5": cell}},
    }
    rows = {"strict": {"size_group=small": 3}, "coco": {"size_group=small": 3, "class=a=b": 4}}
    sizes, classes = sliced(slices, rows)
    assert (sizes.key, sizes.columns) == ("size_group", (("strict", "pq"), ("coco", "ap@0.5")))
    assert [(name, [cell is not None for cell in cells]) for name, _, cells in sizes.rows] == [
        ("small", [True, True]),
        ("large", [True, False]),
    ]
    assert [name for name, _, _ in classes.rows] == ["a=b"]
    assert (sizes.counted, [counts for _, counts, _ in sizes.rows]) == (("",), [(3,), (0,)])
    assert (classes.counted, [counts for _, counts, _ in classes.rows]) == (("strict", "coco"), [(0, 4)])


def test_bars_are_shares_of_the_longest() -> None:
    assert [(bar.name, bar.share) for bar in bars({"empty": 4, "bad_json": 1})] == [
        ("empty", 100.0),
        ("bad_json", 25.0),
    ]
    assert bars({}) == []
