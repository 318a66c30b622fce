"""EarthDial's box parser, for its published figures: brackets of non-negative integers anywhere in a text, everything between them ignored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geovlm_cli._rust_rewards import BoxColumn, Texts, parse_boxes
from geovlm_cli.rewards.arguments import mistyped
from geovlm_cli.rewards.columns import BoxAnswers
from geovlm_cli.rewards.structure import texts_of
from geovlm_cli.rewards.truth import box_form, rows_of
from geovlm_cli.task import Batch


def digit_boxes(
    texts: Sequence[str] | Texts, batch: Batch, *, horizontal: NDArray[np.bool_] | None = None
) -> BoxAnswers:
    """Read every `[x1, y1, x2, y2, angle]` of digits, in the frame of the profile, without one in that of the references (EarthDial's `parse_bboxes`).

    Nothing is clipped and no text fails: brackets with another count of numbers are `invalid`; brackets with anything but digits, commas and
    white space are passed over, so a negative or decimal number loses its box, and so are those with white space before a comma. Inverted
    corners name the same rectangle. horizontal bool[n]: the rows whose boxes lose their angle. Digits of any script count, as in Python's
    patterns. Raises ConfigError where nobody declares a frame.
    """
    texts, form = texts_of(texts, batch), box_form(batch)
    read = parse_boxes(texts, syntax="earthdial", extents=form.extents, rows=rows_of(batch))
    array = read.array.copy()
    array[:, :4] = np.concatenate([np.minimum(array[:, :2], array[:, 2:4]), np.maximum(array[:, :2], array[:, 2:4])], 1)
    if horizontal is not None:
        if not isinstance(horizontal, np.ndarray) or horizontal.dtype != np.bool_ or horizontal.shape != (len(batch),):
            raise mistyped("horizontal", horizontal, f"bool[{len(batch)}], one a row of the batch")
        array[np.repeat(horizontal, np.diff(read.offsets)), 4] = 0.0
    return BoxAnswers(BoxColumn.from_arrays(array, read.offsets, read.invalid), form.frame, 5)
