"""The truth through the whole path: written as a perfect model would write it, read again, scored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from geovlm_cli.boxes import Boxes, Grounded, expressible, scaled
from geovlm_cli.checking.findings import Finding, about, fine
from geovlm_cli.checking.subject import Subject
from geovlm_cli.errors import counted
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import FORMAT, Scores, score
from geovlm_cli.task import Malformed, Sample
from geovlm_cli.testing import least_of_truth

_ROUNDING = 1e-6
_EQUAL = 1e-9


def truth(subject: Subject) -> Iterator[Finding]:
    """Say whether every truth parses, comes back as the boxes that it was, and earns what it must in its own reward; warn where all truths are one answer."""
    scores = score(subject.task, subject.targets, subject.batch, on_error="penalise")
    yield from _scored(subject, scores)
    yield from _alike(subject, scores)
    if any(_boxes(sample.reference) is not None for sample in subject.batch):
        yield from _round_trip(subject, scores)


def _scored(subject: Subject, scores: Scores) -> Iterator[Finding]:
    name = subject.task.name
    component = next(iter(subject.task.rewards))
    unread = [(sample.id, str(reason)) for sample, reason in zip(subject.batch, scores.reasons, strict=True) if reason]
    for reason in sorted({reason for _, reason in unread}):
        ids = [identity for identity, found in unread if found == reason]
        yield about(
            "reward",
            "error",
            ids,
            f"{name}: the truth cannot be read back, {reason}",
            "the target text of the task and its parser disagree on them; look at one with `geovlm score --row`",
        )
    formats = scores.columns.get(FORMAT)
    least = [least_of_truth(sample, subject.profile) for sample in subject.batch]
    short = [
        sample.id
        for row, sample in enumerate(subject.batch)
        if not scores.reasons[row]
        and (scores.columns[component][row] < least[row] - _EQUAL or (formats is not None and formats[row] < 1))
    ]
    if short:
        yield about(
            "reward",
            "error",
            short,
            f"{name}: the truth earns less than it must in `{component}`",
            "the reward, the target text or the truth is wrong; look at one with `geovlm score --row`",
        )
    if not unread and not short:
        yield fine(
            "reward", f"{name}: the truth earns full marks in `{component}`, {counted(len(subject.batch), 'row')}"
        )


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
        true = _boxes(sample.reference)
        if true is None or isinstance(scores.answers[row], Malformed):
            continue
        if subject.profile.box_numbers == 4 and bool((true.array[:, 4] % 180 != 0).any()):
            turned.append(sample.id)
        off = _steps_off(true, _boxes(scores.answers[row]), sample, subject.profile)
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


def _boxes(value: Any) -> Boxes | None:
    found = value.boxes if isinstance(value, Grounded) else value
    return found if isinstance(found, Boxes) else None
