"""What fuzzing has found stays judged alike."""

from __future__ import annotations

import random

from tests.fuzz.__main__ import behaviour, broken, load


def test_kept_completions_are_judged_alike_and_behave_differently() -> None:
    kept = random.Random(1).sample(load(), 60)
    behaviours = {behaviour(item) for item in kept}
    assert len(behaviours) > 40


def test_a_broken_text_differs() -> None:
    draw = random.Random(2)
    texts = {broken("<think>a</think><answer>[1, 2]</answer>", "[[3, 4]]", draw) for _ in range(50)}
    assert len(texts) > 45
