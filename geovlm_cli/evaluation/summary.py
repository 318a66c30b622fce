"""From scored completions to what results.json says of one task: metrics with intervals, slices, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.bootstrap import Interval, Resampler, Summarise
from geovlm_cli.evaluation.protocols import STRICT
from geovlm_cli.evaluation.repeats import repeat_columns, summarise_means
from geovlm_cli.evaluation.scored import TaskScores

Floats = NDArray[np.float64]
Metrics = dict[str, Interval]


def summarise(found: TaskScores, *, samples: int, draws: int, seed: int) -> dict[str, Any]:
    """Return {"metrics": {protocol: …}, "slices": {protocol: {"key=value": …}}, "reasons": {reason: n}} of one task; call it once.

    `strict` leaves rows with bad truth out, the other protocols keep them; no protocol counts a row that could not be asked.
    """
    metrics: dict[str, Metrics] = {}
    parts: dict[str, dict[str, Metrics]] = {}
    for protocol, summary, columns, owner in _measures(found, samples):
        if not columns:
            continue
        measure = Resampler(summary, columns, owner, draws=draws, seed=seed)
        weights = _weights(found, protocol)
        metrics.setdefault(protocol, {}).update(measure.of(weights))
        here = parts.setdefault(protocol, {})
        for _, codes, named in found.slices:
            for name, code in named:
                here.setdefault(name, {}).update(measure.of(weights * (codes == code)))
    slices = {protocol: {name: part for name, part in here.items() if part} for protocol, here in parts.items()}
    return {"metrics": metrics, "slices": slices, "reasons": dict(sorted(found.reasons.items()))}


def _measures(
    found: TaskScores, samples: int
) -> Iterator[tuple[str, Summarise, dict[str, Floats], NDArray[np.int64] | None]]:
    """Yield (protocol, how to summarise, columns, row of each completion): the protocols' own, then format, then what several samples tell."""
    if not found.completions:
        return
    owner = found.owner()
    for protocol in found.protocols:
        yield protocol.name, protocol.summarise, found.columns[protocol.name].take(), owner
    if found.protocols[0].name == STRICT:
        yield STRICT, summarise_means, found.formats.take(), owner
        if samples > 1:
            yield STRICT, summarise_means, _repeats(found, samples), None


def _repeats(found: TaskScores, samples: int) -> dict[str, Floats]:
    owner = found.owner()
    owner = np.arange(found.rows) if owner is None else owner
    # A row that could not be asked has no sample.
    whole = np.flatnonzero(np.bincount(owner, minlength=found.rows) == samples)
    order = np.argsort(owner, kind="stable")
    order = order[np.isin(owner[order], whole)]
    scores = np.zeros((found.rows, samples))
    scores[whole] = np.concatenate(found.primary)[order].reshape(-1, samples)
    if not found.keep_answers:
        return repeat_columns(scores, None, found.task.pass_at)
    answers: list[list[Any]] = [[] for _ in range(found.rows)]
    for index in order:
        answers[owner[index]].append(found.answers[index])
    return repeat_columns(scores, answers, found.task.pass_at)


def _weights(found: TaskScores, protocol: str) -> Floats:
    flawed = np.concatenate(found.flawed)
    weights = np.where(flawed, 0.0, 1.0) if protocol == STRICT else np.ones(found.rows)
    weights[list(found.failed)] = 0.0
    return weights
