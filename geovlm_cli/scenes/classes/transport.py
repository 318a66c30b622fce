"""Airport, harbor, parking lot, intersection."""

from __future__ import annotations

import math

import numpy as np

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.classes.plot import Plot
from geovlm_cli.scenes.palette import shade
from geovlm_cli.scenes.site import SPAN, unturned
from geovlm_cli.scenes.terrain import blend, ground, sigmoid, strip

_MARKING = (222, 222, 214)


def airport(plot: Plot) -> Canvas:
    """A runway, often a taxiway and an apron, and some planes."""
    site, u, v = plot.site, plot.u, plot.v
    runway = site.uniform(-30, 30)
    away = 1 if runway < 0 else -1
    taxiway = runway + away * site.uniform(22, 34)
    land = strip(site, plot.land, v - runway, site.uniform(11, 19), plot.asphalt)
    if site.chance(0.7):
        land = strip(site, land, v - taxiway, site.uniform(4, 7), site.jitter(plot.asphalt))
        link = (np.abs(u - site.uniform(-40, 40)) < 3) & ((v - runway) * (v - taxiway) < 0)
        land = blend(land, link, plot.asphalt)
    if site.chance(0.5):
        start, depth = site.uniform(-40, 20), (v - taxiway) * away
        apron = (u > start) & (u < start + site.uniform(28, 50)) & (depth > 0) & (depth < site.uniform(16, 30))
        land = blend(land, apron, site.jitter((150, 148, 144)))
    canvas = Canvas(site, land)
    for along in range(-80, 80, 12):
        canvas.line([plot.at(along, runway), plot.at(along + 6, runway)], _MARKING, 1)
    for _ in range(site.integer(1, 5)):
        x, y = plot.at(site.uniform(-42, 42), site.pick((runway, taxiway, taxiway + away * 10)))
        turn = site.pick((0.0, 90.0, 180.0, site.uniform(0, 360)))
        objects.airliner(canvas, x, y, plot.degrees + turn, site.uniform(11, 20))
    return canvas


def harbor(plot: Plot) -> Canvas:
    """A quay with piers and moored boats."""
    site = plot.site
    quay = site.uniform(-44, -6)
    concrete = site.jitter((150, 148, 142))
    land = blend(plot.land, plot.v - quay > -site.uniform(6, 20), concrete)
    canvas = Canvas(site, blend(land, sigmoid((plot.v - quay) * 3), ground(site, "water")))
    step, reach = site.uniform(17, 32), site.uniform(20, 56)
    for along in np.arange(-70 + site.uniform(0, step), 75, step).tolist():
        width = site.uniform(2, 4)
        canvas.polygon(plot.quad(along, quay - 1, along + width, quay + reach), concrete, shade(concrete, 0.7), 1)
        _moor(canvas, plot, along + width / 2, width, quay, reach, step > 22)
    if site.chance(0.5):
        x, y = plot.at(site.uniform(-35, 35), quay + reach * 0.6 + site.uniform(10, 25))
        objects.boat(canvas, x, y, site.uniform(0, 180), site.uniform(18, 34))
    return canvas


def _moor(canvas: Canvas, plot: Plot, middle: float, width: float, quay: float, reach: float, roomy: bool) -> None:
    site = plot.site
    for out in np.arange(quay + 7, quay + reach, site.uniform(6, 9)).tolist():
        for side in (-1, 1):
            if site.chance(0.5):
                length = site.uniform(8, 12) if roomy else 7
                x, y = plot.at(middle + side * (length / 2 + width / 2 + 0.5), out)
                objects.boat(canvas, x, y, plot.degrees, length)


def parking_lot(plot: Plot) -> Canvas:
    """Rows of bays, more or less full."""
    site = plot.site
    lot = (np.abs(plot.u) < site.uniform(36, 80)) & (np.abs(plot.v) < site.uniform(34, 80))
    land = blend(plot.land, lot, plot.asphalt)
    canvas = Canvas(site, land + (lot * site.noise("medium") * site.uniform(1, 6))[..., None])
    occupied, bay, depth, aisle = (
        site.uniform(0.3, 0.92),
        site.uniform(5.2, 6.6),
        site.uniform(9, 11),
        site.uniform(9, 13),
    )
    row = -60 + site.uniform(0, 15)
    while row < 60:
        for v in (row, row + depth):
            _bays(canvas, plot, lot.astype(np.float32), v, bay, depth, occupied)
        row += 2 * depth + aisle
    if site.chance(0.5):
        objects.trees(canvas, site.integer(3, 12), 1.5, 3)
    return canvas


def _bays(
    canvas: Canvas, plot: Plot, lot: np.typing.NDArray[np.float32], v: float, bay: float, depth: float, occupied: float
) -> None:
    for u in np.arange(-58, 58, bay).tolist():
        x, y = plot.at(u, v)
        if not (0 <= x < SPAN and 0 <= y < SPAN and plot.site.at(lot, x, y)):
            continue
        edge = u - bay / 2
        canvas.line([plot.at(edge, v - depth / 2), plot.at(edge, v + depth / 2)], (206, 206, 200))
        if plot.site.chance(occupied):
            objects.car(canvas, x, y, plot.degrees + 90, 7.4)


def intersection(plot: Plot) -> Canvas:
    """Two crossing roads with traffic, sometimes houses around."""
    site = plot.site
    cross = plot.angle + site.uniform(1.0, 2.1)
    offsets = site.uniform(-18, 18), site.uniform(-18, 18)
    widths = site.uniform(8, 16), site.uniform(8, 16)
    axes = plot.v - offsets[0], site.turned(cross)[1] - offsets[1]
    land = plot.land
    if site.chance(0.5):
        kerb = site.jitter((150, 146, 138))
        for axis, width in zip(axes, widths, strict=True):
            land = strip(site, land, axis, width + 5, kerb)
    for axis, width in zip(axes, widths, strict=True):
        land = strip(site, land, axis, width, plot.asphalt)
    canvas = Canvas(site, land)

    def clear(x: float, y: float, margin: float) -> bool:
        return all(abs(site.at(a, x, y)) > w / 2 + margin for a, w in zip(axes, widths, strict=True))

    for angle, offset, width, other in (
        (plot.angle, offsets[0], widths[0], axes[1]),
        (cross, offsets[1], widths[1], axes[0]),
    ):
        _traffic(canvas, angle, offset, width, other)
    if site.chance(0.5):
        for _ in range(site.integer(3, 12)):
            x, y = site.point()
            if clear(x, y, 8):
                objects.house(canvas, x, y, plot.degrees)
    objects.trees(canvas, site.integer(0, 18), 1, 3, lambda x, y: clear(x, y, 3))
    return canvas


def _traffic(canvas: Canvas, angle: float, offset: float, width: float, other: np.typing.NDArray[np.float32]) -> None:
    site = canvas.site
    for along in range(-75, 75, 9):
        x, y = unturned(angle, along + 2, offset)
        if 0 <= x < SPAN and 0 <= y < SPAN and abs(site.at(other, x, y)) > 9:
            canvas.line([unturned(angle, along, offset), unturned(angle, along + 4, offset)], (222, 220, 204))
    for _ in range(site.integer(0, 7)):
        x, y = unturned(angle, site.uniform(-60, 60), offset + site.side() * width * 0.25)
        objects.car(canvas, x, y, -math.degrees(angle), 6)
