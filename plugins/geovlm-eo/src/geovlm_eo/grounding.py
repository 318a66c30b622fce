"""Grounding description: describe an image and give the box of each object where it is named.

Question    Describe the image in detail. Detect objects location. Describe objects size. Where objects are located?. Describe relation between objects.
Completion  <think>Two planes lie side by side.</think><answer>In the satellite image, there are two gray airplanes [[57,49,61,55,65],[59,50,63,56,65]] positioned close to each other at the center of the image.</answer>
Reference   In the satellite image, there is 2 white medium plane located at center. [[57,48,63,58,9],[61,67,73,72,67]], in percent of width and height
Scores      format 1.0, grounding 0.3, detection 0.175, lcs_f 0.424

A real row of EarthDial's UCAS-AOD results, and its answer. GeoVLM-R1 mixes the boxes with the likeness of the words, whose weights are not known:
`grounding` takes half of each with `lcs_f`, `grounding_hslr` with HSLR. Both take a box out of the words however it is written; the `earthdial` protocol takes out
what stands in double brackets, and counts a bare `[57,49,61,55,65]` as words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli import Task
from geovlm_cli.boxes import write
from geovlm_eo.asking import with_format
from geovlm_eo.protocols import EARTHDIAL_DESCRIPTIONS

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample

QUESTION = "Describe the image in detail, and after each object that you name give its location."


def prompt(sample: Sample, profile: Profile) -> str:
    """Return the row's question, or ours; models that write JSON boxes are told so."""
    return with_format(sample.question or QUESTION, profile)


def target(sample: Sample, profile: Profile) -> str:
    """Return the description with its boxes behind it, lists in double brackets as EarthDial writes them in a text."""
    written = write(sample.reference.boxes, sample, profile)
    located = f"[{written}]" if profile.box_syntax in ("list4", "list5") else written
    return f"{sample.reference.text} {located}" if len(sample.reference.boxes) else str(sample.reference.text)


TASK = Task(
    name="grounding",
    kind="grounded",
    summary="Describe an image and box what is named.",
    prompt=prompt,
    target=target,
    thought="I list the objects, their places and how they lie to each other.",
    protocols=(EARTHDIAL_DESCRIPTIONS,),
    max_new_tokens=1024,
)
