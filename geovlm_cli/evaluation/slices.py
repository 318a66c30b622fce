"""Parts of a data set that are measured on their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.boxes import Boxes
from geovlm_cli.task import Batch, Kind, Sample

Mask = NDArray[np.bool_]
MISSING = "(none)"
MAX_VALUES = 200  # a key with more values than this is an identifier, not a class


def slices(batch: Batch, kind: Kind) -> dict[str, Mask]:
    """Return bool[n] by `key=value` for size_group, boxes, question_type and class, read from `meta` or from the truth.

    Rows without a key that others have are in the slice `key=(none)`; a key that no row has gives no slice.
    """
    found: dict[str, Mask] = {}
    for key, read in _KEYS.items():
        values = [read(sample, kind) for sample in batch]
        names = sorted({value for value in values if value is not None})
        if names and len(names) <= MAX_VALUES:
            for name in [*names, *([None] if None in values else [])]:
                found[f"{key}={MISSING if name is None else name}"] = np.array([value == name for value in values])
    return found


def _meta(key: str) -> Callable[[Sample, Kind], str | None]:
    def read(sample: Sample, _: Kind) -> str | None:
        value = sample.meta.get(key)
        return None if value is None or value == "" else str(value)

    return read


def _boxes(sample: Sample, kind: Kind) -> str | None:
    declared = _meta("boxes")(sample, kind)
    if declared in ("single", "multiple"):
        return declared
    counted = kind in ("box", "boxes") and isinstance(sample.reference, Boxes)
    return ("single" if len(sample.reference) == 1 else "multiple") if counted else None


def _class(sample: Sample, kind: Kind) -> str | None:
    declared = _meta("class")(sample, kind)
    if declared is None and kind == "label" and isinstance(sample.reference, str) and not sample.flaw:
        return sample.reference
    return declared


_KEYS: Mapping[str, Callable[[Sample, Kind], str | None]] = {
    "size_group": _meta("size_group"),
    "boxes": _boxes,
    "question_type": _meta("question_type"),
    "class": _class,
}
