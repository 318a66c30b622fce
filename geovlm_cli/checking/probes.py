"""Answers that look at nothing: what do they earn? A reward that pays for them will be paid for them (peers.md, reward hacking)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from geovlm_cli.checking.blind import BOX_KINDS, chances, listed, means, trained_name, wrapped, written_boxes
from geovlm_cli.checking.findings import Finding, Level, Probe, fine
from geovlm_cli.checking.subject import Subject
from geovlm_cli.task import Sample

ROWS = 400
_MANY = 1000
_COPIES = 100
_LABELS = 300  # of a data set without a list of choices
_GRID = (40, 25)
_VAIN = 0.9  # what blind guesses earn where the truths are as good as one

Answers = Callable[[Subject], list[str]]


def probes(subject: Subject) -> list[Probe]:
    """Score every probe of the task's kind on at most 400 rows, in each component and in the mix that is trained, and blind guessing for comparison."""
    some = subject.some(ROWS)
    if some.profile.frame is None and some.task.kind in BOX_KINDS:
        return []
    chance, main = chances(some), trained_name(some.trained)
    return [
        Probe(some.task.name, component, name, value, chance[component], len(some.batch), component == main)
        for name, answers in _PROBES.items()
        if some.task.kind in _KINDS.get(name, (some.task.kind,))
        for component, value in means(some, answers(some)).items()
    ]


def judged(subject: Subject, found: list[Probe]) -> Iterator[Finding]:
    """Say which probes earn more than 0.1 and more than chance: an error in what training uses, a note elsewhere."""
    for probe in found:
        if not probe.low:
            level: Level = "error" if probe.trained else "note"
            sentence = f"{probe.task}: the probe `{probe.name}` earns {probe.score:.2f} in `{probe.component}`, the best blind guess {probe.chance:.2f}"
            advice = _instead(subject, found) if probe.trained else "it must not be trained on alone"
            yield Finding("probes", level, sentence, probe.rows, (), advice)
    trained = [probe for probe in found if probe.trained]
    if all(probe.low for probe in trained):
        yield _all_low(subject, max((probe.score for probe in trained), default=0.0))


def _all_low(subject: Subject, highest: float) -> Finding:
    """Judge probes that earn no more than chance: where chance is nearly everything that is no praise."""
    where = f"in `{trained_name(subject.trained)}`"
    if highest < _VAIN:
        return fine("probes", f"{subject.task.name}: answers that look at nothing earn at most {highest:.2f} {where}")
    sentence = f"{subject.task.name}: answers that look at nothing earn {highest:.2f} {where}, as the best blind guess does, so the probes tell nothing"
    advice = "add rows with other answers, or train another reward (--reward)"
    return Finding("probes", "warning", sentence, len(subject.batch), (), advice)


def _instead(subject: Subject, found: list[Probe]) -> str:
    """Name the components of the task that no probe fools, where there are any."""
    fooled = {probe.component for probe in found if not probe.low}
    sound = [f"--reward {subject.task.name}.{name}" for name in subject.task.rewards if name not in fooled]
    what = f"no probe fools {' or '.join(sound)}" if sound else "--reward TASK.NAME checks another"
    return f"do not train on this reward; {what}"


# --- the probes ------------------------------------------------------------------------------------------------------------------


def _empty(some: Subject) -> list[str]:
    return wrapped(some, [""] * len(some.batch))


def _echo(some: Subject) -> list[str]:
    return wrapped(some, some.prompts)


def _all_labels(some: Subject) -> list[str]:
    seen = dict.fromkeys(label for sample in some.batch for label in _labels_of(sample))
    known = some.task.vocabulary or tuple(seen)[:_LABELS]
    named = [sample.choices or known for sample in some.batch]
    if some.task.kind == "labels":
        return listed(some, named)
    return wrapped(some, [", ".join(labels) for labels in named])


def _whole_image(some: Subject) -> list[str]:
    return written_boxes(some, lambda extent, _: np.array([[0.0, 0.0, *extent, 0.0]]))


def _thousand_boxes(some: Subject) -> list[str]:
    columns, rows = _GRID
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(columns) / columns, np.arange(rows) / rows))
    grid = np.stack([x, y, x + 1 / columns, y + 1 / rows], axis=1)[:_MANY]
    return written_boxes(
        some, lambda extent, _: np.concatenate([grid * [*extent, *extent], np.zeros((len(grid), 1))], axis=1)
    )


def _duplicated(some: Subject) -> list[str]:
    """One true box, said a hundred times: what any-match scores pay in full."""
    return written_boxes(
        some, lambda extent, true: np.repeat(true[:1] if len(true) else [[0.0, 0.0, *extent, 0.0]], _COPIES, axis=0)
    )


def _labels_of(sample: Sample) -> tuple[str, ...]:
    found = sample.reference
    return found if isinstance(found, tuple) else (str(found),)


_PROBES: Mapping[str, Answers] = {
    "empty": _empty,
    "prompt echo": _echo,
    "all labels": _all_labels,
    "whole-image box": _whole_image,
    "1,000 boxes": _thousand_boxes,
    "duplicated box": _duplicated,
}
_KINDS: Mapping[str, tuple[str, ...]] = {
    "all labels": ("label", "labels", "answer"),
    "whole-image box": BOX_KINDS,
    "1,000 boxes": BOX_KINDS,
    "duplicated box": BOX_KINDS,
}
