"""Boxes to score: real answers of EarthDial and their references, moved, turned, lost, doubled at random; and what shapely and scipy say of them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tests.conftest import SHARED

Box = tuple[float, float, float, float, float]
Array = NDArray[np.float64]

FILES = {
    "detection/ship_dataset_v0": "gt_bbox",
    "detection/urban_tree_crown_detection": "gt_bbox",
    "change/xBD_referred_object_detection": "caption0",
}
_BOX = re.compile(r"\[(\d+), (\d+), (\d+), (\d+), (-?\d+)\]")


@dataclass(frozen=True)
class Scene:
    """Boxes of an answer and of its reference, in percent of the image."""

    predicted: tuple[Box, ...]
    true: tuple[Box, ...]


SOME = (  # where the real data is not here
    Scene(((78, 83, 88, 99, 0),), ((76, 85, 93, 99, 0),)),
    Scene(((49, 30, 89, 78, 90),), ((56, 19, 79, 45, 0),)),
    Scene(((31, 0, 43, 20, 90), (10, 10, 30, 22, 31)), ((25, 10, 44, 30, 0), (12, 9, 30, 24, 27))),
)


@cache
def real() -> tuple[Scene, ...]:
    """Return EarthDial's answers with boxes, or a handful where they are not here."""
    folder = SHARED / "earthdial-preds-dev"
    return tuple(scene for name, key in FILES.items() for scene in _read(folder / f"{name}.jsonl", key)) or SOME


def _read(path: Path, key: str) -> list[Scene]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    scenes = [Scene(_boxes(row["answer"]), _boxes(row[key])) for row in rows]
    return [scene for scene in scenes if scene.predicted and scene.true]


def _boxes(text: str) -> tuple[Box, ...]:
    found = [tuple(map(float, numbers)) for numbers in _BOX.findall(text)]
    return tuple(box for box in map(_as_box, found) if box[0] < box[2] and box[1] < box[3])


def _as_box(numbers: Sequence[float]) -> Box:
    x1, y1, x2, y2, angle = numbers
    return x1, y1, x2, y2, angle


def drawn(seed: int, *, turned: bool = True) -> Scene:
    """Return one to four real scenes together; the answer, or the reference in its place, with boxes moved, lost, doubled and made up."""
    draw = random.Random(seed)
    scenes = [draw.choice(real()) for _ in range(draw.choice([1, 1, 2, 4]))]
    true = [box for scene in scenes for box in scene.true]
    boxes = [box for scene in scenes for box in draw.choice([scene.predicted, scene.true, scene.true])]
    for _ in range(draw.choice([0, 1, 1, 2, 3, 5])):
        boxes = _changed(boxes, draw)
    scene = Scene(tuple(boxes), tuple(true))
    return scene if turned else Scene(*(tuple((*box[:4], 0.0) for box in side) for side in (boxes, true)))


def _changed(boxes: list[Box], draw: random.Random) -> list[Box]:
    at = draw.randrange(len(boxes) + 1)
    if at == len(boxes):
        x, y = draw.randrange(90), draw.randrange(90)
        made_up = (
            float(x),
            float(y),
            float(x + draw.randint(1, 30)),
            float(y + draw.randint(1, 30)),
            float(draw.randint(-90, 90)),
        )
        return [*boxes, made_up]
    box = moved(boxes[at], draw)
    return draw.choice([[*boxes[:at], box, *boxes[at + 1 :]], [*boxes, box], boxes[:at] + boxes[at + 1 :]])


def moved(box: Box, draw: random.Random) -> Box:
    """Return a box moved, made wider or narrower, or turned."""
    x1, y1, x2, y2, angle = box
    step = draw.choice([1.0, 2.0, 5.0, 0.37])
    wider, higher = max(x2 - x1 + draw.choice([-step, step]), 0.5), max(y2 - y1 + draw.choice([-step, step]), 0.5)
    ways: list[Box] = [
        (x1 + step, y1, x2 + step, y2, angle),
        (x1, y1 - step, x2, y2 - step, angle),
        (x1, y1, x1 + wider, y1 + higher, angle),
        (x1, y1, x2, y2, angle + draw.choice([-90, 7, 45, 180])),
    ]
    return draw.choice(ways)


def polygons(boxes: Array) -> NDArray[np.object_]:
    """Return the rectangles, turned about their centres, counter-clockwise on screen, as shapely's polygons."""
    x1, y1, x2, y2, degrees = boxes.reshape(-1, 5).T
    x, y, half = (x1 + x2) / 2, (y1 + y2) / 2, np.array([x2 - x1, y2 - y1]) / 2
    dx, dy = np.outer([-1, 1, 1, -1], half[0]), np.outer([-1, -1, 1, 1], half[1])
    angle = np.radians(np.fmod(degrees, 360))  # exact, where radians of many turns are not
    cos, sin = np.cos(angle), np.sin(angle)
    corners = np.stack([x + dx * cos + dy * sin, y - dx * sin + dy * cos], axis=-1)
    return np.array(shapely.polygons(corners.transpose(1, 0, 2)), dtype=np.object_)


def ious(a: Array, b: Array) -> Array:
    """Return the IoU of each box with that at its place on the other side, by shapely."""
    first, second = polygons(a), polygons(b)
    shared = shapely.area(shapely.intersection(first, second))
    found: Array = shared / (shapely.area(first) + shapely.area(second) - shared)
    return found


def tables(scenes: Sequence[Scene]) -> list[Array]:
    """Return for each scene the IoU of every predicted with every true box, by shapely."""
    pairs = [(p, t) for scene in scenes for p in scene.predicted for t in scene.true]
    sides = [np.array([pair[side] for pair in pairs], dtype=np.float64).reshape(-1, 5) for side in (0, 1)]
    sizes = [len(scene.predicted) * len(scene.true) for scene in scenes]
    cut = np.split(ious(*sides), np.cumsum(sizes)[:-1])
    return [part.reshape(len(scene.predicted), len(scene.true)) for part, scene in zip(cut, scenes, strict=True)]


def best_total(table: Array) -> float:
    """Return the greatest sum of a one-to-one assignment, by scipy."""
    return float(table[linear_sum_assignment(table, maximize=True)].sum())
