"""Protocols that belong to a kind of answer and not to a task: any task of that kind can be measured under them by name."""

from __future__ import annotations

from geovlm_cli.rewards.protocols.captions import COCO_CAPTIONS
from geovlm_cli.rewards.protocols.coco import COCO
from geovlm_cli.task import Kind, Protocol

_OF_KIND: dict[Kind, tuple[Protocol, ...]] = {
    "box": (COCO,),
    "boxes": (COCO,),
    "grounded": (COCO,),
    "text": (COCO_CAPTIONS,),
}


def protocols_of_kind(kind: Kind) -> tuple[Protocol, ...]:
    """Return the protocols that every task of a kind can be measured under when they are asked for by name."""
    return _OF_KIND.get(kind, ())


__all__ = ["COCO", "COCO_CAPTIONS", "protocols_of_kind"]
