"""COCO's average precision and recall, as `COCOeval` of pycocotools defines them for boxes without crowds, all scores equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geovlm_cli.rewards.reference.common import Box
from geovlm_cli.rewards.reference.geometry import iou

MAX_DETECTIONS = 100
THRESHOLDS = [*(0.5 + i * ((0.95 - 0.5) / 9) for i in range(9)), 0.95]  # as numpy.linspace makes them
RECALLS = [*(i * 0.01 for i in range(100)), 1.0]
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}


@dataclass(frozen=True, slots=True)
class Scene:
    """The boxes of one image, predicted in the order in which they were written, with the class of each."""

    predicted: Sequence[tuple[str, Box]]
    true: Sequence[tuple[str, Box]]
    invalid: int = 0  # predicted items that are no box: they rank nowhere, but an answer with one is not empty

    def of(self, name: str) -> Scene:
        """Return the boxes of one class, the first hundred of the predicted ones."""
        predicted = [item for item in self.predicted if item[0] == name]
        return Scene(predicted[:MAX_DETECTIONS], [item for item in self.true if item[0] == name])


Fate = tuple[bool, bool]  # of a ranked detection: whether it hit, whether it counts


def fates(scene: Scene, threshold: float, area: tuple[float, float]) -> list[Fate]:
    """Give each detection the free true box of greatest IoU: the later one among equals, one that counts before one outside the area."""
    true = sorted((box for _, box in scene.true), key=lambda box: _outside(box, area))  # stable
    taken: set[int] = set()
    found: list[Fate] = []
    for _, box in scene.predicted:
        best, match = min(threshold, 1 - 1e-10), None
        for place, other in enumerate(true):
            if place in taken:
                continue
            if match is not None and _outside(other, area) and not _outside(true[match], area):
                break
            if iou(box, other) >= best:
                best, match = iou(box, other), place
        if match is None:
            found.append((False, not _outside(box, area)))
        else:
            taken.add(match)
            found.append((True, not _outside(true[match], area)))
    return found


def _outside(box: Box, area: tuple[float, float]) -> bool:
    size = (box[2] - box[0]) * (box[3] - box[1])
    return not area[0] <= size <= area[1]


def curve_area(ranking: Sequence[Fate], truths: int) -> float:
    """Return the mean over 101 levels of recall of the best precision at that recall or beyond."""
    hits = misses = 0
    points: list[tuple[float, float]] = []
    for hit, counts in ranking:
        hits, misses = hits + (hit and counts), misses + (not hit and counts)
        points.append((hits / truths, hits / (misses + hits + 2.0**-52)))
    return sum(max((p for r, p in points if r >= level), default=0.0) for level in RECALLS) / len(RECALLS)


def average_precision(scene: Scene, threshold: float | None = None) -> float:
    """Return the mean over thresholds and the classes of the image; where nothing is true, 1 if nothing is predicted, else 0."""
    if not scene.true:
        return float(not scene.predicted and not scene.invalid)
    classes = sorted({name for name, _ in scene.true})
    everything = (0.0, math.inf)
    values = [
        curve_area(fates(scene.of(name), t, everything), len(scene.of(name).true))
        for name in classes
        for t in (THRESHOLDS if threshold is None else [threshold])
    ]
    return sum(values) / len(values)


def coco(scenes: Sequence[Scene]) -> dict[str, float]:
    """Return the twelve figures of `COCOeval.summarize` over a corpus; NaN where no true box counts."""
    figures = {
        "ap": _mean(scenes, "all", THRESHOLDS, 100)[0],
        "ap@0.5": _mean(scenes, "all", THRESHOLDS[:1], 100)[0],
        "ap@0.75": _mean(scenes, "all", THRESHOLDS[5:6], 100)[0],
    }
    figures |= {f"ap_{area}": _mean(scenes, area, THRESHOLDS, 100)[0] for area in ("small", "medium", "large")}
    figures |= {f"ar@{most}": _mean(scenes, "all", THRESHOLDS, most)[1] for most in (1, 10, 100)}
    figures |= {f"ar_{area}": _mean(scenes, area, THRESHOLDS, 100)[1] for area in ("small", "medium", "large")}
    return figures


def _mean(scenes: Sequence[Scene], area: str, thresholds: Sequence[float], most: int) -> tuple[float, float]:
    """Return average precision and recall, the mean over thresholds and over the classes with a true box in the area."""
    precision, recall = [], []
    for name in sorted({name for scene in scenes for name, _ in scene.true}):
        mine = [scene.of(name) for scene in scenes]
        truths = sum(not _outside(box, AREAS[area]) for scene in mine for _, box in scene.true)
        for threshold in thresholds if truths else ():
            ranking = [fate for scene in mine for fate in fates(scene, threshold, AREAS[area])[:most]]
            precision.append(curve_area(ranking, truths))
            recall.append(sum(hit and counts for hit, counts in ranking) / truths)
    if not precision:
        return math.nan, math.nan
    return sum(precision) / len(precision), sum(recall) / len(recall)
