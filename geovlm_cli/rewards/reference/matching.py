"""One-to-one assignment and the detection score (scoring policy 6)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geovlm_cli.rewards.reference.common import TOLERANCE, Box
from geovlm_cli.rewards.reference.geometry import flattened, iou
from geovlm_cli.rewards.reference.labels import normal


def assign(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the one-to-one pairs (row, column) of positive weight with the greatest sum (Hungarian algorithm with potentials, O(n³))."""
    size = max(len(weights), len(weights[0]) if weights else 0)
    cost = [
        [-weights[i][j] if i < len(weights) and j < len(weights[i]) else 0.0 for j in range(size)] for i in range(size)
    ]
    row_of = [-1] * (size + 1)
    u, v = [0.0] * size, [0.0] * (size + 1)
    for row in range(size):
        _augment(cost, row, row_of, u, v)
    pairs = [
        (i, j) for j, i in enumerate(row_of[:size]) if i < len(weights) and j < len(weights[i]) and weights[i][j] > 0
    ]
    return sorted(pairs)


def _augment(cost: list[list[float]], row: int, row_of: list[int], u: list[float], v: list[float]) -> None:
    size = len(cost)
    distance, came, done = [math.inf] * size, [size] * size, [False] * (size + 1)
    row_of[size], column = row, size
    while row_of[column] != -1:
        done[column], current = True, row_of[column]
        for j in range(size):
            reach = cost[current][j] - u[current] - v[j]
            if not done[j] and reach < distance[j]:
                distance[j], came[j] = reach, column
        nearest = min((j for j in range(size) if not done[j]), key=distance.__getitem__)
        step = distance[nearest]
        for j in range(size + 1):
            if done[j]:
                u[row_of[j]] += step
                v[j] -= step
            elif j < size:
                distance[j] -= step
        column = nearest
    while column != size:
        row_of[column] = row_of[came[column]]
        column = came[column]


def greedy(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column) that a greedy matcher takes: the greatest free weight first, among equals the first row, then the first column."""
    ranked = sorted((-value, i, j) for i, row in enumerate(weights) for j, value in enumerate(row) if value > 0)
    taken: list[tuple[int, int]] = []
    for _, i, j in ranked:
        if all(i != row and j != column for row, column in taken):
            taken.append((i, j))
    return sorted(taken)


def pairs(
    predicted: Sequence[Box],
    true: Sequence[Box],
    predicted_labels: Sequence[str] = (),
    true_labels: Sequence[str] = (),
    *,
    min_iou: float = 0.0,
    angles: str = "rotated",
    greedily: bool = False,
) -> list[tuple[int, int, float]]:
    """Return (predicted, true, IoU) of the assignment; labels count only where both sides carry them (scoring policy 6)."""
    compared = bool(predicted_labels) and bool(true_labels)
    table = []
    for i, p in enumerate(predicted):
        overlaps = [iou(flattened(p, angles), flattened(t, angles)) for t in true]
        usable = [
            not compared or normal(predicted_labels[i]) == normal(name) for name in true_labels or [""] * len(true)
        ]
        table.append(
            [
                value if same and value >= min_iou - TOLERANCE else 0.0
                for value, same in zip(overlaps, usable, strict=True)
            ]
        )
    return [(i, j, table[i][j]) for i, j in (greedy if greedily else assign)(table)]


def detection(matched: Sequence[tuple[int, int, float]], predicted: int, true: int) -> float:
    """Return 2·ΣIoU / (N_pred + N_true), 1 where both are none (scoring policy 6)."""
    return 2 * sum(value for *_, value in matched) / (predicted + true) if predicted + true else 1.0
