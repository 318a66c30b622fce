from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO

from geovlm_cli.boxes import Boxes
from geovlm_cli.errors import ConfigError, DataError

Load = Callable[..., Any]
# cocodataset.org, format-data: object detection and captions.
IMAGES = [
    {"id": 1, "file_name": "a.png", "width": 200, "height": 100},
    {"id": 2, "file_name": "b.png", "width": 50, "height": 40},
]
CATEGORIES = [{"id": 1, "name": "ship", "supercategory": "x"}, {"id": 7, "name": "car"}]
ANNOTATIONS = [
    {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [10, 20, 30, 40],
        "area": 1200,
        "iscrowd": 0,
        "segmentation": [],
    },
    {"id": 2, "image_id": 1, "category_id": 7, "bbox": [0.5, 0, 10, 10], "area": 100, "iscrowd": 0},
    {"id": 3, "image_id": 1, "category_id": 7, "bbox": [50, 50, 10, 10], "area": 100, "iscrowd": 0},
    {"id": 4, "image_id": 1, "category_id": 7, "bbox": [0, 0, 100, 100], "area": 9, "iscrowd": 1},
]


def written(folder: Path, **change: Any) -> Path:
    path = folder / "instances.json"
    path.write_text(
        json.dumps({"info": {}, "images": IMAGES, "annotations": ANNOTATIONS, "categories": CATEGORIES, **change})
    )
    return path


def test_a_class_of_an_image_is_a_row(folder: Path, load: Load) -> None:
    found = load(written(folder), task="boxes")
    assert found.format == "coco"
    ship, car = found.samples
    assert (ship.id, ship.question) == ("instances-1/ship", "Locate all <ref>ship</ref> in the image.")
    assert ship.reference.array.tolist() == [[10, 20, 40, 60, 0]]
    assert car.reference.array.tolist() == [[0.5, 0, 10.5, 10, 0], [50, 50, 60, 60, 0]]
    assert (car.reference.frame, car.image_size, car.flaw) == ("pixel", (200, 100), None)
    assert (car.meta["class"], car.meta["boxes"], ship.meta["boxes"]) == ("car", "multiple", "single")
    assert (found.rejected, found.without_objects) == ([], 1)
    assert "1 image without an object left out: no class to ask about" in found.report()


@pytest.mark.parametrize(("task", "references"), [("labels", [("ship", "car")]), ("count", [1, 2]), ("label", [None])])
def test_other_kinds_of_the_same_annotations(folder: Path, load: Load, task: str, references: list[Any]) -> None:
    samples = load(written(folder), task=task).samples
    assert [sample.reference for sample in samples] == references
    assert [sample.flaw for sample in samples if task == "label"] in ([], ["not exactly one class: 2"])
    assert samples[0].choices == (("ship", "car") if task != "count" else ())


@pytest.mark.parametrize(("task", "empty"), [("boxes", Boxes("pixel", np.zeros((0, 5)))), ("count", 0)])
def test_of_the_only_class_an_image_without_objects_has_none(folder: Path, load: Load, task: str, empty: Any) -> None:
    found = load(written(folder, annotations=ANNOTATIONS[:1], categories=CATEGORIES[:1]), task=task)
    some, none = found.samples
    assert (some.id, none.id, none.reference, none.flaw) == ("instances-1/ship", "instances-2/ship", empty, None)
    assert (none.question, found.without_objects) == (some.question, 0)
    assert ("boxes" in some.meta, "boxes" in none.meta) == (
        True,
        False,
    )  # neither single nor multiple: a slice of its own
    crowd = {**ANNOTATIONS[3], "category_id": 1, "image_id": 2}
    found = load(written(folder, annotations=[ANNOTATIONS[0], crowd], categories=CATEGORIES[:1]), task=task)
    assert (len(found.samples), found.without_objects) == (1, 1)


def test_images_without_any_object_are_no_rows(folder: Path, load: Load) -> None:
    with pytest.raises(DataError, match=r"None of the 2 images of .* has an annotated object"):
        load(written(folder, annotations=[]), task="boxes")


def test_one_box_where_one_is_wanted(folder: Path, load: Load) -> None:
    ship, car = load(written(folder), task="box").samples
    assert (ship.flaw, car.flaw) == (None, "not exactly one box: 2")


def test_a_kind_that_boxes_cannot_give_is_refused(folder: Path, load: Load) -> None:
    with pytest.raises(ConfigError, match=r"task `answer` \(answer\) cannot be made of that"):
        load(written(folder), task="answer")
    with pytest.raises(ConfigError, match="name one with --task"):
        load(written(folder))


@pytest.mark.parametrize("options", [{}, {"format_name": "coco"}])
def test_a_folder_stands_for_the_only_annotations_in_it(folder: Path, load: Load, options: dict[str, Any]) -> None:
    path = written(folder)
    found = load(folder, task="boxes", **options)
    assert (found.format, len(found.samples), found.sha256) == ("coco", 2, load(path, task="boxes").sha256)
    assert found.samples[0].images[0].source == str((folder / "a.png").resolve())
    (folder / "more.json").write_text("{}")
    with pytest.raises(DataError):
        load(folder, task="boxes", **options)


def test_a_folder_of_several_files_asks_for_one_of_them(folder: Path, load: Load) -> None:
    written(folder)
    (folder / "val.json").write_bytes((folder / "instances.json").read_bytes())
    with pytest.raises(DataError, match=r"it holds a.png, instances.json, val.json \(name the file that is meant\)"):
        load(folder, task="boxes")


@pytest.fixture
def unpacked(folder: Path) -> Path:
    """COCO as its archives unpack: annotations_trainval2017.zip, train2017.zip and val2017.zip in one folder."""
    (folder / "annotations").mkdir()
    for split in ("train2017", "val2017"):
        (folder / split).mkdir()
        (folder / split / "a.png").write_bytes((folder / "a.png").read_bytes())
        written(folder).rename(folder / "annotations" / f"instances_{split}.json")
    (folder / "a.png").unlink()
    return folder


def test_the_folder_of_the_archives(unpacked: Path, load: Load) -> None:
    found = load(unpacked, task="boxes")
    assert (found.format, len(found.samples)) == ("coco", 4)
    assert "splits joined: train2017 2, val2017 2; choose one with --split" in found.report()
    last = load(unpacked, task="boxes", split="val2017").samples[-1]
    assert (last.id, last.meta["split"]) == ("instances_val2017-1/car", "val2017")
    assert last.images[0].source == str((unpacked / "val2017" / "a.png").resolve())
    (unpacked / "annotations" / "captions_val2017.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"holds instances_\*.json and captions_\*.json; name the file"):
        load(unpacked, task="boxes")


def test_an_image_in_a_folder_of_its_split(unpacked: Path, load: Load) -> None:
    (unpacked / "val2017" / "harbour").mkdir()
    (unpacked / "val2017" / "a.png").rename(unpacked / "val2017" / "harbour" / "a.png")
    path = unpacked / "annotations" / "instances_val2017.json"
    path.write_text(path.read_text().replace("a.png", "harbour/a.png"))
    last = load(unpacked, task="boxes", split="val2017").samples[-1]
    assert last.images[0].source == str((unpacked / "val2017" / "harbour" / "a.png").resolve())


def test_captions_are_references(folder: Path, load: Load) -> None:
    said = [{"id": n, "image_id": 1, "caption": text} for n, text in enumerate(["A port.", "Ships."])]
    found = load(written(folder, annotations=said), task="text")
    assert found.samples[0].reference == ("A port.", "Ships.")


def test_a_bad_box_flaws_the_row_of_its_class(folder: Path, load: Load) -> None:
    bad = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3]}
    ship, car = load(written(folder, annotations=[*ANNOTATIONS, bad]), task="boxes").samples
    assert ship.flaw == "an object cannot be read: a `bbox` is [x, y, width, height], found [1, 2, 3]"
    assert (ship.reference, car.flaw) == (None, None)


def test_an_unknown_category_flaws_all_rows_of_its_image(folder: Path, load: Load) -> None:
    bad = [{"image_id": image, "category_id": 99, "bbox": [1, 2, 3, 4]} for image in (1, 2)]
    found = load(written(folder, annotations=[*ANNOTATIONS, *bad]), task="boxes")
    said = "an object cannot be read: category 99 is not among the categories"
    assert [sample.flaw for sample in found.samples] == [said, said]
    assert [row.why for row in found.rejected] == [said]


def test_annotations_of_an_image_that_is_not_listed_are_counted(folder: Path, load: Load) -> None:
    lost = [{**ANNOTATIONS[0], "id": 8, "image_id": 99}, {"category_id": 1, "bbox": [1, 2, 3, 4]}]
    found = load(written(folder, annotations=[*ANNOTATIONS, *lost]), task="boxes")
    assert len(found.samples) == 2
    said = "its image is not among the `images`: `image_id` is {}"
    assert [(row.id, row.why) for row in found.rejected] == [
        ("annotation 8", said.format(99)),
        ("annotation without id", said.format("None")),
    ]


def test_a_broken_file_is_one_sentence(folder: Path, load: Load) -> None:
    path = folder / "instances.json"
    path.write_text('{"images": [], "annotations": [')
    with pytest.raises(DataError, match="is not JSON"):
        load(path, task="boxes")


def test_the_real_file_reads_as_pycocotools_reads_it(shared: Path, load: Load) -> None:
    path = shared / "nwpu-vhr10-boxes" / "annotations.json"
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = COCO(str(path))
    found = load(path, task="boxes")
    total = sum(len(sample.reference) for sample in found.samples)
    assert (len(theirs.imgs), total) == (650, 3921)
    names = {key: value["name"] for key, value in theirs.cats.items()}
    wanted = Counter((entry["image_id"], names[entry["category_id"]]) for entry in theirs.anns.values())
    assert {s.id: len(s.reference) for s in found.samples} == {
        f"annotations-{image}/{name}": count for (image, name), count in wanted.items()
    }
    first = next(entry for entry in theirs.anns.values())
    mine = next(s for s in found.samples if s.id == f"annotations-{first['image_id']}/{names[first['category_id']]}")
    x, y, w, h = first["bbox"]
    assert any(np.allclose(row, [x, y, x + w, y + h, 0]) for row in mine.reference.array)
