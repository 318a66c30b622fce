"""A perceptual signature: which of two sets' images show the same picture, though saved anew, made smaller or cropped a little?

Each image becomes a 64×64 grey thumbnail. What is empty in it, an edge without data (`nodata`), is drawn smoothly from the ground beside it, for tiles
share such edges whatever they show. Pictures are compared in three steps by their detail, each of what the step before found likely: at a third of
its size as a whole; at a quarter, the whole of one side with 19 windows of the other, and the other way round, as a crop moves it; and in full, over
windows of 90–100 %, where neither side is empty. Detail is what is left without the coarse shading, divided by its own strength nearby: a bright roof
then weighs no more than the field beside it. A picture that shows detail in less than `_CONTENT` of its area is not compared: one ship on calm water is
like every other. The figures that this was measured with stand in docs/how-to/check-your-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geovlm_cli.checking.leakage.nodata import SIDE, Mask, empty, filled

Floats = NDArray[np.float32]
Value = TypeVar("Value", bound=np.generic)

_ROUGH = 3
_ROUGH_BLUR = 2.0  # px of the detail's 44
_POOL = 4
_DETAIL = 48
_SHADING = 2.5  # px of the detail's 48; what is smoother is light and season
_MARGIN = 2
_ROUGH_LEAST, _FINE_LEAST, _DETAIL_LEAST = 0.25, 0.45, 0.68
_CONTENT = 0.05  # of the area: less detail in both than that is no evidence
_SPARSE, _SPARSE_LEAST = 0.2, 0.78  # where there is little, it must agree better
_SPOTS = 8.0  # of 121: detail in fewer places is one ship, whatever the water
_NEAR, _NEAR_LEAST = (
    0.8,
    0.6,
)  # pictures as near at a quarter of their size may differ by fine noise that smaller copies lose
_SAME = 0.95  # of uncropped pictures: no window need be tried
_CHUNK = 512
_PAIRS = 8192
_NOISE = 2.0  # grey levels; what is weaker is not made as strong as the rest
_SEEN = 0.98  # share of ground from which on a point is compared


@dataclass(frozen=True, slots=True)
class Copy:
    """Two images, by their numbers in either set, that show the same picture; likeness: the correlation of their details, in [0, 1]."""

    ours: int
    theirs: int
    likeness: float


@dataclass(frozen=True, slots=True)
class Signed:
    """What is compared of n pictures.

    grey uint8[n, 64, 64]: filled where it was empty; ground float32[n, 64, 64]: 1 where it was not. rough float32[n, 225], fine float32[n, 19, 121]: unit
    vectors of the whole, first, and of the windows. bare bool[n]: the pictures of too little content to be compared, which are like nothing.
    """

    grey: NDArray[np.uint8]
    ground: Floats
    rough: Floats
    fine: Floats
    bare: Mask


def thumbnail(image: Image.Image) -> NDArray[np.uint8]:
    """Return uint8[64, 64]: the grey image squeezed into a square."""
    grey = image.convert("L")
    filter_ = Image.Resampling.BOX if min(grey.size) >= SIDE else Image.Resampling.BICUBIC
    return np.array(grey.resize((SIDE, SIDE), filter_), dtype=np.uint8)


def signed(thumbnails: NDArray[np.uint8]) -> Signed:
    """Return what is compared of thumbnails uint8[n, 64, 64]."""
    side, points = (_DETAIL - 2 * _MARGIN) // _POOL, -(-(_DETAIL - 2 * _MARGIN) // _ROUGH)
    rough = np.zeros((len(thumbnails), points**2), dtype=np.float32)
    fine = np.zeros((len(thumbnails), len(_windows()), side**2), dtype=np.float32)
    bare = np.zeros(len(thumbnails), dtype=np.bool_)
    nothing = empty(thumbnails)
    grey, ground = filled(thumbnails, nothing), (~nothing).astype(np.float32)
    for start in range(0, len(thumbnails), _CHUNK):
        part = slice(start, start + _CHUNK)
        for number, (rows, columns) in enumerate(_windows()):
            shown = _unshaded(_cut(grey[part].astype(np.float32), rows, columns)) * _inner(
                _cut(ground[part], rows, columns) >= _SEEN
            )
            pooled = shown.reshape(-1, side, _POOL, side, _POOL).mean(axis=(2, 4))
            fine[part, number] = _unit(pooled)
            if not number:
                bare[part] = ((shown**2).mean(axis=(1, 2)) < _CONTENT) | (_spots(fine[part, 0]) < _SPOTS)
                rough[part] = _unit(_cut(shown, _blurrer(), _blurrer()))
    rough[bare] = 0.0
    return Signed(grey, ground, rough, fine, bare)


def copies(first: Signed, second: Signed) -> Iterator[Copy]:
    """Yield the pairs of two sets of pictures that show the same."""
    for start in range(0, len(first.rough), _CHUNK):
        likely = first.rough[start : start + _CHUNK] @ second.rough.T >= _ROUGH_LEAST
        pairs = np.argwhere(likely) + np.array([start, 0])
        for part in range(0, len(pairs), _PAIRS):
            some = pairs[part : part + _PAIRS]
            nearness = _nearness(first, second, some)
            for place in np.flatnonzero(nearness >= _FINE_LEAST).tolist():
                i, j = some[place].tolist()
                likeness = _detail(first, i, second, j, _NEAR_LEAST if nearness[place] >= _NEAR else _DETAIL_LEAST)
                if likeness:
                    yield Copy(i, j, likeness)


def _detail(first: Signed, i: int, second: Signed, j: int, least: float) -> float:
    """Return the best correlation of the details of two pictures, either cropped to any of the windows; 0 where it is not that of copies."""
    plain = _agreement(first, i, second, j, least, whole=True)
    if plain >= _SAME:
        return plain
    cropped = (_agreement(*pair, least, whole=False) for pair in ((first, i, second, j), (second, j, first, i)))
    return max(plain, *cropped)


def _agreement(first: Signed, i: int, second: Signed, j: int, least: float, *, whole: bool) -> float:
    """Return the best correlation of one whole picture with the whole or the windows of another over what both show; 0 below `least`, or where they show too little."""
    samplers, pairs = _detail_windows()
    chosen = pairs[:1] if whole else pairs
    rows, columns = samplers[chosen[:, 0]], samplers[chosen[:, 1]]
    one = _unshaded(_cut(first.grey[i][None].astype(np.float32), samplers[0], samplers[0]))
    other = _unshaded(_swept(second.grey[j].astype(np.float32), rows, columns))
    seen = _cut(first.ground[i][None], samplers[0], samplers[0]) * _swept(second.ground[j], rows, columns)
    both = _inner(seen >= _SEEN).astype(np.float32)
    ours, theirs = (both * one**2).sum(axis=(1, 2)), (both * other**2).sum(axis=(1, 2))
    likeness = (both * one * other).sum(axis=(1, 2)) / np.sqrt(np.maximum(ours * theirs, 1e-6))
    content = np.minimum(ours, theirs) / one.size
    enough = np.where(content < _CONTENT, np.inf, np.where(content < _SPARSE, _SPARSE_LEAST, least))
    return float(np.where(likeness >= enough, likeness, 0.0).max())


def _nearness(first: Signed, second: Signed, pairs: NDArray[np.int64]) -> Floats:
    """Return float32[pairs]: the best cosine between the whole of one picture and the whole or a window of the other."""
    ours, theirs = first.fine[pairs[:, 0]], second.fine[pairs[:, 1]]
    forth = np.einsum("pd,pwd->pw", ours[:, 0], theirs, optimize=True).max(axis=1)
    back = np.einsum("pd,pwd->pw", theirs[:, 0], ours, optimize=True).max(axis=1)
    best: Floats = np.maximum(forth, back)
    return best


def _cut(pictures: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return one window of each of the pictures [n, h, w]."""
    cut: Floats = np.einsum("ab,nbc,dc->nad", rows, pictures, columns, optimize=True)
    return cut


def _swept(picture: Floats, rows: Floats, columns: Floats) -> Floats:
    """Return many windows of one picture: those of the samplers [n, 48, 64]."""
    swept: Floats = np.matmul(np.matmul(rows, picture), columns.transpose(0, 2, 1))
    return swept


def _inner(pictures: NDArray[Value]) -> NDArray[Value]:
    return pictures[..., _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def _spots(vectors: Floats) -> Floats:
    """Return in how many places unit vectors [n, d] have their power, as if all of it were even there."""
    spots: Floats = 1 / np.maximum((vectors**4).sum(axis=1), 1e-6)
    return spots


def _unit(pictures: Floats) -> Floats:
    """Return float32[n, d]: pictures without their mean, as vectors of length 1."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    unit: Floats = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return unit


def _unshaded(pictures: Floats) -> Floats:
    """Return the detail of pictures [n, 48, 48]: without what is smoother than `_SHADING`, about 1 wherever there is any, without their margin."""
    smooth = _smoother()
    rough = pictures - _cut(pictures, smooth, smooth)
    even: Floats = rough / np.sqrt(_cut(rough**2, smooth, smooth) + _NOISE**2)
    return _inner(even)


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


@cache
def _blurrer() -> Floats:
    """The matrix [15, 44] that takes an axis of the detail to every third of its points, blurred."""
    places = np.arange(_DETAIL - 2 * _MARGIN)
    bell = np.exp(-0.5 * ((places[::_ROUGH, None] - places[None, :]) / _ROUGH_BLUR) ** 2)
    blur: Floats = (bell / bell.sum(axis=1, keepdims=True)).astype(np.float32)
    return blur
