"""Visual question answering with one word: yes or no, a count, or a label such as rural.

Question    What is the number of roads?
Completion  <think>I count the roads that cross the scene.</think><answer>69</answer>
Reference   69
Scores      format 1.0, exact 1.0, jaccard 1.0

A real question of RSVQA-LR. The reference decides what is read: digits a count, yes or no the bare word, else a label. GeoVLM-R1 rewards
`jaccard`, the words shared; `earthdial` leaves counts out.
"""

from __future__ import annotations

from geovlm_cli import Task
from geovlm_eo.protocols import EARTHDIAL_VQA

TASK = Task(
    name="vqa",
    kind="answer",
    summary="Answer a question about an image in one word.",
    thought="I look for what the question asks about.",
    protocols=(EARTHDIAL_VQA,),
    max_new_tokens=256,
)
