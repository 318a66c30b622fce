"""What VLM-R1 compares: the boxes of an answer and of the truth, with their labels."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import read_entries
from geovlm_cli.rewards.reference.entries import entry

Array = NDArray[np.float64]

_FENCED = re.compile(r"```json(.*?)```", re.DOTALL)
_NO_BOX = (np.nan,) * 4


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Boxes with their labels.

    boxes: float64[n, 4], x1, y1, x2, y2, NaN where an item is no box. labels: one an item, None where it has none.
    """

    boxes: Array
    labels: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def are_boxes(self) -> list[bool]:
        """Which items are boxes."""
        return [not missing for missing in np.isnan(self.boxes[:, 0]).tolist()]


def one_box(x1: float, y1: float, x2: float, y2: float) -> Items:
    """Return one box without a label."""
    return Items(np.array([[x1, y1, x2, y2]], dtype=np.float64), (None,))


def read_items(text: str, bugs: frozenset[str] = frozenset()) -> Items | None:
    """Read the items of an answer: a JSON list, in a json fence or bare, or the word `None`; None where it is neither."""
    if "broken_is_empty" in bugs:
        return _read_fenced(text)
    if text.strip().lower() == "none":
        return Items(np.zeros((0, 4)), ())
    found = read_entries(text)
    return Items(*found) if found else None


def _read_fenced(text: str) -> Items:
    """Read the last json fence as VLM-R1 does: whatever is no list is an empty one."""
    fenced = _FENCED.findall(text)
    try:
        document = json.loads(fenced[-1].strip()) if fenced else []
    except (ValueError, RecursionError):
        document = []
    found = [entry(value) for value in document] if isinstance(document, list) else []
    boxes = np.array([box or _NO_BOX for box, _ in found], dtype=np.float64).reshape(-1, 4)
    return Items(boxes, [label for _, label in found])
