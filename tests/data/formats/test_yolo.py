from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.boxes import corners
from geovlm_cli.errors import DataError

Load = Callable[..., Any]
# docs.ultralytics.com/datasets/obb: the page's own example line, and dota8.yaml's names.
LINE = "0 0.780811 0.743961 0.782371 0.74686 0.777691 0.752174 0.776131 0.749758\n"
NAMES = "path: dota8\ntrain: images/train\nval: images/val\nnames:\n  0: plane\n  1: ship\n"


@pytest.fixture
def yolo(tmp_path: Path) -> Path:
    for name in ("images/train", "images/val", "labels/train", "labels/val"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "data.yaml").write_text(NAMES)
    Image.new("RGB", (1000, 500)).save(tmp_path / "images/train/p1.jpg")
    (tmp_path / "labels/train/p1.txt").write_text(LINE + "1 0.5 0.5 0.2 0.4\n")
    (tmp_path / "labels/val/p2.txt").write_text(LINE)
    return tmp_path


def test_corners_go_to_the_pixels_of_the_image(yolo: Path, load: Load) -> None:
    found = load(yolo, task="boxes")
    plane, ship, unit = found.samples
    assert (found.format, plane.id, plane.meta["split"]) == ("yolo", "train/p1/plane", "train")
    assert ship.reference.array.tolist() == [[400, 150, 600, 350, 0]]
    given = np.array(LINE.split()[1:], float).reshape(4, 2) * [1000, 500]
    ours = corners(plane.reference.array)[0]
    # The page's four corners are no exact rectangle: ours holds them all, with a corner near each.
    assert max(min(np.linalg.norm(point - corner) for corner in ours) for point in given) < 1
    assert (plane.reference.frame, unit.reference.frame, unit.image_size) == ("pixel", "unit", None)


def test_an_image_without_a_label_file_is_an_image_without_objects(yolo: Path, load: Load) -> None:
    Image.new("RGB", (10, 10)).save(yolo / "images/train/sea.jpg")
    (yolo / "labels/train/p2.txt").write_text("\n")
    found = load(yolo, task="boxes")
    assert (len(found.samples), found.rejected, found.without_objects) == (3, [], 2)
    (yolo / "data.yaml").write_text("names: [plane]")
    (yolo / "labels/train/p1.txt").write_text(LINE)
    found = load(yolo, task="count", split="train")
    assert {s.id: s.reference for s in found.samples} == {
        "train/p1/plane": 1,
        "train/p2/plane": 0,
        "train/sea/plane": 0,
    }


def test_classes_are_texts_whatever_yaml_makes_of_them_and_numbers_may_have_a_point(yolo: Path, load: Load) -> None:
    (yolo / "data.yaml").write_text("names: [no, 737]")
    (yolo / "labels/train/p1.txt").write_text("0.0 0.5 0.5 0.2 0.4\n1.000000 0.5 0.5 0.2 0.4\n")
    assert [s.meta["class"] for s in load(yolo, task="boxes", split="train").samples] == ["no", "737"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("x: &x [a, a]\nnames: [*x, *x]", "`0: list`"),
        ("names: {a: plane}", "`a: str`"),
        ("names: plane", "none"),
    ],
)
def test_names_that_name_no_classes_are_one_sentence(yolo: Path, load: Load, names: str, found: str) -> None:
    (yolo / "data.yaml").write_text(names)
    with pytest.raises(DataError, match=f"data.yaml: `names` must be a list of class names, .*; found {found}"):
        load(yolo, task="boxes")


def test_the_layout_of_roboflow_has_both_folders_in_each_split(yolo: Path, load: Load) -> None:
    whole = yolo / "export"
    for split, source in (("train", "train"), ("valid", "val")):
        for name in ("images", "labels"):
            shutil.copytree(yolo / name / source, whole / split / name)
    shutil.copy(yolo / "data.yaml", whole)
    found = load(whole, task="boxes")
    assert (found.format, [s.id for s in found.samples]) == (
        "yolo",
        ["train/p1/plane", "train/p1/ship", "valid/p2/plane"],
    )
    assert found.samples[0].images[0].source == str((whole / "train/images/p1.jpg").resolve())
    with pytest.raises(DataError, match="is YAML, which holds no rows; name the folder of the images and labels"):
        load(whole / "data.yaml", task="boxes")


def test_splits_are_said_and_chosen(yolo: Path, load: Load) -> None:
    assert "splits joined: train 2, val 1; choose one with --split" in load(yolo, task="boxes").report()
    chosen = load(yolo, task="boxes", split="val")
    assert ([s.id for s in chosen.samples], chosen.other_splits) == (["val/p2/plane"], 1)
    with pytest.raises(DataError, match=r"no row of split `vale`: its rows are of train, val\. Did you mean `val`"):
        load(yolo, task="boxes", split="vale")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 0.1 0.2 0.3", "4 or 8 numbers, found 3"),
        ("0 0.5 0.5 0.2 wide", "could not convert"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4 0.4", "not on one line"),
    ],
)
def test_a_bad_line_flaws_the_row_of_its_class(yolo: Path, load: Load, line: str, why: str) -> None:
    (yolo / "labels/val/p3.txt").write_text(f"1 0.5 0.5 0.2 0.4\n{line}\n")
    found = {sample.id: sample.flaw for sample in load(yolo, task="boxes").samples}
    assert found["val/p3/ship"] is None
    assert str(found["val/p3/plane"]).startswith("an object cannot be read: line 2: ")
    assert why in str(found["val/p3/plane"])


def test_an_unknown_class_flaws_all_rows_of_its_image(yolo: Path, load: Load) -> None:
    (yolo / "labels/val/p3.txt").write_text("1 0.5 0.5 0.2 0.4\n9 0.5 0.5 0.2 0.4\n")
    [flawed] = load(yolo, task="boxes").flawed
    said = "an object cannot be read: line 2: class `9` is not among the 2 class names"
    assert (flawed.id, flawed.flaw) == ("val/p3/ship", said)


def test_without_class_names_there_are_no_rows(yolo: Path, load: Load) -> None:
    (yolo / "data.yaml").unlink()
    with pytest.raises(DataError, match="no YAML file with the class `names`"):
        load(yolo, task="boxes")
