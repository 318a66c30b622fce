"""How the predicted boxes of one answer meet the true ones, in sentences; matched by the engine, as the scores are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import iou
from geovlm_cli.boxes import Boxes, boxes_of
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards import scores
from geovlm_cli.rewards.truth import said
from geovlm_cli.task import Batch, Reward


@dataclass(frozen=True, slots=True)
class Matching:
    """What a pair of boxes has to be to count. labels: whether labels have to be equal."""

    labels: bool = True
    min_iou: float = 0.0
    angles: str = "rotated"

    @classmethod
    def of(cls, rewards: Mapping[str, Reward]) -> Self:
        """Return how the first of a task's rewards that scores boxes matches them."""
        for reward in rewards.values():
            function, options = (reward.func, reward.keywords) if isinstance(reward, partial) else (reward, {})
            if function in _THRESHOLDS:
                name, usual = _THRESHOLDS[function]
                least = float(options.get(name, usual))
                return cls(function is not scores.referring, least, options.get("angles", "rotated"))
        return cls()


_THRESHOLDS: Mapping[Any, tuple[str, float]] = {
    scores.detection: ("min_iou", 0.0),
    scores.detection_max: ("min_iou", 0.0),
    scores.referring: ("min_iou", 0.0),
    scores.box_precision: ("threshold", 0.5),
    scores.box_recall: ("threshold", 0.5),
    scores.box_f1: ("threshold", 0.5),
}
"""The option of a score below which an IoU does not count, and what it is where none is given."""


def told(answer: Boxes, places: Sequence[int], batch: Batch, matching: Matching) -> str:
    """Say what each predicted box overlaps and which true ones are missed. places: numbers of the predicted boxes, as they were written."""
    truth = boxes_of(batch[0].reference)
    if truth is None:
        return ""
    if not len(answer) and not answer.invalid:
        return f"No box is named; there {_are(len(truth))}." if len(truth) else "No box is named, and there is none."
    table, compared = _table(answer, truth, batch, matching)
    pairs = scores.assign(table, min_iou=matching.min_iou).tolist()
    best = table.max(axis=1, initial=0.0)
    matched, met = {i for i, _ in pairs}, {j for _, j in pairs}
    alone = [i for i in range(len(answer)) if i not in matched]
    late = [i for i in alone if best[i] > 0 and best[i] >= matching.min_iou]
    below = [i for i in alone if 0 < best[i] < matching.min_iou]
    missed = [f"truth {j + 1}" for j in range(len(truth)) if j not in met]
    sentences = [_overlaps([(places[i], j + 1, table[i, j]) for i, j in pairs])] if pairs else []
    if below:
        shown = [(places[i], int(table[i].argmax()) + 1, best[i]) for i in below]
        sentences.append(f"{_overlaps(shown)[:-1]}; an IoU below {matching.min_iou:g} does not count.")
    sentences += _unmatched([places[i] for i in late], "truth left to match")
    none = "true box of the same label" if compared else "true box"
    sentences += _unmatched([places[i] for i in alone if best[i] == 0], none)
    sentences += [f"{_listed(missed)} {'is' if len(missed) == 1 else 'are'} missed."] if missed else []
    return " ".join(sentences)


def _table(answer: Boxes, truth: Boxes, batch: Batch, matching: Matching) -> tuple[NDArray[np.float64], bool]:
    """Return the IoU of each predicted with each true box, float64[n, m] with 0 where the labels differ, and whether labels are compared."""
    true, (x, y) = said(truth, batch[0], batch.profile, answer.frame)
    predicted = answer.array * np.array([x, y, x, y, 1.0])
    table = iou(_flattened(predicted, matching.angles), _flattened(true, matching.angles))
    compared = matching.labels and bool(answer.labels) and bool(truth.labels)
    if compared:
        names, true_names = ([twin.normal(name) for name in side.labels] for side in (answer, truth))
        table *= np.array([[name == true_name for true_name in true_names] for name in names]).reshape(table.shape)
    return table, compared


def _flattened(rows: NDArray[np.float64], angles: str) -> NDArray[np.float64]:
    boxes = [twin.flattened((x1, y1, x2, y2, angle), angles) for x1, y1, x2, y2, angle in rows.tolist()]
    return np.array(boxes, dtype=np.float64).reshape(-1, 5)


def _overlaps(pairs: Sequence[tuple[int, int, float]]) -> str:
    shown = [f"box {place} overlaps truth {number} with IoU {value:.2f}" for place, number, value in pairs[:3]]
    more = f", and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return _upper(", ".join(shown)) + more + "."


def _unmatched(places: Sequence[int], what: str) -> list[str]:
    """Return the sentence that these boxes overlap nothing of this kind; none for no box."""
    verb = "overlaps" if len(places) == 1 else "overlap"
    return [f"{_listed([f'box {place}' for place in places])} {verb} no {what}."] if places else []


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return _upper(", ".join(names[:3])) + more


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _are(count: int) -> str:
    return "is one" if count == 1 else f"are {count}"
