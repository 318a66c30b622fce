"""Where a thumbnail shows no ground: wedges, corners, bars and letter boxes of one grey at the border of a tile.

Two tiles from the edge of a scene share that edge whatever they show, so what lies there is no evidence that one is a copy of the other.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)

SIDE = 64
_LEAST = 24  # px of one grey, with all their neighbours of that grey
_AT_BORDER = 6
_ALIKE = 8.0  # grey levels; what saving as JPEG makes of one grey beside an edge
_REACH = 4  # px beside an edge, where it does
_COLLAR = 2  # px that mix the edge with the ground
_NEARBY = 3.0
_FILLING = (1.5, 4.0, 10.0, 40.0)  # px; each is used where the one before reaches no ground


def empty(thumbnails: NDArray[np.uint8]) -> Mask:
    """Return bool[n, 64, 64]: pixels of regions of exactly one grey that touch the border, with a collar of what their edge and saving as JPEG blur.

    Ground has noise: even calm water keeps less than `_LEAST` pixels whose neighbours are all of the same grey, or loses nothing that could be compared.
    """
    found = np.zeros(thumbnails.shape, dtype=np.bool_)
    flat = _highest(thumbnails) == ~_highest(~thumbnails)
    some = np.flatnonzero((flat & _border()).sum(axis=(1, 2)) >= _AT_BORDER)
    regions = _flooded(flat[some] & _border(), flat[some])
    large = regions.sum(axis=(1, 2)) >= _LEAST
    some, regions = some[large], regions[large]
    if len(some):
        found[some] = _grown(regions, thumbnails[some].astype(np.float32))
    return found


def filled(thumbnails: NDArray[np.uint8], empty: Mask) -> NDArray[np.uint8]:
    """Return the thumbnails with what is empty drawn smoothly from the ground beside it, so that no edge is left."""
    made = thumbnails.copy()
    for i in np.flatnonzero(empty.any(axis=(1, 2)) & ~empty.all(axis=(1, 2))).tolist():
        ground, todo = (~empty[i]).astype(np.float32), empty[i].copy()
        grey = thumbnails[i] * ground
        for width in _FILLING:
            bell = _bell(width)
            reached = bell @ ground @ bell
            here = todo & (reached > (1.0 if width != _FILLING[-1] else 0.0))
            made[i][here] = np.round((bell @ grey @ bell)[here] / reached[here])
            todo &= ~here
    return made


def _grown(regions: Mask, grey: Floats) -> Mask:
    """Return the regions with what is about as grey beside them, and with their collar."""
    share, bell = regions.astype(np.float32), _bell(_NEARBY)
    reached = bell @ share @ bell
    level = (bell @ (share * grey) @ bell) / np.maximum(reached, 1e-6)
    alike = (np.abs(grey - level) <= _ALIKE) & (reached > 1e-3)
    for _ in range(_REACH):
        regions = regions | (_highest(regions) & alike)
    for _ in range(_COLLAR):
        regions = _highest(regions)
    return regions


def _flooded(seeds: Mask, where: Mask) -> Mask:
    """Return the pixels of `where` that are joined to seeds along rows and columns: runs are filled in four directions until nothing is new."""
    seeds, before = seeds.copy(), -1
    while (now := int(seeds.sum())) != before:
        before = now
        for axis in (1, 2):
            count = np.arange(1, SIDE + 1, dtype=np.int8).reshape((1, SIDE, 1) if axis == 1 else (1, 1, SIDE))
            for step in (1, -1):
                way = (slice(None),) * axis + (slice(None, None, step),)
                room, seed = where[way], seeds[way]  # views: what is found stands in `seeds`
                wall = np.maximum.accumulate(np.where(room, np.int8(0), count), axis=axis)
                last = np.maximum.accumulate(np.where(seed, count, np.int8(0)), axis=axis)
                seed |= room & (last > wall)
    return seeds


def _highest(pictures: NDArray[Value]) -> NDArray[Value]:
    """Return the largest of each pixel and its eight neighbours."""
    for axis in (1, 2):
        wide = np.pad(pictures, [(int(a == axis),) * 2 for a in range(3)], mode="edge").swapaxes(1, axis)
        pictures = np.maximum(np.maximum(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:]).swapaxes(1, axis)
    return pictures


@cache
def _border() -> Mask:
    border = np.ones((SIDE, SIDE), dtype=np.bool_)
    border[1:-1, 1:-1] = False
    return border


@cache
def _bell(width: float) -> Floats:
    distance = np.arange(SIDE)[:, None] - np.arange(SIDE)[None, :]
    bell: Floats = np.exp(-0.5 * (distance / width) ** 2).astype(np.float32)
    return bell
