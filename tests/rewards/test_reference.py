"""The plain twin against independent oracles: it is what the Rust must equal, so it is checked by others than itself."""

from __future__ import annotations

import ast
import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from scipy.optimize import linear_sum_assignment
from shapely.geometry import Polygon

import geovlm_cli.rewards.reference as twin

coordinate = st.integers(0, 40).map(float)
box = st.tuples(coordinate, coordinate, st.integers(1, 30), st.integers(1, 30), st.integers(-180, 180)).map(
    lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3], float(v[4]))
)


def test_imports_neither_numpy_nor_the_extension() -> None:
    tree = ast.parse(Path(twin.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith(("numpy", "geovlm_cli"))]


@given(box, box)
def test_iou_equals_shapely(a: twin.Box, b: twin.Box) -> None:
    first, second = Polygon(twin.corners(a)), Polygon(twin.corners(b))
    expected = first.intersection(second).area / first.union(second).area
    assert twin.iou(a, b) == pytest.approx(expected, abs=1e-7)


def test_angle_turns_counter_clockwise_on_screen() -> None:
    right, *_ = twin.corners((-1.0, 0.0, 1.0, 2.0, 90.0))
    assert right == pytest.approx((-1.0, 2.0))  # the upper left corner moves down, then the left side is the bottom


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_assignment_equals_scipy_and_brute_force(rows: int, columns: int, seed: int) -> None:
    draw = random.Random(seed)
    weights = [[draw.choice([0.0, draw.random()]) for _ in range(columns)] for _ in range(rows)]
    total = sum(weights[i][j] for i, j in twin.assign(weights))
    expected = np.array(weights)[linear_sum_assignment(weights, maximize=True)].sum()
    assert total == pytest.approx(expected, abs=1e-9)
    assert total == pytest.approx(brute_force(weights), abs=1e-9)


def brute_force(weights: list[list[float]]) -> float:
    if len(weights) > len(weights[0]):
        weights = [list(column) for column in zip(*weights, strict=True)]
    columns = range(len(weights[0]))
    return max(
        sum(row[j] for row, j in zip(weights, order, strict=True))
        for order in itertools.permutations(columns, len(weights))
    )


words = st.lists(st.sampled_from(["the", "Ship", "ships", "port", "2", "é", "is_at", "-"]), max_size=12).map(" ".join)


@given(words, words)
def test_rouge_l_equals_rouge_score_bit_for_bit(text: str, reference: str) -> None:
    expected = RougeScorer(["rougeL"], use_stemmer=False).score(reference, text)["rougeL"].fmeasure
    assert twin.rouge_l(text, [reference]) == expected


@given(st.text(alphabet="ab", max_size=8), st.text(alphabet="ab", max_size=8))
def test_lcs_equals_all_subsequences(a: str, b: str) -> None:
    def subsequences(text: str) -> set[tuple[str, ...]]:
        return {pick for n in range(len(text) + 1) for pick in itertools.combinations(text, n)}

    assert twin.lcs(a, b) == max(len(pick) for pick in subsequences(a) & subsequences(b))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" Storage_Tanks.\n", "storage tanks"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("a..", "a."),
        ("Café", "café"),
    ],
)
def test_labels_have_one_normal_form(text: str, label: str) -> None:
    assert twin.normal(text) == label
