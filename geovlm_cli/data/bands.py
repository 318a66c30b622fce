"""Pictures made of single bands: of files, as Sentinel-2 patches are kept (`PATCH_{B04,B03,B02}.tif` names red, green and blue), or of arrays.

Sixteen-bit bands hold reflectance × 10,000. They are stretched as ESA stretches its true-colour images of Level-2A, 0…2000 to 0…255 (reflectance 0.2 is white; Sentinel-2
MSI user guide, definitions, "True Colour Image"); the infrared ones, B05 to B12, 0…5000, for plants reflect up to half of that light. Bands of a coarser grid are brought to
the finest one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geovlm_cli.errors import ConfigError, DataError, clean

WHITE, INFRARED_WHITE = 2000, 5000
_INFRARED = re.compile(r"B(?:0[5-9]|8A|1[0-2])(?=$|\.[^./]*$)")
_NAMES = re.compile(r"^(?P<before>.*)\{(?P<names>[\w,]+)\}(?P<after>[^{}/]*)$", re.DOTALL)
_SIXTEEN = ("I;16", "I;16B", "I;16L", "I")


def expanded(source: str) -> list[str]:
    """Return the files that a path names: those of its `{…}`, in order, else itself."""
    found = _NAMES.match(source) if "{" in source else None
    if found is None:
        return [source]
    return [f"{found['before']}{name}{found['after']}" for name in found["names"].split(",")]


def composed(source: str, open_band: Callable[[str], Image.Image]) -> Image.Image:
    """Return the RGB picture of three bands, or of one in grey; raises DataError for another number and for bands that are not 8 or 16 bits."""
    paths = expanded(source)
    if len(paths) not in (1, 3):
        raise DataError(f"Image {clean(source)} names {len(paths)} bands; name three (red, green, blue) or one.")
    return merged([_eight_bits(open_band(path), path) for path in paths])


def chosen(option: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the bands that an option such as `B08,B04,B03` names; raises ConfigError where it does not name three known ones or one."""
    names = tuple(name.strip() for name in option.split(","))
    if len(names) not in (1, 3) or not set(names) <= set(known):
        raise ConfigError(f"Bands `{clean(option)}`: name three of {', '.join(known)} (red, green, blue), or one.")
    return names


def merged(bands: Sequence[Image.Image]) -> Image.Image:
    """Return the RGB picture of three bands of 8 bits, or of one in grey, on the finest of their grids."""
    size = finest(band.size for band in bands)
    grids = [band if band.size == size else band.resize(size, Image.Resampling.BICUBIC) for band in bands]
    return Image.merge("RGB", grids * (3 // len(grids)))


def finest(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the largest of the bands' sizes."""
    return max(sizes, key=lambda size: size[0] * size[1])


def _eight_bits(band: Image.Image, path: str) -> Image.Image:
    if band.mode == "L":
        return band
    if band.mode not in _SIXTEEN:
        raise DataError(f"Image {clean(path)} is no single band of 8 or 16 bits (mode {band.mode}).")
    return stretched(np.asarray(band), path)


def stretched(reflectance: NDArray[Any], band: str) -> Image.Image:
    """Return a band as a picture of 8 bits: reflectance × 10,000, whose white is that of the band which a name or a path ends with."""
    white = INFRARED_WHITE if _INFRARED.search(band) else WHITE
    return Image.fromarray(np.round(np.clip(reflectance / white, 0, 1) * 255).astype(np.uint8))
