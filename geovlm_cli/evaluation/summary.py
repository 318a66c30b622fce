"""From scored completions to what results.json says of one task: metrics with intervals, slices, reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.bootstrap import Interval, Summarise, intervals
from geovlm_cli.evaluation.protocols import STRICT
from geovlm_cli.evaluation.repeats import repeat_columns, summarise_means
from geovlm_cli.evaluation.scored import TaskScores
from geovlm_cli.evaluation.slices import slices

Floats = NDArray[np.float64]
Metrics = dict[str, Interval]


@dataclass(frozen=True, slots=True)
class _Measure:
    """A way to summarise columns of a task: a protocol's own, or what several samples tell."""

    protocol: str
    summarise: Summarise
    columns: dict[str, Floats]
    owner: NDArray[np.int64]


def summarise(found: TaskScores, *, samples: int, draws: int, seed: int) -> dict[str, Any]:
    """Return {"metrics": {protocol: …}, "slices": {protocol: {"key=value": …}}, "reasons": {reason: n}} of one task.

    `strict` leaves rows with bad truth out, the other protocols keep them; no protocol counts a row that could not be asked.
    """
    metrics: dict[str, Metrics] = {}
    parts: dict[str, dict[str, Metrics]] = {}
    masks = slices(found.batch, found.task.kind)
    for measure in _measures(found, samples):
        weights = _weights(found, measure.protocol)
        metrics.setdefault(measure.protocol, {}).update(_measured(measure, weights, draws, seed))
        here = parts.setdefault(measure.protocol, {})
        for name, mask in masks.items():
            here.setdefault(name, {}).update(_measured(measure, weights * mask, draws, seed))
    named = {protocol: {name: part for name, part in here.items() if part} for protocol, here in parts.items()}
    return {"metrics": metrics, "slices": named, "reasons": dict(sorted(Counter(found.reasons).items()))}


def _measures(found: TaskScores, samples: int) -> list[_Measure]:
    if not found.owner:
        return []
    owner = np.asarray(found.owner, dtype=np.int64)
    measures = [_Measure(p.name, p.summarise, found.columns(p), owner) for p in found.protocols]
    if found.formats and found.protocols[0].name == STRICT:
        measures.append(_Measure(STRICT, summarise_means, {"format": np.concatenate(found.formats)}, owner))
    if samples > 1 and found.protocols[0].name == STRICT:
        measures.append(_Measure(STRICT, summarise_means, _repeats(found, owner, samples), np.arange(len(found.batch))))
    return [measure for measure in measures if measure.columns]


def _repeats(found: TaskScores, owner: NDArray[np.int64], samples: int) -> dict[str, Floats]:
    whole = np.flatnonzero(
        np.bincount(owner, minlength=len(found.batch)) == samples
    )  # a row that could not be asked has none
    order = np.argsort(owner, kind="stable")
    order = order[np.isin(owner[order], whole)]
    scores = np.zeros((len(found.batch), samples))
    scores[whole] = np.concatenate(found.primary)[order].reshape(-1, samples)
    if not found.keep_answers:
        return repeat_columns(scores, None, found.task.pass_at)
    answers: list[list[Any]] = [[] for _ in range(len(found.batch))]
    for index in order:
        answers[owner[index]].append(found.answers[index])
    return repeat_columns(scores, answers, found.task.pass_at)


def _weights(found: TaskScores, protocol: str) -> Floats:
    left_out = [bool(sample.flaw) and protocol == STRICT for sample in found.batch]
    weights = np.where(left_out, 0.0, 1.0)
    weights[list(found.failed)] = 0.0
    return weights


def _measured(measure: _Measure, weights: Floats, draws: int, seed: int) -> Metrics:
    return intervals(measure.summarise, measure.columns, weights, measure.owner, draws=draws, seed=seed)
