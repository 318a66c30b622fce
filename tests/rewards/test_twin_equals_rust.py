"""The Rust engine equals the plain twin: same reasons, same values to 1e-9, on answers made by breaking good ones."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovlm_cli.boxes import Boxes
from geovlm_cli.profiles import BoxSyntax, Profile
from geovlm_cli.rewards import detection, score
from geovlm_cli.rewards import reference as twin
from geovlm_cli.task import Batch, Kind, Sample, Task
from tests.rewards.captions import partial_share
from tests.rewards.judging import Case, Judged, judge

VOCABULARY = ("airport", "Storage Tanks", "Beaches, dunes, sands", "Marine waters", "Straße", "river")
SIZE = (100, 100)
PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", " ", "\n", "x", "<box>", "</box>", "<ref>", "</ref>", "[", "]", "{", "}", ",", "1", "-", "0", "e3", ".5", '"', "\\", "```", "json", ";", "yes", "no", "12",
    "airport", "Beaches", "sands", "\u200b", "é", "\udcff", "NaN", "null", "\x00", ":", '"label"', '"score"', "<delim>", "|", "<", ">", "_", "\x1c", "\u00a0", "\u0130",
]  # fmt: skip
GOOD: dict[str, list[str]] = {
    "label": ["airport", "storage_tanks.", " AIRPORT ", "strasse", "port"],
    "labels": [
        "airport, river",
        "Beaches, dunes, sands; airport",
        '["river", "x"]',
        "a\nb,,",
        "Marine waters, marine-waters.",
    ],
    "text": ["two ships in a port", "Two Ships!", "Straße café 2", "..."],
    "answer": ["yes", "No.", "12", "rural"],
    "count": ["12", "0", "7."],
    "qwen-json": [
        '[{"bbox_2d": [10, 10, 30, 30], "label": "ship"}, {"bbox_2d": [40.5, 40, 160, 60], "label": "Car"}]',
        '```json\n[{"bbox_2d":[10,10,30,30],"label":"ship"}]\n```',
        '{"bbox_2d": [10, 10, 30, 30], "label": "ship", "score": 0.5}',
        "[10, 10, 30, 30]",
        "[]",
    ],
    "list4": ["[10,10,30,30],[40,40,60,60]", "[[10,10,30,30]]", "[]", "[10,10,30,30.5]"],
    "list5": [
        "[10,10,30,30,45],[40,40,60,60,0]",
        "[[10,10,30,30,7]][[1,2,3,4,5],[-9,-9,-1,-1,45]]",
        "[]",
        "[[[10,10,30,30,-5]]]",
    ],
    "internvl": [
        "<ref>a ship</ref><box>[[10, 10, 30, 30], [40, 40, 160, 60]]</box>",
        "<box>[[10,10,30,30]]</box>, <ref>b</ref> <box>[[1,2,3,4]]</box>",
        "[[10, 10, 30, 30]], <box>[[40,40,60,60]]</box>",
        "[]",
    ],
    "geochat": ["{<10><10><30><30>|<45>}<delim>{<40><40><60><60>}", "<p>ships</p> {<10><10><30><30>|<0>}", "[]"],
}
TRUTH: dict[str, list[Any]] = {
    "label": ["airport", "Storage Tanks", "Straße"],
    "labels": [("airport", "river"), ("Beaches, dunes, sands", "Marine waters")],
    "text": [("Two ships in the port",), ("A café", "two ships, one port")],
    "answer": ["yes", "no", "12", "rural"],
    "count": [12, 0, 7],
}
BOXES: list[list[list[float]]] = [
    [[10, 10, 31, 28, 0]],
    [],
    [[12, 9, 30, 33, 30], [40, 40, 60, 60, 0], [42, 38, 58, 66, -20]],
]


@dataclass(frozen=True)
class Drawn:
    """One completion with all that decides its score."""

    case: Case
    completion: str
    structure: Any
    opens_think: bool


SHAPES = {
    "think_answer": ["<think>a</think><answer>{}</answer>"] * 6 + ["<answer>{}</answer>", "<think> </think><answer>{}</answer>", "a<think>b</think>\n<answer>{}</answer> c"],
    "answer": ["<think>a</think><answer>{}</answer>", "<answer>{}</answer>", "a</think>\n<answer>{}</answer> b"],
    "any": ["<answer>{}</answer>", "{}", "{}</think>"],
    "plain": ["{}"],
}  # fmt: skip


def broken(text: str, draw: random.Random) -> str:
    """Break a text at up to three places: cut, double, or put in a piece that parsers trip over."""
    for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 3])):
        at, to = sorted(draw.choices(range(len(text) + 1), k=2))
        to = min(to, at + 12)
        text = draw.choice([text[:at] + text[to:], text[:to] + text[at:], text[:at] + draw.choice(PIECES) + text[at:]])
    return text


def drawn(kind: Kind, seed: int) -> Drawn:
    draw = random.Random(f"{kind} {seed}")
    syntax: BoxSyntax = draw.choice(["qwen-json", "list4", "list5", "geochat", "internvl"])
    boxed = kind in ("box", "boxes")
    structure = draw.choice(["think_answer", "answer", "any", "plain"])
    completion = draw.choice(SHAPES[structure]).replace(
        "{}", broken(draw.choice(GOOD[syntax if boxed else kind]), draw)
    )
    completion = broken(completion, draw) if draw.random() < 0.2 else completion
    vocabulary = VOCABULARY if kind in ("label", "labels") and draw.random() < 0.7 else ()
    reference = boxes_of(kind, syntax, draw) if boxed else draw.choice(TRUTH[kind])
    case = Case(kind, reference, vocabulary, syntax, (100.0, 100.0), draw.choice([0.0, 0.5]))
    return Drawn(case, completion, structure, draw.random() < 0.05)


def boxes_of(kind: Kind, syntax: str, draw: random.Random) -> Boxes:
    rows = draw.choice(BOXES[:1] if kind == "box" else BOXES)
    array = np.array(rows, dtype=np.float64).reshape(-1, 5)
    if syntax in ("qwen-json", "list4", "internvl"):
        array[:, 4] = 0  # the twin takes the truth as it is; what four numbers can say of it is tested elsewhere
    labels = (
        tuple(draw.choice(["ship", "car", "SHIP "]) for _ in rows)
        if syntax == "qwen-json" and draw.random() < 0.5
        else ()
    )
    return Boxes("pixel", array, labels)


def rust(item: Drawn) -> Judged:
    """Judge by the product."""
    case = item.case
    rewards = {"pq": partial(detection, min_iou=case.min_iou)} if case.kind == "boxes" else {}
    profile = Profile(
        name="p", structure=item.structure, opens_think=item.opens_think, box_syntax=case.syntax, frame="pixel"
    )
    sample = Sample(id="1", task="t", reference=case.reference, choices=case.vocabulary, image_size=SIZE)
    task = Task(name="t", kind=case.kind, summary="", rewards=rewards)
    found = score(task, [item.completion], Batch([sample], profile))
    name = next(name for name in found.columns if name != "format")
    form = found.columns["format"][0] if "format" in found.columns else found.texts.format[0]
    return Judged(float(form), found.answers[0], str(found.reasons[0]), float(found.columns[name][0]))


def compare(kind: Kind, seed: int) -> float:
    """Compare one drawn completion; returns its reward."""
    return alike(drawn(kind, seed)).reward


def alike(item: Drawn) -> Judged:
    """Judge a completion by product and twin, which must agree; returns what the product says."""
    mine, plain = rust(item), judge(item.case, item.completion, item.structure, opens_think=item.opens_think)
    assert (mine.reason, mine.format) == (plain.reason, plain.format), item
    assert mine.reward == pytest.approx(plain.reward, abs=1e-9), item
    if not mine.reason:
        assert same(mine.value, plain.value), (item, mine.value, plain.value)
    return mine


def same(mine: Any, plain: Any) -> bool:
    if isinstance(plain, twin.Found):
        boxes = Boxes("pixel", np.array(plain.boxes).reshape(-1, 5), tuple(plain.labels), plain.invalid)
        return bool(mine == boxes)
    if isinstance(mine, Boxes):
        return np.array_equal(mine.array, np.array([plain]))
    return bool(mine == plain)


KINDS: list[Kind] = ["label", "labels", "text", "answer", "count", "box", "boxes"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300)
@given(seed=st.integers(0, 10**9))
def test_a_broken_answer_is_judged_alike(kind: Kind, seed: int) -> None:
    compare(kind, seed)


@pytest.mark.timeout(3600)
@pytest.mark.slow  # 100,000 completions a kind take minutes in the plain twin
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_broken_answers_are_judged_alike(kind: Kind) -> None:
    rewards = [compare(kind, seed) for seed in range(100_000)]
    partial_share(rewards)  # small: the point here are answers that cannot be read; most kinds score 0 or 1 anyway
    assert np.mean(np.array(rewards) > 0) > 0.05  # not all answers may be broken beyond any score
