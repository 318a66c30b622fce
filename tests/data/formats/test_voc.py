from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[..., Any]
# VOC2012 development kit, section 2.4.
XML = """<annotation><folder>VOC2012</folder><filename>a.png</filename><size><width>200</width><height>100</height><depth>3</depth></size>
<object><name>ship</name><pose>Left</pose><truncated>0</truncated><difficult>0</difficult>
<bndbox><xmin>8</xmin><ymin>12</ymin><xmax>100.5</xmax><ymax>90</ymax></bndbox></object></annotation>"""


@pytest.fixture
def voc(folder: Path) -> Path:
    (folder / "Annotations").mkdir()
    (folder / "JPEGImages").mkdir()
    shutil.move(folder / "a.png", folder / "JPEGImages" / "a.png")
    (folder / "Annotations" / "a.xml").write_text(XML)
    return folder


def test_a_folder_of_annotations_beside_images(voc: Path, load: Load) -> None:
    found = load(voc, task="boxes")
    [sample] = found.samples
    assert (found.format, sample.id, sample.image_size) == ("voc", "a/ship", (200, 100))
    assert sample.reference.array.tolist() == [[8, 12, 100.5, 90, 0]]
    assert sample.images[0].source == str((voc / "JPEGImages" / "a.png").resolve())


@pytest.mark.parametrize("place", ["JPEGImages/sub", "sub"])
def test_an_image_in_a_folder_of_its_own(voc: Path, load: Load, place: str) -> None:
    (voc / place).mkdir(exist_ok=True)
    shutil.copy(voc / "JPEGImages" / "a.png", voc / place / "a.png")
    (voc / "Annotations" / "a.xml").write_text(XML.replace("a.png", "sub/a.png"))
    [sample] = load(voc, task="boxes").samples
    assert sample.images[0].source == str((voc / place / "a.png").resolve())


def test_files_of_other_formats_beside_the_annotations_are_named(
    voc: Path, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    load(voc, task="boxes")
    assert not caplog.records
    (voc / "boxes.csv").write_text("image_path,xmin,ymin,xmax,ymax,label\n")
    assert load(voc, task="boxes").format == "voc"
    assert "is read as voc, its XML files; not read: boxes.csv" in caplog.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<annotation>", "no XML"),
        (XML.replace("ship", " "), "an object has no `name`"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + XML, "document type"),
    ],
)
def test_a_bad_file_costs_its_image(voc: Path, load: Load, text: str, why: str) -> None:
    (voc / "Annotations" / "b.xml").write_text(text)
    found = load(voc, task="boxes")
    assert len(found.samples) == 1
    assert (found.rejected[0].id, why in found.rejected[0].why) == ("b", True)


@pytest.mark.parametrize("corner", ["", "<xmin>eight</xmin>"])
def test_a_bad_box_flaws_the_row_of_its_class(voc: Path, load: Load, corner: str) -> None:
    whole = XML[XML.index("<object>") : XML.index("</annotation>")].replace("ship", "car")
    (voc / "Annotations" / "a.xml").write_text(
        XML.replace("<xmin>8</xmin>", corner).replace("</annotation>", f"{whole}</annotation>")
    )
    flaws = {sample.id: sample.flaw for sample in load(voc, task="boxes").samples}
    assert flaws == {"a/ship": "an object cannot be read: an object has no `bndbox` of four numbers", "a/car": None}


def test_the_real_files_agree_with_their_tables(shared: Path, load: Load) -> None:
    folder = shared / "deepforest-boxes"
    trees = load(folder / "OSBS_029.xml", task="boxes").samples
    with (folder / "OSBS_029.csv").open() as file:
        rows = [[float(row[key]) for key in ("xmin", "ymin", "xmax", "ymax")] + [0.0] for row in csv.DictReader(file)]
    assert len(rows) == 61
    assert sorted(trees[0].reference.array.tolist()) == sorted(rows)
    assert trees[0].images[0].source == str(
        (folder / "OSBS_029.png").resolve()
    )  # the XML names a TIFF that is not there
    both = load(folder, task="count").samples
    assert {sample.id: sample.reference for sample in both} == {
        "OSBS_029/Tree": 61,
        "SOAP_061/Dead": 28,
        "SOAP_061/Alive": 9,
    }
