"""Label files in the shape that xView2's baseline reads (utils/mask_polygons.py) and that the xBD paper describes (arXiv 1911.09296, section 4)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from geovlm_eo import damage
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.errors import ConfigError

Load = Callable[..., Any]
SCENE = "hurricane-florence_00000006"
METADATA = {
    "sensor": "GEOEYE01",
    "gsd": 1.8,
    "width": 1024,
    "height": 1024,
    "original_width": 1024,
    "disaster": "hurricane-florence",
    "disaster_type": "flooding",
    "catalog_id": "10500500C4DD7000",
    "img_name": f"{SCENE}_post_disaster.png",
}
RINGS = (
    ("POLYGON ((10.5 20, 30 20, 35 40, 10.5 41.25, 10.5 20))", "no-damage", "a1"),
    ("POLYGON ((100 100, 140 100, 140 160, 100 160, 100 100))", "destroyed", "b2"),
    ("POLYGON ((200 200, 210 200, 210 230, 200 200))", "destroyed", "c3"),
    ("POLYGON ((300 300, 310 300, 310 330, 300 300))", "un-classified", "d4"),
)


@pytest.fixture
def xbd(tmp_path: Path) -> Path:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    buildings = [
        {"properties": {"feature_type": "building", "subtype": level, "uid": uid}, "wkt": wkt}
        for wkt, level, uid in RINGS
    ]
    before = [{"properties": {"feature_type": "building", "uid": uid}, "wkt": wkt} for wkt, _, uid in RINGS]
    for date, features in (("pre", before), ("post", buildings)):
        Image.new("RGB", (64, 64)).save(tmp_path / "images" / f"{SCENE}_{date}_disaster.png")
        document = {"features": {"lng_lat": [], "xy": features}, "metadata": METADATA}
        (tmp_path / "labels" / f"{SCENE}_{date}_disaster.json").write_text(json.dumps(document))
    return tmp_path


def test_a_building_is_a_row_of_damage(xbd: Path, load: Load) -> None:
    found = load(xbd, task="damage")
    assert (found.format, [s.id for s in found.samples]) == ("xbd", [f"{SCENE}/{uid}" for uid in ("a1", "b2", "c3")])
    first = found.samples[0]
    assert first.regions == boxes("pixel", [[10.5, 20, 35, 41.25]])
    assert (first.reference, first.image_size, first.flaw, first.meta["class"]) == (
        "no-damage",
        (1024, 1024),
        None,
        "no-damage",
    )
    assert [(ref.role, Path(str(ref.source)).name) for ref in first.images] == [
        ("before", f"{SCENE}_pre_disaster.png"),
        ("after", f"{SCENE}_post_disaster.png"),
    ]


def test_a_scene_lies_where_its_buildings_lie(xbd: Path, load: Load) -> None:
    path = xbd / "labels" / f"{SCENE}_post_disaster.json"
    document = json.loads(path.read_text())
    rings = (
        "POLYGON ((-77.5 34.1, -77.4 34.1, -77.4 34.2, -77.5 34.1))",
        "POLYGON ((-77.3 34.3, -77.2 34.3, -77.2 34.4, -77.3 34.3))",
    )
    document["features"]["lng_lat"] = [{"properties": {}, "wkt": ring} for ring in (*rings, "POLYGON EMPTY")]
    path.write_text(json.dumps(document))
    [sample] = load(xbd, task="temporal").samples
    assert (sample.meta["lat"], sample.meta["lon"]) == pytest.approx((34.25, -77.35))


def test_a_damage_level_is_a_row_of_detection(xbd: Path, load: Load) -> None:
    whole, destroyed = load(xbd, task="detection").samples
    assert whole.question == "Locate all <ref>no-damage buildings</ref> in the post-disaster image."
    assert destroyed.reference == boxes("pixel", [[100, 100, 140, 160], [200, 200, 210, 230]])
    assert len(destroyed.images) == 2


def test_a_scene_is_a_row_of_temporal(xbd: Path, load: Load) -> None:
    [sample] = load(xbd, task="temporal").samples
    assert (sample.reference, sample.flaw, sample.meta["disaster_type"]) == ("flood", None, "flooding")
    assert sample.question.endswith("Please answer volcano, fire, earthquake, flood, tsunami or wind.")


@pytest.mark.parametrize("task", [None, "image-caption"])
def test_a_task_that_the_labels_do_not_answer_is_refused(xbd: Path, load: Load, task: str | None) -> None:
    with pytest.raises(ConfigError, match="xBD's labels answer damage, detection, temporal"):
        load(xbd, task=task)


def test_a_bad_file_costs_its_scene(xbd: Path, load: Load) -> None:
    (xbd / "labels" / "a_00000001_post_disaster.json").write_text("{")
    found = load(xbd, task="damage")
    assert ([row.id for row in found.rejected], len(found.samples)) == (["a_00000001"], 3)


@pytest.mark.parametrize("wkt", ["POINT (1 2)", "POLYGON ((1 2, 3 4))", "POLYGON ((1 2, 3, 4 5))", None])
def test_a_bad_polygon_costs_its_building_and_its_level(xbd: Path, load: Load, wkt: str | None) -> None:
    good = "POLYGON ((0 0, 1 0, 1 1))"
    levels = ("destroyed", "destroyed", "no-damage")
    found = [
        {"wkt": shape, "properties": {"subtype": level, "uid": f"u{n}"}}
        for n, (shape, level) in enumerate(zip((good, wkt, good), levels, strict=True))
    ]
    (xbd / "labels" / "b_post_disaster.json").write_text(json.dumps({"features": {"xy": found}}))
    damage = load(xbd, task="damage")
    assert [row.id for row in damage.rejected] == ["b/u1"]
    assert [sample.id for sample in damage.samples if sample.id[0] == "b"] == ["b/u0", "b/u2"]
    flaws = {s.id: s.flaw for s in load(xbd, task="detection").samples if s.id[0] == "b"}
    assert flaws["b/no-damage"] is None
    assert str(flaws["b/destroyed"]).startswith("an object cannot be read: not a polygon in WKT")


@pytest.mark.parametrize("splits", [("train", "tier3"), ("hold",)])
def test_the_whole_download_is_recognised_and_its_images_are_found(
    splits: tuple[str, ...], xbd: Path, tmp_path: Path, load: Load
) -> None:
    """As xView2 unpacks: a folder a split, each with images, labels and targets."""
    root = tmp_path / "xbd"
    for split in splits:
        (root / split / "targets").mkdir(parents=True)
        for folder in ("images", "labels"):
            shutil.copytree(xbd / folder, root / split / folder)
            for file in (root / split / folder).iterdir():
                file.rename(file.with_name(file.name.replace("florence", f"florence-{split}")))
    found = load(root, task="temporal")
    assert (found.format, [s.meta["split"] for s in found.samples]) == ("xbd", list(splits))
    assert all(Path(str(ref.source)).is_file() for s in found.samples for ref in s.images)


def test_damage_wants_its_images_in_their_roles(xbd: Path, load: Load) -> None:
    assert [ref.role for ref in load(xbd, task="damage").samples[0].images] == list(damage.TASK.images)  # type: ignore[arg-type]  # a tuple of roles
