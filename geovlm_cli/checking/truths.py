"""The truth through the whole path: written as a perfect model would write it, read again, scored."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Boxes, boxes_of, expressible, scaled
from geovlm_cli.checking.findings import Finding, about, fine
from geovlm_cli.checking.subject import Subject
from geovlm_cli.errors import counted
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import FORMAT, Scores, score
from geovlm_cli.rewards.truth_worth import worth_of_truth
from geovlm_cli.task import Malformed, Sample

_ROUNDING = 1e-6
_EQUAL = 1e-9
_HALF, _NINE_TENTHS = 0.5, 0.9
_FEW = 0.01
_COARSE = "even a perfect answer earns no more: choose a profile with a finer frame, cut large images into tiles, or train another reward (--reward)"

Column = NDArray[np.float64]


def truth(subject: Subject) -> Iterator[Finding]:
    """Say whether every truth parses, comes back as the boxes that it was, and what it earns in the rewards that are trained; warn where all truths are one answer."""
    scores = score(
        subject.task, subject.targets, subject.batch, weights=dict.fromkeys(subject.earned, 1.0), on_error="penalise"
    )
    yield from _unread(subject, scores)
    for component in subject.earned:
        yield from _earned(subject, scores, component)
    yield from _alike(subject, scores)
    if any(boxes_of(sample.reference) is not None for sample in subject.batch):
        yield from _round_trip(subject, scores)


def _unread(subject: Subject, scores: Scores) -> Iterator[Finding]:
    for reason in sorted({str(reason) for reason in scores.reasons if reason}):
        ids = [sample.id for sample, found in zip(subject.batch, scores.reasons, strict=True) if found == reason]
        yield about(
            "reward",
            "error",
            ids,
            f"{subject.task.name}: the truth cannot be read back, {reason}",
            "the target text of the task and its parser disagree on them; look at one with `geovlm score --row`",
        )


def _earned(subject: Subject, scores: Scores, component: str) -> Iterator[Finding]:
    """Say what the truths earn that could be read: less than rounding leaves of them is wrong, little because of it cannot be learned."""
    column, read = scores.columns[component], scores.codes == 0
    formats = scores.columns.get(FORMAT, np.ones(len(column)))
    worth = worth_of_truth(subject.task, subject.batch, component)
    short = read & ((column < worth - _EQUAL) | (formats < 1))
    if short.any():
        yield about(
            "reward",
            "error",
            _ids(subject, short),
            f"{subject.task.name}: the truth earns less than it must in `{component}`",
            "the reward, the target text or the truth is wrong; look at one with `geovlm score --row`",
        )
    elif read.all():
        yield _fair(subject, component, column)


def _fair(subject: Subject, component: str, column: Column) -> Finding:
    """Judge what is left of sound truth: few rows of which less than half is left are a warning, as more than 1 % of bad truth ends training."""
    head = f"{subject.task.name}: the truth earns"
    mean, least = (math.floor(value * 1000) / 1000 for value in (column.mean(), column.min()))
    tail = f"in `{component}`, {mean:.3f} on average and {least:.3f} at least"
    half, tenth = column < _HALF, column < _NINE_TENTHS
    hopeless = column <= _EQUAL
    if hopeless.any():
        return about("reward", "error", _ids(subject, hopeless), f"{head} nothing {tail}", _COARSE)
    if half.mean() > _FEW:
        return about("reward", "error", _ids(subject, half), f"{head} less than half {tail}", _COARSE)
    if tenth.any():
        return about("reward", "warning", _ids(subject, tenth), f"{head} less than 0.9 {tail}", _COARSE)
    rows = counted(len(column), "row")
    if column.min() >= 1 - _EQUAL:
        return fine("reward", f"{head} full marks in `{component}`, {rows}")
    return fine("reward", f"{head} {mean:.3f} in `{component}` on average and {least:.3f} at least, {rows}")


def _ids(subject: Subject, rows: NDArray[np.bool_]) -> list[str]:
    return [subject.batch[row].id for row in np.flatnonzero(rows).tolist()]


def _alike(subject: Subject, scores: Scores) -> Iterator[Finding]:
    # Targets that cannot be read back say nothing of the truths.
    if not any(scores.reasons) and len(subject.targets) > 1 and len(set(subject.targets)) == 1:
        yield Finding(
            "truth",
            "warning",
            f"{subject.task.name}: all {len(subject.targets)} truths are the same answer",
            len(subject.targets),
            (),
            "saying it blindly earns full marks, so the probes tell nothing; add rows with other answers",
        )


def _round_trip(subject: Subject, scores: Scores) -> Iterator[Finding]:
    """Compare in the model's frame, where half a step (for a box thinner than a step, one) is what rounding may move an edge by."""
    moved: list[str] = []
    turned: list[str] = []
    worst = 0.0
    for row, sample in enumerate(subject.batch):
        true = boxes_of(sample.reference)
        if true is None or isinstance(scores.answers[row], Malformed):
            continue
        if subject.profile.box_numbers == 4 and bool((true.array[:, 4] % 180 != 0).any()):
            turned.append(sample.id)
        off = _steps_off(true, boxes_of(scores.answers[row]), sample, subject.profile)
        worst = max(worst, off)
        if off > 1 + _ROUNDING:
            moved.append(sample.id)
    name = subject.task.name
    if turned:
        yield about(
            "round trip",
            "warning",
            turned,
            f"{name}: rotated boxes, and profile `{subject.profile.name}` writes no angles",
            "the upright hull is taught and scored; choose a profile with angles to keep them",
        )
    if moved:
        yield about(
            "round trip",
            "error",
            moved,
            f"{name}: boxes come back elsewhere than they were",
            "frame, image size or profile do not fit; check what `frame` the data declares",
        )
    else:
        yield fine(
            "round trip",
            f"{name}: boxes come back at most {worst / 2:.2f} steps away, where rounding takes half a step",
        )


def _steps_off(true: Boxes, said: Boxes | None, sample: Sample, profile: Profile) -> float:
    """Return by how much the farthest number is off, as a multiple of what rounding to the frame's step may do."""
    if said is None or profile.frame is None or len(said) != len(true):
        return np.inf
    if not len(true):
        return 0.0
    source, target = (profile.extent(frame, sample.image_size) for frame in (true.frame, profile.frame))
    wanted = scaled(expressible(true.array, source, profile.box_numbers), source, target)
    step = 1e-3 if profile.frame == "unit" else 1.0
    thin = (wanted[:, 2:4] - wanted[:, :2] < step).any(axis=1)
    allowed = np.where(thin, step, step / 2)[:, None]
    return float(
        (np.abs(said.array - wanted) / np.concatenate([np.repeat(allowed, 4, 1), np.full_like(allowed, 0.5)], 1)).max()
    )
