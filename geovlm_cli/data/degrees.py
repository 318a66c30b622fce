"""Latitude and longitude of projected coordinates, for the reference systems that satellite images come in: degrees, UTM and Web Mercator.

The inverse transverse Mercator is Krüger's series in the third flattening, to its fourth power (IOGP Guidance Note 373-7-2, method 9807; below a millimetre
inside a zone). WGS 84, ETRS89 and NAD83 are taken for one: they differ by two metres at most.
"""

from __future__ import annotations

import math

Place = tuple[float, float]
"""Latitude and longitude in degrees."""

_AXIS, _FLATTENING = 6_378_137.0, 1 / 298.257223563  # metres; WGS 84
_SCALE, _FALSE_EAST, _FALSE_NORTH = 0.9996, 500_000.0, 10_000_000.0  # of UTM
_GEOGRAPHIC = (4326, 4258, 4269)
_WEB_MERCATOR = 3857
_UTM_NORTH = {32600: 60, 25800: 60, 26900: 23}  # WGS 84, ETRS89, NAD83: the code of zone 0, and the last zone
_UTM_SOUTH = 32700

_N = _FLATTENING / (2 - _FLATTENING)
_RADIUS = _AXIS / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETAS = (
    _N / 2 - 2 / 3 * _N**2 + 37 / 96 * _N**3 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 / 1440 * _N**4,
    17 / 480 * _N**3 - 37 / 840 * _N**4,
    4397 / 161_280 * _N**4,
)


def to_degrees(epsg: int, x: float, y: float) -> Place | None:
    """Return (latitude, longitude) of a point (easting or longitude, northing or latitude); None for systems that are not known here, and for what is no point on the Earth."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    if epsg in _GEOGRAPHIC:
        place = (y, x)
    elif epsg == _WEB_MERCATOR:
        place = (math.degrees(math.atan(math.sinh(max(-20.0, min(20.0, y / _AXIS))))), math.degrees(x / _AXIS))
    elif 0 < (zone := epsg - _UTM_SOUTH) <= 60:
        place = _from_utm(zone, x, y - _FALSE_NORTH)
    else:
        zones = [epsg - first for first, last in _UTM_NORTH.items() if 0 < epsg - first <= last]
        if not zones:
            return None
        place = _from_utm(zones[0], x, y)
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 360 else None


def _from_utm(zone: int, east: float, north: float) -> Place:
    """Return the place of a point of a zone; `north` in metres from the equator."""
    xi, eta = north / (_SCALE * _RADIUS), (east - _FALSE_EAST) / (_SCALE * _RADIUS)
    if abs(xi) > math.pi / 2 or abs(eta) > 1:
        return math.inf, math.inf
    terms = [(2 * (k + 1), beta) for k, beta in enumerate(_BETAS)]
    xi0 = xi - sum(beta * math.sin(k * xi) * math.cosh(k * eta) for k, beta in terms)
    eta0 = eta - sum(beta * math.cos(k * xi) * math.sinh(k * eta) for k, beta in terms)
    conformal = math.asin(math.sin(xi0) / math.cosh(eta0))
    longitude = math.degrees(math.atan2(math.sinh(eta0), math.cos(xi0))) + zone * 6 - 183
    return math.degrees(_geodetic(conformal)), longitude


def _geodetic(conformal: float) -> float:
    """Return the latitude of a conformal latitude, both in radians, by fixed-point iteration (each step gains two digits and more)."""
    e = math.sqrt(_FLATTENING * (2 - _FLATTENING))
    isometric = math.asinh(math.tan(conformal))
    latitude = conformal
    for _ in range(8):
        latitude = math.atan(math.sinh(isometric + e * math.atanh(e * math.sin(latitude))))
    return latitude
