"""Change captioning: one sentence about what changed between two to four images of one place, or that nothing did.

Images      before, after
Question    are there any semantic change detected in the provided images?
Completion  <think>Where sand was, houses stand.</think><answer>The area was urbanized.</answer>
Reference   A road has appeared. | A street was built. | A road intersecting the old vertical one has been built. | Some new buildings and a new road appear in the area. | New street is present in the area and some buildings were created.
Scores      format 1.0, lcs_f 0.267

A real row of EarthDial's Dubai-CC results, and its answer. GeoVLM-R1 rewards HSLR, half sentence similarity and half lexical metrics.
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_cli.rewards import strict_of_kind
from geovlm_eo.components import CAPTION
from geovlm_eo.protocols import EARTHDIAL_CAPTIONS

PROMPT = "{% if question %}{{ question }}{% else %}Describe in one sentence what changed between the images, or that nothing did.{% endif %}"

TASK = Task(
    name="change-caption",
    kind="text",
    summary="Describe in a sentence what changed between images.",
    prompt=PROMPT,
    thought="I compare the images in the order of their dates, building by building.",
    rewards=CAPTION,
    protocols=(strict_of_kind("text"), EARTHDIAL_CAPTIONS),
    images=range(2, 5),
    max_new_tokens=256,
)
