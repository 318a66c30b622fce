"""Temporal classification: what changed between two images, or in what class a sequence of up to eight belongs.

Images      before, after
Question    Are there any buildings affected due to disaster? Please answer yes or no. Answer in single word.
Completion  <think>The roofs of the first image are gone in the second.</think><answer>yes</answer>
Reference   yes
Scores      format 1.0, exact 1.0

A real row of EarthDial's xBD set 2. Yes/no, how many (none, one, two, many) and how bad (none, minor, major) are all labels of the row's `choices`;
a row without choices takes any label and compares it.
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_LABELS

PROMPT = (
    "{% if question %}{{ question }}"
    "{% elif choices %}What changed between the images? Answer with one of the following: {{ choices | join(', ') }}."
    "{% else %}What changed between the images? Answer in one word or a short phrase."
    "{% endif %}"
)

TASK = Task(
    name="temporal",
    kind="label",
    summary="Compare images of one place at different times.",
    prompt=PROMPT,
    thought="I compare the images in the order of their dates.",
    protocols=(EARTHDIAL_LABELS,),
    images=range(2, 9),  # EarthDial's sequences have four images, TEOChatlas' up to eight
    max_new_tokens=256,
)
