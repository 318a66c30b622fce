"""The same measurement with several seeds: mean and spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from geovlm_cli.errors import clean
from geovlm_cli.evaluation.table import aligned
from geovlm_cli.report.notes import notes

SCHEMA = "geovlm-seeds/1"
_SOURCE_LIMIT = 1000  # characters of the model's and the data's names


def over_seeds(results: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Return, from results.json by seed, {"schema", "seeds", "model", "data", "metrics": {task: {protocol: {metric: {mean, sd, min, max, values}}}}, "reasons": {task: {reason: [count of each seed]}}, "profile", "structure", "samples", "temperature", "notes": [line]}, and "benchmark" where one was named.

    sd: of the sample (n − 1). A metric that some seed does not have is None throughout.
    """
    first = next(iter(results.values()))
    metrics = {
        task: {
            protocol: {
                metric: _spread(
                    [
                        found["metrics"].get(task, {}).get(protocol, {}).get(metric, {}).get("value")
                        for found in results.values()
                    ]
                )
                for metric in measured
            }
            for protocol, measured in protocols.items()
        }
        for task, protocols in first["metrics"].items()
    }
    return {
        "schema": SCHEMA,
        "seeds": list(results),
        "model": first["model"],
        "data": first["data"],
        "protocols": first["protocols"],
        "metrics": metrics,
        "reasons": {task: _reasons(task, list(results.values())) for task in metrics},
        "notes": list(dict.fromkeys(note for found in results.values() for note in notes(found))),
        **{key: first[key] for key in ("profile", "structure", "samples", "temperature")},
        **({"benchmark": first["benchmark"]} if "benchmark" in first else {}),
    }


def seeds_table(found: Mapping[str, Any]) -> str:
    """Return mean and spread of every metric as text, ×100."""
    seeds = ", ".join(map(str, found["seeds"]))
    lines = [
        clean(f"{found['model']} on {found['data']['source']}", _SOURCE_LIMIT)
        + f": seeds {seeds}, temperature {found['temperature']:g}; structure {found['structure']}, profile {found['profile'] or 'none'}"
    ]
    for task, protocols in found["metrics"].items():
        rows = [("protocol", "metric", "mean", "sd", "min", "max"), *_rows(protocols)]
        counts = (f"{reason} {' / '.join(map(str, of))}" for reason, of in found["reasons"][task].items())
        lines += ["", task, *aligned(rows, labels=2), f"  failure reasons, seed by seed: {', '.join(counts) or 'none'}"]
    return "\n".join([*lines, *(f"\nnote: {note}" for note in found["notes"])])


def _reasons(task: str, results: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Return how often each reason stands in each run."""
    counts = [found["reasons"].get(task, {}) for found in results]
    return {reason: [of.get(reason, 0) for of in counts] for reason in sorted({name for of in counts for name in of})}


def _spread(values: list[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return {"mean": None, "sd": None, "min": None, "max": None, "values": values}
    return {
        "mean": float(np.mean(known)),
        "sd": float(np.std(known, ddof=1)),
        "min": min(known),
        "max": max(known),
        "values": known,
    }


def _rows(protocols: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for protocol, metrics in protocols.items():
        for metric, spread in metrics.items():
            cells = ("–" if spread[key] is None else f"{100 * spread[key]:.2f}" for key in ("mean", "sd", "min", "max"))
            yield (protocol, metric, *cells)
