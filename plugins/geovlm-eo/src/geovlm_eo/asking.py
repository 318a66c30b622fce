"""What the tasks have in common when they ask: regions written as the model writes boxes, and the words that general models need for boxes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geovlm_cli.boxes import write_inline

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample

JSON_WORDS = "Answer with a JSON list of objects with the keys bbox_2d and label."

_REGION = re.compile(r"<box>[^<]*</box>")


def with_regions(question: str, sample: Sample, profile: Profile) -> str:
    """Return the question with each `<box>…</box>` replaced by the sample's next region, in the syntax and frame of the profile.

    Regions that the question has no room for follow it. A sample without regions keeps its question as it is.
    """
    if sample.regions is None:
        return question
    written = write_inline(sample.regions, sample, profile)
    texts = iter(written if profile.box_syntax == "geochat" else [f"<box>{text}</box>" for text in written])
    asked = _REGION.sub(lambda mark: next(texts, mark.group()), question)
    return " ".join([asked, *texts])


def with_format(question: str, profile: Profile) -> str:
    """Return a question about boxes; models that write JSON are general ones and are told so where the question does not, the others were taught their own syntax."""
    told = any(word in question.lower() for word in ("json", "bbox"))
    return question if profile.box_syntax != "qwen-json" or told else f"{question}\n{JSON_WORDS}"
