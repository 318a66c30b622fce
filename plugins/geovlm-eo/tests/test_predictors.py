"""Every metric of every task, on a perfect, an empty and a random predictor."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from geovlm_eo.profiles import PROFILES
from geovlm_eo.tasks import TASKS

from geovlm_cli import Batch, Metric, Sample, Task
from geovlm_cli.boxes import Boxes, Grounded, boxes
from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import resolve, score

PROFILE = replace(next(profile for profile in PROFILES if profile.name == "earthdial"), structure="plain")
ROWS = 400
CLASSES = ("airport", "beach", "bridge", "desert", "farmland", "forest", "park", "port", "river", "viaduct")
WORDS = [
    "the",
    "a",
    "of",
    "in",
    "on",
    "many",
    "some",
    "two",
    "large",
    "small",
    "green",
    "white",
    "road",
    "tree",
    "house",
    "river",
    "field",
    "ship",
    "plane",
    "car",
    "beside",
    "near",
    "along",
    "with",
]
NOT_METRICS = {"malformed", "bad_truth"}
# What a perfect answer reaches where it is not 1: EarthDial's ceiling of lists of labels, METEOR's penalty for one chunk.
CEILINGS: Mapping[tuple[str, str], float] = {("multi-label", "token_recall"): 0.75}
# What a random answer may earn: words that all captions share, one class of ten, one of four answers.
CHANCE = {"text": 0.5, "grounded": 0.5, "labels": 0.5, "label": 0.16, "answer": 0.3, "boxes": 0.1}


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=9))


def truth_boxes(rng: random.Random) -> Boxes:
    corner = [(rng.randint(0, 80), rng.randint(0, 80)) for _ in range(rng.randint(1, 3))]
    return boxes("percent", [[x, y, x + rng.randint(4, 18), y + rng.randint(4, 18), 0] for x, y in corner])


REFERENCES: Mapping[str, Callable[[random.Random], Any]] = {
    "label": lambda rng: rng.choice(CLASSES),
    "labels": lambda rng: tuple(rng.sample(CLASSES, rng.randint(1, 3))),
    "answer": lambda rng: rng.choice(["yes", "no", "3", "rural"]),
    "text": lambda rng: (sentence(rng),),
    "boxes": truth_boxes,
    "grounded": lambda rng: Grounded(sentence(rng), truth_boxes(rng)),
}


def samples(task: Task, seed: int) -> list[Sample]:
    rng = random.Random(seed)
    choices = CLASSES if task.kind in ("label", "labels") else ()
    return [
        Sample(
            id=str(row), task=task.name, reference=REFERENCES[task.kind](rng), choices=choices, image_size=(500, 500)
        )
        for row in range(ROWS)
    ]


def measured(task: Task, texts: list[str]) -> dict[tuple[str, str], Metric]:
    """Return every metric of every protocol, and the mean of every component, by (protocol, metric)."""
    batch = Batch(samples(task, 1), PROFILE)
    scores = score(task, texts, batch)
    found = {("rewards", name): Metric(float(column.mean()), ROWS) for name, column in scores.columns.items()}
    for protocol in task.protocols:
        items: Any = scores.answers if protocol.reads == "answers" else [scores.texts[row] or "" for row in range(ROWS)]
        summary = protocol.summarise(protocol.score(items, batch), np.ones(ROWS))
        found |= {(protocol.name, name): metric for name, metric in summary.items() if name not in NOT_METRICS}
    return found


RESOLVED = [resolve(task) for task in TASKS]


@pytest.mark.parametrize("task", RESOLVED, ids=lambda task: task.name)
def test_the_truth_earns_everything(task: Task) -> None:
    texts = [target_text(task, sample, PROFILE) for sample in samples(task, 1)]
    for (protocol, name), metric in measured(task, texts).items():
        least = CEILINGS.get((task.name, name), 0.998)
        assert least <= metric.value <= 1 + 1e-12, (protocol, name, metric)


@pytest.mark.parametrize("task", RESOLVED, ids=lambda task: task.name)
def test_silence_earns_nothing(task: Task) -> None:
    for (protocol, name), metric in measured(task, [""] * ROWS).items():
        nothing = metric.value == 0 or (np.isnan(metric.value) and metric.n == 0)  # precision without a prediction
        assert nothing, (protocol, name, metric)


@pytest.mark.parametrize("task", RESOLVED, ids=lambda task: task.name)
def test_another_truth_earns_little(task: Task) -> None:
    texts = [target_text(task, sample, PROFILE) for sample in samples(task, 2)]
    found = measured(task, texts)
    for (protocol, name), metric in found.items():
        assert metric.value <= CHANCE[task.kind], (protocol, name, metric)
    assert max(metric.value for metric in found.values()) > 0
