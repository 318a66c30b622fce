"""Blind guessing: what the best answer earns that looks at no image. What a reward pays for more than this, it pays for nothing.

A reward cannot say that of itself (one that pays for any box calls that chance), so a plugin's is held against the score of the task's kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from geovlm_cli.boxes import Array, Boxes, Size, boxes_of, convert, write
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
    """Return the chance level of everything in `means`: what the best of some blind answers earns. No probe is among them.

    They are another row's truth, the commonest truth, the median box and, for label sets, the commonest labels but not all of them. A built-in
    component says what it pays for them; any other is held against the best of the kind's own scores.
    """
    plain = of_kind(some)
    level, own = max(_highest(plain).values()), _highest(some)
    if some.task.kind == "labels":
        most = next(iter(means(plain, _commonest_labels(plain)).values()))
        level = max(level, most)
        # Recall grows with every label that is named, so no component is credited with more than set F1 pays for them.
        for name, earned in means(some, _commonest_labels(some)).items():
            own[name] = max(own[name], min(earned, most))
    chance = {
        name: earned if is_builtin(component(some.task, name)) else level
        for name, earned in own.items()
        if name != TOTAL
    }
    if TOTAL in own:
        chance[TOTAL] = _mixed(chance, {name: some.trained[name] for name in some.earned})
    return chance


def _highest(some: Subject) -> dict[str, float]:
    """Return what the best guess of any kind of task earns in each component."""
    guesses = [means(some, said) for said in _blind(some)]
    return {name: max(mean[name] for mean in guesses) for name in guesses[0]}


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
        yield _median_box(some)


def _commonest_labels(some: Subject) -> list[str]:
    """Return the list of the m commonest labels, but not of all, whose mean set F1 is the best; each row names those that it may choose."""
    truths = [{folded(label) for label in sample.reference} for sample in some.batch]
    allowed = [{folded(label): label for label in sample.choices or some.task.vocabulary} for sample in some.batch]
    often = Counter(label for labels in truths for label in labels)
    order = [label for label, _ in often.most_common()]
    order += sorted({label for labels in allowed for label in labels} - often.keys())
    may = np.array([[not labels or label in labels for label in order] for labels in allowed])
    named = np.array([[label in labels for label in order] for labels in truths]) & may
    true = np.array([[len(labels)] for labels in truths])
    f1 = 2 * named.cumsum(axis=1) / (may.cumsum(axis=1) + true).clip(1)
    best = order[: int(f1.mean(axis=0)[:-1].argmax()) + 1] if len(order) > 1 else []
    spelled = {folded(label): label for sample in some.batch for label in sample.reference}
    return listed(
        some,
        [
            [labels.get(name, spelled.get(name, name)) for name in best if not labels or name in labels]
            for labels in allowed
        ],
    )


def listed(some: Subject, named: Iterable[Sequence[str]]) -> list[str]:
    """Write a set of labels for each row as the task writes its truth."""
    return [
        target_text(some.task, replace(sample, reference=tuple(labels)), some.profile)
        for sample, labels in zip(some.batch, named, strict=True)
    ]


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
    """Answer with boxes in the profile's frame and syntax, given the extent of that frame and the row's true boxes in it."""
    frame = str(some.profile.frame)
    texts = []
    for sample in some.batch:
        array = make(_extent(sample, some), _true(sample, some))
        label = next(iter(_boxes(sample).labels), "object")
        said = write(Boxes(frame, array, (label,) * len(array)), sample, some.profile)
        texts.append(f"objects {said}" if some.task.kind == "grounded" else said)
    return wrapped(some, texts)


def _extent(sample: Sample, some: Subject) -> Size:
    return some.profile.extent(str(some.profile.frame), sample.image_size)


def _true(sample: Sample, some: Subject) -> Array:
    return convert(_boxes(sample), str(some.profile.frame), some.profile, sample.image_size).array


def _boxes(sample: Sample) -> Boxes:
    found = boxes_of(sample.reference)
    return found if found is not None else Boxes("percent", np.zeros((0, 5)))
