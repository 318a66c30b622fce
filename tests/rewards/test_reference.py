"""The plain twin against independent oracles: it is what the Rust must equal, so it is checked by others than itself."""

from __future__ import annotations

import ast
import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geovlm_cli.rewards.reference as twin


def test_imports_neither_numpy_nor_the_extension() -> None:
    modules = list(Path(twin.__file__).parent.glob("*.py"))
    nodes = [node for module in modules for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    own = {name for name in imported if name.startswith(twin.__name__)}
    assert len(modules) > 1
    assert not [name for name in imported - own if name.startswith(("numpy", "geovlm_cli"))]


def test_angle_turns_counter_clockwise_on_screen() -> None:
    right, *_ = twin.corners((-1.0, 0.0, 1.0, 2.0, 90.0))
    assert right == pytest.approx((-1.0, 2.0))  # the upper left corner moves down, then the left side is the bottom


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_assignment_equals_brute_force(rows: int, columns: int, seed: int) -> None:
    draw = random.Random(seed)
    weights = [[draw.choice([0.0, draw.random()]) for _ in range(columns)] for _ in range(rows)]
    total = sum(weights[i][j] for i, j in twin.assign(weights))
    assert total == pytest.approx(brute_force(weights), abs=1e-9)


def brute_force(weights: list[list[float]]) -> float:
    if len(weights) > len(weights[0]):
        weights = [list(column) for column in zip(*weights, strict=True)]
    columns = range(len(weights[0]))
    return max(
        sum(row[j] for row, j in zip(weights, order, strict=True))
        for order in itertools.permutations(columns, len(weights))
    )


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
