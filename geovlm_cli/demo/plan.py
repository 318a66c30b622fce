"""How large the demo is. What is learnt, and how, stands in `recipes/tiny/`; here are row counts and what differs from the recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Rows = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows by task of each data set, and `key=value` overrides of the recipes.

    sft, grpo, test, shown: scenes to draw for SFT, for the prompts of GRPO, for measuring, and for the contact sheet.
    long_sft_overrides: of the control, which learns for longer from the rows of the short SFT. batch_size: rows asked at a time.
    """

    name: str
    sft: Rows
    grpo: Rows
    test: Rows
    shown: Rows
    sft_overrides: tuple[str, ...] = ()
    grpo_overrides: tuple[str, ...] = ()
    long_sft_overrides: tuple[str, ...] = ("sft.max_steps=160", "sft.save_steps=80")
    batch_size: int = 128
    max_new_tokens: int = 48


FULL: Final = Plan(
    name="full",
    sft={"scene": 96, "referred-detection": 80, "vqa": 112, "temporal": 64},
    grpo={"scene": 80, "referred-detection": 240, "vqa": 560, "temporal": 80},
    test={"scene": 400, "referred-detection": 400, "vqa": 640, "temporal": 400},
    shown={"scene": 4, "referred-detection": 12, "vqa": 4, "temporal": 4},
)

QUICK: Final = Plan(
    name="quick",
    sft={"scene": 24, "referred-detection": 24, "vqa": 24, "temporal": 24},
    grpo={"scene": 8, "referred-detection": 8, "vqa": 8, "temporal": 8},
    test={"scene": 8, "referred-detection": 8, "vqa": 12, "temporal": 8},
    shown={"scene": 2, "referred-detection": 6, "vqa": 2, "temporal": 2},
    sft_overrides=("sft.max_steps=36", "sft.per_device_train_batch_size=8"),
    grpo_overrides=(
        "grpo.max_steps=3",
        "grpo.per_device_train_batch_size=32",
        "grpo.warmup_steps=0",
        "grpo.logging_steps=1",
    ),
    long_sft_overrides=("sft.max_steps=48", "sft.per_device_train_batch_size=8"),
)
