"""What `predict` writes of one row."""

from __future__ import annotations

from typing import Any

from geovlm_cli.boxes import Boxes, boxes_of
from geovlm_cli.data.images import image_size
from geovlm_cli.errors import DataError
from geovlm_cli.generation.answering import Failure
from geovlm_cli.profiles import Profile
from geovlm_cli.report.answers import answer_json
from geovlm_cli.report.overlay import angle_frame, pixel_boxes, pixel_polygons
from geovlm_cli.task import Malformed, Sample

_DECIMALS = 2


def record(sample: Sample, completion: str, answer: Any, profile: Profile) -> dict[str, Any]:
    """Return id, task, question, raw text, parsed answer and reason; for an answer with boxes also `boxes` in pixels of the original image.

    A box is {"box": [x1, y1, x2, y2, angle°], "polygon": four [x, y] corners} and its label where the syntax has one. The polygon is what the
    model meant; on an image that the model saw in another shape the five numbers turn it only nearly (contracts.md section 4).
    """
    row: dict[str, Any] = {
        "id": sample.id,
        "k": 0,
        "task": sample.task,
        "question": sample.question,
        "completion": completion,
        "answer": answer_json(answer),
        "reason": answer.reason if isinstance(answer, Malformed) else "",
    }
    found = boxes_of(answer)
    if found is not None:
        row["boxes"] = _in_pixels(found, sample, profile)
    return row


def failed(sample: Sample, failure: Failure) -> dict[str, Any]:
    """Return the row of a sample that could not be asked."""
    return {
        "id": sample.id,
        "k": 0,
        "task": sample.task,
        "question": sample.question,
        "completion": None,
        "answer": None,
        "reason": "",
        **failure.fields(),
    }


def size_of(sample: Sample) -> tuple[int, int]:
    """Return (width, height) px of the image that the answer speaks about, the last one; raises DataError without an image."""
    if sample.image_size is not None:
        return sample.image_size
    if not sample.images:
        raise DataError(f"Row `{sample.id}` has no image, so its boxes have no pixels.")
    return image_size(sample.images[-1])


def _in_pixels(found: Boxes, sample: Sample, profile: Profile) -> list[dict[str, Any]]:
    size = size_of(sample)
    made_in = angle_frame(boxes_of(sample.reference), found, profile) or found.frame
    polygons = pixel_polygons(found, made_in, profile, size).round(_DECIMALS).tolist()
    numbers = pixel_boxes(found, profile, size).round(_DECIMALS).tolist()
    labels = [{"label": label} for label in found.labels] or [{}] * len(found)
    return [
        {"box": box, "polygon": polygon, **label} for box, polygon, label in zip(numbers, polygons, labels, strict=True)
    ]
