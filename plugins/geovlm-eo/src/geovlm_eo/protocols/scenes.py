"""`geochat`: GeoChat's published scene scorer. The answer without blanks and stops, in lower case, must equal the class.

The class is what stands before the slash of the row's `question_id` (`airport/airport_12.tif`), in lower case and else as it is; rows without one are
judged by their reference, prepared as the answer is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geovlm_cli import Batch, Metric, Protocol, Sample
from geovlm_eo.protocols.common import Column, Columns, ratio


def score_scenes(texts: Sequence[str], batch: Batch) -> dict[str, Column]:
    """Score each row 1 or 0."""
    truth: list[str] = batch.prepared("geochat classes", lambda whole: [_class(sample) for sample in whole])
    hits = [squeezed(text) == truth[row] for text, row in zip(texts, batch.rows, strict=True)]
    return {"accuracy": np.array(hits, dtype=np.float64)}


def mean(columns: Columns, weights: Column) -> dict[str, Metric]:
    """Return the share of right answers."""
    return {"accuracy": ratio(columns["accuracy"], np.ones(len(weights)), weights)}


def squeezed(text: str) -> str:
    """Return an answer without blanks and stops, in lower case."""
    return text.replace(" ", "").lower().replace(".", "")


def _class(sample: Sample) -> str:
    named = sample.meta.get("question_id")
    return (
        named.split("/")[0].lower()
        if isinstance(named, str) and "/" in named
        else squeezed(str(sample.reference or ""))
    )


GEOCHAT_SCENES = Protocol(name="geochat", version="1", score=score_scenes, summarise=mean)
