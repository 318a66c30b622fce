"""Hand-worked cases of length and repetition."""

from __future__ import annotations

from math import sqrt

ROOT = sqrt(2) / 2  # cos 45°

# tokens, accuracy, max_tokens, reward, reward under `always_correct`: best − (best − worst)·(1 − cos(180°·tokens / max)) / 2
LENGTH: list[tuple[int, float, int, float, float]] = [
    (0, 1.0, 1024, 1, 1),
    (0, 0.0, 1024, 0, 1),
    (1024, 1.0, 1024, 0.5, 0.5),
    (1024, 0.0, 1024, -0.5, 0.5),
    (512, 1.0, 1024, 0.75, 0.75),  # cos 90° = 0
    (512, 0.0, 1024, -0.25, 0.75),
    (2048, 1.0, 1024, 0.5, 0.5),  # as at the end
    (2048, 0.0, 1024, -0.5, 0.5),
    (256, 1.0, 1024, 1 - 0.5 * (1 - ROOT) / 2, 1 - 0.5 * (1 - ROOT) / 2),
    (256, 0.0, 1024, -0.5 * (1 - ROOT) / 2, 1 - 0.5 * (1 - ROOT) / 2),
    (768, 1.0, 1024, 1 - 0.5 * (1 + ROOT) / 2, 1 - 0.5 * (1 + ROOT) / 2),
    (768, 0.0, 1024, -0.5 * (1 + ROOT) / 2, 1 - 0.5 * (1 + ROOT) / 2),
    (1, 1.0, 3, 0.875, 0.875),  # cos 60° = 1/2: 1 − 0.5 · 1/4
    (1, 0.0, 3, -0.125, 0.875),
    (2, 1.0, 3, 0.625, 0.625),  # cos 120° = −1/2: 1 − 0.5 · 3/4
    (2, 0.0, 3, -0.375, 0.625),
    (512, 0.7, 1024, 0.75, 0.75),  # 0.7 is correct
    (512, 0.69, 1024, -0.25, 0.75),
    (50, 1.0, 100, 0.75, 0.75),
    (50, 0.5, 100, -0.25, 0.75),
]
ITEM, OTHER = '{"bbox_2d": [1, 2, 3, 4], "label": "a"}', '{"bbox_2d": [1, 2, 3, 4], "label": "b"}'
REPETITION: list[tuple[str, float]] = [
    ("", 0),
    ("a b c d e", 0),  # five words make no run of six
    ("a b c d e f", 0),
    ("a b c d e f g", 0),
    ("a a a a a a", 0),  # one run
    ("a a a a a a a", -1 / 2),  # two runs, one of them new
    ("a a a a a a a a", -2 / 3),
    ("A a A a A a A", -1 / 2),  # lower case
    ("a b c a b c a b c", -1 / 4),  # four runs, the fourth is the first
    ("a b a b a b a b", -1 / 3),  # three runs: ab…, ba…, ab…
    ("a  b\nc a b\tc a b c", -1 / 4),  # any white space
    (f"```json\n[{ITEM}]\n```", 0),
    (f"```json\n[{ITEM}, {ITEM}]\n```", -1 / 2),
    (f"```json\n[{ITEM}, {ITEM}, {ITEM}]\n```", -2 / 3),
    (f"```json\n[{ITEM}, {OTHER}]\n```", 0),  # another label
    (f"```json\n[{ITEM}, {OTHER}, {ITEM}]\n```", -1 / 3),
    (f"```\n[{ITEM}, {ITEM}]\n```", -1 / 2),  # any fence
    (f"ships [{ITEM}, {ITEM}] end", -1 / 2),  # no fence
    ('```json\n[{"label": "a"}, {"label": "a"}]\n```', 0),  # no boxes
    ("```json\n[{\n``` a a a a a a", 0),  # broken, hence words: 8 of them, all runs differ
    (f"```json\n[{ITEM}, 7]\n```", 0),
]
