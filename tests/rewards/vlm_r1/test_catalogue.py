"""VLM-R1's rewards against cases worked by hand, mended and under each named bug."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geovlm_cli.boxes import boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import RewardInputError, protocols_of_kind, vlm_r1
from geovlm_cli.rewards import boxes as parse_boxes
from geovlm_cli.task import Batch, Kind, Malformed, Sample
from tests.rewards.test_rust_linear import FAMILIES
from tests.rewards.vlm_r1.cases.forms import LENGTH, REPETITION
from tests.rewards.vlm_r1.cases.found import BUGGY, CASES, MENDED, REC, Found, told
from tests.rewards.vlm_r1.cases.words import ALL_MATCH, DEFAULT, MATH, MCQ, YES_NO, Case, a

Reward = Callable[..., float]
BOXES = (vlm_r1.map_, vlm_r1.od_ap, vlm_r1.od_ap50, vlm_r1.od_length, vlm_r1.weighted_sum)
NAMES = ("map", "od_ap", "od_ap50", "odLength", "weighted_sum")
TABLES: list[tuple[Reward, list[Case]]] = [
    (vlm_r1.default, DEFAULT), (vlm_r1.all_match, ALL_MATCH), (vlm_r1.math, MATH), (vlm_r1.mcq, MCQ), (vlm_r1.yes_no, YES_NO), (vlm_r1.rec, REC),
]  # fmt: skip
ROWS = [
    pytest.param(reward, case, id=f"{reward.__name__} {number}")
    for reward, table in TABLES
    for number, case in enumerate(table, 1)
]
own_numbers = pytest.mark.skipif(vlm_r1.judge() != "numbers", reason="math-verify reads more texts as numbers")


@own_numbers
@pytest.mark.parametrize(("reward", "case"), ROWS)
def test_texts(reward: Reward, case: Case) -> None:
    assert reward(case.content, case.solution) == pytest.approx(case.reward)
    for bug, value in case.bugs.items():
        assert reward(case.content, case.solution, bugs=[bug]) == pytest.approx(value), bug


@pytest.mark.parametrize("case", CASES)
def test_boxes(case: Found) -> None:
    content, solution = a(told(case.predicted)), a(told(case.true))
    expected = (case.ap, case.ap, case.ap50, case.ap * case.share, case.weighted)
    for name, reward, value in zip(NAMES, BOXES, expected, strict=True):
        assert reward(content, solution) == pytest.approx(value), name


@pytest.mark.parametrize(("content", "solution", "bug", "expected"), BUGGY)
def test_boxes_under_a_bug(content: str, solution: str, bug: str, expected: tuple[float | None, ...]) -> None:
    for name, reward, value, mended in zip(NAMES, BOXES, expected, MENDED.get(bug, [None] * 5), strict=True):
        if value is not None:
            assert reward(content, solution, bugs=bug) == pytest.approx(value), name
        if mended is not None:
            assert reward(content, solution) == pytest.approx(mended), name


@pytest.mark.parametrize("broken", ["[{", "no boxes here", "{}", ""])
def test_a_broken_answer_is_never_no_boxes(broken: str) -> None:
    assert [reward(a(broken), "[]") for reward in BOXES] == [0] * 5


@pytest.mark.parametrize(("tokens", "accuracy", "most", "expected", "buggy"), LENGTH)
def test_length(tokens: int, accuracy: float, most: int, expected: float, buggy: float) -> None:
    assert vlm_r1.length(tokens, accuracy, max_tokens=most) == pytest.approx(expected)
    assert vlm_r1.length(tokens, accuracy, max_tokens=most, bugs=True) == pytest.approx(buggy)


@pytest.mark.parametrize(("content", "expected"), REPETITION)
def test_repetition(content: str, expected: float) -> None:
    assert vlm_r1.repetition(content) == pytest.approx(expected)


def test_every_reward_has_twenty_cases_and_every_bug_one() -> None:
    counts = [*(len(table) for _, table in TABLES), len(CASES), len(LENGTH), len(REPETITION)]
    assert min(counts) >= 20
    shown = {bug for _, table in TABLES for case in table for bug in case.bugs} | {bug for _, _, bug, _ in BUGGY}
    assert shown | {"always_correct"} == set(vlm_r1.BUGS)


def test_rec_maps_the_box_from_the_input_to_the_original() -> None:
    """A box of 5 × 10 px of a 100 × 100 input is 10 × 10 px of the 200 × 100 original."""
    assert vlm_r1.rec(a("[0,0,5,10]"), "[0,0,10,10]", input_size=(100, 100), image_size=(200, 100)) == 1


def test_accuracy_takes_a_method_a_row_and_refuses_the_judge() -> None:
    assert vlm_r1.accuracy([a("yes"), a("B")], ["yes", "C"], ["yes_no", "mcq"]) == [1.0, 0.0]
    with pytest.raises(RewardInputError, match=r"methods\[0\] is `llm`, which asks a judge over the network"):
        vlm_r1.accuracy(["x"], ["x"], "llm")
    with pytest.raises(RewardInputError, match="contents has 1 rows, solutions 2"):
        vlm_r1.accuracy(["x"], ["x", "y"])
    with pytest.raises(RewardInputError, match="bugs names `speed`"):
        vlm_r1.default("x", "y", bugs=["speed"])


PIECES = ["<answer>", "```json", "[{", "```json [{", "[ ", "}]", "a. ", "1,", "no "]
LONG = {piece: piece * (60_000 // len(piece)) for piece in PIECES}
LONG |= {family: FAMILIES[family](60_000) for family in ("keys", "mixed accents")}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize(
    "reward", [*vlm_r1.METHODS.values(), vlm_r1.rec, vlm_r1.repetition], ids=lambda reward: reward.__name__
)
def test_time_is_linear(reward: Reward, name: str) -> None:
    text = LONG[name]
    arguments = (a(text),) if reward is vlm_r1.repetition else (a(text), "yes")
    start = time.process_time()
    for content in (arguments, (text, *arguments[1:])):
        reward(*content, bugs=True)
        reward(*content)
    assert time.process_time() - start < 2  # quadratic takes seconds or minutes


def column(kind: Kind, items: Any, batch: Batch, name: str) -> list[float]:
    (protocol,) = [protocol for protocol in protocols_of_kind(kind) if protocol.name == "vlm-r1"]
    columns = protocol.score(items, batch)
    assert protocol.summarise(columns, np.ones(len(batch)))[name].n == len(batch)
    return [float(value) for value in columns[name]]


def test_the_protocol_of_words() -> None:
    batch = Batch([Sample(id=str(i), task="t", reference=reference) for i, reference in enumerate(["airport", "B"])])
    assert column("label", ["airports", "b."], batch, "default") == pytest.approx([14 / 15, 1])
    assert column("label", ["airports", "b."], batch, "all_match") == [0, 1]
    counts = Batch([Sample(id="1", task="t", reference=12)])
    assert column("count", ["12.0"], counts, "math") == [1]


def test_the_protocol_of_boxes_scores_in_the_frame_of_the_reference() -> None:
    profile = Profile(name="p", structure="plain", box_syntax="list4", frame="permille")
    sample = Sample(id="1", task="t", reference=boxes("pixel", [[0, 0, 10, 10]]), image_size=(100, 100))
    batch = Batch([sample] * 3, profile)
    answers = parse_boxes(["[0,0,100,100]", "[0,0,100,50],[1,2]", "x"], batch)
    assert column("boxes", answers, batch, "od_ap50") == pytest.approx([1, 0.5, 0])
    assert column("boxes", answers, batch, "odLength") == pytest.approx([1, 0.1 / 2 / 2, 0])
    assert column("box", [answers[0], answers[1], Malformed("empty")], batch, "rec") == pytest.approx([1, 0, 0])


def test_the_protocol_of_boxes_leaves_a_row_out_whose_image_is_missing() -> None:
    profile = Profile(name="p", structure="plain", box_syntax="list5", frame="permille")
    sound = Sample(id="1", task="t", reference=boxes("pixel", [[0, 0, 10, 10]]), image_size=(100, 100))
    lost = Sample(id="2", task="t", reference=sound.reference, flaw="boxes that need the image's size: gone.png")
    batch = Batch([lost, sound], profile)
    (protocol,) = [protocol for protocol in protocols_of_kind("boxes") if protocol.name == "vlm-r1"]
    columns = protocol.score(parse_boxes(["[0,0,100,100,0]"] * 2, batch), batch)
    found = protocol.summarise(columns, np.ones(2))["od_ap50"]
    assert found.value == pytest.approx(1)
    assert found.n == 1


def test_other_bad_truth_is_kept() -> None:
    profile = Profile(name="p", structure="plain", box_syntax="list5", frame="pixel")
    references = [boxes("pixel", [[0, 0, 10, 10]]), boxes("pixel", [[0, 0, 10, 10], [3, 9, 8, 9]]), None]
    samples = [Sample(id=str(i), task="t", reference=r, flaw="bad" if i else None) for i, r in enumerate(references)]
    batch = Batch(samples, profile)
    (protocol,) = [protocol for protocol in protocols_of_kind("boxes") if protocol.name == "vlm-r1"]
    columns = protocol.score(parse_boxes(["[0,0,10,10,0]"] * 3, batch), batch)
    found = protocol.summarise(columns, np.ones(3))["od_ap50"]
    assert found.n == 3
    assert found.value == pytest.approx((1 + 51 / 101 + 0) / 3)
    (words,) = [protocol for protocol in protocols_of_kind("label") if protocol.name == "vlm-r1"]
    told = words.score(["a"], Batch([Sample(id="1", task="t", reference="…", flaw="no word")]))
    assert words.summarise(told, np.ones(1))["all_match"].n == 1


def test_the_protocol_of_captions_takes_the_best_of_several_references() -> None:
    captions = ("two ships lie in the port", "ships in a port", "a port with two ships")
    rows = [Sample(id=str(i), task="t", reference=order) for i, order in enumerate([captions, captions[::-1]])]
    for answer in captions:
        assert column("text", [answer] * 2, Batch(rows), "all_match") == [1, 1]
        assert column("text", [answer] * 2, Batch(rows), "default") == [1, 1]
    assert column("text", [", ".join(captions)] * 2, Batch(rows), "all_match") == [0, 0]
    assert max(column("text", [", ".join(captions)] * 2, Batch(rows), "default")) < 1


def test_the_protocol_of_labels_asks_for_no_order() -> None:
    batch = Batch([Sample(id="1", task="t", reference=("forest", "river")), Sample(id="2", task="t", reference=("river", "forest"))])  # fmt: skip
    for answer in ("river, forest", "Forest\nriver.", "river;forest, river"):
        assert column("labels", [answer] * 2, batch, "all_match") == [1, 1]
        assert column("labels", [answer] * 2, batch, "default") == [1, 1]
    missing, surplus, misspelt = (
        column("labels", [answer] * 2, batch, "default")
        for answer in ("river", "port, river, forest", "river, aforest")
    )
    assert missing == pytest.approx([10 / 18] * 2)  # `river` of `river, forest`: 2 · 5 of 5 + 13 letters
    assert surplus == pytest.approx([26 / 32] * 2)  # `forest, river` of `forest, river, port`
    assert misspelt == pytest.approx([26 / 27] * 2)  # one letter more


def test_the_protocol_pays_nothing_for_an_answer_of_nothing() -> None:
    batch = Batch([Sample(id="1", task="t", reference="")])
    assert column("label", [""], batch, "default") == column("label", [""], batch, "all_match") == [0]
