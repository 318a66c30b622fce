"""GeoJSON polygons or boxes on images: xView's `bounds_imcoords`, or geometries in the coordinates of a georeferenced TIFF (RFC 7946; the older `crs` member is read).

Which image a feature lies on is said by its property `image`, `image_id` or `file_name`, else it is the TIFF of the file's own name. Coordinates are not reprojected: a file
in another reference system than its image is refused. A collection with the member `"frame": "pixel"` has pixel coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli.data.beside import identity_of_image, image_beside, size_of
from geovlm_cli.data.document import entries, load
from geovlm_cli.data.georeference import epsg_of_geojson, georeference_of
from geovlm_cli.data.loader import BadRow, Loader
from geovlm_cli.data.objects import UNNAMED, Marked, objects_of
from geovlm_cli.data.polygons import Point, rectangle
from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.task import ImageRef, Sample

IMAGE_KEYS = ("image", "image_id", "file_name")
CLASS_KEYS = ("class", "label", "category", "type_id", "type", "name")
FOLDERS = ("", "images", "train_images")
_LONGEST = 180.0  # degrees
ToPixels = Callable[[Point], Point]
Feature = Mapping[str, Any]


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise a feature collection."""
    return head.get("type") == "FeatureCollection" and "features" in head


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield one sample an image, its features as `Objects`. Raises DataError where the file and an image are in different reference systems."""
    if task is None:
        raise ConfigError(f"{clean(str(path))} holds annotated images, which no task owns; name one with --task.")
    document = load(path)
    by_image: dict[str, list[Feature]] = {}
    for feature in entries(document, "features"):
        by_image.setdefault(_image_of(feature, path), []).append(feature)
    for number, (name, features) in enumerate(by_image.items(), 1):
        image = image_beside(path.parent, FOLDERS, name)
        try:
            to_pixels = _to_pixels(document, features, path, path.parent / image)
        except (ValueError, TypeError, LookupError) as error:
            yield BadRow(number, identity_of_image(name), str(error))
            continue
        yield Sample(
            id=identity_of_image(name),
            task=task,
            images=(ImageRef(image),),
            image_size=size_of(path.parent / image),
            reference=objects_of("pixel", [mark for feature in features for mark in _marked(feature, to_pixels)]),
            meta={"image": name},
        )


def _properties(feature: Feature) -> Mapping[str, Any]:
    value = feature.get("properties")
    return value if isinstance(value, Mapping) else {}


def _image_of(feature: Feature, path: Path) -> str:
    properties = _properties(feature)
    return str(next((properties[key] for key in IMAGE_KEYS if properties.get(key)), path.stem))


def _class_of(feature: Feature) -> str:
    properties = _properties(feature)
    return str(next((properties[key] for key in CLASS_KEYS if properties.get(key) not in (None, "")), UNNAMED))


def _to_pixels(document: Mapping[str, Any], features: list[Feature], path: Path, image: Path) -> ToPixels:
    if document.get("frame") == "pixel" or all("bounds_imcoords" in _properties(feature) for feature in features):
        return lambda point: point
    place = georeference_of(image)
    if place is None:
        raise ValueError(
            f"image {clean(image.name, 60)} is missing or has no georeference, so coordinates have no place on it"
        )
    epsg = epsg_of_geojson(document)
    if epsg == place.epsg != 0:
        return place.to_pixels
    if not document.get("crs") and (far := _no_degrees(features)):
        raise DataError(
            f"{clean(str(path))} names no `crs`, so it is read as EPSG:4326, but {far} are no degrees; "
            f"name the system of its coordinates (`crs`), {_system(place.epsg)} where it is that of its image {clean(image.name, 60)}."
        )
    known = "is in" if document.get("crs") else "names no `crs`, so it is read as"
    said = (
        f"{clean(str(path))} {known} {_system(epsg)} and its image {clean(image.name, 60)} is in {_system(place.epsg)}"
    )
    if not epsg or not place.epsg:
        advice = 'give both an EPSG code (gdal_edit.py -a_srs, ogr2ogr -a_srs), or write pixels and the member `"frame": "pixel"`'
        raise DataError(f"{said}, so whether they are the same cannot be told; {advice}.")
    raise DataError(f"{said}; reproject the file first (ogr2ogr -t_srs EPSG:{place.epsg} OUT.geojson IN.geojson).")


def _no_degrees(features: list[Feature]) -> str:
    """Return the first coordinates that are no longitude and latitude, or the empty text."""
    for feature in features:
        try:
            points = [point for polygon in _polygons(feature) for point in polygon]
        except (ValueError, TypeError, LookupError):  # said of the object itself
            continue
        for x, y in points:
            if abs(x) > _LONGEST or abs(y) > _LONGEST / 2:
                return f"coordinates such as {x:.10g}, {y:.10g}"
    return ""


def _system(epsg: int) -> str:
    return f"EPSG:{epsg}" if epsg else "a reference system without an EPSG code"


def _polygons(feature: Feature) -> list[list[Point]]:
    """Return the outer rings of a feature; raises ValueError for one that is no polygon."""
    corners = _properties(feature).get("bounds_imcoords")
    if isinstance(corners, str):
        x1, y1, x2, y2 = (float(part) for part in corners.split(","))
        return [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]]
    geometry = feature.get("geometry")
    shape = geometry if isinstance(geometry, Mapping) else {}
    kind, rings = shape.get("type"), shape.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(rings, list):
        raise ValueError(f"a feature is a Polygon or MultiPolygon, found {clean(repr(kind), 40)}")
    outer = [rings[0]] if kind == "Polygon" else [polygon[0] for polygon in rings]
    return [[(float(point[0]), float(point[1])) for point in ring] for ring in outer]


def _marked(feature: Feature, to_pixels: ToPixels) -> list[Marked]:
    """Return the objects of a feature, one a polygon."""
    name = _class_of(feature)
    try:
        return [(name, rectangle([to_pixels(point) for point in polygon])) for polygon in _polygons(feature)]
    except (ValueError, TypeError, LookupError) as error:
        return [(name, str(error))]


LOADER = Loader(name="geojson", detect=detect, read=read, frame="pixel")
