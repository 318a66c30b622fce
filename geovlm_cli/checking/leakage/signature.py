"""A perceptual signature: which of two sets' images show the same picture, though saved anew, made smaller or cropped a little?

Each image becomes a 64×64 grey thumbnail. Pictures are compared in three steps, each of what the step before found likely: by their lowest cosine frequencies;
by their detail at a quarter of its size, one side as a whole with 19 windows of the other, and the other way round, as a crop moves it; and by their
detail, over windows of 90–100 %. Detail is what is left without the coarse shading, divided by its own strength nearby: an edge that two tiles share, of
a collar without data or a letter box, then weighs no more than the ground beside it. Measured on 60 drawn scenes and 60 real tiles: copies (JPEG at
quality 70, half size, crops of 5 and 10 %, all at once) reach 0.60, 0.61 and 0.62 in the three steps at least; of 7,140 pairs of real tiles, plain or with
wedges, corners, bars or a letter box of one grey, none from two places reaches all three. Two dates of one place are found too. Copies of sea with one
ship are found by half, of noise not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIDE = 64
_COARSE = 6  # cosine frequencies of an axis
_POOL = 4
_DETAIL = 48
_SHADING = 2.5  # px of the detail's 48; what is smoother is light and season
_MARGIN = 2
_COARSE_LEAST, _FINE_LEAST, _DETAIL_LEAST = 0.45, 0.6, 0.61
_SAME = 0.95  # of uncropped pictures: no window need be tried
_CHUNK = 512
_PAIRS = 8192
_BLACK = 6  # grey levels; saving as JPEG lifts black a little
_NOISE = 2.0  # grey levels; what is weaker is not made as strong as the rest
_FLAT = 1.5  # grey levels; a picture with less contrast shows nothing to compare


@dataclass(frozen=True, slots=True)
class Copy:
    """Two images, by their numbers in either set, that show the same picture; likeness: the correlation of their details, in [0, 1]."""

    ours: int
    theirs: int
    likeness: float


def thumbnail(image: Image.Image) -> NDArray[np.uint8]:
    """Return uint8[64, 64]: the grey image squeezed into a square, black as bright as the rest is on average.

    Tiles at the edge of a scene are black where there is no data; that edge would be most of what two of them show.
    """
    grey = image.convert("L")
    filter_ = Image.Resampling.BOX if min(grey.size) >= SIDE else Image.Resampling.BICUBIC
    small = np.array(grey.resize((SIDE, SIDE), filter_), dtype=np.uint8)
    black = small <= _BLACK
    if black.any() and not black.all():
        small[black] = np.round(small[~black].mean())
    return small


def copies(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> Iterator[Copy]:
    """Yield the pairs of two stacks of thumbnails uint8[n, 64, 64] that show the same picture; pictures without contrast are left out."""
    first, second = _signed(ours), _signed(theirs)
    for start in range(0, len(ours), _CHUNK):
        likely = first.coarse[start : start + _CHUNK] @ second.coarse.T >= _COARSE_LEAST
        pairs = np.argwhere(likely) + np.array([start, 0])
        for part in range(0, len(pairs), _PAIRS):
            some = pairs[part : part + _PAIRS]
            for i, j in some[_nearness(first, second, some) >= _FINE_LEAST].tolist():
                likeness = detail(ours[i].astype(np.float32), theirs[j].astype(np.float32))
                if likeness >= _DETAIL_LEAST:
                    yield Copy(i, j, likeness)


def detail(one: Floats, other: Floats) -> float:
    """Return the best correlation of two thumbnails float32[64, 64] without their shading, either cropped to any of the windows."""
    samplers, pairs = _detail_windows()
    plain = [_unshaded(samplers[0] @ picture @ samplers[0].T) for picture in (one, other)]
    best = float((plain[0] * plain[1]).sum())
    if best >= _SAME:
        return best
    for whole, cut in ((plain[0], other), (plain[1], one)):
        windows = np.einsum("pab,bc,pdc->pad", samplers[pairs[:, 0]], cut, samplers[pairs[:, 1]], optimize=True)
        best = max(best, float((_unshaded(windows) * whole).sum(axis=(-1, -2)).max()))
    return best


@dataclass(frozen=True, slots=True)
class _Signed:
    """coarse float32[n, 35]: unit vectors of whole pictures. fine float32[n, 19, 121]: unit vectors of the whole, first, and of the windows."""

    coarse: Floats
    fine: Floats


def _signed(thumbnails: NDArray[np.uint8]) -> _Signed:
    side = (_DETAIL - 2 * _MARGIN) // _POOL
    fine = np.zeros((len(thumbnails), len(_windows()), side**2), dtype=np.float32)
    coarse = np.zeros((len(thumbnails), _COARSE**2 - 1), dtype=np.float32)
    cosine, weight = _waves()
    for start in range(0, len(thumbnails), _CHUNK):
        part = slice(start, start + _CHUNK)
        grey = thumbnails[part].astype(np.float32)
        waves = np.einsum("ka,nab,lb->nkl", cosine, grey, cosine, optimize=True) * weight
        coarse[part] = _unit(waves.reshape(len(grey), -1)[:, 1:])
        for number, (rows, columns) in enumerate(_windows()):
            rough = _unshaded(np.einsum("ka,nab,lb->nkl", rows, grey, columns, optimize=True))
            pooled = rough.reshape(-1, side, _POOL, side, _POOL).mean(axis=(2, 4)).reshape(len(grey), -1)
            fine[part, number] = _unit(pooled - pooled.mean(axis=1, keepdims=True))
    coarse[thumbnails.std(axis=(1, 2)) < _FLAT] = 0.0  # is like nothing
    return _Signed(coarse, fine)


def _nearness(first: _Signed, second: _Signed, pairs: NDArray[np.int64]) -> Floats:
    """Return float32[pairs]: the best cosine between the whole of one picture and the whole or a window of the other."""
    ours, theirs = first.fine[pairs[:, 0]], second.fine[pairs[:, 1]]
    forth = np.einsum("pd,pwd->pw", ours[:, 0], theirs, optimize=True).max(axis=1)
    back = np.einsum("pd,pwd->pw", theirs[:, 0], ours, optimize=True).max(axis=1)
    best: Floats = np.maximum(forth, back)
    return best


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return unit


def _unshaded(pictures: Floats) -> Floats:
    """Return the detail of pictures: without what is smoother than `_SHADING`, as strong everywhere, without their margin, of mean 0 and length 1."""
    smooth = _smoother()
    rough = pictures - np.einsum("ab,...bc,dc->...ad", smooth, pictures, smooth, optimize=True)
    power = np.einsum("ab,...bc,dc->...ad", smooth, rough**2, smooth, optimize=True)
    rough = (rough / np.sqrt(power + _NOISE**2))[..., _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    rough = rough - rough.mean(axis=(-1, -2), keepdims=True)
    length = np.sqrt((rough**2).sum(axis=(-1, -2), keepdims=True))
    unit: Floats = rough / np.maximum(length, 1e-3)
    return unit


@cache
def _waves() -> tuple[Floats, Floats]:
    """The matrix [6, 64] that takes an axis of a thumbnail to its lowest cosine frequencies, and the weight [6, 6] of each pair of them."""
    frequency, x = np.arange(_COARSE), (np.arange(SIDE) + 0.5) / SIDE
    cosine = np.cos(np.pi * frequency[:, None] * x[None, :]).astype(np.float32)
    weight = np.hypot(frequency[:, None], frequency[None, :])
    return cosine, (weight / np.sqrt(np.maximum(weight, 1.0))).astype(np.float32)


@cache
def _windows() -> list[tuple[Floats, Floats]]:
    """The whole, and crops of 95 and 90 % in nine places, each as the two samplers [48, 64] of its rows and columns."""
    axes = [(size, [place * (1 - size) for place in (0.0, 0.5, 1.0)]) for size in (0.95, 0.9)]
    spans = [(1.0, 0.0, 0.0), *((size, top, left) for size, starts in axes for top in starts for left in starts)]
    return [(_sampler(size, top, _DETAIL), _sampler(size, left, _DETAIL)) for size, top, left in spans]


@cache
def _detail_windows() -> tuple[Floats, NDArray[np.int64]]:
    """The samplers [n, 48, 64] of 90–100 % of an axis, the whole first, and the pairs of them that keep the picture's shape."""
    spans = [
        (1.0, 0.0),
        *((size, place * (1 - size)) for size in (0.975, 0.95, 0.925, 0.9) for place in (0, 0.25, 0.5, 0.75, 1)),
    ]
    pairs = [(i, j) for i, (size, _) in enumerate(spans) for j, (other, _) in enumerate(spans) if size == other]
    return np.stack([_sampler(size, start, _DETAIL) for size, start in spans]), np.array(pairs)


def _sampler(size: float, start: float, points: int) -> Floats:
    """Return float32[points, 64]: linear interpolation of an axis between `start` and `start + size`, as shares of its length."""
    place = np.clip((start + size * (np.arange(points) + 0.5) / points) * SIDE - 0.5, 0, SIDE - 1)
    below = np.minimum(np.floor(place).astype(np.int64), SIDE - 2)
    matrix = np.zeros((points, SIDE), dtype=np.float32)
    matrix[np.arange(points), below] = 1 - (place - below)
    matrix[np.arange(points), below + 1] = place - below
    return matrix


@cache
def _smoother() -> Floats:
    distance = np.arange(_DETAIL)[:, None] - np.arange(_DETAIL)[None, :]
    bell = np.exp(-0.5 * (distance / _SHADING) ** 2)
    smooth: Floats = (bell / bell.sum(axis=1, keepdims=True)).astype(np.float32)
    return smooth
