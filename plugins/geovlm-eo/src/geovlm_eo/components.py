"""The reward components that tasks of one kind share, the default first; the others are named in the configuration (`rewards.<task>`)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from geovlm_cli.rewards import detection, equal, jaccard, lcs_f, recall, rouge, set_f1

if TYPE_CHECKING:
    from collections.abc import Mapping

WORD: Mapping[str, Any] = {"exact": equal}
LABELS: Mapping[str, Any] = {"f1": set_f1, "recall": recall, "jaccard": jaccard, "exact": equal}
# GeoVLM-R1 turned rotated boxes into horizontal ones and does not say how: the hull of the corners, or the angle dropped.
BOXES: Mapping[str, Any] = {
    "detection": detection,
    "detection_hull": partial(detection, angles="hull"),
    "detection_drop": partial(detection, angles="drop"),
    "pq": partial(detection, min_iou=0.5),
}
CAPTION: Mapping[str, Any] = {"lcs_f": lcs_f, "rougeL": rouge}
