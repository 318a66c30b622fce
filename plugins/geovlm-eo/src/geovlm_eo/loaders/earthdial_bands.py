"""Pictures of EarthDial's multispectral rows, which hold bands as arrays instead of a picture.

Columns and axes as the scripts of hiyamdebary/EarthDial read them (eval/rs_classification/classification_test.py, `ClassificationDataset`; train/dataset.py, `build_transform`):

- `tif_ms`, bands × height × width. 12 bands (BigEarthNet_S2) are put on the scale of SSL4EO-S12's Level-2A statistics, which are those of reflectance × 10,000 in the order of
  `BANDS`. 10 bands (LCZs_S2) are taken as they are: reflectance, in the order of So2Sat LCZ42, which has no B01 and B09. Of other numbers (8 of Landsat 8) neither order nor scale is told.
- `rgbi`, 4 × height × width, 0…255 (TreeSatAI); `tif_pl`, height × width × 3, and `mag1c`, height × width, 0…255 (STARCOP: red, green, blue, and the methane filter).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geovlm_cli import ImageRef
from geovlm_cli.data import bands
from geovlm_cli.data.images import open_image
from geovlm_cli.data.references import MalformedRowError
from geovlm_cli.errors import DataError
from geovlm_eo.loaders.bigearthnet import BANDS, RGB

Band = tuple[str, Callable[[], Image.Image]]

KEYS = ("tif_ms", "rgbi", "tif_pl", "mag1c")
NAMES = (*BANDS, *"RGBI", "mag1c")
USUAL = (RGB, tuple("RGB"), ("mag1c",))  # the bands of a picture, where a row has them
_SENTINEL = {12: BANDS, 10: tuple(name for name in BANDS if name not in ("B01", "B09"))}
_SCALE = 10_000
_BRIGHTEST = 10  # above any reflectance: LCZ42 ends at 2.8


def picture(row: Mapping[str, Any], wanted: tuple[str, ...] | None = None) -> bytes:
    """Return the picture of a row's bands as PNG: red, green and blue where it has them, or the bands named; raises MalformedRowError for bands that
    the row lacks and for arrays of which the format does not tell the order or the scale.
    """
    found = dict(_bands(row))
    names = wanted or next(usual for usual in USUAL if found.keys() >= set(usual))
    for name in names:
        if name not in found:
            raise MalformedRowError(
                f"the row lacks a band that is asked for, found {', '.join(found) or 'none'}: {name}"
            )
    stream = io.BytesIO()
    bands.merged([found[name]() for name in names]).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _bands(row: Mapping[str, Any]) -> Iterator[Band]:
    """Yield the name of every band of a row, and how to make a picture of 8 bits of it."""
    if "tif_ms" in row:
        yield from _reflectances(row["tif_ms"])
    if "rgbi" in row:
        yield from _channels("RGBI", _array(row["rgbi"], "rgbi"), "rgbi")
    if "tif_pl" in row:
        yield from _channels("RGB", np.moveaxis(_array(row["tif_pl"], "tif_pl"), -1, 0), "tif_pl")
    if "mag1c" in row:
        filtered = _array(row["mag1c"], "mag1c")
        yield from _channels(("mag1c",), filtered[None] if filtered.ndim == 2 else filtered, "mag1c")


def _reflectances(value: Any) -> Iterator[Band]:
    if not isinstance(value, list):
        raise MalformedRowError("`tif_ms` is no array of bands")
    count = len(value)
    if count not in _SENTINEL:
        raise MalformedRowError(
            f"the order and scale of the bands of `tif_ms` are known where they are 12 or 10, found {count}"
        )
    for name, band in zip(_SENTINEL[count], value, strict=True):
        yield name, partial(_reflectance, band, name, count)


def _reflectance(value: Any, name: str, count: int) -> Image.Image:
    band = _array(value, "tif_ms")
    if band.ndim != 2:
        raise MalformedRowError(f"`tif_ms` is bands × height × width, found a band of {band.ndim} axes")
    if count == 12 and (band != np.round(band)).any():
        raise MalformedRowError("12 bands of `tif_ms` are reflectance × 10,000 in whole numbers, found broken ones")
    if count == 10 and band.max() > _BRIGHTEST:
        raise MalformedRowError(f"10 bands of `tif_ms` are reflectance, found {band.max():g}")
    return bands.stretched(band if count == 12 else band * _SCALE, name)


def _channels(names: Sequence[str], array: NDArray[Any], key: str) -> Iterator[Band]:
    """Yield the bands of an array that holds one for each name along its first axis."""
    if array.ndim != 3 or len(array) != len(names):
        raise MalformedRowError(
            f"`{key}` is no array of {len(names)} bands, found axes of {'×'.join(map(str, array.shape))}"
        )
    for name, band in zip(names, array, strict=True):
        yield name, partial(_eight_bits, band, key)


def _eight_bits(band: NDArray[Any], key: str) -> Image.Image:
    fractions = band.max() <= 1 and (band != np.round(band)).any()
    if fractions or band.min() < 0 or band.max() > 255:
        raise MalformedRowError(f"`{key}` is 0…255, found {band.min():g}…{band.max():g}")
    return Image.fromarray(np.round(band).astype(np.uint8))


def _array(value: Any, key: str) -> NDArray[Any]:
    """Return the numbers of a column, those of an encoded image as height × width × 3, or height × width where it is grey."""
    if not isinstance(value, list):
        return _decoded(value, key)
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise MalformedRowError(f"`{key}` is no array of numbers") from None
    if not array.size or not np.isfinite(array).all():
        raise MalformedRowError(f"`{key}` holds no pixel or one without a value")
    return array


def _decoded(value: Any, key: str) -> NDArray[Any]:
    """Return the pixels of an image that `datasets` encoded; a path is not followed, for bands are read before the image roots are known."""
    encoded = value.get("bytes") if isinstance(value, Mapping) else value
    if not isinstance(encoded, bytes):
        raise MalformedRowError(f"`{key}` is neither an array nor an encoded image")
    try:
        pixels = np.asarray(open_image(ImageRef(encoded)))
    except DataError as error:
        raise MalformedRowError(f"`{key}` cannot be read: {str(error).rstrip('.')}") from error
    return pixels[..., 0] if key == "mag1c" else pixels
