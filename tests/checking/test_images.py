from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from geovlm_cli.checking.findings import Finding
from geovlm_cli.checking.images import headers, images
from geovlm_cli.profiles import Profile
from geovlm_cli.task import ImageRef, Sample, Task
from tests.checking.conftest import PROFILE, image, samples_of

SCENE = Task(name="scene", kind="label", summary="")
TASKS = {"scene": SCENE}


def opened(samples: Sequence[Sample], profile: Profile | None = None, **more: float) -> Iterator[Finding]:
    return images(samples, TASKS, headers(samples, profile), **more)


def test_images_that_open_are_counted_once_each(photo: str) -> None:
    (found,) = opened(samples_of(SCENE, ["port"] * 3, images=image(photo)))
    assert (found.level, found.sentence) == ("ok", "every header opens, 1 of 1 image decoded whole")


def test_missing_and_foreign_files_are_named_with_their_rows(photo: str, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    rows = samples_of(SCENE, ["port"] * 3)
    for row, name in zip(rows, (photo, "gone.png", str(tmp_path / "text.png")), strict=True):
        row.images = (ImageRef(name),)
    found = list(opened(rows))
    assert [(item.level, item.rows) for item in found] == [("error", ("r1",)), ("error", ("r2",))]
    assert "does not exist" in found[0].sentence


def test_every_row_that_names_a_missing_image_is_counted() -> None:
    rows = samples_of(SCENE, ["port"] * 7, images=image("gone.png"))
    (found,) = opened(rows)
    assert (found.count, found.rows) == (7, tuple(f"r{i}" for i in range(7)))
    assert "an image does not open, the file does not exist: 7 rows" in found.sentence


def test_an_image_that_the_model_refuses_is_an_error_of_its_rows(photo: str, tmp_path: Path) -> None:
    Image.new("RGB", (4000, 15)).save(tmp_path / "thin.png")
    rows = samples_of(SCENE, ["port"] * 3, images=image(photo))
    for row in rows[1:]:
        row.images, row.image_size = image(str(tmp_path / "thin.png")), (4000, 15)
    (found,) = opened(rows, Profile(name="p"))
    assert (found.level, found.rows) == ("error", ("r1", "r2"))
    assert "more than 200 times as long as wide" in found.sentence
    assert [item.level for item in opened(rows, PROFILE)] == ["ok"]  # its size is fixed


def test_damage_behind_a_sound_header_is_found_by_decoding(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    Image.effect_noise((640, 480), 50).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    rows = samples_of(SCENE, ["port"], images=image(str(path)))
    assert [item.level for item in opened(rows)] == ["error"]
    assert [item.level for item in opened(rows, seconds=0)] == ["ok"]


def test_a_mix_of_rows_with_and_without_images_is_an_error_and_warns_of_zero3(photo: str) -> None:
    rows = [*samples_of(SCENE, ["port"], images=image(photo)), *samples_of(SCENE, ["farm"])]
    assert [(item.check, item.level) for item in opened(rows)] == [
        ("images", "ok"),
        ("images", "error"),
        ("zero3", "warning"),
    ]


def test_saved_answers_without_any_image_are_only_warned_about() -> None:
    assert [item.level for item in opened(samples_of(SCENE, ["port"]))] == ["warning"]


def test_a_task_without_images_wants_none() -> None:
    task = Task(name="scene", kind="label", summary="", images=0)
    assert list(images(samples_of(task, ["port"]), {"scene": task}, {})) == []


def test_an_image_of_another_size_than_its_row_says_is_an_error(photo: str) -> None:
    rows = samples_of(SCENE, ["port"] * 4, images=image(photo))
    rows[1].image_size, rows[2].image_size, rows[3].image_size = (4000, 4000), (480, 640), None
    for profile in (None, PROFILE):  # held against the header of the image, not against what the model sees
        (found,) = opened(rows, profile)
        assert (found.check, found.level, found.count, found.rows) == ("images", "error", 2, ("r1", "r2"))
        assert "another size than its row says (4000×4000 px declared, 640×480 px found): 2 rows" in found.sentence


def test_the_size_of_an_image_is_that_of_its_upright_picture(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (480, 640)).save(tmp_path / "turned.jpg", exif=turned)
    rows = samples_of(SCENE, ["port"], images=image(str(tmp_path / "turned.jpg")))
    assert [item.level for item in opened(rows)] == ["ok"]
    rows[0].image_size = (480, 640)
    assert [item.level for item in opened(rows)] == ["error"]


def test_a_row_of_several_images_may_speak_about_any_of_them(photo: str, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "small.png")
    small, gone = ImageRef(str(tmp_path / "small.png")), ImageRef("gone.png")
    rows = samples_of(SCENE, ["port"] * 3)
    for row, refs in zip(rows, ((ImageRef(photo), small), (small, small), (small, gone)), strict=True):
        row.images = refs
    found = [item for item in opened(rows) if "another size" in item.sentence]
    assert [item.rows for item in found] == [("r1",)]
