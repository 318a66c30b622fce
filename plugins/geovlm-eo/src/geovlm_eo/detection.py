"""Object detection: box every object of a class, in one image or in the later one of two.

Question    Locate every <ref>airplane</ref> in the image.
Completion  <think>One airplane stands at the gate, another one taxies.</think><answer>[400,600,450,640,0],[610,140,670,200,0]</answer>
Reference   [402,596,450,637,0],[605,136,674,199,0], in pixels of a 966×753 image
Scores      format 1.0, detection 0.807, detection_hull 0.807, pq 0.807, ap50 1.0

The truth of a real NWPU VHR-10 image (005.jpg). Precision without a count of what was missed is what the tables call mAP (`earthdial`); read
`strict` beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_eo.asking import with_format
from geovlm_eo.protocols import EARTHDIAL_BOXES

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample


def prompt(sample: Sample, profile: Profile) -> str:
    """Return the question, or one made of `meta.class`."""
    wanted = sample.meta.get("class") or "object"
    where = "the post-disaster image" if len(sample.images) > 1 else "the image"
    return with_format(sample.question or f"Locate every <ref>{wanted}</ref> in {where}.", profile)


TASK = Task(
    name="detection",
    kind="boxes",
    summary="Box every object of a class.",
    prompt=prompt,
    thought="I search the image for the objects of the class and mark the extent of each.",
    protocols=(EARTHDIAL_BOXES,),
    images=range(1, 3),
    max_new_tokens=1024,
)
