"""Fixtures of the tests that compare scores case by case."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import numpy as np
import pytest

Seen = Callable[[str, Iterable[float]], None]


@pytest.fixture
def seen(capsys: pytest.CaptureFixture[str]) -> Seen:
    """Say of how many cases which share scores strictly between 0 and 1, and see that it is at least 30 %: else little was compared."""

    def say(name: str, scores: Iterable[float]) -> None:
        values = np.fromiter(scores, dtype=np.float64)
        share = float(np.mean((values > 1e-9) & (values < 1 - 1e-9)))
        with capsys.disabled():
            sys.stdout.write(f"\n{name}: {len(values)} cases, {share:.0%} strictly between 0 and 1\n")
        assert share >= 0.3

    return say
