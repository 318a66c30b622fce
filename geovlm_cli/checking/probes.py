"""Answers that look at nothing: what do they earn? A reward that pays for them will be paid for them (peers.md, reward hacking)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from geovlm_cli.boxes import Array, Boxes, Grounded, convert, write
from geovlm_cli.checking.findings import Finding, Level, Probe, fine
from geovlm_cli.checking.subject import Subject
from geovlm_cli.data.flaws import folded
from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import score
from geovlm_cli.task import Sample

ROWS = 400
_MANY = 1000
_COPIES = 100
_LABELS = 300  # of a data set without a list of choices
_GRID = (40, 25)

Answers = Callable[[Subject], list[str]]


def probes(subject: Subject) -> list[Probe]:
    """Score every probe of the task's kind on at most 400 rows, and blind guessing for comparison."""
    some = subject.some(ROWS)
    if some.profile.frame is None and some.task.kind in _BOX_KINDS:
        return []
    chance = _chance(some)
    return [
        Probe(some.task.name, component, name, value, chance[component], len(some.batch))
        for name, answers in _PROBES.items()
        if some.task.kind in _KINDS.get(name, (some.task.kind,))
        for component, value in _means(some, _wrapped(some, answers(some))).items()
    ]


def judged(subject: Subject, found: list[Probe]) -> Iterator[Finding]:
    """Say which probes earn more than they should: an error in the component that training uses, a note in the others."""
    first = next(iter(subject.task.rewards))
    for probe in found:
        if not probe.low:
            level: Level = "error" if probe.component == first else "note"
            advice = "do not train on this component" if level == "error" else "it must not be trained on alone"
            sentence = f"{probe.task}: the probe `{probe.name}` earns {probe.score:.2f} in `{probe.component}`, blind guessing {probe.chance:.2f}"
            yield Finding("probes", level, sentence, probe.rows, (), advice)
    if all(probe.low for probe in found if probe.component == first):
        highest = max((probe.score for probe in found if probe.component == first), default=0.0)
        yield fine(
            "probes", f"{subject.task.name}: answers that look at nothing earn at most {highest:.2f} in `{first}`"
        )


def _chance(some: Subject) -> dict[str, float]:
    """Return what the best of some blind answers earns in each component: another row's truth, the commonest truth, the median box.

    For label sets also what naming the commonest labels earns in set F1, whatever the component: a component that pays all labels better than
    that can be gamed, one that pays them so has few labels to tell apart.
    """
    order = np.random.default_rng(0).permutation(len(some.batch))
    others = [""] * len(order)
    for row, other in zip(order, np.roll(order, 1), strict=True):
        others[row] = some.targets[other]
    commonest, _ = Counter(some.targets).most_common(1)[0]
    blind = [others, [commonest] * len(others)]
    if some.task.kind in _BOX_KINDS:
        blind.append(_wrapped(some, _median_box(some)))
    means = [_means(some, completions) for completions in blind]
    least = _commonest_labels(some) if some.task.kind == "labels" else 0.0
    return {component: max(least, *(mean[component] for mean in means)) for component in means[0]}


def _commonest_labels(some: Subject) -> float:
    """Return the best mean set F1 of any constant answer that names the m commonest labels, all of them among these."""
    truths = [{folded(label) for label in sample.reference} for sample in some.batch]
    known = {folded(label) for sample in some.batch for label in sample.choices or some.task.vocabulary}
    often = Counter(label for labels in truths for label in labels)
    order = [label for label, _ in often.most_common()] + sorted(known - often.keys())
    named = np.array([[label in labels for label in order] for labels in truths]).cumsum(axis=1)
    true = np.array([[len(labels)] for labels in truths])
    return float((2 * named / (np.arange(1, len(order) + 1) + true)).mean(axis=0).max())


def _means(some: Subject, completions: list[str]) -> dict[str, float]:
    scores = score(some.task, completions, some.batch, on_error="penalise")
    return {name: float(scores.columns[name].mean()) for name in some.task.rewards}


def _wrapped(some: Subject, answers: list[str]) -> list[str]:
    """Put each answer into the structure that the model is to write."""
    return [
        target_text(replace(some.task, target=lambda _sample, _profile, text=text: text), sample, some.profile)  # type: ignore[misc]  # one text a call
        for text, sample in zip(answers, some.batch, strict=True)
    ]


# --- the probes ------------------------------------------------------------------------------------------------------------------


def _empty(some: Subject) -> list[str]:
    return [""] * len(some.batch)


def _echo(some: Subject) -> list[str]:
    return list(some.prompts)


def _all_labels(some: Subject) -> list[str]:
    seen = dict.fromkeys(label for sample in some.batch for label in _labels_of(sample))
    known = some.task.vocabulary or tuple(seen)[:_LABELS]
    return [", ".join(sample.choices or known) for sample in some.batch]


def _whole_image(some: Subject) -> list[str]:
    return _written(some, lambda extent, _: np.array([[0.0, 0.0, *extent, 0.0]]))


def _thousand_boxes(some: Subject) -> list[str]:
    columns, rows = _GRID
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(columns) / columns, np.arange(rows) / rows))
    grid = np.stack([x, y, x + 1 / columns, y + 1 / rows], axis=1)[:_MANY]
    return _written(
        some, lambda extent, _: np.concatenate([grid * [*extent, *extent], np.zeros((len(grid), 1))], axis=1)
    )


def _duplicated(some: Subject) -> list[str]:
    """One true box, said a hundred times: what any-match scores pay in full."""
    return _written(
        some, lambda extent, true: np.repeat(true[:1] if len(true) else [[0.0, 0.0, *extent, 0.0]], _COPIES, axis=0)
    )


def _median_box(some: Subject) -> list[str]:
    true = [_true(sample, some) for sample in some.batch]
    shares = [
        array / [*extent, *extent, 1.0]
        for sample, array in zip(some.batch, true, strict=True)
        if len(array)
        for extent in [_extent(sample, some)]
    ]
    middle = np.median(np.concatenate(shares), axis=0) if shares else np.array([0.25, 0.25, 0.75, 0.75, 0.0])
    return _written(some, lambda extent, _: (middle * [*extent, *extent, 1.0])[None])


def _written(some: Subject, make: Callable[[tuple[float, float], Array], Array]) -> list[str]:
    """Write boxes in the profile's frame and syntax, given the extent of that frame and the row's true boxes in it."""
    frame = str(some.profile.frame)
    texts = []
    for sample in some.batch:
        array = make(_extent(sample, some), _true(sample, some))
        label = next(iter(_boxes(sample).labels), "object")
        said = write(Boxes(frame, array, (label,) * len(array)), sample, some.profile)
        texts.append(f"objects {said}" if some.task.kind == "grounded" else said)
    return texts


def _extent(sample: Sample, some: Subject) -> tuple[float, float]:
    return some.profile.extent(str(some.profile.frame), sample.image_size)


def _true(sample: Sample, some: Subject) -> Array:
    return convert(_boxes(sample), str(some.profile.frame), some.profile, sample.image_size).array


def _boxes(sample: Sample) -> Boxes:
    found = sample.reference.boxes if isinstance(sample.reference, Grounded) else sample.reference
    return found if isinstance(found, Boxes) else Boxes("percent", np.zeros((0, 5)))


def _labels_of(sample: Sample) -> tuple[str, ...]:
    found = sample.reference
    return found if isinstance(found, tuple) else (str(found),)


_BOX_KINDS = ("box", "boxes", "grounded")
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
    "whole-image box": _BOX_KINDS,
    "1,000 boxes": _BOX_KINDS,
    "duplicated box": _BOX_KINDS,
}
