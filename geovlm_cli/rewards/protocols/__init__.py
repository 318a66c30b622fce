"""Protocols that belong to a kind of answer and not to a task: any task of that kind can be measured under them by name."""

from __future__ import annotations

from geovlm_cli.rewards.protocols.coco import COCO
from geovlm_cli.rewards.protocols.vlm_r1 import VLM_R1
from geovlm_cli.task import Kind, Protocol


def protocols_of_kind(kind: Kind) -> tuple[Protocol, ...]:
    """Return the protocols that every task of a kind can be measured under when they are asked for by name."""
    return (COCO, VLM_R1[kind]) if kind in ("box", "boxes", "grounded") else (VLM_R1[kind],)


__all__ = ["COCO", "VLM_R1", "protocols_of_kind"]
