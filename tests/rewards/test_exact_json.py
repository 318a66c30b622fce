"""The strict JSON reader against Python's `json`, on answers with boxes and with labels that are broken at random."""

from __future__ import annotations

import json
import math
import random
import re
from typing import Any

import numpy as np
import pytest

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.task import Batch, Malformed, Sample
from tests.rewards.boxing import Scene as Pair
from tests.rewards.boxing import best_total, drawn, tables
from tests.rewards.conftest import Seen

MANY = pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])  # minutes in json and shapely
CHUNK = 5000
PROFILE = Profile(name="p", structure="plain", box_syntax="qwen-json", frame="percent")
LABELS = ["ship", "Storage Tank", "caf\u00e9", 'a "b"', "two\nlines", "\U0001f6a2", "\u2028", ""]
PIECES = [*'[]{}",:\\ \n', "1", "-", "0", ".5", "e3", "E+", "NaN", "null", "true", "Infinity", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\\x", "\\/", "\u00e9", "\x01", '"label": "x", ', '"score": 1, ', '"x": [1, {}], ', "[[", "9" * 18, "0." + "3" * 38, "/*", "'"]  # fmt: skip


class BrokenError(ValueError):
    """No JSON by scoring policy 4."""


def broken(text: str, draw: random.Random) -> str:
    """Break a text at up to two places, a third of them not at all."""
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        at, to = sorted(draw.choices(range(len(text) + 1), k=2))
        to = min(to, at + draw.choice([1, 1, 3, 12]))
        text = draw.choice([text[:at] + text[to:], text[:to] + text[at:], text[:at] + draw.choice(PIECES) + text[at:]])
    return text


def dumped(value: Any, draw: random.Random) -> str:
    separators = draw.choice([None, (",", ":"), (" , ", " :\n")])
    return json.dumps(
        value, ensure_ascii=draw.random() < 0.5, separators=separators, indent=draw.choice([None, None, 1])
    )


def read(text: str) -> Any:
    """Read a document by Python's `json` with the limits of scoring policy 4; raises `BrokenError`."""
    try:
        return json.loads(
            text.strip(" \t\r\n"),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_number,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise BrokenError from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _refuse("a key twice")


def _integer(literal: str) -> float:
    return float(literal) if len(literal) <= 20 else _refuse(literal)


def _number(literal: str) -> float:
    return float(literal) if len(literal) <= 40 else _refuse(literal)


def _refuse(found: str) -> Any:
    raise BrokenError(found)


def item(value: Any) -> tuple[list[float], str] | None:
    """Return box and label of an item of scoring policy 4 and 5, clipped to 100 × 100; None where it is no box."""
    if not isinstance(value, dict) or not {"bbox_2d", "label"} <= set(value) <= {"bbox_2d", "label", "score"}:
        return None
    numbers, label = value["bbox_2d"], value["label"]
    if not isinstance(label, str) or not isinstance(numbers, list) or len(numbers) != 4:
        return None
    if not all(type(number) is float and abs(number) <= 1e6 for number in numbers):
        return None
    (x1, y1, x2, y2), clipped = (
        numbers,
        [max(numbers[0], 0), max(numbers[1], 0), min(numbers[2], 100), min(numbers[3], 100)],
    )
    usable = x1 < x2 and y1 < y2 and clipped[0] < clipped[2] and clipped[1] < clipped[3]
    return ([*clipped, 0.0], re.sub("[\ud800-\udfff]", "\ufffd", label)) if usable else None


def boxes_of(text: str) -> Boxes | None:
    """Return what the answer says, None where it cannot be read."""
    try:
        document = read(text)
    except BrokenError:
        return None
    if not isinstance(document, list) or len(document) > 1000:
        return None
    items = [item(value) for value in document]
    found = [one for one in items if one is not None]
    array = np.array([numbers for numbers, _ in found], dtype=np.float64).reshape(-1, 5)
    return Boxes("percent", array, tuple(label for _, label in found), len(items) - len(found))


def answer(seed: int) -> tuple[str, Pair]:
    """Return an answer as a model writes it, perhaps broken, and the scene that it was made of."""
    draw, scene = random.Random(seed), drawn(seed, turned=False)
    items: list[Any] = [{"bbox_2d": _plain(box[:4], draw), "label": draw.choice(LABELS)} for box in scene.predicted]
    for one in items:
        one.update({"score": draw.random()} if draw.random() < 0.2 else {})
    return broken(dumped(items, draw), draw), scene


def _plain(numbers: tuple[float, ...], draw: random.Random) -> list[float]:
    return [int(n) if n == int(n) and draw.random() < 0.8 else n for n in numbers]


def expected(found: Boxes | None, scene: Pair) -> float:
    if found is None:
        return 0.0
    rows = tuple((x1, y1, x2, y2, angle) for x1, y1, x2, y2, angle in found.array.tolist())
    (table,) = tables([Pair(rows, scene.true)])
    return 2 * best_total(table) / (len(rows) + found.invalid + len(scene.true))


@pytest.mark.parametrize("count", [1000, MANY])
def test_boxes_are_read_as_json_reads_them(count: int, seen: Seen) -> None:
    scores: list[float] = []
    for start in range(0, count, CHUNK):
        drawn_ones = [answer(seed) for seed in range(start, min(start + CHUNK, count))]
        truth = [Boxes("percent", np.array(scene.true)) for _, scene in drawn_ones]
        batch = Batch([Sample(id=str(i), task="t", reference=boxes) for i, boxes in enumerate(truth)], PROFILE)
        answers = rewards.boxes([text for text, _ in drawn_ones], batch)
        found = rewards.detection(answers, batch)
        for row, (text, scene) in enumerate(drawn_ones):
            wanted = boxes_of(text)
            if wanted is None:
                assert isinstance(answers[row], Malformed), text
            else:
                assert answers[row] == wanted, text
            assert math.isclose(found[row], expected(wanted, scene), rel_tol=0, abs_tol=1e-7), text
        scores += found.tolist()
    seen("JSON boxes", scores)


def labels_of(text: str) -> list[str] | None:
    """Return the labels of a JSON list, None where it cannot be read."""
    try:
        document = read(text)
    except BrokenError:
        return None
    if not isinstance(document, list) or not all(isinstance(label, str) for label in document):
        return None
    return document


@pytest.mark.parametrize("count", [2000, MANY])
def test_lists_of_strings_are_read_as_json_reads_them(count: int, seen: Seen) -> None:
    vocabulary = tuple(f"label {i}" for i in range(6))
    batch = Batch([Sample(id="1", task="t", reference=vocabulary[:3], choices=vocabulary)])
    scores: list[float] = []
    for seed in range(count):
        draw = random.Random(seed)
        text = broken("[" + dumped(draw.sample(vocabulary, k=draw.randint(1, 5)), draw)[1:], draw)
        (found,) = rewards.labels([text], batch)
        wanted = labels_of(text) if text.strip()[:1] == "[" else None
        if text.strip()[:1] in ("[", "`"):
            assert isinstance(found, Malformed) == (wanted is None), text
        if wanted is not None:
            named = {label.strip().casefold() for label in wanted}
            if named <= set(vocabulary):
                scores.append(float(rewards.set_f1([found], batch)[0]))
                shared = len(named & set(vocabulary[:3]))
                assert scores[-1] == pytest.approx(2 * shared / (len(named) + 3), abs=1e-12), text
    seen("JSON labels", scores)
