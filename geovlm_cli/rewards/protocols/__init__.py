"""Protocols that belong to a kind of answer and not to a task: any task of that kind can be measured under them by name."""

from __future__ import annotations

from geovlm_cli.rewards.arguments import one_of
from geovlm_cli.rewards.protocols.captions import COCO_CAPTIONS
from geovlm_cli.rewards.protocols.coco import COCO
from geovlm_cli.rewards.protocols.vlm_r1 import VLM_R1
from geovlm_cli.task import Kind, Protocol

_COCO: dict[Kind, Protocol] = {"box": COCO, "boxes": COCO, "grounded": COCO, "text": COCO_CAPTIONS}


def protocols_of_kind(kind: Kind) -> tuple[Protocol, ...]:
    """Return the protocols that every task of a kind can be measured under when they are asked for by name."""
    one_of("kind", kind, list(VLM_R1))
    return (_COCO[kind], VLM_R1[kind]) if kind in _COCO else (VLM_R1[kind],)


__all__ = ["COCO", "COCO_CAPTIONS", "VLM_R1", "protocols_of_kind"]
