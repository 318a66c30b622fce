"""The answers of a report as PNGs beside it, for slides and papers."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.profiles import Profile
from geovlm_cli.report.overlay import frugal
from geovlm_cli.report.pictures import picture, save, words
from geovlm_cli.task import Sample

logger = logging.getLogger(__name__)

BUDGET = 24 * 2**20  # bytes of PNGs of one report
_SIDE_ALONE = 640  # px of the longer side of an image
_SIDE_IN_ROW = 512


@dataclass(slots=True)
class Overlays:
    """Draws PNGs into a folder until the budget of bytes is spent; later answers come without, and the log says so once."""

    folder: Path
    left: int = BUDGET

    def draw(self, number: int, sample: Sample, answer: Any, heading: str, profile: Profile | None) -> None:
        """Draw an answer, named by its place in the gallery; a row without images has no PNG, nor one whose images do not open, which its card says."""
        if not sample.images or self.left <= 0:
            return
        side = _SIDE_ALONE if len(sample.images) == 1 else _SIDE_IN_ROW
        with suppress(DataError, ConfigError):
            drawn = picture(sample, answer, profile, f"{heading}\n{words(sample, answer)}", side=side)
            name = save(self.folder, number, sample, frugal(drawn))
            self.left -= (self.folder / name).stat().st_size
            if self.left <= 0:
                logger.warning(
                    "%s holds the first %d answers of the report, %d MiB; the others come without a PNG",
                    clean(str(self.folder)),
                    number,
                    BUDGET // 2**20,
                )
