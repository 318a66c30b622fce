"""`explain`: one golden sentence for each reason of the closed list, and for answers that were read."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.profiles import BoxSyntax, Profile
from geovlm_cli.rewards import REASONS, Explanation, detection, explain
from geovlm_cli.task import Batch, Kind, Malformed, Sample, Task, each

T = "<think>two runways</think><answer>{}</answer>"
NONE: Boxes = boxes("percent", [])
ONE = boxes("percent", [[1, 2, 30, 40]])


def of(
    kind: Kind, reference: Any, completion: str, syntax: BoxSyntax = "list5", task: Task | None = None, **fields: Any
) -> Explanation:
    vocabulary = ("airport", "port", "storage tanks") if kind in ("label", "labels") else ()
    sample = Sample(id="r1", task="t", reference=reference, **fields)
    task = task or Task(name="t", kind=kind, summary="", vocabulary=vocabulary)
    return explain(task, completion, Batch([sample], Profile(name="p", box_syntax=syntax, frame="percent")))


def failing(*_: Any) -> float:
    raise ValueError("no such corner")


FAILING = Task(name="slick", kind="answer", summary="", rewards={"exact": each(failing)}, distribution="oil-spill")
STRICTER = Task(name="f", kind="boxes", summary="", rewards={"pq": partial(detection, min_iou=0.5)})
DROPPING = Task(name="d", kind="boxes", summary="", rewards={"detection": partial(detection, angles="drop")})

GOLDEN: dict[str, tuple[Any, str]] = {
    "no_answer": (("label", "port", "port"), "There is no <answer> block."),
    "many_answers": (("label", "port", T.format("port") + "<answer>x</answer>"), "<answer> stands twice; exactly one answer block is read."),
    "unclosed": (("label", "port", "<think>x</think><answer>port"), "<answer> is never closed by </answer>."),
    "no_think": (("label", "port", "<answer>port</answer>"), "There is no <think> block before the answer."),
    "many_thinks": (("label", "port", "<think>a<think>b</think><answer>c</answer>"), "<think> stands twice; exactly one think block is read."),
    "bad_order": (("label", "port", "<answer>port</answer><think>a</think>"), "The <think> block does not end before <answer>."),
    "empty": (("label", "port", T.format("\u200b")), "The <answer> block holds no visible character."),
    "too_long": (("label", "port", "x" * ((1 << 20) + 1)), "The completion has 1048577 bytes; at most 1048576 are read."),
    "too_many": (("labels", ("port",), T.format("a," * 1001)), "The answer holds 1001 labels; at most 1000 are read."),
    "bad_json": (("boxes", NONE, T.format("[1,2,3,4,0] or so")), "There is `or so` where the list of boxes has ended."),
    "bad_fence": (("boxes", NONE, T.format("```python\n[]```"), "qwen-json"), "The code fence opens with `python`; only bare and json fences are read."),
    "duplicate_key": (("boxes", NONE, T.format('[{"label":1,"label":2}]'), "qwen-json"), "The key `label` stands twice in one object."),
    "too_deep": (("boxes", NONE, T.format("[" * 40), "qwen-json"), "Brackets are nested deeper than 32."),
    "bad_number": (("count", 12, T.format("12 ships")), "`12 ships` is no plain count such as 12."),
    "wrong_type": (("boxes", NONE, T.format('{"bbox_2d":[1,2,3,4],"label":"x"}'), "qwen-json"), "The answer is an object where a list of boxes is wanted."),
    "wrong_arity": (("box", ONE, T.format("[1,2,3,4]")), "The box has 4 numbers where the syntax wants 5: [1, 2, 3, 4]."),
    "invalid_box": (("box", ONE, T.format("[3,2,1,4,0]")), "The box is empty or inverted (x1 < x2 and y1 < y2 must hold): [3, 2, 1, 4, 0]."),
    "unknown_label": (("label", "port", T.format("the port")), "`the port` is none of the 3 labels."),
    "bad_truth": (("answer", "", T.format("yes")), "The reference of row `r1` cannot be scored: it is empty or of another type than the task's kind."),
    "plugin_error": (
        ("answer", "yes", T.format("yes"), "list5", FAILING),
        "The reward `exact` of task `slick` of `oil-spill` raised ValueError: no such corner on row `r1`.",
    ),
}  # fmt: skip


def test_every_reason_has_a_golden_sentence() -> None:
    assert set(GOLDEN) == set(REASONS) - {""}


@pytest.mark.parametrize("reason", GOLDEN)
def test_golden_sentence(reason: str) -> None:
    arguments, sentence = GOLDEN[reason]
    found = of(*arguments)
    assert (found.reason, found.why) == (reason, sentence)
    assert set(found.components.values()) <= {0.0, found.components["format"]}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("[[1,2,3,4,0],]", "A comma announces another box, and `]` stands where its opening bracket belongs."),
        ("[1,2,3,4,0],", "A comma announces another box, and nothing stands where its opening bracket belongs."),
        ("1,2,3,4,0", "The list of boxes lacks an opening bracket: `1` stands in its place."),
    ],
)
def test_a_broken_list_is_told_by_what_is_wrong_with_it(written: str, sentence: str) -> None:
    found = of("boxes", NONE, T.format(written))
    assert (found.reason, found.why) == ("bad_json", sentence)


READ = [
    (("label", "port", T.format("Port.")), "The answer `port` equals the truth."),
    (("answer", "yes", T.format("no")), "The answer `no` is not the truth `yes`."),
    (
        ("labels", ("port", "storage tanks"), T.format("port, sea")),
        "1 of 2 true labels are named; wrong: `sea`; missing: `storage tanks`.",
    ),
    (
        ("label", "port", "so " + T.format("port")),
        "There is text outside the blocks: `so`. The answer `port` equals the truth.",
    ),
    (
        ("text", ("two ships in port", "x"), T.format("Two ships at port.")),
        "3 words stand in the same order in both: 4 are in the answer, 4 in the closest reference.",
    ),
    (("box", ONE, T.format("[1,2,30,21,0]")), "Box 1 overlaps truth 1 with IoU 0.50."),
    (("boxes", ONE, T.format("[]")), "No box is named; there is one."),
    (("boxes", NONE, T.format("[]")), "No box is named, and there is none."),
    (
        (
            "boxes",
            boxes("percent", [[1, 2, 30, 40], [50, 50, 60, 60]]),
            T.format("[1,2,3,4],[1,2,30,21,0],[80,80,90,90,0]"),
        ),
        "Box 1 has 4 numbers where the syntax wants 5: [1, 2, 3, 4]. Box 2 overlaps truth 1 with IoU 0.50. Box 3 overlaps no true box. Truth 2 is missed.",
    ),
    (
        ("boxes", ONE, T.format("[1,2,30,40,0],[1,2,30,41,0],[1,2,30,21,0]")),
        "Box 1 overlaps truth 1 with IoU 1.00. Box 2, box 3 overlap no truth left to match.",
    ),
    (("boxes", ONE, T.format("[80,80,90,90,0]")), "Box 1 overlaps no true box. Truth 1 is missed."),
    (
        (
            "boxes",
            boxes("percent", [[1, 2, 30, 40]], ("ship",)),
            T.format('[{"bbox_2d": [1, 2, 30, 40], "label": "car"}]'),
            "qwen-json",
        ),
        "Box 1 overlaps no true box of the same label. Truth 1 is missed.",
    ),
    (
        (
            "box",
            boxes("percent", [[1, 2, 30, 40]], ("ship",)),
            T.format('{"bbox_2d": [1, 2, 30, 40], "label": "car"}'),
            "qwen-json",
        ),
        "Box 1 overlaps truth 1 with IoU 1.00.",
    ),
    (
        ("boxes", ONE, T.format("[1,2,30,17.2,0]"), "list5", STRICTER),
        "Box 1 overlaps truth 1 with IoU 0.40; an IoU below 0.5 does not count. Truth 1 is missed.",
    ),
    (("boxes", ONE, T.format("[1,2,30,40,90]"), "list5", DROPPING), "Box 1 overlaps truth 1 with IoU 1.00."),
    (("label", ("port",), T.format("port")), "The answer `port` equals the truth."),
    (
        ("grounded", Grounded("one ship", ONE), T.format("a ship [1,2,30,40,0] at sea")),
        "Box 1 overlaps truth 1 with IoU 1.00. 1 word stands in the same order in both: 4 are in the answer, 2 in the closest reference.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), READ)
def test_sentence_of_an_answer_that_was_read(arguments: Any, sentence: str) -> None:
    found = of(*arguments)
    assert (found.reason, found.why) == ("", sentence)


def test_a_plugins_own_parser_is_named_by_its_reason() -> None:
    task = Task(name="slick", kind="answer", summary="", parse=each(lambda *_: Malformed("bad_number")))
    assert of("answer", "yes", T.format("yes"), task=task).why == "A number is too long, or a count is no plain count."


def test_foreign_text_is_made_safe_for_a_terminal() -> None:
    why = of("label", "port", T.format("\x1b[2Jport")).why
    assert "\x1b" not in why
    assert "\\x1b[2Jport" in why


def test_the_most_boxes_that_are_read_are_told_as_they_are_scored() -> None:
    """The plain twin's assignment would take minutes for so many. One box is larger than the others, or rounding would decide."""
    many = ",".join(f"[{i % 50},{i // 50},{i % 50 + 30 + (i == 558)},{i // 50 + 30},{i}]" for i in range(1000))
    found = of("boxes", boxes("percent", [[0, 0, 50, 50]]), T.format(many))
    assert (
        found.why
        == "Box 559 overlaps truth 1 with IoU 0.37. Box 1, box 2, box 3 and 996 more overlap no truth left to match."
    )
