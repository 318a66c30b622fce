"""Referred detection: box every object that a phrase refers to, one or many, rotated where the model's syntax has an angle.

Question    Give me the location of <ref>1 medium ship at the center</ref>
Completion  <think>One ship lies near the middle.</think><answer>[31,35,42,52,0]</answer>
Reference   [26,36,42,52,0], in percent of width and height
Scores      format 1.0, detection 0.659 (the IoU, one box each side); precision@0.5 1.0 (`earthdial`)

A real row of EarthDial's ship_dataset_v0, written by a model that answers in percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_BOXES

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample

JSON_WORDS = "Answer with a JSON list of objects with the keys bbox_2d and label."


def prompt(sample: Sample, profile: Profile) -> str:
    """Return the question, or one made of `meta.phrase`.

    Models that write JSON boxes are general ones and are told so where the question does not; the others were taught their own syntax.
    """
    phrase = sample.meta.get("phrase", "every object")
    question = sample.question or f"Give me the location of <ref>{phrase}</ref>"
    asks_for_format = any(word in question.lower() for word in ("json", "bbox"))
    if profile.box_syntax != "qwen-json" or asks_for_format:
        return question
    return f"{question}\n{JSON_WORDS}"


TASK = Task(
    name="referred-detection",
    kind="boxes",
    summary="Box every object that a phrase refers to.",
    prompt=prompt,
    thought="I look for the objects that fit the phrase and mark the extent of each.",
    protocols=(EARTHDIAL_BOXES,),
    max_new_tokens=512,
)
