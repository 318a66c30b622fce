"""Shapes of Qwen2.5-VL by name: what `geovlm init-model --like` builds without a model folder to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of one model. rope: mrope_section, which sums to half a head. pixels: (smallest, largest) image area in px."""

    vision: Mapping[str, Any]
    text: Mapping[str, Any]
    rope: tuple[int, int, int]
    vocabulary: int = 0
    tied: bool = True
    pixels: tuple[int, int] = (3136, 1003520)


_QWEN_VISION = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "patch_size": 14,
    "window_size": 112,
    "fullatt_block_indexes": [7, 15, 23, 31],
}

SHAPES: Mapping[str, Shape] = {
    "small": Shape(  # for tests: 0.1 M parameters, 9 tokens for an image of 48×48 px
        vision={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "patch_size": 8,
            "window_size": 112,
            "fullatt_block_indexes": [0, 1],
        },
        text={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
        },
        rope=(2, 3, 3),
        pixels=(256, 12544),
    ),
    "3b": Shape(
        vision=_QWEN_VISION,
        text={
            "hidden_size": 2048,
            "intermediate_size": 11008,
            "num_hidden_layers": 36,
            "num_attention_heads": 16,
            "num_key_value_heads": 2,
        },
        rope=(16, 24, 24),
        vocabulary=151936,
    ),
    "7b": Shape(
        vision=_QWEN_VISION,
        text={
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
        },
        rope=(16, 24, 24),
        vocabulary=152064,
        tied=False,
    ),
}
