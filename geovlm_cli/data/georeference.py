"""Where an image lies on the earth, read from a GeoTIFF's own tags (OGC GeoTIFF 1.1, sections 7.1 and 7.4), and the reference system of a GeoJSON file."""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from geovlm_cli.data.degrees import Place, to_degrees
from geovlm_cli.data.polygons import Point

_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS = 33550, 33922, 34264, 34735
_PROJECTED, _GEOGRAPHIC, _RASTER_TYPE = 3072, 2048, 1025
_PIXEL_IS_POINT = 2
_USER_DEFINED = 32767
_WIDTH, _HEIGHT = 256, 257
_BIG_TIFF = 43
_READ = (_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS, _WIDTH, _HEIGHT)
_OLD_CODES = {900913: 3857, 102100: 3857}  # of Web Mercator, from before EPSG had one and of ESRI
_WGS84 = 4326
_EPSG = re.compile(r"EPSG:+(\d+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Georeference:
    """A reference system (EPSG code; 0 = not said, or none of EPSG's) and the six numbers of x = a + b·column + c·row, y = d + e·column + f·row."""

    epsg: int
    affine: tuple[float, float, float, float, float, float]

    def to_pixels(self, point: Point) -> Point:
        """Return (column, row) of a point, counted from the upper left corner of the upper left pixel."""
        a, b, c, d, e, f = self.affine
        x, y = point[0] - a, point[1] - d
        det = b * f - c * e
        return (x * f - y * c) / det, (y * b - x * e) / det

    def to_coordinates(self, column: float, row: float) -> Point:
        """Return the point of a place in the image, counted from the upper left corner of the upper left pixel."""
        a, b, c, d, e, f = self.affine
        return a + b * column + c * row, d + e * column + f * row


def georeference_of(path: Path) -> Georeference | None:
    """Return where an image lies, or None where it is not here, is no TIFF, or its tags do not say."""
    return _georeference(_known_tags(path))


def place_of_image(source: Path | bytes) -> Place | None:
    """Return (latitude, longitude) of the centre of an image, a file or the bytes of one, or None where its tags do not say, or in a reference system that `to_degrees` lacks."""
    tags = _known_tags(source)
    found = _georeference(tags)
    try:
        centre = float(tags[_WIDTH]) / 2, float(tags[_HEIGHT]) / 2
    except (LookupError, TypeError, ValueError):
        return None
    return to_degrees(found.epsg, *found.to_coordinates(*centre)) if found else None


def _georeference(tags: Mapping[int, Any]) -> Georeference | None:
    keys = _geo_keys(tags.get(_KEYS, ()))
    affine = _affine(tags, shift=0.5 if keys.get(_RASTER_TYPE) == _PIXEL_IS_POINT else 0.0)
    code = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC) or 0
    return None if affine is None else Georeference(0 if code == _USER_DEFINED else code, affine)


def _known_tags(source: Path | bytes) -> Mapping[int, Any]:
    """Return the tags of a TIFF, none of what is no TIFF or does not read."""
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # Pillow's, of a file that is cut off; images are checked elsewhere
            return _tags(file)
    except (OSError, ValueError, SyntaxError, TypeError, LookupError, struct.error):
        return {}


def _tags(file: BinaryIO) -> Mapping[int, Any]:
    """Return the tags of the first image of a TIFF file, whatever its pixels are: Pillow opens no image of three bands of 16 bits."""
    header = file.read(8)
    header += file.read(8) if header[2:3] == bytes([_BIG_TIFF]) or header[3:4] == bytes([_BIG_TIFF]) else b""
    directory = ImageFileDirectory_v2(header)
    file.seek(directory.next)
    directory.load(file)
    return {tag: directory[tag] for tag in _READ if tag in directory}


def epsg_of_geojson(document: Mapping[str, Any]) -> int:
    """Return the EPSG code of a GeoJSON file: that of the `crs` member of 2008, else WGS 84; 0 for a name that is no EPSG code."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if name is None or str(name).endswith("CRS84"):
        return _WGS84
    code = _EPSG.search(str(name).replace("::", ":"))
    return _OLD_CODES.get(int(code[1]), int(code[1])) if code else 0


def _geo_keys(directory: Sequence[int]) -> dict[int, int]:
    """Return the keys whose value stands in the directory itself: groups of four after the header (id, location 0, count, value)."""
    groups = (directory[start : start + 4] for start in range(4, len(directory) - 3, 4))
    return {key: value for key, location, _, value in groups if location == 0}


def _affine(tags: Mapping[int, Any], shift: float) -> tuple[float, float, float, float, float, float] | None:
    matrix, scale, tie = tags.get(_TRANSFORMATION), tags.get(_PIXEL_SCALE), tags.get(_TIEPOINT)
    if matrix and len(matrix) == 16:
        b, c, a, e, f, d = (float(matrix[place]) for place in (0, 1, 3, 4, 5, 7))
    elif scale and tie and len(tie) >= 6:
        b, c, e, f = float(scale[0]), 0.0, 0.0, -float(scale[1])
        a, d = float(tie[3]) - b * float(tie[0]), float(tie[4]) - f * float(tie[1])
    else:
        return None
    if b * f - c * e == 0:
        return None
    return a - shift * (b + c), b, c, d - shift * (e + f), e, f
