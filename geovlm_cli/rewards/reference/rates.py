"""How many boxes of an answer meet true ones, and what is made of that."""

from __future__ import annotations

from collections.abc import Sequence

from geovlm_cli.rewards.reference.boxes import Found
from geovlm_cli.rewards.reference.common import TOLERANCE, Box
from geovlm_cli.rewards.reference.geometry import flattened, iou
from geovlm_cli.rewards.reference.matching import pairs


def matches(
    found: Found,
    true: Sequence[Box],
    true_labels: Sequence[str] = (),
    *,
    min_iou: float = 0.5,
    angles: str = "rotated",
    matching: str = "optimal",
) -> tuple[float, int, int, int]:
    """Return ΣIoU of the matched pairs, pairs, predicted items (those that are no box too), true boxes."""
    met = pairs(
        found.boxes, true, found.labels, true_labels, min_iou=min_iou, angles=angles, greedily=matching == "greedy"
    )
    return sum((value for *_, value in met), 0.0), len(met), len(found.boxes) + found.invalid, len(true)


def detection_max(
    found: Found,
    true: Sequence[Box],
    true_labels: Sequence[str] = (),
    *,
    min_iou: float = 0.0,
    angles: str = "rotated",
) -> float:
    """Return ΣIoU / max(N_pred, N_true), 1 where both are none."""
    shared, _, predicted, there = matches(found, true, true_labels, min_iou=min_iou, angles=angles)
    return shared / max(predicted, there) if predicted or there else 1.0


def box_precision(
    found: Found,
    true: Sequence[Box],
    true_labels: Sequence[str] = (),
    *,
    threshold: float = 0.5,
    angles: str = "rotated",
    matching: str = "optimal",
) -> float:
    """Return matched / predicted; where nothing is predicted 1 if nothing is true, else 0."""
    _, met, predicted, there = matches(found, true, true_labels, min_iou=threshold, angles=angles, matching=matching)
    return met / predicted if predicted else float(not there)


def box_recall(
    found: Found,
    true: Sequence[Box],
    true_labels: Sequence[str] = (),
    *,
    threshold: float = 0.5,
    angles: str = "rotated",
    matching: str = "optimal",
) -> float:
    """Return matched / true; where nothing is true 1 if nothing is predicted, else 0."""
    _, met, predicted, there = matches(found, true, true_labels, min_iou=threshold, angles=angles, matching=matching)
    return met / there if there else float(not predicted)


def box_f1(
    found: Found,
    true: Sequence[Box],
    true_labels: Sequence[str] = (),
    *,
    threshold: float = 0.5,
    angles: str = "rotated",
    matching: str = "optimal",
) -> float:
    """Return 2·matched / (predicted + true), 1 where both are none."""
    _, met, predicted, there = matches(found, true, true_labels, min_iou=threshold, angles=angles, matching=matching)
    return 2 * met / (predicted + there) if predicted + there else 1.0


def any_match(found: Found, true: Sequence[Box], *, threshold: float = 0.5, angles: str = "rotated") -> tuple[int, int]:
    """Return the predicted boxes that overlap any true box with IoU ≥ `threshold`, labels aside, and the predicted items (EarthDial)."""
    best = [max((iou(flattened(p, angles), flattened(t, angles)) for t in true), default=0.0) for p in found.boxes]
    return sum(value > 0 and value >= threshold - TOLERANCE for value in best), len(best) + found.invalid


def referring(found: Found, true: Sequence[Box], *, angles: str = "rotated") -> float:
    """Return the IoU of the one predicted with the one true box, 0 where either side has another number (scoring policy 7)."""
    if found.invalid or len(found.boxes) != 1 or len(true) != 1:
        return 0.0
    return iou(flattened(found.boxes[0], angles), flattened(true[0], angles))
