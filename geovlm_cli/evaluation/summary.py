"""From scored completions to what results.json says of one task: metrics with intervals, slices, reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.evaluation.bootstrap import Interval, Measure, Resampler
from geovlm_cli.evaluation.protocols import STRICT
from geovlm_cli.evaluation.repeats import repeat_columns, summarise_means
from geovlm_cli.evaluation.scored import TaskScores

Floats = NDArray[np.float64]
Metrics = dict[str, Interval]


def summarise(found: TaskScores, *, samples: int, draws: int, seed: int) -> dict[str, Any]:
    """Return {"metrics": {protocol: …}, "slices": {protocol: {"key=value": …}}, "slice_rows": {protocol: {"key=value": n}}, "reasons": {reason: n}, "unsliced": [key]} of one task; call it once.

    Rows that lack a key are its slice `key`. unsliced: keys of too many values to be sliced by.
    `strict` leaves rows with bad truth out, the other protocols keep them; no protocol counts a row that could not be asked.
    """
    metrics: dict[str, Metrics] = {}
    parts: dict[str, dict[str, Metrics]] = {}
    rows: dict[str, dict[str, int]] = {}
    for weights, named in _alike(found, samples):
        measures = Resampler([measure for _, measure in named], draws=draws, seed=seed)
        protocols = [protocol for protocol, _ in named]
        for protocol, told in zip(protocols, measures.of(weights), strict=True):
            metrics.setdefault(protocol, {}).update(told)
        for name, here, whose in _sliced(found, weights, set(protocols)):
            for protocol, told in zip(protocols, measures.of(here), strict=True):
                if whose(protocol):
                    parts.setdefault(protocol, {}).setdefault(name, {}).update(told)
                    rows.setdefault(protocol, {})[name] = int(np.count_nonzero(here))
    return {
        "metrics": metrics,
        "slices": parts,
        "slice_rows": rows,
        "unsliced": found.slices.identifiers,
        "reasons": dict(sorted(found.reasons.items())),
    }


def _sliced(
    found: TaskScores, weights: Floats, protocols: set[str]
) -> Iterator[tuple[str, Floats, Callable[[str], bool]]]:
    """Yield each slice that has rows and that some of the protocols has: its name, its weights, and for which protocols it holds."""
    for slicing in found.slices:
        if any(map(slicing.holds_for, protocols)):
            for name, code in slicing.named:
                here = weights * slicing.mask(code)
                if here.any():
                    yield name, here, slicing.holds_for


def _alike(found: TaskScores, samples: int) -> Iterator[tuple[Floats, list[tuple[str, Measure]]]]:
    """Yield the weights of the rows and the measures, by protocol, that take them: those of `strict`, then the others; all in one where no truth is bad."""
    measures = list(_measures(found, samples))
    flawed = np.concatenate(found.flawed)
    whole = np.ones(found.rows)
    whole[list(found.failed)] = 0.0
    if flawed.any():
        yield np.where(flawed, 0.0, whole), [(name, measure) for name, measure in measures if name == STRICT]
        measures = [(name, measure) for name, measure in measures if name != STRICT]
    yield whole, measures


def _measures(found: TaskScores, samples: int) -> Iterator[tuple[str, Measure]]:
    """Yield (protocol, measure): the protocols' own, then format, then what several samples tell."""
    if not found.completions:
        return
    owner = found.owner()
    for protocol in found.protocols:
        if columns := found.columns[protocol.name].take():
            yield protocol.name, Measure(protocol.summarise, columns, owner)
    if found.protocols[0].name == STRICT:
        if columns := found.formats.take():
            yield STRICT, Measure(summarise_means, columns, owner)
        if samples > 1:
            yield STRICT, Measure(summarise_means, _repeats(found, samples))


def _repeats(found: TaskScores, samples: int) -> dict[str, Floats]:
    owner = found.owner()
    owner = np.arange(found.rows) if owner is None else owner
    # A row that could not be asked has no sample.
    whole = np.flatnonzero(np.bincount(owner, minlength=found.rows) == samples)
    order = np.argsort(owner, kind="stable")
    order = order[np.isin(owner[order], whole)]
    scores = np.zeros((found.rows, samples))
    scores[whole] = np.concatenate(found.primary)[order].reshape(-1, samples)
    threshold = cast("float", found.task.pass_at)  # a resolved task has one
    if not found.keep_answers:
        return repeat_columns(scores, None, threshold)
    answers: list[list[Any]] = [[] for _ in range(found.rows)]
    for index in order:
        answers[owner[index]].append(found.answers[index])
    return repeat_columns(scores, answers, threshold)
