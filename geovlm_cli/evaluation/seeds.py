"""The same measurement with several seeds: mean and spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from geovlm_cli.evaluation.table import aligned

SCHEMA = "geovlm-seeds/1"


def over_seeds(results: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Return, from results.json by seed, {"schema", "seeds", "model", "data", "metrics": {task: {protocol: {metric: {mean, sd, min, max, values}}}}}.

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
    }


def seeds_table(found: Mapping[str, Any]) -> str:
    """Return mean and spread of every metric as text, ×100."""
    seeds = ", ".join(map(str, found["seeds"]))
    lines = [f"{found['model']} on {found['data']['source']}: seeds {seeds}"]
    for task, protocols in found["metrics"].items():
        rows = [("protocol", "metric", "mean", "sd", "min", "max"), *_rows(protocols)]
        lines += ["", task, *aligned(rows, labels=2)]
    return "\n".join(lines)


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
