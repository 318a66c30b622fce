"""xBD (Gupta et al. 2019): `labels/NAME_{pre,post}_disaster.json` beside `images/NAME_{pre,post}_disaster.png`, building polygons as WKT in pixels under `features.xy`;
or the whole download, with that in each of `train`, `tier3`, `test` and `hold`.

Keys: xView2's baseline (utils/mask_polygons.py: `feature["features"]["xy"]`, `wkt`, `properties.uid`, `properties.subtype`). Every row has two images, before and after.

damage              a row a building: its upright box is the region, its `subtype` the label; un-classified buildings are left out, and those without a polygon reported
detection           a row a damage level and scene: the upright boxes of the buildings that have it
temporal            a row a scene: the type of the disaster
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.boxes import boxes
from geovlm_cli.data import BadRow
from geovlm_cli.data.beside import any_ends
from geovlm_cli.data.document import entries, load
from geovlm_cli.data.objects import objects_of
from geovlm_cli.data.polygons import upright
from geovlm_cli.errors import ConfigError, DataError, clean, nearest

AFTER, BEFORE = "_post_disaster", "_pre_disaster"
SPLITS = ("train", "tier3", "test", "hold")
LEVELS = ("no-damage", "minor-damage", "major-damage", "destroyed")
# EarthDial's words for xBD's `disaster_type` (its set 1 asks for these six).
DISASTERS: Mapping[str, str] = {
    "volcano": "volcano",
    "fire": "fire",
    "earthquake": "earthquake",
    "flooding": "flood",
    "flood": "flood",
    "tsunami": "tsunami",
    "wind": "wind",
}
_POLYGON = re.compile(r"\s*POLYGON\s*\(\(([^()]*)\)", re.IGNORECASE)
Building = tuple[list[float] | str, str, str]


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise the label files of both dates by their names, and the whole download by its splits `tier3` and `hold`, which no other data has."""
    folders = head.get("folders", {})
    whole = any({"images", "labels"} <= set(folders.get(split, ())) for split in ("tier3", "hold"))
    return whole or any_ends(folders.get("labels", ()), "_disaster.json")


def read(path: Path, task: str | None) -> Iterator[Sample | BadRow]:
    """Yield the rows of every scene, in order of name. Raises ConfigError for a task that these labels do not answer."""
    if task is None or task not in _ROWS:
        typed = f"task `{clean(task)}`" if task else "no task"
        raise ConfigError(
            f"xBD's labels answer {', '.join(_ROWS)}, and {typed} was named.{nearest(task or '', _ROWS)} Choose one with --task."
        )
    for home in ("", *SPLITS):
        for file in sorted((path / home / "labels").glob(f"*{AFTER}.json")):
            scene = file.name.removesuffix(f"{AFTER}.json")
            try:
                rows = _ROWS[task](load(file), scene)
                yield from (_in_split(row, home) if isinstance(row, Sample) else row for row in rows)
            except (DataError, ValueError) as error:
                yield BadRow(0, scene, str(error).rstrip("."))


def _in_split(sample: Sample, split: str) -> Sample:
    """Put a row of the whole download where it lies."""
    if split:
        sample.images = tuple(ImageRef(str(Path(split, str(ref.source))), ref.role) for ref in sample.images)
        sample.meta = {**sample.meta, "split": split}
    return sample


def _shared(document: Mapping[str, Any], scene: str) -> dict[str, Any]:
    metadata = document.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    width, height = known.get("width"), known.get("height")
    return {
        "images": tuple(
            ImageRef(f"images/{scene}{ending}.png", role) for ending, role in ((BEFORE, "before"), (AFTER, "after"))
        ),
        "image_size": (width, height) if isinstance(width, int) and isinstance(height, int) else None,
        "meta": {key: known[key] for key in ("disaster", "disaster_type") if isinstance(known.get(key), str)}
        | _centre(document),
    }


def _centre(document: Mapping[str, Any]) -> dict[str, float]:
    """Return `lat` and `lon` of the middle of a scene's buildings in degrees, where `features.lng_lat` has them."""
    features = document.get("features")
    listed = entries(features, "lng_lat") if isinstance(features, Mapping) else ()
    found = [box for box in (_box(entry.get("wkt")) for entry in listed) if not isinstance(box, str)]
    if not found:
        return {}
    west, south = (min(box[side] for box in found) for side in (0, 1))
    east, north = (max(box[side] for box in found) for side in (2, 3))
    return {"lat": (south + north) / 2, "lon": (west + east) / 2}


def _buildings(document: Mapping[str, Any]) -> list[Building]:
    """Return (upright box, damage level, uid) of each building, in place of a box that does not read why."""
    features = document.get("features")
    found = []
    for entry in entries(features, "xy") if isinstance(features, Mapping) else ():
        said = entry.get("properties")
        properties = said if isinstance(said, Mapping) else {}
        if properties.get("feature_type", "building") == "building":
            level, uid = str(properties.get("subtype", "")), str(properties.get("uid", ""))
            found.append((_box(entry.get("wkt")), level, uid))
    return found


def _box(wkt: Any) -> list[float] | str:
    """Return the upright box of a polygon, or why there is none."""
    ring = _POLYGON.match(wkt) if isinstance(wkt, str) else None
    try:
        points = [(float(x), float(y)) for x, y, *_ in map(str.split, ring[1].split(","))] if ring else []
    except ValueError:
        points = []
    return upright(points) if len(points) >= 3 else f"not a polygon in WKT: `{clean(str(wkt), 60)}`"


def _damage(document: Mapping[str, Any], scene: str) -> Iterator[Sample | BadRow]:
    shared = _shared(document, scene)
    for number, (box, level, uid) in enumerate(_buildings(document), 1):
        if isinstance(box, str):
            yield BadRow(0, clean(f"{scene}/{uid or number}", 60), box)
        elif level in LEVELS:
            region = boxes("pixel", [box])
            meta = {**shared["meta"], "class": level, "uid": uid}
            yield Sample(
                id=f"{scene}/{uid or number}",
                task="damage",
                reference=level,
                choices=LEVELS,
                regions=region,
                **{**shared, "meta": meta},
            )


def _detection(document: Mapping[str, Any], scene: str) -> Iterator[Sample]:
    found = objects_of("pixel", [(level, box) for box, level, _ in _buildings(document) if level in LEVELS])
    question = "Locate all <ref>{} buildings</ref> in the post-disaster image."
    yield Sample(id=scene, task="detection", question=question, reference=found, **_shared(document, scene))


def _temporal(document: Mapping[str, Any], scene: str) -> Iterator[Sample]:
    shared = _shared(document, scene)
    kind = shared["meta"].get("disaster_type", "")
    choices = tuple(dict.fromkeys(DISASTERS.values()))
    question = f"What type of disaster has occurred? Please answer {', '.join(choices[:-1])} or {choices[-1]}."
    yield Sample(
        id=scene,
        task="temporal",
        question=question,
        reference=DISASTERS.get(kind),
        choices=choices,
        flaw=None if kind in DISASTERS else f"no known type of disaster: `{clean(kind, 40)}`",
        **shared,
    )


_ROWS: Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Sample | BadRow]]] = {
    "damage": _damage,
    "detection": _detection,
    "temporal": _temporal,
}
LOADER = Loader(name="xbd", detect=detect, read=read, frame="pixel")
