"""A bank of spectral noise tiles: natural ground has power falling with frequency."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

# amplitude ~ frequency ** -exponent
EXPONENTS: Final = {"fine": 0.5, "medium": 1.2, "broad": 2.0, "ripple": 0.5}
_LONGEST = 90.0  # longest wave, ground units
_ROOM = 144  # pixels by which a tile is larger than a picture
_BANK_SEED = 7


@lru_cache(maxsize=16)
def _tiles(kind: str, size: int, span: float) -> tuple[Array, ...]:
    side = size + _ROOM
    rng = np.random.default_rng([_BANK_SEED, zlib.crc32(kind.encode())])
    axis = np.fft.fftfreq(side) * size / span
    radius = np.maximum(np.hypot(axis[:, None], axis[None]), 1 / _LONGEST)
    direction = np.arctan2(axis[:, None], axis[None])
    falloff = radius ** -EXPONENTS[kind]
    filters = [falloff] * 6
    if kind == "ripple":
        waves = np.linspace(0, np.pi, 12, endpoint=False)
        filters = [falloff * np.abs(np.cos(direction - wave)) ** 5 for wave in waves]
    return tuple(_filtered(rng, each) for each in filters)


def _filtered(rng: np.random.Generator, weights: npt.NDArray[np.float64]) -> Array:
    white = np.fft.fft2(rng.standard_normal(weights.shape))
    tile = np.fft.ifft2(white * weights).real
    tile -= tile.mean()
    return np.asarray(tile / tile.std(), dtype=np.float32)


def crop(rng: np.random.Generator, kind: str, size: int, span: float) -> Array:
    """Return a random window of a random tile, flipped and transposed at random.

    Args:
        rng: where the choice comes from; the number of draws does not depend on `size`.
        kind: one of `EXPONENTS`.
        size: side of the picture, pixels.
        span: side of the picture, ground units.

    Returns:
        float32[size, size] of mean about 0 and deviation about 1; a view, do not write to it.
    """
    tiles = _tiles(kind, size, span)
    which, row, column, flips = (int(value) for value in rng.integers(0, _ROOM, 4))
    window = tiles[which % len(tiles)][row : row + size, column : column + size]
    if flips & 1:
        window = window[::-1]
    if flips & 2:
        window = window[:, ::-1]
    return window.T if flips & 4 else window
