from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from geovlm_cli.data.georeference import georeference_of
from geovlm_cli.data.images import image_size
from geovlm_cli.errors import DataError

Load = Callable[..., Any]
PATCH = "S2A_MSIL2A_20170617T113321_4_55"
# Its labels_metadata.json: EPSG:32629, upper left corner 604800, 5834040, 120 px of 10 m.
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32629"}}


def polygon(*points: tuple[float, float], **properties: Any) -> dict[str, Any]:
    ring = [list(point) for point in (*points, points[0])]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def written(folder: Path, *features: Any, name: str = "a.geojson", **members: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def test_xview_writes_pixels_beside_its_geometry(folder: Path, load: Load) -> None:
    # xView's baseline README: properties bounds_imcoords "xmin,ymin,xmax,ymax", image_id, type_id.
    features = [
        {
            "type": "Feature",
            "geometry": None,
            "properties": {"bounds_imcoords": box, "image_id": "a.png", "type_id": 73},
        }
        for box in ("10,20,30,40", "50,60,70,80")
    ]
    found = load(written(folder, *features), task="boxes")
    [sample] = found.samples
    assert (found.format, sample.id, sample.image_size) == ("geojson", "a/73", (200, 100))
    assert sample.reference.array.tolist() == [[10, 20, 30, 40, 0], [50, 60, 70, 80, 0]]


def test_pixel_coordinates_are_declared(folder: Path, load: Load) -> None:
    diamond = polygon((50, 30), (70, 50), (50, 70), (30, 50), label="ship")
    [sample] = load(written(folder, diamond, frame="pixel"), task="boxes").samples
    assert sample.reference.array[0].tolist() == pytest.approx(
        [50 - 200**0.5, 50 - 200**0.5, 50 + 200**0.5, 50 + 200**0.5, 45]
    )


def test_coordinates_without_a_place_cost_their_image(folder: Path, load: Load) -> None:
    with pytest.raises(DataError, match="missing or has no georeference"):
        load(written(folder, polygon((1, 1), (2, 1), (2, 2))), task="boxes")


def test_coordinates_of_the_image_own_system(shared: Path, folder: Path, load: Load) -> None:
    tiff = shared / "bigearthnet-s2-tiny" / PATCH / f"{PATCH}_B04.tif"
    place = georeference_of(tiff)
    assert place is not None
    assert (place.epsg, place.to_pixels((604800, 5834040)), place.to_pixels((606000, 5832840))) == (
        32629,
        (0, 0),
        (120, 120),
    )
    (folder / "field.tif").write_bytes(tiff.read_bytes())
    square = polygon((604900, 5833940), (605000, 5833940), (605000, 5833740), (604900, 5833740), **{"class": "field"})
    [sample] = load(written(folder, square, name="field.geojson", crs=CRS), task="boxes").samples
    assert sample.reference.array.tolist() == [[10, 10, 20, 30, 0]]
    assert sample.image_size is None  # its 16 bits are not read as a picture


def geotiff(path: Path, code: int | None) -> None:
    """Write three 16-bit bands at 0.5 m as GDAL does (grey, and two bands more, which Pillow does not open), with the tags of OGC GeoTIFF 1.1."""
    raw = np.zeros((4, 4, 3), "<u2").tobytes()
    tags = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    keys = [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, code or 32767]
    tags.tagtype |= {33550: 12, 33922: 12, 34735: 3}
    for tag, value in {
        256: 4,
        257: 4,
        258: (16, 16, 16),
        259: 1,
        262: 1,
        273: 8,
        277: 3,
        338: (0, 0),
        278: 4,
        279: len(raw),
    }.items():
        tags[tag] = value
    tags[33550], tags[33922], tags[34735] = (0.5, 0.5, 0.0), (0.0, 0.0, 0.0, 1000.0, 2000.0, 0.0), tuple(keys)
    header = b"II*\0" + (8 + len(raw)).to_bytes(4, "little")
    path.write_bytes(header + raw + tags.tobytes(8 + len(raw)))


def test_a_picture_of_16_bits_has_a_georeference(folder: Path, load: Load) -> None:
    geotiff(folder / "b.tif", 32633)
    square = polygon((1000.5, 1999.5), (1001.5, 1999.5), (1001.5, 1998.5), (1000.5, 1998.5))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}
    found = load(written(folder, square, name="b.geojson", crs=crs), task="boxes")
    assert found.samples[0].reference.array.tolist() == [[1, 1, 3, 3, 0]]
    with pytest.raises(
        DataError, match=r"b\.tif is a TIFF of a kind that is not read, perhaps of more than 8 bits a band"
    ):
        image_size(found.samples[0].images[0])


def test_a_reference_system_without_a_code_is_said(folder: Path, load: Load) -> None:
    geotiff(folder / "b.tif", None)
    with pytest.raises(
        DataError, match=r"EPSG:4326 and its image b\.tif is in a reference system without an EPSG code, so"
    ):
        load(written(folder, polygon((1, 1), (2, 1), (2, 2)), name="b.geojson"), task="boxes")


def test_metres_in_a_file_that_names_no_system_are_said(folder: Path, load: Load) -> None:
    geotiff(folder / "b.tif", 32633)
    with pytest.raises(
        DataError, match=r"no `crs`, so .* but coordinates such as 1000\.5, 1999\.5 are no degrees; name"
    ):
        load(written(folder, polygon((1000.5, 1999.5), (1001.5, 1999.5), (1, 1)), name="b.geojson"), task="boxes")


def test_another_reference_system_is_one_sentence(shared: Path, folder: Path, load: Load) -> None:
    tiff = shared / "bigearthnet-s2-tiny" / PATCH / f"{PATCH}_B04.tif"
    (folder / "field.tif").write_bytes(tiff.read_bytes())
    path = written(folder, polygon((-7.4, 52.6), (-7.3, 52.6), (-7.3, 52.7)), name="field.geojson")
    with pytest.raises(
        DataError,
        match=r"names no `crs`, so it is read as EPSG:4326 and its image field.tif is in EPSG:32629; reproject",
    ):
        load(path, task="boxes")


@pytest.mark.parametrize("geometry", [None, {"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon"}])
def test_what_is_no_polygon_flaws_the_row_of_its_class(folder: Path, load: Load, geometry: Any) -> None:
    good = polygon((50, 30), (70, 30), (70, 70), (50, 70), image="a.png")
    bad = {"type": "Feature", "properties": {"image": "a.png", "class": "ship"}, "geometry": geometry}
    other, ship = load(written(folder, good, bad, frame="pixel"), task="boxes").samples
    assert (other.id, other.flaw, ship.id) == ("a/object", None, "a/ship")
    assert str(ship.flaw).startswith("an object cannot be read: a feature is a Polygon or MultiPolygon, found")
