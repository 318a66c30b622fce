"""Blind guessing: what the best answer earns that looks at no image. What a reward pays for more than this, it pays for nothing.

A reward cannot say that of itself (one that pays for any box calls that chance), so a plugin's is held against the score of the task's kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from geovlm_cli.boxes import Array, Boxes, Grounded, Size, convert, write
from geovlm_cli.checking.subject import Subject
from geovlm_cli.data.flaws import folded
from geovlm_cli.data.messages import target_text
from geovlm_cli.rewards import resolve, score
from geovlm_cli.rewards.named import component
from geovlm_cli.rewards.scores import is_builtin
from geovlm_cli.task import Sample, Task

BOX_KINDS = ("box", "boxes", "grounded")
TOTAL = "total"


def trained_name(weights: Mapping[str, float]) -> str:
    """Return the name of what is trained: of the one component, or of the mix."""
    return next(iter(weights)) if len(weights) == 1 else TOTAL


def means(some: Subject, completions: list[str]) -> dict[str, float]:
    """Return what completions earn on average: in each component of the task, in each that is trained, and in the mix of those on the scale of one."""
    wanted = {**dict.fromkeys(some.task.rewards, 1.0), **some.trained}
    columns = score(some.task, completions, some.batch, weights=wanted, on_error="penalise").columns
    mean = {name: float(columns[name].mean()) for name in wanted}
    found = {name: mean[name] for name, weight in wanted.items() if weight > 0}
    if trained_name(some.trained) == TOTAL:
        found[TOTAL] = _mixed(mean, some.trained)
    return found


def chances(some: Subject) -> dict[str, float]:
    """Return the chance level of everything in `means`: what the best of some blind answers earns.

    That is another row's truth, the commonest truth, the median box and, for label sets, the commonest labels but not all of them; in the
    kind's own scores, and in a component itself where that is built in.
    """
    plain = of_kind(some)
    level = max(max(means(plain, said).values()) for said in _blind(plain))
    if some.task.kind == "labels":
        level = max(level, _commonest_labels(some))
    own = [means(some, said) for said in _blind(some)]
    chance = {
        name: max(level, *(mean[name] for mean in own)) if is_builtin(component(some.task, name)) else level
        for name in own[0]
        if name != TOTAL
    }
    if TOTAL in own[0]:
        chance[TOTAL] = _mixed(chance, {name: some.trained[name] for name in some.earned})
    return chance


def _mixed(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    paid = sum(weight for weight in weights.values() if weight > 0)
    return sum(weight * values[name] for name, weight in weights.items()) / paid


def of_kind(some: Subject) -> Subject:
    """Return the rows as a task of the same kind that names no parser, target and rewards of its own has them."""
    task = resolve(Task(name=some.task.name, kind=some.task.kind, summary="", vocabulary=some.task.vocabulary))
    targets = [target_text(task, sample, some.profile) for sample in some.batch]
    first = {next(iter(task.rewards)): 1.0}
    return replace(some, task=task, targets=targets, trained=first)


def wrapped(some: Subject, answers: list[str]) -> list[str]:
    """Put each answer into the structure that the model is to write."""
    return [
        target_text(replace(some.task, target=lambda _sample, _profile, text=text: text), sample, some.profile)  # type: ignore[misc]  # one text a call
        for text, sample in zip(answers, some.batch, strict=True)
    ]


def _blind(some: Subject) -> Iterator[list[str]]:
    order = np.random.default_rng(0).permutation(len(some.batch))
    others = [""] * len(order)
    for row, other in zip(order, np.roll(order, 1), strict=True):
        others[row] = some.targets[other]
    yield others
    commonest, _ = Counter(some.targets).most_common(1)[0]
    yield [commonest] * len(others)
    if some.task.kind in BOX_KINDS:
        yield wrapped(some, _median_box(some))


def _commonest_labels(some: Subject) -> float:
    """Return the best mean set F1 of any constant answer that names the m commonest labels, but not all of them."""
    truths = [{folded(label) for label in sample.reference} for sample in some.batch]
    known = {folded(label) for sample in some.batch for label in sample.choices or some.task.vocabulary}
    often = Counter(label for labels in truths for label in labels)
    order = [label for label, _ in often.most_common()] + sorted(known - often.keys())
    named = np.array([[label in labels for label in order] for labels in truths]).cumsum(axis=1)
    true = np.array([[len(labels)] for labels in truths])
    return float((2 * named / (np.arange(1, len(order) + 1) + true)).mean(axis=0)[:-1].max(initial=0.0))


def _median_box(some: Subject) -> list[str]:
    true = [_true(sample, some) for sample in some.batch]
    shares = [
        array / [*extent, *extent, 1.0]
        for sample, array in zip(some.batch, true, strict=True)
        if len(array)
        for extent in [_extent(sample, some)]
    ]
    middle = np.median(np.concatenate(shares), axis=0) if shares else np.array([0.25, 0.25, 0.75, 0.75, 0.0])
    return written_boxes(some, lambda extent, _: (middle * [*extent, *extent, 1.0])[None])


def written_boxes(some: Subject, make: Callable[[Size, Array], Array]) -> list[str]:
    """Write boxes in the profile's frame and syntax, given the extent of that frame and the row's true boxes in it."""
    frame = str(some.profile.frame)
    texts = []
    for sample in some.batch:
        array = make(_extent(sample, some), _true(sample, some))
        label = next(iter(_boxes(sample).labels), "object")
        said = write(Boxes(frame, array, (label,) * len(array)), sample, some.profile)
        texts.append(f"objects {said}" if some.task.kind == "grounded" else said)
    return texts


def _extent(sample: Sample, some: Subject) -> Size:
    return some.profile.extent(str(some.profile.frame), sample.image_size)


def _true(sample: Sample, some: Subject) -> Array:
    return convert(_boxes(sample), str(some.profile.frame), some.profile, sample.image_size).array


def _boxes(sample: Sample) -> Boxes:
    found = sample.reference.boxes if isinstance(sample.reference, Grounded) else sample.reference
    return found if isinstance(found, Boxes) else Boxes("percent", np.zeros((0, 5)))
