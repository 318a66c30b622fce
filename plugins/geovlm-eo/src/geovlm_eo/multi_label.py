"""Multi-label classification: which of the listed classes an image shows, all of them.

Question    Classify the given image in one or more of the following classes. Classes: Airports, Pastures, … Non-irrigated arable land.
Completion  <think>Green fields, one of them ploughed.</think><answer>Pastures</answer>
Reference   Non-irrigated arable land, Pastures
Scores      format 1.0, f1 0.667, recall 0.5, jaccard 0.5, exact 0.0

The labels of a real BigEarthNet patch. GeoVLM-R1 rewards `recall`, which an answer of every class earns whole; the default is `f1`. Under
`earthdial` (token_recall 0.333 here) the comma between two labels is a token too, so a perfect list of n labels reaches (n + 1) / (2n - 1).
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_LABELS

PROMPT = (
    "{% if question %}{{ question }}"
    "{% else %}Classify the given image in one or more of the following classes. Classes: {{ choices | join(', ') }}. "
    "Answer with every class that applies, separated by commas."
    "{% endif %}"
)

TASK = Task(
    name="multi-label",
    kind="labels",
    summary="Name every class that a scene shows.",
    prompt=PROMPT,
    thought="I go through the listed classes and keep those that cover a part of the image.",
    protocols=(EARTHDIAL_LABELS,),
    max_new_tokens=512,
)
