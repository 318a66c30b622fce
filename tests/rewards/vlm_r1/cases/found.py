"""Hand-worked cases of the rewards of boxes. Boxes are 10 × 10 unless they say otherwise, so an area is 100."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.rewards.vlm_r1.cases.words import Case, a

A, B, C, FAR = [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [80, 80, 90, 90]
HALF, FOUR_FIFTHS, NINE_TENTHS, TWO_FIFTHS = [0, 0, 10, 5], [0, 0, 10, 8], [0, 0, 10, 9], [0, 0, 10, 4]  # IoU with A


def ship(box: list[int]) -> dict[str, Any]:
    return {"bbox_2d": box, "label": "ship"}


def car(box: list[int]) -> dict[str, Any]:
    return {"bbox_2d": box, "label": "car"}


class Found(NamedTuple):
    """ap: over ten thresholds; share: N_true / N_predicted where fewer are true; weighted: 0.7·P + 0.3·C."""

    predicted: list[Any]
    true: list[Any]
    ap: float
    ap50: float
    share: float
    weighted: float


CASES = [
    Found([ship(A)], [ship(A)], 1, 1, 1, 1),
    Found([ship(HALF)], [ship(A)], 1 / 10, 1, 1, 0.7 * 0.5 + 0.3),  # IoU 0.5 reaches one threshold
    Found([ship(FOUR_FIFTHS)], [ship(A)], 7 / 10, 1, 1, 0.7 * 0.8 + 0.3),  # 0.5 … 0.8
    Found([ship(NINE_TENTHS)], [ship(A)], 9 / 10, 1, 1, 0.7 * 0.9 + 0.3),  # all but 0.95
    Found([ship(TWO_FIFTHS)], [ship(A)], 0, 0, 1, 0),  # no match: all missed, all surplus
    Found([car(A)], [ship(A)], 0, 0, 1, 0.3),  # a match of two labels shares nothing and misses nothing
    Found(
        [ship(A), car(B)], [ship(A)], 1 / 2, 1 / 2, 1 / 2, 0.7 + 0.3 * 0.75
    ),  # the class car has AP 0; half is surplus
    Found([ship(A), car(B), {"bbox_2d": C, "label": "plane"}], [ship(A)], 1 / 3, 1 / 3, 1 / 3, 0.7 + 0.3 * 2 / 3),
    Found([], [], 1, 1, 1, 1),
    Found([], [ship(A)], 0, 0, 1, 0),
    Found([ship(A)], [], 0, 0, 0, 0),
    Found([ship(A)], [ship(A), ship(B)], 51 / 101, 51 / 101, 1, 0.7 * 0.5 + 0.3 * 0.75),  # recall 0 … 0.5 of 101 levels
    Found([ship(A)], [ship(A), car(B)], 1 / 2, 1 / 2, 1, 0.7 * 0.5 + 0.3 * 0.75),  # one class of two
    Found([ship(FAR), ship(A)], [ship(A)], 1 / 2, 1 / 2, 1 / 2, 0.7 + 0.3 * 0.75),  # precision 1/2 at every recall
    Found([ship(A), ship(FAR)], [ship(A)], 1, 1, 1 / 2, 0.7 + 0.3 * 0.75),  # a miss after the hit is free in AP
    Found([ship(A), ship(A)], [ship(A)], 1, 1, 1 / 2, 0.7 + 0.3 * 0.75),
    Found([{"label": "ship"}, ship(A)], [ship(A)], 1 / 2, 1 / 2, 1 / 2, 0.7 + 0.3 * 0.75),  # an item that is no box
    Found([ship(A), ship(B)], [ship(A), ship(B)], 1, 1, 1, 1),
    Found([ship(B), ship(A)], [ship(A), ship(B)], 1, 1, 1, 1),
    # At 0.5 both hit; at nine thresholds the first misses, then precision is 1/2 up to recall 1/2.
    Found([ship(HALF), ship(B)], [ship(A), ship(B)], (1 + 9 * 51 / 101 / 2) / 10, 1, 1, 0.7 * 0.75 + 0.3),
    Found([{"bbox_2d": A, "label": "Ship"}], [ship(A)], 0, 0, 1, 1),  # AP wants the very label, the sum any case
]


def told(items: list[Any]) -> str:
    return json.dumps(items)


SHIP = told([ship(A)])
# Rewards under a named bug: for map, od_ap, od_ap50, odLength, weighted_sum in this order; None where the bug is not theirs.
BUGGY: list[tuple[str, str, str, tuple[float | None, ...]]] = [
    (a(told([ship(A), car(B)])), SHIP, "dropped_boxes", (1, 1, 1, 1 / 2, None)),
    (a(told([{"label": "ship"}, ship(A)])), SHIP, "dropped_boxes", (1, 1, 1, 1 / 2, None)),
    (a("[{"), "[]", "broken_is_empty", (1, 1, 1, 1, 1)),
    (a("no boxes here"), "[]", "broken_is_empty", (1, 1, 1, 1, 1)),
    (a(SHIP), SHIP, "broken_is_empty", (0, 0, 0, 0, 0)),  # without a fence nothing is read
    (a(f"```json\n{SHIP}\n```"), SHIP, "broken_is_empty", (1, 1, 1, 1, 1)),
    (SHIP, SHIP, "whole_text", (1, 0, 0, 0, 1)),  # the od rewards look in the tags only
    (a("[]") + a(SHIP), SHIP, "any_block", (1, 1, 1, 1, 1)),  # the last one
    (a("None"), "None", "broken_is_empty", (1, 1, 1, 1, 1)),
    # two matches, the second without a label: ship by the first one; by itself 0.7 · 1/2 + 0.3
    (a(told([ship(A), {"bbox_2d": B}])), told([ship(A), ship(B)]), "stale_label", (None, None, None, None, 1)),
    (a(told([ship([0, 0, 1, 1])])), told([ship([0, 0, 1, 1])]), "pixel_iou", (None, None, None, None, 0)),
]
MENDED = {  # what the same completions earn without the bug, in the same order
    "dropped_boxes": (1 / 2, 1 / 2, 1 / 2, 1 / 4, 0.7 + 0.3 * 0.75),
    "whole_text": (0, 0, 0, 0, 0),
    "any_block": (0, 0, 0, 0, 0),
    "stale_label": (None, None, None, None, 0.65),
    "pixel_iou": (1, 1, 1, 1, 1),
}
REC = [
    Case(a("[0,0,10,10]"), "[0,0,10,10]", 1),
    Case(a("[[0, 0, 10, 10]]"), "<answer>[0,0,10,10]</answer>", 1),
    Case(a('{"bbox_2d": [0, 0, 10, 8], "label": "ship"}'), "[0,0,10,10]", 80 / 100),
    Case(a("[0,0,10,5]"), "[0,0,10,10]", 50 / 100),
    Case(a("[5,0,15,10]"), "[0,0,10,10]", 50 / 150),
    Case(a("[-5,0,5,10]"), "[0,0,10,10]", 50 / 150),
    Case(a("[0,0,20,20]"), "[0,0,10,10]", 100 / 400),
    Case(a("[2,2,8,8]"), "[0,0,10,10]", 36 / 100),
    Case(a("[20,20,30,30]"), "[0,0,10,10]", 0),
    Case(a("[0,0,10,10],[50,50,60,60]"), "[0,0,10,10]", 1),  # the first list
    Case(a("[50,50,60,60],[0,0,10,10]"), "[0,0,10,10]", 0),
    Case(a("[0.5,0,10,10]"), "[0,0,10,10]", 0),  # integers only
    Case(a("[0,0,10]"), "[0,0,10,10]", 0),
    Case(a("none"), "[0,0,10,10]", 0),
    Case(a(""), "[0,0,10,10]", 0),
    Case("[0,0,10,10]", "[0,0,10,10]", 0),
    Case(a("[10,10,0,0]"), "[0,0,10,10]", 0),  # inverted
    Case(a("[0,0,0,0]"), "[0,0,0,0]", 0),  # 0 / 0
    Case(a("[9,0,19,10]"), "[0,0,10,10]", 10 / 190, {"pixel_iou": 0}),  # one pixel wide
    Case(a("[0,0,1,1]"), "[0,0,1,1]", 1, {"pixel_iou": 0}),
    Case(a("[0,0,10,10]") + a("[5,5,9,9]"), "[0,0,10,10]", 0, {"any_block": 1}),  # the first one
]
