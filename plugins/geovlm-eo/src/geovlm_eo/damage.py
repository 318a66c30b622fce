"""Region classification: how badly the building in a box was damaged between two images.

Images      before, after
Question    Is this building at <box>[[56, 5, 58, 7, 0]]</box> affected due to disaster in the second image? Please answer yes or no. Answer in single word.
Completion  <think>The roof in the box looks the same in both images.</think><answer>no</answer>
Reference   yes
Scores      format 1.0, exact 0.0

A real row of EarthDial's xBD region set 2, and its answer. Rows without choices of their own are about the four levels of xBD. The box of
the question is written in the syntax and frame of the model that is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_eo.asking import about_region
from geovlm_eo.protocols import EARTHDIAL_LABELS

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample

LEVELS = ("no-damage", "minor-damage", "major-damage", "destroyed")


def prompt(sample: Sample, _: Profile) -> str:
    """Return the row's question, or one about the row's choices, which names its region."""
    levels = ", ".join(sample.choices or LEVELS)
    default = (
        f"Compare the building at <region> before and after the disaster. Answer with one of the following: {levels}."
    )
    return about_region(sample.question or default, sample)


TASK = Task(
    name="damage",
    kind="label",
    summary="Tell how a disaster left the building in a box.",
    prompt=prompt,
    thought="I look at the box in both images and compare the roof.",
    protocols=(EARTHDIAL_LABELS,),
    vocabulary=LEVELS,
    images=("before", "after"),
    max_new_tokens=256,
)
