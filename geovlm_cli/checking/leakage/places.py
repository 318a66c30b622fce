"""Where rows lie on the Earth, as far as their `meta` or their images say, and which lie close together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geovlm_cli.data import bands
from geovlm_cli.data.degrees import Place
from geovlm_cli.data.georeference import place_of_image
from geovlm_cli.task import ImageRef, Sample

_NAMES = (("lat", "lon"), ("latitude", "longitude"), ("lat", "lng"), ("lat", "long"), ("center_lat", "center_lon"))
_RADIUS = 6_371_008.8  # metres, mean radius of the Earth (IUGG)
_CHUNK = 1024


def places_of(samples: Sequence[Sample]) -> list[Place | None]:
    """Return the place of each row: what its meta says, else the centre of the first of its images that is a GeoTIFF, in a file or within the data; each image is opened once."""
    known: dict[str | bytes, Place | None] = {}

    def of_image(ref: ImageRef) -> Place | None:
        source = ref.source
        if source not in known:
            known[source] = place_of_image(Path(bands.expanded(source)[0]) if isinstance(source, str) else source)
        return known[source]

    def of_images(sample: Sample) -> Place | None:
        return next((place for place in map(of_image, sample.images) if place), None)

    return [place_of(sample.meta) or of_images(sample) for sample in samples]


def place_of(meta: Mapping[str, Any]) -> Place | None:
    """Return (latitude, longitude) in degrees from the usual keys of a row's meta, or None.

    Read are lat/lon, latitude/longitude, lat/lng, lat/long, center_lat/center_lon, and a GeoJSON point [longitude, latitude] under `geometry` or
    `coordinates`.
    """
    for lat, lon in _NAMES:
        if found := _checked(meta.get(lat), meta.get(lon)):
            return found
    point = meta.get("geometry", meta)
    pair = point.get("coordinates") if isinstance(point, Mapping) else None
    return _checked(pair[1], pair[0]) if isinstance(pair, list | tuple) and len(pair) == 2 else None


def near(ours: Sequence[Place], theirs: Sequence[Place], metres: float) -> Iterator[tuple[int, int, float]]:
    """Yield (i, j, distance in metres) for each place of ours with the nearest of theirs, where that is nearer than `metres` on the sphere."""
    first, second = _on_sphere(ours), _on_sphere(theirs)
    for start in range(0, len(first), _CHUNK):
        chord = np.linalg.norm(first[start : start + _CHUNK, None, :] - second[None, :, :], axis=2)
        for i, j in enumerate(chord.argmin(axis=1).tolist()):
            distance = 2 * _RADIUS * math.asin(min(1.0, float(chord[i, j]) / 2))
            if distance < metres:
                yield start + i, j, distance


def _checked(lat: Any, lon: Any) -> Place | None:
    try:
        place = float(lat), float(lon)
    except (TypeError, ValueError):
        return None
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 360 else None


def _on_sphere(places: Sequence[Place]) -> np.ndarray[Any, np.dtype[np.float64]]:
    lat, lon = np.deg2rad(np.array(places, dtype=np.float64)).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
