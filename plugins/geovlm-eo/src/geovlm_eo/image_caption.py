"""Image captioning: one sentence about an image, or about what a disaster did between two.

Question    Could you please provide the caption for the input image?
Completion  <think>Fields with straight edges, a road along one side.</think><answer>There is a road beside the rectangular farmlands .</answer>
Reference   There is a piece of farmland . | There is a piece of cropland . | It is a piece of farmland . | It is a piece of cropland . | Here is a piece of farmland .
Scores      format 1.0, lcs_f 0.429

A real row of EarthDial's UCM captions, and its answer. GeoVLM-R1 rewards the Levenshtein ratio.
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_cli.rewards import strict_of_kind
from geovlm_eo.components import CAPTION
from geovlm_eo.protocols import EARTHDIAL_CAPTIONS

PROMPT = (
    "{% if question %}{{ question }}"
    "{% elif roles | length > 1 %}Please describe the damage observed in the post-disaster image."
    "{% else %}Please provide a one-sentence caption for the input image."
    "{% endif %}"
)

TASK = Task(
    name="image-caption",
    kind="text",
    summary="Describe an image in a sentence.",
    prompt=PROMPT,
    thought="I look at what covers the image and at what stands out.",
    rewards=CAPTION,
    protocols=(strict_of_kind("text"), EARTHDIAL_CAPTIONS),
    images=range(1, 3),
    max_new_tokens=256,
)
