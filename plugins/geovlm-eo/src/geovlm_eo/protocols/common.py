"""What the compatibility protocols share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geovlm_cli import Metric

Column = NDArray[np.float64]
Columns = Mapping[str, Any]

EARTHDIAL = "earthdial"
VERSION = "1"


def ratio(part: Column, whole: Column, weights: Column) -> Metric:
    """Return Σ part / Σ whole under weights, NaN where the whole weighs nothing; n is the weight of the whole."""
    total = float(np.dot(weights, whole))
    return Metric(float(np.dot(weights, part)) / total if total else float("nan"), total)
