"""Image captioning: one sentence about an image, or about what a disaster did between two.

Question    Could you please provide the caption for the input image?
Completion  <think>Fields with straight edges, a road along one side.</think><answer>There is a road beside the rectangular farmlands .</answer>
Reference   There is a piece of farmland . | There is a piece of cropland . | It is a piece of farmland . | It is a piece of cropland . | Here is a piece of farmland .
Scores      format 1.0, lcs_f 0.429, levenshtein 0.65, meteor 0.672

A real row of EarthDial's UCM captions, and its answer. GeoVLM-R1 rewards the Levenshtein ratio (`levenshtein`), half of which
any English sentence earns; the default is the likeness of the words in order (`lcs_f`).
"""

from __future__ import annotations

from geovlm_cli import Task
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
    protocols=(EARTHDIAL_CAPTIONS,),
    images=range(1, 3),
    max_new_tokens=256,
)
