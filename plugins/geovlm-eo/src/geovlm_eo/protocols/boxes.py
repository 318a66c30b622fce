"""`earthdial` for boxes: precision that the tables call AP or mAP.

A prediction is a hit if its rotated IoU with any true box reaches the threshold; hits over predictions, pooled over rows. There is no one-to-one
matching, so two predictions may hit one box; nothing is asked about what was missed; a row without predictions weighs nothing. Items with another
count of numbers than five stay in the denominator. Answers about two images (xBD) lose their angle, as in the script for them, and there the published
threshold is 0.25. The digits-only parser loses true boxes with a negative number, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import Batch, Boxes, Metric, Profile, Protocol, Sample
from geovlm_cli.errors import DataError
from geovlm_cli.rewards import BoxAnswers, any_match, boxes, digit_boxes
from geovlm_eo.protocols.common import EARTHDIAL, VERSION, Column, Columns, ratio

THRESHOLDS = (0.5, 0.25)


def count_boxes(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Count, for each row, the predicted boxes and those that overlap any true box enough.

    A profile of another syntax than EarthDial's is read as that profile writes boxes; an answer that cannot be read predicts nothing.
    """
    kept: Batch | None = batch.prepared("earthdial boxes", lambda whole: readable(whole, _boxes))
    truth = batch if kept is None else kept.take(batch.rows)
    answers = read(texts, batch)
    counted = [any_match(answers, truth, threshold=t).T.astype(np.float64) for t in THRESHOLDS]
    return {
        "predicted": counted[0][1],
        **{hits_name(t): hits for t, (hits, _) in zip(THRESHOLDS, counted, strict=True)},
    }


def precision(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Pool the rows: hits over predictions."""
    return {f"precision@{t}": ratio(columns[hits_name(t)], columns["predicted"], weights) for t in THRESHOLDS}


def read(texts: Sequence[str], batch: Batch) -> BoxAnswers:
    """Return the boxes of each text: by EarthDial's digits-only parser where the profile writes its syntax, else as the profile writes them."""
    if batch.profile is not None and batch.profile.box_syntax != "list5":
        return boxes(texts, batch)
    pairs = batch.prepared("earthdial pairs", _pairs)
    return digit_boxes(texts, batch, horizontal=pairs[batch.rows] if pairs.any() else None)


def hits_name(threshold: float) -> str:
    """Return the name of the column of hits at a threshold."""
    return f"hits@{threshold}"


def readable(whole: Batch, boxes_of: Callable[[Sample], Boxes | None]) -> Batch | None:
    """Return the rows with the true boxes that EarthDial's parser reads and that can be hit: no negative number, some area, corners upright.

    A row whose boxes need the size of an image that is not known keeps its flaw: nothing can be hit there. None where the rows are so already: what was prepared from their boxes then serves here, too.
    """
    found = [boxes_of(sample) for sample in whole]
    known = [truth for truth in found if truth is not None]
    array = np.concatenate([np.zeros((0, 5)), *[truth.array for truth in known]])
    fine = (array >= 0).all(axis=1) & (array[:, :2] < array[:, 2:4]).all(axis=1)
    if fine.all() and all(t is s.reference and s.flaw is None for s, t in zip(whole, found, strict=True)):
        return None
    owners = np.repeat(np.arange(len(known)), [len(truth) for truth in known])
    odd = {id(known[owner]) for owner in owners[~fine]}
    kept = (_hittable(truth) if truth is not None and id(truth) in odd else truth for truth in found)
    return Batch(
        [_with(sample, truth, whole.profile) for sample, truth in zip(whole, kept, strict=True)], whole.profile
    )


def _boxes(sample: Sample) -> Boxes | None:
    return sample.reference if isinstance(sample.reference, Boxes) else None


def _hittable(truth: Boxes) -> Boxes:
    array = truth.array[(truth.array >= 0).all(axis=1)]
    low, high = np.minimum(array[:, :2], array[:, 2:4]), np.maximum(array[:, :2], array[:, 2:4])
    upright = np.concatenate([low, high, array[:, 4:]], axis=1)
    return Boxes(truth.frame, upright[(low < high).all(axis=1)])


def _with(sample: Sample, truth: Boxes | None, profile: Profile | None) -> Sample:
    lost = truth is not None and profile is not None and not _is_placed(truth, sample, profile)
    flaw = sample.flaw if lost else None
    return Sample(id=sample.id, task=sample.task, reference=truth, image_size=sample.image_size, flaw=flaw)


def _is_placed(truth: Boxes, sample: Sample, profile: Profile) -> bool:
    """Is it known where on the image the boxes of both sides lie?"""
    if sample.image_size is not None or (truth.frame == profile.frame and profile.box_numbers == 5):
        return True
    try:
        return all(profile.extent(frame, None) for frame in (truth.frame, profile.frame or truth.frame))
    except DataError:
        return False


def _pairs(whole: Batch) -> NDArray[np.bool_]:
    """Return which rows are about two images: they have them, or they come from EarthDial's change-detection files, whose truth is in `caption0`."""
    return np.array([len(sample.images) > 1 or "caption0" in sample.meta for sample in whole], dtype=np.bool_)


EARTHDIAL_BOXES = Protocol(name=EARTHDIAL, version=VERSION, score=count_boxes, summarise=precision)
