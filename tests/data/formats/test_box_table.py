from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geovlm_cli.errors import ConfigError, DataError

Load = Callable[..., Any]


def test_the_real_tables_say_what_the_xml_says(shared: Path, load: Load) -> None:
    folder = shared / "deepforest-boxes"
    for name, count in (("OSBS_029", 61), ("testfile_multi", 37)):
        found = load(folder / f"{name}.csv", task="boxes")
        assert (found.format, sum(len(s.reference) for s in found.samples)) == ("box-table", count)
        xml = {"OSBS_029": "OSBS_029", "testfile_multi": "SOAP_061"}[name]
        theirs = {
            s.meta["class"]: s.reference.array.tolist() for s in load(folder / f"{xml}.xml", task="boxes").samples
        }
        assert {s.meta["class"]: sorted(s.reference.array.tolist()) for s in found.samples} == {
            label: sorted(rows) for label, rows in theirs.items()
        }
        assert all(Path(str(s.images[0].source)).is_file() and s.image_size == (400, 400) for s in found.samples)


def test_a_bad_line_flaws_the_row_that_lacks_its_box(folder: Path, load: Load) -> None:
    path = folder / "t.csv"
    path.write_text(
        "image_path,xmin,ymin,xmax,ymax,label\na.png,1,2,3,4,car\na.png,1,x,3,4,car\na.png,5,6,x,8,\na.png,5,6,7,8,\na.png,1,2,3,4,bus\n"
    )
    found = load(path, task="boxes")
    assert [(s.meta["class"], s.reference is None) for s in found.samples] == [
        ("car", True),
        ("object", True),
        ("bus", False),
    ]
    said = "an object cannot be read: line {}: xmin, ymin, xmax, ymax must be numbers"
    assert [s.flaw for s in found.samples] == [said.format(3), said.format(4), None]
    with pytest.raises(ConfigError, match="name one with --task"):
        load(path)


def test_a_line_of_too_few_fields_is_rejected(folder: Path, load: Load) -> None:
    path = folder / "t.csv"
    path.write_text("image_path,xmin,ymin,xmax,ymax,label\na.png,1,2,3,4,car\na.png,1,2,10\na.png,5,6,7,8\n")
    found = load(path, task="boxes")
    assert [(s.meta["class"], len(s.reference), s.flaw) for s in found.samples] == [("car", 1, None)]
    assert [(row.line, row.id, row.why) for row in found.rejected] == [
        (3, "a.png", "too few fields: 4 of 6"),
        (4, "a.png", "too few fields: 5 of 6"),
    ]


def test_images_of_one_name_in_several_folders_are_told_apart(folder: Path, load: Load) -> None:
    for place, side in (("train", 10), ("images/val", 20)):
        (folder / place).mkdir(parents=True)
        Image.new("RGB", (side, side)).save(folder / place / "b.png")
    path = folder / "t.csv"
    lines = ["train/b.png", "val/b.png", "gone/b.png", f"{folder}/a.png", "/elsewhere/a.png", "a.png"]
    path.write_text("image_path,xmin,ymin,xmax,ymax,label\n" + "".join(f"{name},1,2,3,4,car\n" for name in lines))
    found = load(path, task="boxes")
    assert found.rejected == []
    assert [s.id for s in found.samples] == [f"{name.removesuffix('.png')}/car" for name in lines]
    homes = ["train/b.png", "images/val/b.png", "gone/b.png", "a.png", "a.png", "a.png"]
    assert [s.images[0].source for s in found.samples] == [str(folder.resolve() / home) for home in homes]
    assert [s.image_size for s in found.samples[:3]] == [(10, 10), (20, 20), None]


def test_another_table_is_in_no_known_format(folder: Path, load: Load) -> None:
    path = folder / "t.csv"
    path.write_text("left,right\n1,2\n")
    with pytest.raises(DataError, match="its columns are left, right"):
        load(path, task="boxes")


@pytest.mark.parametrize("text", ["", "\n", ",,\n", "\ufeff"])
def test_a_table_without_columns_is_one_sentence(folder: Path, load: Load, text: str) -> None:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"t\.csv holds no row: its first line, which names the columns .* is empty\.$"):
        load(folder / "t.csv", task="boxes")
