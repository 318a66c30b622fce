"""The grid of pictures with captions."""

from __future__ import annotations

import numpy as np
from PIL import Image

from geovlm_cli.report.contact_sheet import contact_sheet


def test_every_picture_has_its_cell_and_a_caption_below() -> None:
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    sheet = contact_sheet([(Image.new("RGB", (64, 64), color), "a caption") for color in colors], columns=2, cell=100)
    pixels = np.asarray(sheet)
    for color in colors:
        assert (pixels == np.array(color)).all(axis=2).sum() >= 100 * 100 * 0.95
    assert sheet.width == 2 * 112 + 12


def test_a_long_caption_is_cut_and_a_wide_picture_fitted() -> None:
    sheet = contact_sheet([(Image.new("RGB", (300, 100), (0, 200, 0)), "word " * 200 + "x" * 400)], cell=200)
    green = (np.asarray(sheet) == np.array((0, 200, 0))).all(axis=2)
    assert green.any(axis=0).sum() == 200
    assert 60 <= green.any(axis=1).sum() <= 70


def test_no_cells_make_an_empty_sheet() -> None:
    assert contact_sheet([]).width > 0
