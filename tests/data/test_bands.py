from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.data.bands import expanded
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.data.roots import OutsideRootError, Roots
from geovlm_cli.errors import DataError
from geovlm_cli.task import ImageRef


def band(path: Path, values: list[list[int]]) -> None:
    Image.fromarray(np.array(values, dtype=np.uint16)).save(path)


@pytest.fixture
def patch(tmp_path: Path) -> str:
    band(tmp_path / "p_B04.tif", [[0, 1000], [2000, 9000]])
    band(tmp_path / "p_B03.tif", [[2, 20], [200, 2000]])
    band(tmp_path / "p_B08.tif", [[0, 2500], [5000, 65535]])
    band(tmp_path / "p_B11.tif", [[5000]])
    return f"{tmp_path}/p_{{}}.tif"


def picture(path: str, names: str) -> list[list[list[int]]]:
    found: list[list[list[int]]] = np.asarray(open_image(ImageRef(path.format("{" + names + "}")))).tolist()
    return found


def test_visible_and_infrared_bands_have_their_own_white(patch: str) -> None:
    assert picture(patch, "B04,B03,B08") == [[[0, 0, 0], [128, 3, 128]], [[255, 26, 255], [255, 255, 255]]]


def test_one_band_is_grey_and_coarse_ones_are_refined(patch: str) -> None:
    assert picture(patch, "B04") == [[[0] * 3, [128] * 3], [[255] * 3, [255] * 3]]
    assert picture(patch, "B11,B04,B11")[0][0] == [255, 0, 255]
    assert image_size(ImageRef(patch.format("{B11,B04,B11}"))) == (2, 2)


def test_a_path_without_bands_is_itself() -> None:
    assert expanded("a/b.png") == ["a/b.png"]
    assert expanded("a_{B1,B2}.tif") == ["a_B1.tif", "a_B2.tif"]
    assert expanded("a_{B1/B2}.tif") == ["a_{B1/B2}.tif"]


@pytest.mark.parametrize(
    ("names", "why"),
    [("B04,B03", "names 2 bands"), ("B04,B99,B04", "p_B99.tif does not exist"), ("RGB,B04,B04", "no single band")],
)
def test_what_is_no_stack_is_one_sentence(patch: str, names: str, why: str) -> None:
    Image.new("RGB", (2, 2)).save(patch.format("RGB"))
    with pytest.raises(DataError, match=why):
        picture(patch, names)


def test_every_band_lies_in_the_roots(patch: str, tmp_path: Path) -> None:
    ref = ImageRef("p_{B04,B03,B08}.tif")
    assert Roots([tmp_path]).resolve(ref).source == patch.format("{B04,B03,B08}").replace(
        str(tmp_path), str(tmp_path.resolve())
    )
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "p_B04.tif").symlink_to(tmp_path / "p_B04.tif")
    with pytest.raises(OutsideRootError):
        Roots([inner]).resolve(ref)
