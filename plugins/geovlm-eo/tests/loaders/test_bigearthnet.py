from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geovlm_eo.loaders import bigearthnet, corine
from PIL import Image

from geovlm_cli.data.georeference import place_of_image
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.errors import ConfigError
from geovlm_cli.task import ImageRef

Load = Callable[..., Any]
FOLDER = "bigearthnet-s2-tiny"
PATCH = "S2A_MSIL2A_20170617T113321_36_85"


def test_the_real_patches(shared: Path, load: Load) -> None:
    found = load(shared / FOLDER)
    assert found.format == "bigearthnet"
    assert {s.id: s.reference for s in found.samples} == {
        PATCH: ("Non-irrigated arable land", "Pastures"),
        "S2A_MSIL2A_20170617T113321_4_55": ("Pastures",),
    }
    assert all(s.flaw is None and s.task == "multi-label" for s in found.samples)
    meta = found.samples[0].meta
    assert meta["acquisition_date"] == "2017-06-17 11:33:21"
    assert (round(meta["lat"], 2), round(meta["lon"], 2)) == (52.31, -6.89)
    assert place_of_image(shared / FOLDER / PATCH / f"{PATCH}_B04.tif") == pytest.approx((meta["lat"], meta["lon"]))


def test_the_picture_is_the_stretched_reflectance(shared: Path, load: Load) -> None:
    [sample] = load(shared / FOLDER / PATCH).samples
    picture = np.asarray(open_image(sample.images[0]))
    assert picture.shape == (120, 120, 3)
    for channel, band in enumerate(("B04", "B03", "B02")):
        with Image.open(shared / FOLDER / PATCH / f"{PATCH}_{band}.tif") as image:
            raw = np.asarray(image)
        assert raw.dtype == np.uint16
        assert np.abs(picture[..., channel] - np.clip(raw / 2000.0, 0, 1) * 255).max() <= 0.5
    assert 20 < picture.mean() < 200  # neither black nor white


def test_other_bands_on_other_grids(shared: Path, load: Load) -> None:
    [sample] = load(shared / FOLDER / PATCH, format_name="bigearthnet:B12,B08,B01").samples
    assert str(sample.images[0].source).endswith("{B12,B08,B01}.tif")
    assert (image_size(sample.images[0]), open_image(sample.images[0]).size) == ((120, 120), (120, 120))
    infrared = np.asarray(open_image(sample.images[0]))[..., 1]
    with Image.open(shared / FOLDER / PATCH / f"{PATCH}_B08.tif") as image:
        assert np.abs(infrared - np.clip(np.asarray(image) / 5000.0, 0, 1) * 255).max() <= 0.5
    [grey] = load(shared / FOLDER / PATCH, format_name="bigearthnet:B01").samples
    assert (image_size(grey.images[0]), open_image(grey.images[0]).size) == ((20, 20), (20, 20))
    for wrong in ("B04,B03", "B99"):
        with pytest.raises(ConfigError, match="name three of B01"):
            load(shared / FOLDER / PATCH, format_name=f"bigearthnet:{wrong}")


def test_a_patch_without_metadata_costs_that_patch(shared: Path, load: Load, tmp_path: Path) -> None:
    for name in ("S2A_MSIL2A_20170617T113321_4_55", "S2B_MSIL2A_20180101T000000_1_1", "S2B_MSIL2A_20180101T000000_1_2"):
        (tmp_path / name).mkdir()
    good = tmp_path / "S2A_MSIL2A_20170617T113321_4_55" / "S2A_MSIL2A_20170617T113321_4_55_labels_metadata.json"
    good.write_text(json.dumps({"labels": ["Pastures"]}))
    empty = tmp_path / "S2B_MSIL2A_20180101T000000_1_2" / "S2B_MSIL2A_20180101T000000_1_2_labels_metadata.json"
    empty.write_text(json.dumps({"labels": []}))
    found = load(tmp_path)
    assert ([row.id for row in found.rejected], [s.flaw for s in found.samples]) == (
        ["S2B_MSIL2A_20180101T000000_1_1"],
        [None, "no reference"],
    )


def test_the_classes_are_forty_three_and_lists_of_them_are_read() -> None:
    assert len(set(corine.CLASSES)) == 43
    assert corine.named("mixed forest and water bodies") == ("Mixed forest", "Water bodies")
    text = "land principally occupied by agriculture, with significant areas of natural vegetation, sea and ocean and beaches, dunes, sands"
    assert corine.named(text) == (corine.CLASSES[20], "Sea and ocean", "Beaches, dunes, sands")
    assert corine.named("mixed forest and a lake") is None
    assert corine.named("") is None


def test_every_name_of_a_path_stays_in_its_folder(shared: Path, tmp_path: Path, load: Load) -> None:
    assert bigearthnet.picture(PATCH, Path(PATCH)) == f"{PATCH}/{PATCH}_{{B04,B03,B02}}.tif"
    folder = tmp_path / "in" / "S2A_MSIL2A_20170617T113321_4_55"
    folder.mkdir(parents=True)
    (folder / f"{folder.name}_labels_metadata.json").write_text('{"labels": ["Pastures"]}')
    (tmp_path / "secret.tif").touch()
    (folder / f"{folder.name}_B03.tif").symlink_to(tmp_path / "secret.tif")
    with pytest.raises(Exception, match="outside the image roots"):
        load(tmp_path / "in")


def test_a_band_that_is_missing_or_no_band_is_one_sentence(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a_R.png")
    Image.new("L", (4, 4), 9).save(tmp_path / "a_G.png")
    for names, why in (
        ("R,G,G", "no single band of 8 or 16 bits"),
        ("G,G", "names 2 bands"),
        ("G,B,G", "a_B.png does not exist"),
    ):
        with pytest.raises(Exception, match=why):
            open_image(ImageRef(f"{tmp_path}/a_{{{names}}}.png"))
    assert open_image(ImageRef(f"{tmp_path}/a_{{G,G,G}}.png")).getpixel((0, 0)) == (9, 9, 9)
