"""BigEarthNet v1.0 (Sumbul et al. 2019): a folder a patch, with twelve single-band TIFFs and `…_labels_metadata.json`; `PATH` is one patch or the folder of them.

The picture is B04, B03, B02 (red, green, blue), or the bands of `--format bigearthnet:B08,B04,B03`. Labels are the 43 CORINE classes as the file has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from geovlm_cli import ImageRef, Loader, Sample
from geovlm_cli.data import BadRow
from geovlm_cli.data.bands import chosen
from geovlm_cli.data.degrees import to_degrees
from geovlm_cli.data.document import load
from geovlm_cli.errors import DataError
from geovlm_eo.loaders.corine import CLASSES

METADATA = "_labels_metadata.json"
RGB = ("B04", "B03", "B02")
BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
_KEPT = ("coordinates", "tile_source", "acquisition_date")
_EPSG = re.compile(r'AUTHORITY\["EPSG","(\d{1,6})"\]')
_PATCH = re.compile(r"S2[AB]_MSIL2A_\d{8}T\d{6}_\d+_\d+")


def detect(head: Mapping[str, Any]) -> bool:
    """Recognise a patch by its metadata file, a folder of patches by their names."""
    files = head.get("files", ())
    return any(str(name).endswith(METADATA) or _PATCH.fullmatch(str(name)) for name in files)


def read(path: Path, task: str | None, *, bands: tuple[str, ...] = RGB) -> Iterator[Sample | BadRow]:
    """Yield one sample a patch, in order of name; a patch whose metadata does not read is a `BadRow`."""
    patches = [path] if list(path.glob(f"*{METADATA}")) else sorted(entry for entry in path.iterdir() if entry.is_dir())
    for number, patch in enumerate(patches, 1):
        try:
            yield _sample(patch, path, task or "multi-label", bands)
        except DataError as error:
            yield BadRow(number, patch.name, str(error).rstrip("."))


def _sample(patch: Path, home: Path, task: str, bands: tuple[str, ...]) -> Sample:
    metadata = load(patch / f"{patch.name}{METADATA}")
    labels = metadata.get("labels")
    good = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    return Sample(
        id=patch.name,
        task=task,
        images=(ImageRef(picture(patch.name, patch.relative_to(home), bands)),),
        reference=tuple(labels) if good and labels else None,
        choices=CLASSES,
        meta={key: metadata[key] for key in _KEPT if key in metadata} | _centre(metadata),
    )


def _centre(metadata: Mapping[str, Any]) -> dict[str, float]:
    """Return `lat` and `lon` of the middle of a patch in degrees, where its corners and the EPSG code of its projection say them."""
    corners: Any = metadata.get("coordinates")
    codes = _EPSG.findall(str(metadata.get("projection")))
    try:
        x, y = ((float(corners[f"ul{axis}"]) + float(corners[f"lr{axis}"])) / 2 for axis in "xy")
    except (LookupError, TypeError, ValueError):
        return {}
    place = to_degrees(int(codes[-1]), x, y) if codes else None  # the last code is that of the whole system
    return {"lat": place[0], "lon": place[1]} if place else {}


def picture(patch: str, folder: Path, bands: tuple[str, ...] = RGB) -> str:
    """Return the path that names the bands of a patch."""
    return (folder / f"{patch}_{{{','.join(bands)}}}.tif").as_posix()


def with_bands(option: str) -> Loader:
    """Return the loader for the bands of an option such as `B08,B04,B03`; raises ConfigError for bands that BigEarthNet lacks."""
    return Loader(name="bigearthnet", detect=detect, read=partial(read, bands=chosen(option, BANDS)))


LOADER = Loader(name="bigearthnet", detect=detect, read=read, option=with_bands)
