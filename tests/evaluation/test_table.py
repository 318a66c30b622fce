"""What the terminal shows."""

from __future__ import annotations

from typing import Any

import pytest

from geovlm_cli.evaluation.table import report


def interval(value: float | None, n: float = 10) -> dict[str, Any]:
    return {
        "value": value,
        "low": None if value is None else value - 0.1,
        "high": None if value is None else value + 0.1,
        "n": n,
    }


def results(**changes: Any) -> dict[str, Any]:
    return {
        "model": None,
        "data": {"source": "rows.jsonl", "n": 10, "flawed": 2, "rejected": 0, "failed": 0},
        "structure": "any",
        "profile": None,
        "protocols": {"strict": "1", "earthdial": "1"},
        "metrics": {
            "scene": {
                "strict": {"accuracy": interval(0.5), "malformed": interval(None, 0)},
                "earthdial": {"token_recall": interval(0.75)},
            }
        },
        "slices": {
            "scene": {"strict": {"class=a": {"accuracy": interval(0.25)}, "class=b": {"accuracy": interval(0.3)}}}
        },
        "slice_rows": {"scene": {"strict": {"class=a": 10, "class=b": 10}}},
        "reasons": {"scene": {"unknown_label": 3}},
        **changes,
    }


def test_values_times_100_with_interval_and_n_under_each_protocol() -> None:
    lines = report(results()).splitlines()
    assert lines[0] == "saved answers on rows.jsonl: 10 rows, 2 with bad truth; structure any, profile none"
    assert any(line.split() == ["strict", "(1)", "accuracy", "50.00", "40.00", "…", "60.00", "10"] for line in lines)
    assert any(
        line.split() == ["earthdial", "(1)", "token_recall", "75.00", "65.00", "…", "85.00", "10"] for line in lines
    )
    assert any(line.split() == ["malformed", "–", "0"] for line in lines)
    assert any(line.split() == ["class=b", "10", "30.00"] for line in lines)


def test_what_rests_on_nothing_has_no_value() -> None:
    metrics = {"scene": {"strict": {"precision@0.5": {"value": 0.0, "low": 0.0, "high": 0.0, "n": 0.0}}}}
    lines = report(results(metrics=metrics)).splitlines()
    assert any(line.split() == ["strict", "(1)", "precision@0.5", "–", "0"] for line in lines)


@pytest.mark.parametrize(
    ("metrics", "changes", "note"),
    [
        ({"coco": {"ap": interval(0.5)}}, {}, "coco ranks all boxes as equal"),
        ({"coco": {"cider": interval(1.2)}}, {}, "coco compares captions by their lower-case words"),
        ({"strict": {"meteor": interval(0.5)}}, {"meteor_stages": ["exact", "stem"]}, "no synonyms"),
        (
            {"strict": {"meteor": interval(0.5)}},
            {"meteor_stages": ["exact", "stem", "synonyms"]},
            "equal stems and WordNet's synonyms",
        ),
    ],
)
def test_a_note_says_how_boxes_and_captions_are_compared(
    metrics: dict[str, Any], changes: dict[str, Any], note: str
) -> None:
    found = report(results(metrics={"scene": metrics}, protocols=dict.fromkeys(metrics, "1"), **changes))
    notes = [line for line in found.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert note in notes[0]


def test_a_note_says_what_n_counts_where_boxes_are() -> None:
    assert "counts its rows" not in report(results())
    assert "n of a slice counts its rows" in report(results(metrics={"scene": {"strict": {"pq": interval(0.5)}}}))


def slice_lines(*protocols: str, **rows: tuple[int, int]) -> list[list[str]]:
    """The table of two slices: `rows` of each under a protocol, 7 or 9 boxes in every figure."""
    names = ("boxes=single", "boxes=multiple")
    parts = {
        "strict": {name: {"pq": interval(0.5, 7), "malformed": interval(0, 7)} for name in names},
        "earthdial": {name: {"precision@0.5": interval(0.5, 9)} for name in names},
    }
    counted = {protocol: dict(zip(names, rows[protocol], strict=True)) for protocol in protocols}
    shown = results(slices={"scene": {p: parts[p] for p in protocols}}, slice_rows={"scene": counted})
    return [line.split() for line in report(shown).splitlines()]


def test_slices_have_one_n_of_rows_where_boxes_are_pooled() -> None:
    lines = slice_lines("strict", "earthdial", strict=(3, 4), earthdial=(3, 4))
    assert ["slice", "n", "strict", "pq", "earthdial", "precision@0.5"] in lines
    assert ["boxes=single", "3", "50.00", "50.00"] in lines
    assert ["boxes=single", "3", "50.00"] in slice_lines("earthdial", earthdial=(3, 4))


def test_protocols_that_measure_other_rows_have_each_its_n() -> None:
    lines = slice_lines("strict", "earthdial", strict=(3, 4), earthdial=(3, 5))
    assert ["slice", "strict", "n", "strict", "pq", "earthdial", "n", "earthdial", "precision@0.5"] in lines
    assert ["boxes=multiple", "4", "50.00", "5", "50.00"] in lines


@pytest.mark.parametrize(
    ("protocols", "words"),
    [(("strict", "earthdial"), "of scene it leaves out 3 rows (count 3)"), (("earthdial",), "the rows (count)")],
)
def test_a_note_says_which_questions_earthdial_leaves_out(protocols: tuple[str, ...], words: str) -> None:
    own = {
        "strict": {"question_type=count": {"accuracy": interval(0.5, 3)}},
        "earthdial": {
            "question_type=comp": {"token_recall": interval(0.5, 2)},
            "question_type=count": {"token_recall": interval(None, 0)},
        },
    }
    text = report(results(slices={"scene": {name: own[name] for name in protocols}}, slice_rows={}))
    assert "only questions of the types presence, comp and rural_urban" in text
    assert words in text
    assert "leaves out" not in report(results())


def test_reasons_are_always_there_and_a_gameable_protocol_is_named() -> None:
    assert "failure reasons: unknown_label 3" in report(results())
    assert "failure reasons: none" in report(results(reasons={"scene": {}}))
    assert "words and labels beside the true ones cost nothing" in report(results())
    assert "no missed box" not in report(results())
    boxes = {"referred-detection": {"earthdial": {"precision@0.5": interval(0.5)}}}
    assert "it counts no missed box" in report(results(metrics=boxes, slices={}, reasons={key: {} for key in boxes}))
    captions = {"image-caption": {"earthdial": {"rouge1": interval(0.5)}}}
    assert "note:" not in report(results(metrics=captions, slices={}, reasons={key: {} for key in captions}))
    assert "note:" not in report(results(protocols={"strict": "1"}, metrics={"scene": {}}))


def test_names_from_the_data_reach_the_terminal_escaped() -> None:
    hostile = {
        "class=\x1b]0;pwn\x07": {"accuracy": interval(0.25)},
        "class=\u202ey\n\nfoo": {"accuracy": interval(0.3)},
    }
    shown = results(slices={"scene": {"strict": hostile}}, slice_rows={"scene": {"strict": dict.fromkeys(hostile, 1)}})
    shown["data"]["source"] = "rows\x1b[31m.jsonl"
    text = report(shown)
    assert r"class=\x1b]0;pwn\x07" in text
    assert r"class=\u202ey\n\nfoo" in text
    assert r"rows\x1b[31m.jsonl" in text
    assert all(character.isprintable() for line in text.split("\n") for character in line)


def test_a_key_of_one_value_or_of_many_prints_no_slices() -> None:
    one = {"scene": {"strict": {"class=a": {"accuracy": interval(0.5)}}}}
    many = {"scene": {"strict": {f"class={i}": {"accuracy": interval(0.5)} for i in range(13)}}}
    assert "class=" not in report(results(slices=one))
    assert "class=" not in report(results(slices=many))


def wide() -> dict[str, Any]:
    metrics = {name: interval(0.5) for name in ("precision@0.5", "recall@0.5", "f1@0.5", "reward", "malformed")}
    parts = {f"size_group={name}": metrics for name in ("small", "medium", "large")}
    both = {"strict": metrics, "earthdial": metrics}
    rows = {"scene": dict.fromkeys(both, dict.fromkeys(parts, 10))}
    return results(metrics={"scene": both}, slices={"scene": dict.fromkeys(both, parts)}, slice_rows=rows)


@pytest.mark.parametrize("room", [80, 60, 40])
def test_tables_fit_the_room_that_they_have(room: int) -> None:
    lines = report(wide(), room).splitlines()[1:]
    assert max(len(line) for line in lines if not line.startswith("note:")) <= room
    for word in ("strict (1)", "earthdial (1)", "precision@0.5", "reward", "size_group=large"):
        assert any(word in line for line in lines), word
    assert any(line.split()[:2] == ["slice", "n"] or line.split()[:1] == ["slice"] for line in lines)
    assert sum(line.count("50.00") for line in lines if "size_group=small" in line) == 2 * 4


def test_intervals_stand_wherever_there_is_room_for_them() -> None:
    assert report(wide(), 60).count("40.00 … 60.00") == 10
    assert "…" not in report(wide(), 40)


def test_without_a_room_tables_are_whole() -> None:
    assert sum("size_group=large" in line for line in report(wide()).splitlines()) == 1


def test_rows_without_a_key_are_told_from_any_value() -> None:
    parts = {"class": {"accuracy": interval(0.3)}, "class=(without)": {"accuracy": interval(0.4)}}
    lines = report(
        results(slices={"scene": {"strict": parts}}, slice_rows={"scene": {"strict": dict.fromkeys(parts, 5)}})
    ).splitlines()
    assert any(line.split() == ["class", "(without)", "5", "30.00"] for line in lines)
    assert any(line.split() == ["class=(without)", "5", "40.00"] for line in lines)


def test_slices_that_are_too_many_to_be_shown_are_counted() -> None:
    parts = {f"class={i}": {"accuracy": interval(0.3)} for i in range(13)}
    text = report(
        results(slices={"scene": {"strict": parts}}, slice_rows={"scene": {"strict": dict.fromkeys(parts, 1)}})
    )
    assert "class=3" not in text
    assert "  class: 13 slices, too many to be shown; results.json (--json) and the report have them" in text


def test_keys_that_are_identifiers_and_labels_that_share_rows_are_named() -> None:
    assert "note: scene is not sliced by class: more than 200 values" in report(results(unsliced={"scene": ["class"]}))
    metrics = {"scene": {"strict": {"jaccard": interval(0.5)}}}
    assert "a row of several labels is in the slice of each" in report(results(metrics=metrics))
    assert "a row of several labels" not in report(results())
