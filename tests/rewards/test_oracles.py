"""Both the Rust engine and its plain twin against independent libraries: shapely, scipy."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from shapely.geometry import Polygon

from geovlm_cli import rewards
from geovlm_cli.rewards import reference as twin

coordinate = st.integers(0, 40).map(float)
box = st.tuples(coordinate, coordinate, st.integers(1, 30), st.integers(1, 30), st.integers(-180, 180)).map(
    lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3], float(v[4]))
)
Iou = Callable[[twin.Box, twin.Box], float]
Assign = Callable[[list[list[float]]], list[tuple[int, int]]]


def rust_iou(a: twin.Box, b: twin.Box) -> float:
    return float(rewards.iou(np.array([a], dtype=np.float64), np.array([b], dtype=np.float64))[0, 0])


def rust_assign(weights: list[list[float]]) -> list[tuple[int, int]]:
    return [(i, j) for i, j in rewards.assign(np.array(weights)).tolist()]


def polygon_iou(a: twin.Box, b: twin.Box) -> float:
    first, second = Polygon(twin.corners(a)), Polygon(twin.corners(b))
    return float(first.intersection(second).area / first.union(second).area)


@pytest.mark.parametrize("iou", [twin.iou, rust_iou])
@given(box, box)
def test_iou_equals_shapely(iou: Iou, a: twin.Box, b: twin.Box) -> None:
    assert iou(a, b) == pytest.approx(polygon_iou(a, b), abs=1e-7)


HARD: list[tuple[twin.Box, twin.Box]] = [
    ((0, 0, 10, 10, 0), (10, 0, 20, 10, 0)),  # touching
    ((0, 0, 10, 10, 0), (2, 2, 4, 4, 30)),  # contained
    ((0, 0, 10, 10, 45), (0, 0, 10, 10, -45)),  # the same square
    ((0, 0, 1e6, 1e-3, 1), (0, 0, 1e6, 1e-3, 2)),  # degenerate
    ((9e5, 9e5, 9.00001e5, 9.00001e5, 30), (9e5, 9e5, 9.00001e5, 9.00001e5, 31)),  # small and far from the origin
]


@pytest.mark.parametrize("iou", [twin.iou, rust_iou])
@pytest.mark.parametrize(("a", "b"), HARD)
def test_hard_pairs_equal_shapely(iou: Iou, a: twin.Box, b: twin.Box) -> None:
    near = moved(a, (-a[0], -a[1])), moved(b, (-a[0], -a[1]))  # shapely itself loses digits far from the origin
    assert iou(a, b) == pytest.approx(polygon_iou(*near), abs=1e-7)


def moved(value: twin.Box, by: tuple[float, float]) -> twin.Box:
    return value[0] + by[0], value[1] + by[1], value[2] + by[0], value[3] + by[1], value[4]


@pytest.mark.parametrize("assign", [twin.assign, rust_assign])
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))
def test_assignment_equals_scipy(assign: Assign, rows: int, columns: int, seed: int) -> None:
    draw = random.Random(seed)
    weights = [[draw.choice([0.0, draw.random(), 0.5]) for _ in range(columns)] for _ in range(rows)]
    pairs = assign(weights)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    best = np.array(weights)[linear_sum_assignment(weights, maximize=True)].sum()
    assert sum(weights[i][j] for i, j in pairs) == pytest.approx(best, abs=1e-9)
