"""Seeded completions with the references that they answer: what sampled policies write, faults included."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GENERATIONS = 16
SIZE = 1024
SCENES = (  # noqa: SIM905  # reads as words
    "Airport BareLand BaseballField Beach Bridge Center Church Commercial DenseResidential Desert Farmland Forest "
    "Industrial Meadow MediumResidential Mountain Park Parking Playground Pond Port RailwayStation Resort River "
    "School SparseResidential Square Stadium StorageTanks Viaduct"
).split()
OBJECTS = (  # noqa: SIM905  # reads as words
    "plane ship storage-tank tennis-court harbor bridge large-vehicle small-vehicle roundabout swimming-pool"
).split()
_COMMON = (  # noqa: SIM905  # reads as words
    "the a of and in is to with on at near there are some many several two three that this image scene area top "
    "bottom left right center corner edge next between along large small long green brown grey white dark bright "
    "dense square building buildings road roads trees fields river water houses cars planes runway terminal ships "
    "port bridge railway playground stadium pool farmland forest desert residential parking lot roof shadows rows "
    "lines because therefore first then also it they which one can see looks seems likely compare count estimate "
    "answer should be"
).split()
_SYLLABLES = (  # noqa: SIM905  # reads as words
    "ra ten mo lis ver cal dor pin sta qui ner ble tion ing ers"
).split()

Boxes = list[list[int]]


@dataclass(frozen=True)
class Workload:
    """Completions, the reference of each prompt, and which prompt each completion answers."""

    completions: list[str]
    references: list[object]
    rows: NDArray[np.int64]

    def fresh(self) -> list[str]:
        """Return new string objects: what a tokenizer's decoder hands over, nothing cached in them."""
        return [text[:-1] + text[-1:] for text in self.completions]


def words(rng: random.Random, count: int) -> list[str]:
    """Draw words with a long tail of invented ones."""
    return [
        "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))
        if rng.random() < 0.06
        else _COMMON[int(len(_COMMON) * rng.random() ** 2.2)]
        for _ in range(count)
    ]


def sentences(rng: random.Random, chosen: Sequence[str]) -> str:
    """Join words into sentences with capitals and stops."""
    parts, at = [], 0
    while at < len(chosen):
        end = at + rng.randint(6, 18)
        parts.append(" ".join(chosen[at:end]).capitalize() + rng.choice([".", ".", ".", ";", ".\n"]))
        at = end
    return " ".join(parts)


def completion(rng: random.Random, answer: str, length: tuple[int, int] = (60, 250)) -> str:
    """Write a thought of so many words and the answer; 8 % break the structure, 5 % of thoughts hold non-ASCII."""
    thought = sentences(rng, words(rng, rng.randint(*length)))
    if rng.random() < 0.05:
        thought += rng.choice([" about 45° to the north", " roughly 3 m²", " 图像中有飞机", " café roofs"])
    fault = rng.random()
    if fault < 0.02:
        return f"<think>{thought}</think>"
    if fault < 0.04:
        return f"<think>{thought}</think><answer>{answer}"
    if fault < 0.06:
        return f"{thought}\n<answer>{answer}</answer>"
    if fault < 0.08:
        return f"<think>{thought}</think><answer>{answer}</answer> Done."
    blank = rng.choice(["", "", "\n"])
    return (
        f"<think>{blank}{thought}{blank}</think>{rng.choice(['', ' ', blank])}<answer>{blank}{answer}{blank}</answer>"
    )


def _workload(
    seed: str,
    count: int,
    reference: Callable[[random.Random], object],
    attempt: Callable[[random.Random, object], str],
    length: tuple[int, int] = (60, 250),
) -> Workload:
    rng = random.Random(seed)  # a seeded workload, no secret
    references = [reference(rng) for _ in range(-(-count // GENERATIONS))]
    rows = np.arange(count, dtype=np.int64) // GENERATIONS
    texts = [completion(rng, attempt(rng, references[row]), length) for row in rows]
    return Workload(texts, references, rows)


def labels(count: int, seed: int) -> Workload:
    """Return scene labels, 60 % right, some in lower case with a stop."""

    def attempt(rng: random.Random, truth: object) -> str:
        label = str(truth) if rng.random() < 0.6 else rng.choice(SCENES)
        return label.lower() + "." if rng.random() < 0.2 else label

    return _workload(f"labels-{seed}", count, lambda rng: rng.choice(SCENES), attempt)


def _retold(rng: random.Random, truth: object) -> str:
    kept = [word for word in str(truth).split() if rng.random() > 0.2]
    for word in words(rng, max(1, len(kept) // 5)):
        kept.insert(rng.randint(0, len(kept)), word)
    cut = rng.randrange(len(kept))
    return " ".join(kept[cut:] + kept[:cut] if rng.random() < 0.3 else kept)


def captions(count: int, seed: int) -> Workload:
    """Return captions of 10-60 words with dropped, inserted and moved ones."""
    return _workload(f"captions-{seed}", count, lambda rng: sentences(rng, words(rng, rng.randint(10, 60))), _retold)


def long_captions(count: int, seed: int) -> Workload:
    """Return captions of 150-300 words."""
    return _workload(f"long-{seed}", count, lambda rng: sentences(rng, words(rng, rng.randint(150, 300))), _retold)


def _true_boxes(rng: random.Random, rotated: bool) -> Boxes:
    boxes: Boxes = []
    for _ in range(rng.randint(1, 30)):
        w, h = 8 + 180 * rng.random() ** 2, 8 + (80 if rotated else 180) * rng.random() ** 2
        x, y = rng.uniform(90, SIZE - w - 90), rng.uniform(90, SIZE - h - 90)
        angle = [rng.randint(-90, 90)] if rotated else []
        boxes.append([*map(round, (x, y, x + w, y + h)), *angle])
    return boxes


def _attempted_boxes(rng: random.Random, truth: Boxes) -> Boxes:
    """Jitter, misses, doubles and false alarms."""
    found: Boxes = []
    for box in truth:
        spread = 0.04 if rng.random() < 0.6 else 0.25
        w, h = box[2] - box[0], box[3] - box[1]
        x1, y1 = round(box[0] + rng.gauss(0, spread) * w), round(box[1] + rng.gauss(0, spread) * h)
        w, h = max(1, round(w * math.exp(rng.gauss(0, spread)))), max(1, round(h * math.exp(rng.gauss(0, spread))))
        turned = [round(box[4] + rng.gauss(0, 60 * spread))] if len(box) == 5 else []
        repeats = 0 if rng.random() < 0.15 else 2 if rng.random() < 0.05 else 1
        found += [[x1, y1, x1 + w, y1 + h, *turned]] * repeats
    found += _true_boxes(rng, len(truth[0]) == 5)[: int(rng.random() ** 2 * 0.3 * len(truth))]
    rng.shuffle(found)
    return found[:30]


def _qwen_json(rng: random.Random, boxes: Boxes) -> str:
    name = rng.choice(OBJECTS)
    items = [{"bbox_2d": box, "label": name if rng.random() < 0.9 else rng.choice(OBJECTS)} for box in boxes]
    style = rng.random()
    if style < 0.2:
        text = json.dumps(items, separators=(",", ":"))
    elif style < 0.8:
        text = json.dumps(items)
    else:
        text = "[\n" + ",\n".join("  " + json.dumps(item) for item in items) + "\n]"
    if rng.random() < 0.02:
        text = text[: rng.randint(len(text) // 2, len(text) - 1)]
    return f"```json\n{text}\n```" if rng.random() < 0.25 else text


def _find(rng: random.Random, truth: object) -> str:
    return _qwen_json(rng, _attempted_boxes(rng, truth))  # type: ignore[arg-type]  # references of the box workloads


def detection(count: int, seed: int) -> Workload:
    """Return 1-30 boxes in Qwen's JSON: three layouts, 25 % fenced, 2 % broken."""
    return _workload(f"detection-{seed}", count, lambda rng: _true_boxes(rng, rotated=False), _find)


def detection_long(count: int, seed: int) -> Workload:
    """Return the same after thoughts of 2,500-3,200 words, about 4,000 tokens."""
    return _workload(f"detection-{seed}", count, lambda rng: _true_boxes(rng, rotated=False), _find, (2500, 3200))


def geochat(count: int, seed: int) -> Workload:
    """Return rotated boxes in GeoChat's syntax."""

    def attempt(rng: random.Random, truth: object) -> str:
        found = _attempted_boxes(rng, truth)  # type: ignore[arg-type]  # references of this workload
        return "<delim>".join("{<%d><%d><%d><%d>|<%d>}" % tuple(box) for box in found) or "[]"  # noqa: UP031  # braces

    return _workload(f"geochat-{seed}", count, lambda rng: _true_boxes(rng, rotated=True), attempt)


def rotated(count: int, seed: int) -> Workload:
    """Return 1-30 rotated boxes in the list syntax."""
    return _workload(
        f"rotated-{seed}",
        count,
        lambda rng: _true_boxes(rng, rotated=True),
        lambda rng, truth: ",".join(map(str, _attempted_boxes(rng, truth))) or "[]",  # type: ignore[arg-type]
    )
