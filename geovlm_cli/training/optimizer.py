"""Muon for the hidden matrices and AdamW for the rest, as one optimizer that a scheduler drives and a checkpoint holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class MuonAdamW(torch.optim.Optimizer):  # type: ignore[misc]  # torch is not followed by mypy here
    """`torch.optim.Muon` on 2-D weights inside the blocks, `torch.optim.AdamW` on embeddings, heads, norms and biases; one learning rate."""

    def __init__(self, model: Any, *, learning_rate: float, weight_decay: float) -> None:
        hidden, rest = _split(model)
        self._parts: list[torch.optim.Optimizer] = []
        if hidden:
            # match_rms_adamw scales the update as AdamW's, so that both halves take the same rate
            muon = torch.optim.Muon(hidden, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
            self._parts.append(muon)
        if rest:
            self._parts.append(torch.optim.AdamW(rest, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0))
        super().__init__([group for part in self._parts for group in part.param_groups], {})
        self._link()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update the weights of both halves."""
        loss = closure() if closure is not None else None
        for part in self._parts:
            part.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the state of both halves."""
        super().load_state_dict(state_dict)
        self._link()

    def _link(self) -> None:
        """Let both halves work on the groups and the state of the whole, which the scheduler and the checkpoint see."""
        for part, group in zip(self._parts, self.param_groups, strict=True):
            part.param_groups = [group]
            part.state = self.state


def _split(model: Any) -> tuple[list[Any], list[Any]]:
    hidden: list[Any] = []
    rest: list[Any] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            inside = parameter.ndim == 2 and "embed" not in name and "lm_head" not in name
            (hidden if inside else rest).append(parameter)
    return hidden, rest
