"""What the evaluations of the demo say: a value for every task, model and decoding, and what changed between models on the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from geovlm_cli.demo.stages import DECODINGS, GRPO, LONG_SFT, MODELS, SFT, eval_folder
from geovlm_cli.evaluation import paired_difference
from geovlm_cli.evaluation.paired import row_means

_PROTOCOL: Final = "strict"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table. column: of the strict protocol, a row's score; part: of the rows, by `meta.question_type`."""

    name: str
    task: str
    column: str
    part: str | None = None


MEASURES: Final = (
    Measure("detection", "referred-detection", "reward"),
    Measure("counts (vqa)", "vqa", "accuracy", "count"),
    Measure("yes or no (vqa)", "vqa", "accuracy", "presence"),
    Measure("16 classes (scene)", "scene", "accuracy"),
    Measure("damage (temporal)", "temporal", "accuracy"),
)


def measures(out: Path, seed: int) -> list[dict[str, Any]]:
    """Return a JSON object for each line of the table; fractions with 95 % bootstrap intervals.

    {name, task, n, constant, models: {model: {decoding: Interval}}, unreadable: {model: share}, change: {model: Difference}}: `change` is what
    SFT + GRPO has above that model, greedy, paired by row; `constant` is the best that one fixed answer to each kind of question reaches.
    """
    results = {
        (model, decoding): orjson.loads((eval_folder(out, model, decoding) / "results.json").read_bytes())
        for model in MODELS
        for decoding in DECODINGS
    }
    return [_measured(out, item, results, seed) for item in MEASURES]


def scores_by_model(out: Path, item: Measure) -> dict[str, Floats]:
    """Return the greedy score of every row of a measure, float64[n] by model, rows in one order."""
    rows = _rows(out, item)
    return {model: _scores(out, item, model, rows) for model in MODELS}


def _measured(out: Path, item: Measure, results: Mapping[tuple[str, str], Any], seed: int) -> dict[str, Any]:
    mine, scores = _rows(out, item), scores_by_model(out, item)
    return {
        "name": item.name,
        "task": item.task,
        "n": len(mine),
        "constant": _constant(mine),
        "models": {
            model: {decoding: _interval(results[model, decoding], item) for decoding in DECODINGS} for model in MODELS
        },
        "unreadable": {model: _interval(results[model, "greedy"], item, "malformed")["value"] for model in MODELS},
        "change": {
            model: asdict(paired_difference(scores[model], scores[GRPO], seed=seed)) for model in (SFT, LONG_SFT)
        },
    }


def _interval(results: Mapping[str, Any], item: Measure, column: str | None = None) -> dict[str, Any]:
    """Return a metric as results.json holds it, of the whole task or of a part of its rows."""
    if item.part is None:
        found = results["metrics"][item.task][_PROTOCOL]
    else:
        found = results["slices"][item.task][_PROTOCOL][f"question_type={item.part}"]
    return dict(found[column or item.column])


def _scores(out: Path, item: Measure, model: str, rows: Iterable[Mapping[str, Any]]) -> Floats:
    means = row_means(eval_folder(out, model, "greedy"), item.task, item.column, protocol=_PROTOCOL)
    return np.array([means[row["id"]] for row in rows])


def _constant(rows: list[dict[str, Any]]) -> float | None:
    """Return the accuracy of the most frequent answer to each kind of question; None where answers are boxes."""
    if not all(isinstance(row["reference"], str) for row in rows):
        return None
    kinds = {row["meta"].get("question_type") for row in rows}
    counts = [Counter(row["reference"] for row in rows if row["meta"].get("question_type") == kind) for kind in kinds]
    return sum(max(count.values()) for count in counts) / len(rows)


def _rows(out: Path, item: Measure) -> list[dict[str, Any]]:
    """Return the rows of the test data that a measure is about."""
    lines = map(orjson.loads, (out / "data" / "test" / "rows.jsonl").read_bytes().splitlines())
    rows = [line for line in lines if line.get("task") == item.task]
    return [row for row in rows if item.part in (None, row["meta"].get("question_type"))]
