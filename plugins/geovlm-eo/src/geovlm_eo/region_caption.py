"""Region captioning: name the object in a box, with its size, its colour and its place.

Question    what object is in this location <box>[[42, 61, 48, 66, 55]]</box>
Completion  <think>Two wheels, seen from above.</think><answer>1 large bicycle at the bottom</answer>
Reference   1 large bicycle at the center
Scores      format 1.0, lcs_f 0.833, lexical 0.832

A real row of EarthDial's HIT-UAV results. GeoVLM-R1 rewards `hslr`, half sentence similarity (which wants a model on disk,
GEOVLM_SBERT) and half `lexical` metrics; the default is the likeness of the words in order (`lcs_f`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_eo.asking import about_region
from geovlm_eo.protocols import EARTHDIAL_REGION_CAPTIONS

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample


def prompt(sample: Sample, _: Profile) -> str:
    """Return the row's question, or EarthDial's, which names its region."""
    return about_region(sample.question or "What object is in this location?", sample)


TASK = Task(
    name="region-caption",
    kind="text",
    summary="Name the object in a box.",
    prompt=prompt,
    thought="I look at what lies inside the box and where it stands in the image.",
    protocols=(EARTHDIAL_REGION_CAPTIONS,),
    max_new_tokens=256,
)
