"""Change captioning: one sentence about what changed between two to four images of one place, or that nothing did.

Images      before, after
Question    are there any semantic change detected in the provided images?
Completion  <think>Where sand was, houses stand.</think><answer>The area was urbanized.</answer>
Reference   A road has appeared. | A street was built. | A road intersecting the old vertical one has been built. | Some new buildings and a new road appear in the area. | New street is present in the area and some buildings were created.
Scores      format 1.0, lcs_f 0.267, lexical 0.234

A real row of EarthDial's Dubai-CC results, and its answer. GeoVLM-R1 rewards `hslr`, half sentence similarity (which wants a model on disk,
GEOVLM_SBERT) and half `lexical` metrics; the default is the likeness of the words in order (`lcs_f`).
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_CAPTIONS

PROMPT = "{% if question %}{{ question }}{% else %}Describe in one sentence what changed between the images, or that nothing did.{% endif %}"

TASK = Task(
    name="change-caption",
    kind="text",
    summary="Describe in a sentence what changed between images.",
    prompt=PROMPT,
    thought="I compare the images in the order of their dates, building by building.",
    protocols=(EARTHDIAL_CAPTIONS,),
    images=range(2, 5),
    max_new_tokens=256,
)
