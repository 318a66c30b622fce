"""Region captioning: name the object in a box, with its size, its colour and its place.

Question    what object is in this location <box>[[42, 61, 48, 66, 55]]</box>
Completion  <think>Two wheels, seen from above.</think><answer>1 large bicycle at the bottom</answer>
Reference   1 large bicycle at the center
Scores      format 1.0, lcs_f 0.833

A real row of EarthDial's HIT-UAV results. GeoVLM-R1 rewards HSLR, half sentence similarity and half lexical metrics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_cli.rewards import strict_of_kind
from geovlm_eo.asking import about_region
from geovlm_eo.components import CAPTION
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
    rewards=CAPTION,
    protocols=(strict_of_kind("text"), EARTHDIAL_REGION_CAPTIONS),
    max_new_tokens=256,
)
