"""Before and after: the same houses under another sun, some of them destroyed.

Real change is rubble. Nuisance change, in every pair: light, haze, season, shadows, cars, trees, a shift of one unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.geometry import Box, around, inside
from geovlm_cli.scenes.light import photograph
from geovlm_cli.scenes.palette import GRASS, SOIL, Colour
from geovlm_cli.scenes.site import SPAN, Site, unturned
from geovlm_cli.scenes.terrain import mixed, mosaic, strip

if TYPE_CHECKING:
    from geovlm_cli.scenes.noise import Array

_ROOFS = ((146, 74, 58), (186, 180, 172), (122, 112, 110), (100, 96, 98), (168, 150, 130))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of one place; `destroyed` holds the boxes in ground units, left to right, on the first."""

    before: Image.Image
    after: Image.Image
    destroyed: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _House:
    box: Box
    paint: Colour
    seed: int
    destroyed: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """What stays the same between the two dates."""

    terrain: Array
    angle: float  # of the streets, degrees as in Box
    streets: tuple[tuple[float, float], ...]  # offset and width
    houses: tuple[_House, ...]
    trees: tuple[tuple[float, float, float], ...]


def pair(site: Site, destroyed: int) -> Pair:
    """Draw a pair in which `destroyed` buildings, or all if there are fewer, are rubble in the second picture."""
    place = _place(site, destroyed)
    before = photograph(site, _view(site, place, after=False))
    shift = site.integer(-1, 2), site.integer(-1, 2)
    after = photograph(site, _shifted(site, _view(site, place, after=True), shift))
    gone = sorted((house.box for house in place.houses if house.destroyed), key=lambda box: box.centre)
    return Pair(before, after, tuple(gone))


def _place(site: Site, destroyed: int) -> _Place:
    degrees = site.integer(0, 180)
    angle = -math.radians(degrees)
    terrain = mosaic(site, GRASS, 30, 60, angle) if site.chance(0.3) else mixed(site, site.pick((GRASS, SOIL)))
    step = site.uniform(25, 34)
    first = -90 + site.uniform(0, step)
    width, asphalt = site.uniform(3, 5.5), site.jitter((112, 110, 108))
    _, v = site.turned(angle)
    streets = tuple((offset + step, width) for offset in np.arange(first, 90, 2 * step).tolist())
    for offset, _ in streets:
        terrain = strip(site, terrain, v - offset, width, asphalt)
    houses = _doomed(site, _settle(site, degrees, first, step), destroyed)
    return _Place(terrain, degrees, streets, houses, _gardens(site, houses))


def _settle(site: Site, degrees: int, first: float, step: float) -> list[_House]:
    """Houses in rows along the streets, those that lie wholly in the picture."""
    angle, along = -math.radians(degrees), step * site.uniform(1, 1.2)
    start = -90 + site.uniform(0, step)
    houses = []
    for v in np.arange(first, 90, step).tolist():
        for u in np.arange(start, 90, along).tolist():
            x, y = unturned(angle, u + site.uniform(-2, 2), v + step / 2)
            length = site.integer(14, 21)
            width = max(9, int(length / site.uniform(1.25, 1.7)))
            box = _snapped(x, y, length, width, degrees)
            if site.chance(0.86) and inside(box.corners(1)) and inside([(box.x1, box.y1), (box.x2, box.y2)], 0):
                houses.append(_House(box, site.tint(_ROOFS), site.integer(0, 2**31), destroyed=False))
    return houses


def _snapped(x: float, y: float, length: int, width: int, degrees: int) -> Box:
    loose = around(x, y, length, width, degrees)
    left, top = round(loose.x1), round(loose.y1)
    return Box(left, top, left + length, top + width, degrees)


def _doomed(site: Site, houses: list[_House], count: int) -> tuple[_House, ...]:
    chosen = set(site.rng.permutation(len(houses))[:count].tolist())
    return tuple(replace(house, destroyed=i in chosen) for i, house in enumerate(houses))


def _gardens(site: Site, houses: tuple[_House, ...]) -> tuple[tuple[float, float, float], ...]:
    trees = [(*site.point(), site.uniform(1.2, 3.2)) for _ in range(site.integer(0, 14))]
    centres = [house.box.centre for house in houses]
    return tuple(tree for tree in trees if all(math.dist(tree[:2], centre) > 14 for centre in centres))


def _view(site: Site, place: _Place, *, after: bool) -> Image.Image:
    season = site.rng.uniform((-14, -14, -10), (14, 14, 10)).astype(np.float32)
    canvas = Canvas(site, place.terrain + season + site.noise("broad")[..., None] * np.float32(site.uniform(0, 6)))
    for offset, width in place.streets:
        for _ in range(site.integer(0, 4)):
            lane = offset + site.side() * width * 0.22
            x, y = unturned(-math.radians(place.angle), site.uniform(-70, 70), lane)
            objects.car(canvas, x, y, place.angle)
    for house in place.houses:
        if after and house.destroyed:
            objects.rubble(canvas, house.paint, house.box)
        else:
            _same_roof(canvas, house)
    for x, y, radius in place.trees:
        if site.chance(0.9):
            objects.tree(canvas, x, y, radius)
    return canvas.render()


def _same_roof(canvas: Canvas, house: _House) -> None:
    """Draw a roof from the house's own random numbers: it looks the same at both dates."""
    site = canvas.site
    canvas.site = Site(np.random.default_rng(house.seed), site.size)
    objects.building(canvas, house.paint, house.box, 2.6 / 1.4)
    canvas.site = site


def _shifted(site: Site, picture: Image.Image, units: tuple[int, int]) -> Image.Image:
    """Move the picture by whole units; the far border comes in on the other side."""
    rows, columns = (round(value * site.size / SPAN) for value in units)
    return Image.fromarray(np.roll(np.asarray(picture), (rows, columns), (0, 1)))
