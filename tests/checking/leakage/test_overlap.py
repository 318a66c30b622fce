from __future__ import annotations

from pathlib import Path

import datasets
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from geovlm_cli.checking.leakage import Against, leakage
from geovlm_cli.data.source import read_samples
from geovlm_cli.scenes import generate
from geovlm_cli.task import ImageRef, Sample, Task


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Six scenes on disk."""
    paths = [str(tmp_path / f"{i}.png") for i in range(6)]
    for path, scene in zip(paths, generate("scene", 6, seed=3, split="train"), strict=True):
        scene.images[0].save(path)
    return paths


def row(identity: str, image: str, **more: object) -> Sample:
    values = {"images": (ImageRef(image),), "question": f"What is in {identity}?", "reference": "port", **more}
    return Sample(id=identity, task="scene", **values)  # type: ignore[arg-type]  # by keyword


def test_the_same_pixels_and_the_same_picture_are_told_apart(pictures: list[str], tmp_path: Path) -> None:
    with Image.open(pictures[1]) as picture:
        picture.resize((56, 56)).save(tmp_path / "small.jpg", quality=70)
        with Image.open(pictures[0]) as same:
            same.save(tmp_path / "same.tif")
    ours = [row("a", str(tmp_path / "same.tif")), row("b", str(tmp_path / "small.jpg")), row("c", pictures[2])]
    theirs = [row("x", pictures[0]), row("y", pictures[1]), row("z", pictures[3])]
    found = [item for item in leakage(ours, Against("test", theirs)) if item.level == "error"]
    assert [(item.count, item.rows) for item in found] == [(1, ("a = x",)), (1, ("b = y",))]
    assert "the same pixels as an image of test" in found[0].sentence
    assert "the same picture as an image of test" in found[1].sentence


def test_every_row_that_uses_a_leaked_image_is_counted(pictures: list[str], tmp_path: Path) -> None:
    copy = str(tmp_path / "small.jpg")
    with Image.open(pictures[1]) as picture:
        picture.resize((56, 56)).save(copy, quality=70)
    ours = [row(f"a{i}", pictures[0]) for i in range(4)] + [row(f"b{i}", copy) for i in range(3)]
    ours.append(row("both", pictures[0], images=(ImageRef(pictures[0]), ImageRef(pictures[0]))))
    theirs = [row("x", pictures[0]), row("y", pictures[1]), row("z", pictures[0])]
    found = [item for item in leakage(ours, Against("test", theirs)) if item.level == "error"]
    assert [item.count for item in found] == [5, 3]
    assert found[0].rows == ("a0 = x", "a1 = x", "a2 = x", "a3 = x", "both = x")
    assert found[1].rows == ("b0 = y", "b1 = y", "b2 = y")


def test_sets_that_share_nothing_are_clean(pictures: list[str]) -> None:
    ours, theirs = [row("a", pictures[0])], [row("x", pictures[1]), row("y", pictures[2])]
    found = list(leakage(ours, Against("test", theirs)))
    assert [item.level for item in found] == ["ok", "ok", "note"]
    assert "not compared by distance with test: 1 of 1 row here and 2 of 2 there" in found[-1].sentence


def test_an_unreadable_image_is_said_not_to_be_compared(pictures: list[str]) -> None:
    found = list(leakage([row("a", "gone.png")], Against("test", [row("x", pictures[0])])))
    assert [item.sentence for item in found if item.level == "warning"] == [
        "not compared with test, for it cannot be read: 1 image"
    ]


def test_a_question_in_another_spelling_is_found(pictures: list[str]) -> None:
    theirs = [row("x", pictures[3], question="<image>\nHow many red boats lie at pier 9?", reference="Four.")]
    spellings = ("How many red boats lie at pier 9", "How many red boats lie at pier 9? Answer in one word.", "<image>")
    ours = [row(f"a{i}", pictures[0], question=text, reference="four") for i, text in enumerate(spellings)]
    found = [item for item in leakage(ours, Against("test", theirs)) if item.level == "warning"]
    assert [item.rows for item in found] == [("a0", "a1")]


def test_a_rare_question_with_its_answer_is_a_warning_and_a_template_is_not(pictures: list[str]) -> None:
    template = {"question": "Is there a road?", "reference": "yes"}
    theirs = [row(f"x{i}", pictures[3], **template) for i in range(3)]
    theirs.append(row("y", pictures[3], question="How many red  boats lie at pier 9?", reference="4"))
    ours = [
        row("a", pictures[0], **template),
        row("b", pictures[1], question="how many red boats lie at pier 9?", reference="4"),
        row("c", pictures[2], question="How many red boats lie at pier 9?", reference="5"),
    ]
    found = [item for item in leakage(ours, Against("test", theirs)) if item.level == "warning"]
    assert [item.rows for item in found] == [("b",)]


def test_near_places_are_found_where_both_tell_theirs(pictures: list[str]) -> None:
    ours = [
        row("a", pictures[0], meta={"lat": 48.0, "lon": 11.0}),
        row("b", pictures[1], meta={"lat": 50.0, "lon": 11.0}),
    ]
    theirs = [row("x", pictures[2], meta={"latitude": 48.004, "longitude": 11.0}), row("y", pictures[3])]
    found = [item for item in leakage(ours, Against("test", theirs, metres=500)) if item.level == "error"]
    assert [item.rows for item in found] == [("a = x (445 m)",)]
    notes = [item.sentence for item in leakage(ours, Against("test", theirs)) if item.level == "note"]
    assert notes == [
        "not all compared by distance with test: 0 of 2 rows here and 1 of 2 there do not say where they lie"
    ]
    apart = [
        item.sentence for item in leakage(ours, Against("test", theirs, metres=400)) if "lies within" in item.sentence
    ]
    assert apart == ["no row lies within 400 m of a row of test"]


def geotiff(path: Path, east: float) -> Path:
    """Write a tile of 100 m at 10 m in UTM 32N."""
    tags = ImageFileDirectory_v2()
    tags.tagtype |= {33550: 12, 33922: 12, 34735: 3}
    tags[33550], tags[33922] = (10.0, 10.0, 0.0), (0.0, 0.0, 0.0, east, 5834040.0, 0.0)
    tags[34735] = (1, 1, 0, 1, 3072, 0, 1, 32632)
    Image.effect_noise((10, 10), 50).save(path, tiffinfo=tags)
    return path


def test_georeferenced_images_tell_where_rows_lie(tmp_path: Path) -> None:
    """The second begins 300 m east of the first."""
    paths = [geotiff(tmp_path / f"{number}.tif", east) for number, east in enumerate((604800.0, 605100.0))]
    first, second = (row(path.stem, str(path)) for path in paths)
    found = [item for item in leakage([first], Against("test", [second], metres=310)) if item.level == "error"]
    assert [item.rows for item in found] == [
        ("0 = 1 (299 m)",)
    ]  # the mean sphere is 0.3 % smaller than the ellipsoid there


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_georeferenced_images_within_a_table_tell_where_rows_lie(tmp_path: Path, kind: str) -> None:
    scene = Task(name="scene", kind="label", summary="")

    def saved(name: str, image: Path) -> list[Sample]:
        held = {"bytes": image.read_bytes(), "path": None}
        rows = datasets.Dataset.from_dict({"image": [held], "prompt": ["What?"], "solution": ["port"]})
        rows = rows.cast_column("image", datasets.Image())
        path = tmp_path / (name if kind == "arrow" else f"{name}.parquet")
        rows.save_to_disk(path) if kind == "arrow" else rows.to_parquet(path)
        return read_samples(path, find={"scene": scene}.__getitem__, loaders={}, task="scene").samples

    ours, theirs = (
        saved(name, geotiff(tmp_path / f"{name}.tif", east)) for name, east in (("a", 604800.0), ("b", 605100.0))
    )
    assert isinstance(ours[0].images[0].source, bytes)
    found = [item for item in leakage(ours, Against("test", theirs, metres=310)) if item.level == "error"]
    assert [(item.count, "(299 m)" in item.rows[0]) for item in found] == [(1, True)]
