"""What the tasks have in common when they ask: the region that a question is about, and the words that general models need for boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geovlm_cli.data.messages import REGION_MARK

if TYPE_CHECKING:
    from geovlm_cli import Profile, Sample

JSON_WORDS = "Answer with a JSON list of objects with the keys bbox_2d and label."
FORMAT_WORDS = {
    "qwen-json": JSON_WORDS,
    "internvl": "Please provide the bounding box coordinates as <ref>phrase</ref><box>[[x1, y1, x2, y2]]</box>.",
}
_TOLD = ("json", "bbox", "bounding box")


def about_region(question: str, sample: Sample) -> str:
    """Return the question with a mark for the sample's region, at its end where it has no mark of its own."""
    return question if sample.regions is None or REGION_MARK in question else f"{question} {REGION_MARK}"


def with_format(question: str, profile: Profile) -> str:
    """Return a question about boxes.

    General models write boxes in more than one way and are told which where the question does not; the others were taught their own syntax.
    """
    words = FORMAT_WORDS.get(str(profile.box_syntax))
    told = any(word in question.lower() for word in _TOLD)
    return question if words is None or told else f"{question}\n{words}"
