"""Multispectral rows as `datasets` writes them, in the columns that EarthDial's scripts read (eval/rs_classification/classification_test.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from geovlm_eo.loaders.bigearthnet import BANDS
from numpy.typing import NDArray
from PIL import Image

from geovlm_cli.data.images import open_image
from geovlm_cli.errors import ConfigError, DataError

Load = Callable[..., Any]
PATCH = "S2A_MSIL2A_20170617T113321_36_85"
TURNS = json.dumps([{"from": "human", "value": "<image>\n[s2_ms_10] What?"}, {"from": "gpt", "value": "Pastures"}])
GROUND = np.arange(48, dtype=np.float64).reshape(4, 4, 3) * 5


@pytest.fixture(autouse=True)
def quiet() -> None:
    datasets.disable_progress_bars()


def saved(path: Path, columns: dict[str, Any], **features: Any) -> Path:
    """Save one training row of these columns as a shard."""
    made = datasets.Dataset.from_dict({**{key: [value] for key, value in columns.items()}, "conversations": [TURNS]})
    for key, feature in features.items():
        made = made.cast_column(key, feature)
    made.save_to_disk(path)
    return path


def pixels(found: Any) -> NDArray[np.uint8]:
    [sample] = found.samples
    [image] = sample.images
    return np.asarray(open_image(image))


def sentinel(shared: Path) -> NDArray[np.uint16]:
    """Return the twelve bands of a real patch on the grid of the finest, bands × height × width."""
    grids = []
    for name in BANDS:
        with Image.open(shared / "bigearthnet-s2-tiny" / PATCH / f"{PATCH}_{name}.tif") as band:
            grids.append(np.kron(np.asarray(band), np.ones([120 // band.height] * 2, dtype=np.uint16)))
    return np.stack(grids)


@pytest.mark.parametrize("column", ["list", "array", "shards of parquet"])
@pytest.mark.parametrize("names", ["", "B08,B04,B03"])
def test_twelve_bands_are_the_picture_that_their_patch_is(
    shared: Path, tmp_path: Path, load: Load, column: str, names: str
) -> None:
    option = f":{names}" if names else ""
    stack = sentinel(shared)
    path = saved(tmp_path / "set", {"tif_ms": stack.tolist()})
    if column != "list":
        features = datasets.Features(
            tif_ms=datasets.Array3D(stack.shape, "uint16"), conversations=datasets.Value("string")
        )
        made = datasets.Dataset.from_dict({"tif_ms": [stack], "conversations": [TURNS]}, features=features)
        path = tmp_path / "array"
        made.save_to_disk(path)
        if column != "array":
            path = tmp_path / "parquet"
            path.mkdir()
            made.to_parquet(path / "train-0.parquet")
    found = load(path, task="multi-label", format_name=f"earthdial{option}" if names else None)
    whole = load(shared / "bigearthnet-s2-tiny" / PATCH, format_name=f"bigearthnet{option}")
    assert found.format == "earthdial"
    assert (pixels(found) == pixels(whole)).all()
    assert [(s.question, s.reference) for s in found.samples] == [("What?", ("Pastures",))]


def test_ten_bands_are_reflectance_without_b01_and_b09(tmp_path: Path, load: Load) -> None:
    """So2Sat LCZ42: B02, B03, B04, B05, B06, B07, B08, B8A, B11, B12, divided by 10,000."""
    stack = np.zeros((10, 2, 3))
    stack[0], stack[2], stack[9] = 0.1, 0.2, 0.25
    path = saved(tmp_path / "set", {"tif_ms": stack.tolist()})
    assert pixels(load(path, task="scene")).tolist() == [[[255, 0, 128]] * 3] * 2
    assert pixels(load(path, task="scene", format_name="earthdial-tokens:B12")).tolist() == [[[128] * 3] * 3] * 2


def test_bands_on_other_grids_are_refined(tmp_path: Path, load: Load) -> None:
    ragged = [np.full((2, 2) if name == "B02" else (4, 4), 2000).tolist() for name in BANDS]
    assert pixels(load(saved(tmp_path / "set", {"tif_ms": ragged}), task="scene")).tolist() == [[[255] * 3] * 4] * 4


@pytest.mark.parametrize("encoded", [False, True])
def test_a_methane_row_is_its_colours_or_the_filter(tmp_path: Path, load: Load, encoded: bool) -> None:
    methane = np.array([[0, 200], [255, 10]])
    columns: dict[str, Any] = {"tif_pl": GROUND.tolist(), "mag1c": methane.tolist()}
    features = {}
    if encoded:
        columns = {
            "tif_pl": Image.fromarray(GROUND.astype(np.uint8)),
            "mag1c": Image.fromarray(methane.astype(np.uint8)),
        }
        features = {"tif_pl": datasets.Image(), "mag1c": datasets.Image()}
    path = saved(tmp_path / "set", columns, **features)
    assert (pixels(load(path, task="vqa")) == GROUND).all()
    assert (pixels(load(path, task="vqa", format_name="earthdial:mag1c")) == methane[..., None]).all()
    alone = saved(tmp_path / "alone", {"mag1c": [methane.tolist()]})  # one band first, as the script takes it too
    assert (pixels(load(alone, task="vqa")) == methane[..., None]).all()


def test_four_bands_in_the_order_of_their_column(tmp_path: Path, load: Load) -> None:
    stack = np.moveaxis(np.dstack([GROUND, 255 - GROUND[..., 0]]), -1, 0)
    path = saved(tmp_path / "set", {"rgbi": stack.tolist()})
    assert (pixels(load(path, task="scene")) == GROUND).all()
    infrared = pixels(load(path, task="scene", format_name="earthdial:I,R,G"))
    assert (infrared == np.dstack([stack[3], stack[0], stack[1]])).all()


def test_a_picture_beside_bands_is_the_picture_until_bands_are_named(tmp_path: Path, load: Load) -> None:
    columns = {"jpg": Image.new("RGB", (3, 2), "white"), "mag1c": np.zeros((2, 3)).tolist()}
    path = saved(tmp_path / "set", columns, jpg=datasets.Image())
    assert pixels(load(path, task="scene")).min() > 250
    assert pixels(load(path, task="scene", format_name="earthdial:mag1c")).max() == 0


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"tif_ms": np.zeros((8, 2, 2)).tolist()}, "known where they are 12 or 10, found 8"),
        ({"tif_ms": np.full((12, 2, 2), 0.3).tolist()}, "reflectance × 10,000 in whole numbers"),
        ({"tif_ms": np.full((10, 2, 2), 900).tolist()}, "10 bands of `tif_ms` are reflectance, found 900"),
        ({"tif_ms": np.zeros((12, 2)).tolist()}, "bands × height × width, found a band of 1 axes"),
        ({"tif_ms": "a.tif"}, "`tif_ms` is no array of bands"),
        ({"tif_pl": np.zeros((3, 4, 4)).tolist()}, "no array of 3 bands, found axes of 4×3×4"),
        ({"tif_pl": np.full((4, 4, 3), 0.4).tolist()}, "`tif_pl` is 0…255, found 0.4…0.4"),
        ({"mag1c": [[900.0]]}, "`mag1c` is 0…255, found 900…900"),
        ({"mag1c": [[float("nan")]]}, "holds no pixel or one without a value"),
        ({"mag1c": [["a"]]}, "`mag1c` is no array of numbers"),
        ({"mag1c": "a.tif"}, "`mag1c` is neither an array nor an encoded image"),
    ],
)
def test_what_the_format_does_not_tell_costs_the_row(
    tmp_path: Path, load: Load, columns: dict[str, Any], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        load(saved(tmp_path / "set", columns), task="scene")


def test_a_row_without_the_bands_asked_for_is_rejected(tmp_path: Path, load: Load) -> None:
    path = saved(tmp_path / "set", {"mag1c": [[1.0]]})
    with pytest.raises(DataError, match="lacks a band that is asked for, found mag1c: B04"):
        load(path, task="scene", format_name="earthdial:B04")
    plain = saved(tmp_path / "plain", {"jpg": Image.new("RGB", (3, 2))}, jpg=datasets.Image())
    with pytest.raises(DataError, match="lacks a band that is asked for, found none: B04"):
        load(plain, task="scene", format_name="earthdial:B04,B03,B02")


def test_an_encoded_filter_of_floats_has_no_known_scale(tmp_path: Path, load: Load) -> None:
    picture = Image.fromarray(np.ones((2, 2), dtype=np.float32))
    path = saved(tmp_path / "set", {"mag1c": picture}, mag1c=datasets.Image())
    with pytest.raises(DataError, match="`mag1c` cannot be read"):
        load(path, task="scene")


def test_an_option_names_known_bands(tmp_path: Path, load: Load) -> None:
    path = saved(tmp_path / "set", {"mag1c": [[1.0]]})
    for wrong in ("B04,B03", "B99"):
        with pytest.raises(ConfigError, match=r"name three of B01.*mag1c"):
            load(path, task="scene", format_name=f"earthdial:{wrong}")
