"""Referred detection: box every object that a phrase refers to, one or many, rotated where the model's syntax has an angle.

Question    Give me the location of <ref>1 medium ship at the center</ref>
Completion  <think>One ship lies near the middle.</think><answer>[31,35,42,52,0]</answer>
Reference   [26,36,42,52,0], in percent of width and height
Scores      format 1.0, detection 0.659, detection_max_hull 0.659, ap50 1.0

A real row of EarthDial's ship_dataset_v0, and its answer, in percent. The score is the IoU, with one box each side; `earthdial` counts a hit.
GeoVLM-R1 turned rotated boxes into horizontal ones and does not say how: `…_hull` takes the hull of the corners, `…_drop` leaves the angle out, `…_max`
divides by the larger number of boxes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_eo.asking import with_format
from geovlm_eo.protocols import EARTHDIAL_BOXES

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample


def prompt(sample: Sample, profile: Profile) -> str:
    """Return the question, or one made of `meta.phrase`."""
    phrase = sample.meta.get("phrase", "every object")
    return with_format(sample.question or f"Give me the location of <ref>{phrase}</ref>", profile)


TASK = Task(
    name="referred-detection",
    kind="boxes",
    summary="Box every object that a phrase refers to.",
    prompt=prompt,
    thought="I look for the objects that fit the phrase and mark the extent of each.",
    protocols=(EARTHDIAL_BOXES,),
    images=range(1, 3),
    max_new_tokens=512,
)
