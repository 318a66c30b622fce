"""Muon for the hidden matrices, AdamW for the rest, one schedule for both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn

_EMBEDDINGS = ("embed_tokens", "lm_head")
_WARM_UP, _FLAT, _FLOOR = 50, 0.2, 0.02


def optimisers(model: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Return Muon at `rate` for 2-D hidden matrices and AdamW at half of it for embeddings, norms and biases."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        hidden = weight.ndim == 2 and not any(part in name for part in _EMBEDDINGS)
        (matrices if hidden else others).append(weight)
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate / 2, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def share(step: int, steps: int) -> float:
    """Return the share of the full rate at a step: warm-up, flat, cosine down to the floor."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    progress = max(0.0, (step / steps - _FLAT) / (1 - _FLAT))
    return warm * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))
