"""Scene classification: which one of the listed classes an image shows.

Question    Classify the given image in one of the following classes. Classes: mountain, port, river, … airport. Answer in one word or a short phrase.
Completion  <think>Rows of crops, no buildings.</think><answer>farmland</answer>
Reference   Farmland
Scores      format 1.0, exact 1.0, token_recall 1.0

A real row of EarthDial's WHU-RS19 results: equal after normalisation, and to `earthdial` after deleting the spaces. The classes are the row's `choices`;
an answer outside them is `unknown_label`.
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_LABELS, GEOCHAT_SCENES

PROMPT = (
    "{% if question %}{{ question }}"
    "{% elif choices %}Classify the given image in one of the following classes. Classes: {{ choices | join(', ') }}. Answer in one word or a short phrase."
    "{% else %}What does the image show? Answer in one word or a short phrase."
    "{% endif %}"
)

TASK = Task(
    name="scene",
    kind="label",
    summary="Name the class of a scene.",
    prompt=PROMPT,
    thought="I compare what covers the image with the listed classes.",
    protocols=(EARTHDIAL_LABELS, GEOCHAT_SCENES),
    max_new_tokens=256,
)
