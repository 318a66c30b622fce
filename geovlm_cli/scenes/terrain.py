"""Ground textures: float32[size, size, 3] arrays, values about 0 to 255."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geovlm_cli.scenes.noise import Array
from geovlm_cli.scenes.palette import CROPS, GRASS, GROUNDS, HEDGES, SOIL, TRACKS, WOOD, Colour
from geovlm_cli.scenes.site import Site

_PLOTS = 480
_ROWS = 24
_PER_ROW = _PLOTS // _ROWS


def sigmoid(values: Array) -> Array:
    """Return 1 / (1 + exp(-values))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), dtype=np.float32)


def blend(ground: Array, mask: npt.ArrayLike, paint: npt.ArrayLike) -> Array:
    """Lay `paint` (a colour, or a texture) over `ground` with opacity `mask` [size, size]."""
    opacity = np.asarray(mask, dtype=np.float32)[..., None]
    return ground + (np.asarray(paint, dtype=np.float32) - ground) * opacity


def strip(site: Site, ground: Array, distance: Array, width: float, colour: Colour) -> Array:
    """Draw a road: everything within width / 2 of the line where `distance` is 0."""
    edge = (width / 2 - np.abs(distance)) * site.scale + 0.5
    return blend(ground, np.clip(edge, 0, 1), colour)


def mixed(site: Site, colours: Sequence[Colour]) -> Array:
    """Two shades of one ground, mixed by noise, with fine and broad grain."""
    first = np.array(site.tint(colours, 20), np.float32)
    second = np.array(site.tint(colours, 20), np.float32)
    share = sigmoid(site.noise("medium") * site.uniform(0.8, 3))[..., None]
    grain = site.noise("fine") * site.uniform(2, 8) + site.noise("broad") * site.uniform(2, 10)
    return first + (second - first) * share + grain[..., None]


def mosaic(
    site: Site,
    colours: Sequence[Colour],
    low: float = 16,
    high: float = 44,
    angle: float | None = None,
    spread: float = 26,
) -> Array:
    """Fields in rows, each with its colour and furrows; sides between `low` and `high` units."""
    u, v = site.turned(site.uniform(0, math.pi) if angle is None else angle)
    width, height = site.uniform(low, high), site.uniform(low, high)
    rows = (v + 80 + site.uniform(0, height)) / height
    row = rows.astype(int)
    widths = (site.rng.uniform(0.7, 1.5, _ROWS) * width).astype(np.float32)[row]
    columns = (u + 90 + site.rng.uniform(0, 60, _ROWS).astype(np.float32)[row]) / widths
    column = columns.astype(int)
    plot = (row * _PER_ROW + column) % _PLOTS

    ground: Array = _crops(site, colours, spread)[plot] + _furrows(site, u, v, plot)[..., None]
    if site.chance(0.7):
        hedge = ((columns - column) * widths < 1.6) | ((rows - row) * height < 1.6)
        ground = blend(ground, hedge * site.uniform(0.4, 0.9), site.tint(HEDGES))
    return ground


def _crops(site: Site, colours: Sequence[Colour], spread: float) -> Array:
    chosen = np.array(colours, np.float32)[site.rng.integers(0, len(colours), _PLOTS)]
    bright = site.rng.uniform(-spread, spread, (_PLOTS, 1)) * 0.7
    hue = site.rng.uniform(-spread, spread, (_PLOTS, 3)) * 0.35
    return np.asarray(chosen + bright + hue, dtype=np.float32)


def _furrows(site: Site, u: Array, v: Array, plot: npt.NDArray[np.int_]) -> Array:
    depth = site.rng.uniform(0, 9, _PLOTS) * (site.rng.random(_PLOTS) < 0.6)
    along = u if site.chance(0.5) else v
    waves: Array = depth.astype(np.float32)[plot] * np.sin(along * site.uniform(0.9, 2.4))
    grain = site.noise("fine") * site.uniform(2, 6) + site.noise("medium") * site.uniform(2, 8)
    return waves + grain


def joints(site: Site, ground: Array) -> Array:
    """Darken the joints between concrete slabs."""
    u, v = site.turned(site.uniform(0, math.pi))
    step = site.uniform(9, 26)
    lines = ((u + 200) % step < 1) | ((v + 200) % step < 1)
    return ground - (lines * np.float32(site.uniform(5, 20)))[..., None]


def ground(site: Site, name: str) -> Array:
    """A plain piece of one ground of `palette.GROUNDS`."""
    colours = GROUNDS[name]
    if name in ("grass", "soil") and site.chance(0.35):
        return mosaic(site, colours, 18, 60, spread=18)
    texture = mixed(site, colours)
    if name == "water":
        return texture + (site.noise("ripple") * site.uniform(1, 9))[..., None]
    if name == "concrete" and site.chance(0.7):
        return joints(site, texture)
    return texture


def countryside(site: Site) -> Array:
    """Land that any class may lie in: a ground or fields, perhaps with a wood and a track."""
    if site.chance(0.8):
        land = ground(site, site.pick(("grass", "soil", "grass", "soil", "concrete")))
    else:
        land = mosaic(site, CROPS)
    if site.chance(0.2):
        wood = sigmoid((site.noise("broad") - site.uniform(0.2, 1.2)) * 4)
        land = blend(land, wood, site.tint(WOOD))
    if site.chance(0.3):
        land = strip(site, land, track(site), site.uniform(2, 5), site.tint(TRACKS))
    return land


def track(site: Site) -> Array:
    """The distance of every pixel from a winding line across the picture, units."""
    u, v = site.turned(site.uniform(0, math.pi))
    bend = site.uniform(0, 9) * np.sin(u / site.uniform(12, 30))
    return np.asarray(v - site.uniform(-45, 45) - bend, dtype=np.float32)


def patch(site: Site, land: Array) -> Array:
    """Lay an irregular patch of other vegetation or bare soil over the land."""
    shape = sigmoid((site.noise("broad") - site.uniform(0.6, 1.4)) * 5)
    return blend(land, shape, site.tint(site.pick((WOOD, SOIL, GRASS))))
