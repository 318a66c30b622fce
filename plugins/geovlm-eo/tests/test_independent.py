"""Figures that were computed here with other means, on real truths for which no model's answers are at hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import shapely
from geovlm_eo import detection, multi_label, vqa
from geovlm_eo.loaders import rsvqa
from geovlm_eo.profiles import PROFILES

from geovlm_cli import Batch, Sample, Task
from geovlm_cli.boxes import boxes
from geovlm_cli.rewards import resolve, score

BY_NAME = {profile.name: profile for profile in PROFILES}


def measured(task: Task, protocol: str, texts: list[str], batch: Batch) -> dict[str, float]:
    task = resolve(task)
    chosen = next(found for found in task.protocols if found.name == protocol)
    scores = score(task, texts, batch, structure="plain")
    items: Any = scores.answers if chosen.reads == "answers" else texts
    metrics = chosen.summarise(chosen.score(items, batch), np.ones(len(batch)))
    return {name: metric.value for name, metric in metrics.items()}


def test_accuracy_of_answers_that_are_wrong_now_and_then(shared: Path) -> None:
    rows = [
        row for row in rsvqa.read(shared / "rsvqa-lr" / "LR_split_val_questions.json", "vqa") if isinstance(row, Sample)
    ]
    assert len(rows) == 500
    answers = [str(row.reference) if number % 5 else "a lot" for number, row in enumerate(rows)]
    batch = Batch(rows, BY_NAME["earthdial"])
    assert measured(vqa.TASK, "strict", answers, batch)["accuracy"] == pytest.approx(0.8)
    scored = [
        number for number, row in enumerate(rows) if row.meta["question_type"] in ("presence", "comp", "rural_urban")
    ]
    assert 25 < len(scored) < len(rows)
    wanted = sum(number % 5 > 0 for number in scored) / len(scored)
    assert measured(vqa.TASK, "earthdial", answers, batch)["token_recall"] == pytest.approx(wanted)


def airplanes(shared: Path) -> list[tuple[tuple[int, int], list[list[float]]]]:
    """Return size and boxes of the first 40 images of NWPU VHR-10 that show airplanes."""
    data = orjson.loads((shared / "nwpu-vhr10-boxes/annotations.json").read_bytes())
    found: dict[int, list[list[float]]] = {}
    for item in data["annotations"]:
        if item["category_id"] == 1:
            x, y, w, h = item["bbox"]
            found.setdefault(item["image_id"], []).append([x, y, x + w, y + h])
    sizes = {image["id"]: (image["width"], image["height"]) for image in data["images"]}
    return [(sizes[key], rows) for key, rows in list(found.items())[:40]]


def test_detection_against_polygons_of_shapely(shared: Path) -> None:
    rng = random.Random(3)
    rows, texts, hits, matched, predicted, true = [], [], 0, 0, 0, 0
    for number, (size, truth) in enumerate(airplanes(shared)):
        moved = [[v + rng.randint(-14, 14) for v in box] for box in truth[rng.randint(0, 1) :]]
        overlaps = np.array(
            [
                [
                    shapely.box(*a).intersection(shapely.box(*b)).area / shapely.box(*a).union(shapely.box(*b)).area
                    for b in truth
                ]
                for a in moved
            ]
        )
        hit = (overlaps >= 0.5).sum() if moved else 0
        hits, matched = hits + int((overlaps.max(axis=1) >= 0.5).sum() if moved else 0), matched + int(hit)
        predicted, true = predicted + len(moved), true + len(truth)
        texts.append(",".join(str([*map(int, box), 0]) for box in moved) or "[]")
        rows.append(Sample(id=str(number), task="detection", reference=boxes("pixel", truth), image_size=size))
    batch = Batch(rows, None)
    assert measured(detection.TASK, "earthdial", texts, batch)["precision@0.5"] == pytest.approx(hits / predicted)
    strict = measured(detection.TASK, "strict", texts, batch)  # airplanes stand apart, so a hit has one partner
    assert matched == hits
    assert strict["precision@0.5"] == pytest.approx(matched / predicted)
    assert strict["recall@0.5"] == pytest.approx(matched / true)


def test_multi_label_on_what_the_scenes_of_rsvqa_show(shared: Path) -> None:
    """The presence questions of an image are its labels; the answer leaves every third label out and adds a wrong one."""
    rows = [
        row
        for row in rsvqa.read(shared / "rsvqa-lr", "vqa")
        if isinstance(row, Sample) and row.meta["question_type"] == "presence"
    ]
    shown: dict[tuple[Any, str], list[str]] = {}
    for row in rows:
        if row.reference == "yes":
            shown.setdefault((row.meta["image"], row.id[-1]), []).append(
                row.question.casefold().removeprefix("is there ").rstrip("?")
            )
    truths = [tuple(dict.fromkeys(label.replace(",", " ") for label in labels)) for labels in shown.values()]
    assert len(truths) >= 25
    answers = [[label for n, label in enumerate(truth) if n % 3 != 2] + ["a volcano"] for truth in truths]
    pairs = [(set(truth), set(answer)) for truth, answer in zip(truths, answers, strict=True)]
    batch = Batch(
        [Sample(id=str(n), task="multi-label", reference=truth) for n, truth in enumerate(truths)], BY_NAME["earthdial"]
    )
    found = measured(multi_label.TASK, "strict", [", ".join(answer) for answer in answers], batch)
    assert found["f1"] == pytest.approx(np.mean([2 * len(a & b) / (len(a) + len(b)) for a, b in pairs]))
    assert found["recall"] == pytest.approx(np.mean([len(a & b) / len(a) for a, b in pairs]))
    assert found["jaccard"] == pytest.approx(np.mean([len(a & b) / len(a | b) for a, b in pairs]))
