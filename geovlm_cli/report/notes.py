"""What a reader of figures must know beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GAMEABLE = {
    "earthdial": "earthdial reproduces published figures and can be gamed: it counts no missed box and no surplus label",
    "coco": "coco ranks all boxes as equal, in the order in which they were written: answers of a model carry no scores",
}
_OF_BOXES = "n counts true and predicted boxes for pq and f1, true ones for recall, predicted ones for precision, rows for the others"


def notes(results: Mapping[str, Any]) -> list[str]:
    """Return one line for each protocol of the results that can be gamed, and what n counts where boxes are pooled."""
    found = [_GAMEABLE[name] for name in results["protocols"] if name in _GAMEABLE]
    pooled = any("pq" in metrics for task in results["metrics"].values() for metrics in task.values())
    return [*found, *([_OF_BOXES] if pooled else [])]
