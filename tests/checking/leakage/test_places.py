from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geovlm_cli.checking.leakage.places import near, place_of, places_of
from geovlm_cli.task import ImageRef, Sample

PATCH = "S2A_MSIL2A_20170617T113321_4_55"


@pytest.mark.parametrize(
    ("meta", "place"),
    [
        ({"lat": 48.1, "lon": 11.5}, (48.1, 11.5)),
        ({"latitude": "48.1", "longitude": "11.5"}, (48.1, 11.5)),
        ({"geometry": {"type": "Point", "coordinates": [11.5, 48.1]}}, (48.1, 11.5)),
        ({"coordinates": [11.5, 48.1]}, (48.1, 11.5)),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}, None),
        ({"lat": 480, "lon": 11.5}, None),
        ({"lat": "north", "lon": 1}, None),
        ({"lat": True}, None),
        ({}, None),
    ],
)
def test_places_are_read_from_the_usual_keys(meta: dict[str, Any], place: Any) -> None:
    assert place_of(meta) == place


def test_distances_are_great_circles() -> None:
    """One degree of latitude is 111.195 km on the mean sphere; of longitude at 60° half of it."""
    found = list(near([(60.0, 0.0), (0.0, 0.0)], [(60.0, 0.001), (1.0, 0.0), (0.0005, 0.0)], 100))
    assert [(i, j) for i, j, _ in found] == [(0, 0), (1, 2)]
    assert [round(distance, 1) for _, _, distance in found] == [55.6, 55.6]


def test_the_date_line_does_not_part_neighbours() -> None:
    assert [(i, j) for i, j, _ in near([(0.0, 179.9999)], [(0.0, -179.9999)], 30)] == [(0, 0)]


def test_the_bytes_of_a_geotiff_tell_what_the_file_does(shared: Path) -> None:
    """A band of BigEarthNet as GDAL wrote it; its labels_metadata.json: EPSG:32629, upper left corner 604800, 5834040, 120 px of 10 m."""
    file = shared / "bigearthnet-s2-tiny" / PATCH / f"{PATCH}_B04.tif"
    meta = json.loads((file.parent / f"{PATCH}_labels_metadata.json").read_text())
    assert meta["coordinates"]["ulx"] == 604800
    sources: list[str | bytes] = [
        str(file),
        file.read_bytes(),
        file.read_bytes()[:60],
        b"\xff\xd8\xff no TIFF",
        b"II*\0",
    ]
    rows = [Sample(id=str(i), task="scene", images=(ImageRef(source),)) for i, source in enumerate(sources)]
    in_file, in_bytes, *others = places_of(rows)
    assert in_file is not None
    assert in_bytes == in_file
    assert in_file == pytest.approx((52.64, -7.44), abs=0.02)
    assert others == [None, None, None]
