from __future__ import annotations

import math

import pytest

from geovlm_cli.data.degrees import to_degrees


@pytest.mark.parametrize(
    ("epsg", "x", "y", "latitude", "longitude"),
    [
        (32632, 395201.3103811303, 5673135.241182375, 51.2, 7.5),  # README of the package utm
        (32631, 500000, 0, 0.0, 3.0),
        (32756, 500000, 10_000_000, 0.0, 153.0),
        (
            3857,
            -11169055.576258447,
            2800000.0,
            24.381786944444446,
            -100.33333333333333,
        ),  # IOGP 373-7-2, example of method 1024
        (4326, 11.5, 48.1, 48.1, 11.5),
    ],
)
def test_published_points(epsg: int, x: float, y: float, latitude: float, longitude: float) -> None:
    place = to_degrees(epsg, x, y)
    assert place == pytest.approx((latitude, longitude), abs=2e-7)


def snyder(latitude: float, longitude: float, meridian: float) -> tuple[float, float]:
    """Return easting and northing on WGS 84 by Snyder's series (USGS Professional Paper 1395, equations 3-21 and 8-9 to 8-15)."""
    flattening = 1 / 298.257223563
    e2 = flattening * (2 - flattening)
    second, phi = e2 / (1 - e2), math.radians(latitude)
    t, c = math.tan(phi) ** 2, second * math.cos(phi) ** 2
    a, n = math.cos(phi) * math.radians(longitude - meridian), 6378137 / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    arc = 6378137 * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * math.sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * math.sin(4 * phi)
        - 35 * e2**3 / 3072 * math.sin(6 * phi)
    )
    x = a + (1 - t + c) * a**3 / 6 + (5 - 18 * t + t**2 + 72 * c - 58 * second) * a**5 / 120
    y = a**2 / 2 + (5 - t + 9 * c + 4 * c**2) * a**4 / 24 + (61 - 58 * t + t**2 + 600 * c - 330 * second) * a**6 / 720
    return 0.9996 * n * x + 500000, 0.9996 * (arc + n * math.tan(phi) * y)


@pytest.mark.parametrize(("zone", "meridian"), [(1, -177), (29, -9), (32, 9), (60, 177)])
@pytest.mark.parametrize("latitude", [0.5, 23.4, 51.5, 78.0])
@pytest.mark.parametrize("aside", [-3.0, 0.1, 2.9])
def test_utm_undoes_snyders_projection(zone: int, meridian: float, latitude: float, aside: float) -> None:
    east, north = snyder(latitude, meridian + aside, meridian)
    for first in (32600, 25800):
        assert to_degrees(first + zone, east, north) == pytest.approx((latitude, meridian + aside), abs=2e-7)


def test_the_southern_half_mirrors_the_northern() -> None:
    north, south = to_degrees(32632, 340000, 5710000), to_degrees(32732, 340000, 4290000)
    assert north is not None
    assert south == pytest.approx((-north[0], north[1]))


@pytest.mark.parametrize(
    ("epsg", "x", "y"),
    [(2154, 1, 1), (0, 1, 1), (32661, 1, 1), (32632, 1e9, 0), (32632, 5e5, 1e300), (4326, 11, 91), (4326, math.nan, 1)],
)
def test_other_systems_and_points_off_the_earth_have_no_place(epsg: int, x: float, y: float) -> None:
    assert to_degrees(epsg, x, y) is None
