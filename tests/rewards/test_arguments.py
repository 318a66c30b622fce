"""Wrong arguments of the public functions are refused in one sentence that names the argument, and the row; bad truth is a 0.

The `type: ignore`s are the point: a type checker would have refused the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.errors import ConfigError, PluginError
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import vlm_r1
from geovlm_cli.rewards.protocols import protocols_of_kind
from geovlm_cli.task import Batch, Kind, Malformed, Sample, Task

PROFILE = Profile(name="m", structure="plain", box_syntax="qwen-json", frame="pixel")
ONE = boxes("pixel", [[0, 0, 50, 50]])
JSON = '[{"bbox_2d": [0, 0, 50, 50], "label": "a"}]'
NAN = float("nan")


def batch_of(*references: Any, **fields: Any) -> Batch:
    samples = [Sample(id=str(row), task="t", reference=value, **fields) for row, value in enumerate(references)]
    return Batch(samples, PROFILE)


LABELS, BOXES = batch_of(("a",)), batch_of(ONE, image_size=(100, 100))


def task(kind: Kind, **fields: Any) -> Task:
    return Task(name="t", kind=kind, summary="", **fields)


def wrong_boxes(array: Any = ONE.array, frame: Any = "pixel", labels: Any = (), invalid: Any = 0) -> Boxes:
    return Boxes(frame, array, labels, invalid)


NO_BOXES = [
    wrong_boxes([[0, 0, 50, 50, 0]]),
    wrong_boxes(np.zeros((1, 4))),
    wrong_boxes(np.zeros(5)),
    wrong_boxes(np.array([["a"] * 5], dtype=object)),
    wrong_boxes(frame="foo"),
    wrong_boxes(frame=3),
    wrong_boxes(labels=(3,)),
    wrong_boxes(labels=3),
    wrong_boxes(labels=("a", "b")),
    wrong_boxes(invalid=2**70),
    wrong_boxes(invalid=-1),
]

TYPES: list[tuple[Callable[[], Any], str]] = [
    (lambda: rewards.lcs_f([None], ["None"]), r"answers\[0\] must be a str"),
    (lambda: rewards.lcs_f([b"a"], ["b'a'"]), r"answers\[0\] must be a str.*bytes"),
    (lambda: rewards.rouge(["a", ("a",)], ["a", "a"]), r"answers\[1\] must be a str.*tuple"),
    (lambda: rewards.equal([None], ["None"]), r"answers\[0\]"),
    (lambda: rewards.geochat_equal([None], ["None"]), r"answers\[0\]"),
    (lambda: rewards.set_f1([None], [("a",)]), r"answers\[0\] must be a label.*NoneType"),
    (lambda: rewards.set_f1([("a", 3)], [("a",)]), r"answers\[0\] must be a label"),
    (lambda: rewards.set_f1([("a",)], [np.array(["a"])]), r"truth\[0\].*ndarray"),
    (lambda: rewards.detection([JSON], BOXES), r"answers\[0\] must be Boxes.*found str"),
    (lambda: rewards.detection([[[0, 0, 50, 50]]], [ONE]), r"answers\[0\] must be Boxes.*found list"),
    (lambda: rewards.ap([JSON], BOXES), r"answers\[0\] must be Boxes"),
    (lambda: protocols_of_kind("boxes")[0].score([JSON], BOXES), r"answers\[0\] must be Boxes"),
    (lambda: rewards.lcs_f("abc", ["a", "b", "c"]), "answers must be a list.*str"),
    (lambda: rewards.lcs_f(["a", "b"], "ab"), "truth must be a list.*str"),
    (lambda: rewards.lcs_f(["a"], None), "truth must be a list.*NoneType"),  # type: ignore[arg-type]
    (lambda: rewards.lcs_f(None, ["a"]), "answers must be a list.*NoneType"),  # type: ignore[arg-type]
    (lambda: rewards.lcs_f(["a"], 3), "truth must be a list.*int"),  # type: ignore[arg-type]
    (lambda: rewards.lcs_f(iter(["a"]), ["a"]), "answers must be a list"),  # type: ignore[arg-type]
    (lambda: rewards.set_f1({"a"}, [("a",)]), "answers must be a list.*set"),  # type: ignore[arg-type]
    (lambda: rewards.repetition("abc"), "completions must be a list.*str"),
    (lambda: rewards.repetition(["a"], ["x", "y"]), "answers has 2 rows and texts 1"),
    (lambda: rewards.labels(["a", "b"], LABELS), "texts has 2 rows and the batch has 1"),
    (lambda: rewards.answer(["a", "b"], batch_of("a")), "texts has 2 rows"),
    (lambda: rewards.boxes(["a", "b"], BOXES), "texts has 2 rows"),
    (lambda: rewards.labels(["a"], ["a"]), "batch must be a Batch; found list"),  # type: ignore[arg-type]
    (lambda: rewards.labels(["a"], LABELS.take([0.5])), "rows of the batch is float64"),  # type: ignore[list-item]
    (lambda: rewards.digit_boxes(["a"], BOXES, horizontal=np.array([True, False])), r"horizontal must be bool\[1\]"),
    (lambda: rewards.score(task("labels"), ["a"], [1]), "batch must be a Batch"),  # type: ignore[arg-type]
    (lambda: rewards.score(task("labels"), "a", LABELS), "completions must be a list"),
    (lambda: rewards.components(task("labels"), "a", LABELS), "answers must be a list"),
    (lambda: rewards.read_structure(["a"], "bogus"), "profile must be a Profile"),  # type: ignore[arg-type]
    (lambda: rewards.read_structure(["a"], structure="bogus"), "structure is bogus"),  # type: ignore[arg-type]
    (lambda: rewards.corpus_bleu(np.zeros((3, 4))), r"counts is \(3, 4\)"),  # type: ignore[arg-type]
    (lambda: rewards.corpus_bleu([[1]]), "counts is list"),  # type: ignore[arg-type]
    (lambda: rewards.corpus_bleu(np.zeros((3, 6), dtype=np.int64), np.ones(2)), r"weights is \(2,\)"),
    (lambda: rewards.cider(["a"], ["a"], frequencies=3), "frequencies must be"),  # type: ignore[arg-type]
    (lambda: vlm_r1.default(None, "3"), "content must be a str"),  # type: ignore[arg-type]
    (lambda: vlm_r1.rec("<answer>[0,0,1,1]</answer>", [0, 0, 1, 1]), "solution must be a str"),  # type: ignore[arg-type]
    (lambda: vlm_r1.default("a", "a", bugs=3), "bugs must be True"),  # type: ignore[arg-type]
    (lambda: vlm_r1.accuracy("a", ["a"]), "contents must be a list"),
    (lambda: vlm_r1.length("a", 1.0), "tokens must be a number"),  # type: ignore[arg-type]
    (lambda: vlm_r1.repetition(None), "content must be a str"),  # type: ignore[arg-type]
    (lambda: rewards.meteor(["a"], ["a"], tokens=lambda _: [1]), "`tokens` returns must be a list of str"),  # type: ignore[list-item]
    (lambda: rewards.score(None, ["a"], LABELS), "task must be a Task"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "message"), TYPES, ids=[message for _, message in TYPES])
def test_wrong_types_are_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(rewards.RewardInputError, match=message):
        call()


FRACTION, ABOVE = "it must be between 0 and 1", "it must be a number above 0"
OPTIONS: list[tuple[Callable[..., Any], str, list[Any], str]] = [
    (partial(rewards.length, ["a"]), "max_tokens", [-5, NAN, 0, "a", None, float("inf")], ABOVE),
    (partial(rewards.overlong, ["a"]), "max_tokens", [0, NAN], ABOVE),
    (partial(rewards.overlong, ["a"]), "slack", [0, NAN, 2, -1, "a"], ABOVE),
    (partial(rewards.repetition, ["a"]), "words", [0, -1, 1.5, "a", None], "it must be at least 1"),
    (partial(rewards.grounding, [], []), "box_weight", [-1, NAN, "x"], FRACTION),
    (partial(rewards.grounding, [], []), "words", ["zzz", None], "lcs_f, lexical or hslr"),
    (partial(rewards.hslr, [], []), "alpha", [2, -1, NAN], FRACTION),
    (partial(rewards.sbert, [], []), "several", ["x"], "best or mean"),
    (partial(rewards.meteor, ["a"], ["a"]), "synonyms", ["x", 3, None], "it must be"),
    (partial(rewards.meteor, ["a"], ["a"]), "several", ["x", None], "best or mean"),
    (partial(rewards.meteor, ["a"], ["a"]), "tokens", ["x", 3, ["a"]], "blanks or words"),
    (partial(rewards.bleu, ["a"], ["a"]), "order", [0, 5, 1.0, "1"], "1, 2, 3 or 4"),
    (partial(rewards.rouge, ["a"], ["a"]), "stemmer", ["no", None], "True or False"),
    (partial(rewards.rouge, ["a"], ["a"]), "variant", ["x", None, []], "rouge1, rouge2"),
    (partial(rewards.levenshtein, ["a"], ["a"]), "variant", ["x", None], "indel or classic"),
    (partial(rewards.lcs_f, ["a"], ["a"]), "several", ["x", None], "best or mean"),
    (partial(rewards.assign, np.zeros((1, 1))), "min_iou", [NAN, 2, -1, "x", None], FRACTION),
    (partial(rewards.detection, [ONE], [ONE]), "min_iou", [NAN, 2, -1, "x", None], FRACTION),
    (partial(rewards.detection, [ONE], [ONE]), "angles", ["x", None, 3], "rotated, hull or drop"),
    (partial(rewards.referring, [ONE], [ONE]), "angles", ["x", None], "rotated, hull or drop"),
    (partial(rewards.box_f1, [ONE], [ONE]), "threshold", [NAN, 2, None], FRACTION),
    (partial(rewards.box_recall, [ONE], [ONE]), "matching", ["x", None], "optimal or greedy"),
    (partial(rewards.any_match, [ONE], [ONE]), "threshold", [NAN, "x"], FRACTION),
    (partial(rewards.ap, [ONE], [ONE]), "threshold", [NAN, "x"], FRACTION),
    (partial(rewards.score, task("labels"), ["a"], LABELS), "on_error", ["x", None], "stop or penalise"),
]


@pytest.mark.parametrize(
    ("call", "name", "value", "allowed"),
    [(call, name, value, allowed) for call, name, values, allowed in OPTIONS for value in values],
)
def test_wrong_options_are_named(call: Callable[..., Any], name: str, value: Any, allowed: str) -> None:
    with pytest.raises(rewards.RewardInputError, match=rf"^{name} is .*{allowed}"):
        call(**{name: value})


@pytest.mark.parametrize("weights", [3, {"f1": "1"}, {"f1": None}, {"f1": NAN}])
def test_wrong_weights_are_named(weights: Any) -> None:
    with pytest.raises(ConfigError, match="weight"):
        rewards.score(task("labels"), ["a"], LABELS, weights=weights)


@pytest.mark.parametrize("threads", ["2", 0, True, 1.0, 10**30])
def test_wrong_thread_counts_are_named(threads: Any) -> None:
    with pytest.raises(ConfigError, match=r"threads is .*; it must be a whole number from 1 to"):
        rewards.score(task("labels"), ["a"], LABELS, threads=threads)


@pytest.mark.parametrize("threads", ["9" * 5000, "99999", "x", "²"])
def test_wrong_thread_counts_of_the_environment_are_named(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOVLM_THREADS", threads)
    with pytest.raises(ConfigError, match=r"GEOVLM_THREADS is .*; it must be a whole number from 1 to"):
        rewards.score(task("labels"), ["a"], LABELS)


@pytest.mark.parametrize("wrong", NO_BOXES)
def test_truth_that_holds_no_boxes_is_a_zero(wrong: Boxes) -> None:
    batch = batch_of(wrong, ONE, image_size=(100, 100))
    found = rewards.score(task("boxes"), [JSON, JSON], batch)
    assert found.reasons.tolist() == ["bad_truth", ""] or wrong.invalid
    assert found.columns["detection"][1] == 1.0
    assert rewards.detection([ONE, ONE], batch)[1] == 1.0
    assert rewards.ap([ONE, ONE], batch)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("size", ["ab", (1,), (0, 5), (NAN, 5), 3, ("a", "b")])
@pytest.mark.parametrize("frame", ["pixel", "unit"])
def test_an_image_size_that_is_none_is_bad_truth(size: Any, frame: str) -> None:
    truth = boxes(frame, [[0, 0, 0.5, 0.5]])
    found = rewards.score(task("boxes"), [JSON], batch_of(truth, image_size=size))
    assert (found.reasons.tolist(), found.columns["detection"].tolist()) == (["bad_truth"], [0.0])


@pytest.mark.parametrize("wrong", NO_BOXES)
def test_answers_that_hold_no_boxes_are_refused(wrong: Boxes) -> None:
    with pytest.raises(rewards.RewardInputError, match=r"answers\[1\]"):
        rewards.detection([ONE, wrong], [ONE, ONE])


@pytest.mark.parametrize(("kind", "reference"), [("boxes", ONE), ("labels", ("a",)), ("text", ("a",))])
def test_a_parser_that_returns_another_type_breaks_its_contract(kind: Kind, reference: Any) -> None:
    wrong = task(kind, parse=lambda texts, _: [object()] * len(texts))
    with pytest.raises(PluginError, match=r"raised RewardInputError.* on row `0`"):
        rewards.score(wrong, ["x"], batch_of(reference, image_size=(100, 100)))


def test_repeated_boxes_of_plain_answers_count() -> None:
    answers = [boxes("pixel", [[0, 0, 50, 50]] * 4), "no box"]
    assert rewards.repetition(["a", "b"], answers).tolist() == [0.75, 0.0]


def test_overlong_reaches_one() -> None:
    assert rewards.overlong(["a" * count for count in (0, 819, 1024, 2000)]).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_cider_takes_a_tokeniser() -> None:
    references = ["a-b c", "d e"]
    cut = ["a b c", "d e"]
    found = rewards.cider(references, references, tokens=lambda text: text.replace("-", " ").split())
    assert found.tolist() == rewards.cider(cut, cut).tolist()


@pytest.mark.parametrize("rows", [[None], [[0, 0]] * 5, [[0, 0, 1, 1], ["a"] * 4], 3])
def test_rows_that_are_no_boxes_are_named(rows: Any) -> None:
    with pytest.raises(ValueError, match=r"4 or 5 numbers\.$"):
        boxes("pixel", rows)


@pytest.mark.parametrize(
    ("function", "option", "value"),
    [
        (rewards.detection, "angles", 1),
        (rewards.detection, "min_iou", None),
        (rewards.rouge, "variant", "x"),
        (rewards.rouge, "stemmer", 1),
        (rewards.lcs_f, "several", 1),
    ],
)
def test_a_wrong_option_is_refused_by_name_in_one_pass_too(
    function: Callable[..., Any], option: str, value: Any
) -> None:
    of_boxes = function is rewards.detection
    wrong = task("boxes" if of_boxes else "text", rewards={"q": partial(function, **{option: value})})
    with pytest.raises(rewards.RewardInputError, match=f"{option} is {value}"):
        rewards.score(wrong, [JSON if of_boxes else "a"], BOXES if of_boxes else LABELS)


UNMET = [
    ("boxes", boxes("pixel", [[200, 200, 250, 250]]), "list5"),
    ("box", boxes("pixel", [[-2e6, 0, 50, 50]]), "list5"),
    ("boxes", boxes("pixel", [[0, 0, 50, 50]] * 1001), "geochat"),
    ("label", "airport", None),
    ("labels", ("port", "airport"), None),
    ("labels", ("port",) * 1001, None),
    ("text", Grounded(None, ONE), None),  # type: ignore[arg-type]
    ("grounded", Grounded(None, ONE), "list5"),  # type: ignore[arg-type]
    ("count", 10**5000, None),
    ("answer", 10**5000, None),
]


@pytest.mark.parametrize(("kind", "reference", "syntax"), UNMET, ids=map(str, range(len(UNMET))))
def test_truth_that_no_answer_can_meet_is_bad_truth(kind: Kind, reference: Any, syntax: Any) -> None:
    profile = Profile(name="m", structure="plain", box_syntax=syntax or "list5", frame="pixel")
    sample = Sample(id="0", task="t", reference=reference, image_size=(100, 100))
    words = ("port", "ship") if kind in ("label", "labels") else ()
    found = rewards.score(task(kind, vocabulary=words), ["port"], Batch([sample], profile))
    assert (found.reasons.tolist(), found.total.tolist()) == (["bad_truth"], [0.0])


def test_a_count_of_numpy_is_a_count() -> None:
    found = rewards.score(task("count"), ["3"], batch_of(np.int64(3)))
    assert found.total.tolist() == [1.0]
    assert rewards.score(task("answer"), ["12"], batch_of(12), weights={"jaccard": 1.0}).total.tolist() == [1.0]


def test_a_take_of_a_take_refuses_what_a_take_refuses() -> None:
    twice = batch_of(("a",), ("b",)).take([1, 0])
    for row in (-2, 5, True):
        with pytest.raises(rewards.RewardInputError, match="rows"):
            rewards.score(task("labels"), ["a"], twice.take([row]))


def test_a_plugins_odd_values_cost_its_row() -> None:
    def huge(answers: Any, _: Batch) -> list[Any]:
        return [10**400 for _ in answers]

    def odd(texts: Any, _: Batch) -> list[Any]:
        return [Malformed(["x"]) for _ in texts]  # type: ignore[arg-type]

    for bad in (task("text", rewards={"r": huge}), task("text", parse=odd)):
        assert rewards.score(bad, ["a"], batch_of("a"), on_error="penalise").reasons.tolist() == ["plugin_error"]


def test_threads_may_be_a_number_of_numpy() -> None:
    assert len(rewards.score(task("text"), ["a"], batch_of("a"), threads=np.int64(2))) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "error", "named"),
    [
        (lambda: rewards.score(task("label", vocabulary="forest"), ["f"], LABELS), rewards.RewardInputError, "vocabulary of task `t` must be a tuple"),
        (lambda: rewards.score(task("label"), ["f"], batch_of("a", choices=["a"])), rewards.RewardInputError, "choices of sample 0"),
        (lambda: rewards.score(task("text"), ["f"], LABELS, structure=5), rewards.RewardInputError, "structure is 5"),  # type: ignore[arg-type]
        (lambda: rewards.score(task("text"), ["f"], LABELS, weights={0: 1.0}), ConfigError, "no reward component `0`"),  # type: ignore[dict-item]
        (lambda: rewards.score(task("text"), ["f"], LABELS, weights={"lcs_f": "1"}), ConfigError, "is '1'; it must be"),  # type: ignore[dict-item]
        (lambda: rewards.repetition(["a"], words=10**30), rewards.RewardInputError, "words is 1000"),
        (lambda: protocols_of_kind("x"), rewards.RewardInputError, "kind is x"),  # type: ignore[arg-type]
        (lambda: rewards.resolve(5), rewards.RewardInputError, "task must be a Task"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_other_wrong_arguments(call: Callable[[], Any], error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        call()
