"""Do true boxes lie on their image? One that only touches it is let through by the flaws; most of it outside points to a wrong frame or image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geovlm_cli.boxes import Array, Boxes, boxes_of, expressible, hull
from geovlm_cli.checking.findings import Finding, about
from geovlm_cli.checking.images import Sizes
from geovlm_cli.checking.sizes import size_of
from geovlm_cli.checking.subject import Subject
from geovlm_cli.errors import DataError

_MOST = 0.5


def extents(subject: Subject, known: Sizes) -> Iterator[Finding]:
    """Name the rows with a true box of which less than half of the upright hull is on the image. known: sizes of images."""
    beyond = [
        sample.id
        for sample in subject.batch
        if (found := boxes_of(sample.reference)) is not None
        and bool((_share(found, subject, size_of(sample, known)) < _MOST).any())
    ]
    if beyond:
        advice = "they are trained and scored as they are: check what `frame` the data declares and that image and boxes belong together"
        yield about(
            "extent",
            "warning",
            beyond,
            f"{subject.task.name}: more than half of a true box lies beyond the image",
            advice,
        )


def _share(found: Boxes, subject: Subject, size: tuple[int, int] | None) -> Array:
    """Return float64[n]: the share of each box's upright hull that lies on the image; 1 where the extent is unknown."""
    try:
        extent = subject.profile.extent(found.frame, size)
    except DataError:
        return np.ones(len(found))
    return _area(expressible(found.array, extent, 4)) / _area(hull(found.array))


def _area(array: Array) -> Array:
    return np.asarray((array[:, 2] - array[:, 0]) * (array[:, 3] - array[:, 1]))
