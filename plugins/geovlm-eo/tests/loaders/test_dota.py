"""Label files transcribed from the DOTA page (captain-whu.github.io/DOTA/dataset.html) and the first lines of its P0000.txt as the devkit's users quote them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from shapely.geometry import Polygon

from geovlm_cli.boxes import corners
from geovlm_cli.errors import ConfigError

Load = Callable[..., Any]
P0000 = """imagesource:GoogleEarth
gsd:0.146343590398
2753 2408 2861 2385 2888 2468 2805 2502 plane 0
3445 3391 3484 3409 3478 3422 3437 3402 large-vehicle 0
3185 4158 3195 4161 3175 4204 3164 4199 large-vehicle 1
"""


@pytest.fixture
def dota(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "labelTxt").mkdir()
    Image.new("L", (3876, 5502)).save(tmp_path / "images" / "P0000.png")
    (tmp_path / "labelTxt" / "P0000.txt").write_text(P0000)
    return tmp_path


def test_quadrilaterals_become_rotated_boxes(dota: Path, load: Load) -> None:
    found = load(dota, task="detection")
    plane, vehicles = found.samples
    assert (found.format, plane.id, plane.image_size) == ("dota", "P0000/plane", (3876, 5502))
    assert vehicles.question == "Locate all <ref>large-vehicle</ref> in the image."
    assert (len(vehicles.reference), vehicles.meta["boxes"]) == (2, "multiple")
    assert (plane.meta["difficult"], vehicles.meta["difficult"]) == (["0"], ["0", "1"])
    assert load(dota, task="multi-label").samples[0].meta["difficult"] == ["0", "0", "1"]
    lines = [np.array(line.split()[:8], float).reshape(4, 2) for line in P0000.splitlines()[2:]]
    for given, row in zip(lines, [*plane.reference.array, *vehicles.reference.array], strict=True):
        ours, theirs = Polygon(corners(row)[0]), Polygon(given)
        assert ours.area == pytest.approx(theirs.minimum_rotated_rectangle.area)
        assert ours.buffer(1e-6).covers(theirs)
        assert 0 <= row[4] < 90


def test_the_splits_of_the_whole_set_are_read_together(dota: Path, load: Load) -> None:
    for split in ("train", "val"):
        for name in ("images", "labelTxt"):
            shutil.copytree(dota / name, dota / "all" / split / name)
    found = load(dota / "all", task="detection")
    assert found.format == "dota"
    assert [(s.id, s.meta["split"]) for s in found.samples] == [
        (f"{split}/P0000/{name}", split) for split in ("train", "val") for name in ("plane", "large-vehicle")
    ]
    assert all(s.image_size == (3876, 5502) for s in found.samples)


def test_counts_and_labels_of_the_same_files(dota: Path, load: Load) -> None:
    assert load(dota, task="multi-label").samples[0].reference == ("plane", "large-vehicle")
    with pytest.raises(ConfigError, match="name one with --task"):
        load(dota)


@pytest.mark.parametrize("line", ["1 2 3 4 5 6 7 x plane 0", "0 0 1 1 2 2 3 3 plane 0"])
def test_a_bad_line_flaws_the_rows_of_its_class_alone(dota: Path, load: Load, line: str) -> None:
    (dota / "labelTxt" / "P0000.txt").write_text(f"{P0000}{line}\n")
    plane, vehicles = load(dota, task="detection").samples
    assert str(plane.flaw).startswith("an object cannot be read: line 6: ")
    assert (plane.id, vehicles.id, vehicles.flaw) == ("P0000/plane", "P0000/large-vehicle", None)
    assert load(dota, task="multi-label").samples[0].flaw is None


def test_a_line_without_a_class_flaws_all_rows_of_its_image(dota: Path, load: Load) -> None:
    (dota / "labelTxt" / "P0001.txt").write_text("1 1 5 1 5 5 1 5 ship 0\n1 2 3 4 plane 0\n")
    (dota / "labelTxt" / "P0002.txt").write_text("1 2 3 4 plane 0\n")
    found = load(dota, task="detection")
    said = "an object cannot be read: line 2 has not 8 numbers, a category and a difficulty, found `1 2 3 4 plane 0`"
    assert [(sample.id, sample.flaw) for sample in found.flawed] == [("P0001/ship", said)]
    assert [(row.id, row.why) for row in found.rejected] == [("P0002", said.replace("line 2", "line 1"))]
    assert load(dota, task="multi-label").samples[1].flaw == said


def test_files_without_a_header_or_a_difficulty(dota: Path, load: Load) -> None:
    (dota / "labelTxt" / "P0000.txt").write_text("10 10 20 10 20 30 10 30 ship\n\n")
    [sample] = load(dota, task="detection").samples
    assert sample.reference.array.tolist() == [[10, 10, 20, 30, 0]]
