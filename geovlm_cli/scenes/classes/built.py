"""Storage tanks, sparse and dense residential, solar farm, industrial."""

from __future__ import annotations

import math

import numpy as np

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.classes.plot import Plot
from geovlm_cli.scenes.geometry import around
from geovlm_cli.scenes.palette import HALLS, PANELS, TANKS, shade
from geovlm_cli.scenes.site import SPAN, Point
from geovlm_cli.scenes.terrain import blend, joints, strip


def storage_tanks(plot: Plot) -> Canvas:
    """Round tanks in a grid or scattered."""
    site = plot.site
    canvas = Canvas(site, plot.land)
    step, regular, paint = site.uniform(17, 28), site.chance(0.6), site.pick(TANKS)
    if site.chance(0.5):
        pad = (np.abs(plot.u) < step * 1.6) & (np.abs(plot.v) < step * 1.4)
        canvas.terrain = blend(canvas.terrain, pad, site.jitter((158, 148, 130)))
    cells = [(u * step, v * step) for u in (-1.5, -0.5, 0.5, 1.5) for v in (-1, 0, 1)]
    spots = [cell if regular else (site.uniform(-46, 46), site.uniform(-46, 46)) for cell in cells if site.chance(0.5)]
    done: list[tuple[float, float, float]] = []
    for u, v in spots or [(0, 0)]:
        x, y = plot.at(u, v)
        radius = site.uniform(5, step * 0.45)
        if all(math.hypot(x - a, y - b) > radius + other + 1 for a, b, other in done):
            done.append((x, y, radius))
            objects.tank(canvas, site.jitter(paint, 18), around(x, y, 2 * radius, 2 * radius, 0), 2.2)
    return canvas


def sparse_residential(plot: Plot) -> Canvas:
    """A winding lane with scattered houses and gardens."""
    site = plot.site
    lane, bend, wave = site.uniform(-25, 25), site.uniform(0, 10), site.uniform(14, 30)
    distance = np.asarray(plot.v - lane - bend * np.sin(plot.u / wave), dtype=np.float32)
    canvas = Canvas(site, strip(site, plot.land, distance, site.uniform(3.5, 6), plot.asphalt))
    done: list[Point] = []
    for _ in range(site.integer(3, 8) * 3):
        u, v = site.uniform(-50, 50), site.uniform(-50, 50)
        x, y = plot.at(u, v)
        off_lane = abs(v - lane - bend * math.sin(u / wave)) > 11
        if len(done) < 8 and off_lane and all(math.hypot(x - a, y - b) > 22 for a, b in done):
            done.append((x, y))
            objects.house(canvas, x, y, plot.degrees + site.uniform(-25, 25))
            objects.trees(canvas, site.integer(0, 4), 1.5, 3.5)
    if not done:
        objects.house(canvas, 40, 40, plot.degrees)
    objects.trees(canvas, site.integer(4, 30), 1.2, 3.6)
    return canvas


def dense_residential(plot: Plot) -> Canvas:
    """Streets lined with houses on both sides."""
    site = plot.site
    step, street = site.uniform(11.5, 15), site.uniform(3, 5)
    block = 2 * step + street + 1
    blocks = np.arange(-80 + site.uniform(0, 30), 80, block).tolist()
    land = plot.land
    for v in blocks:
        land = strip(site, land, plot.v - v - block + street / 2, street, plot.asphalt)
    canvas = Canvas(site, land)
    for v in blocks:
        for row in (0, 1):
            _terrace(canvas, plot, v + step * (row + 0.5) + 0.5, step)
    objects.trees(canvas, site.integer(0, 25), 1, 2.2)
    return canvas


def _terrace(canvas: Canvas, plot: Plot, v: float, step: float) -> None:
    site = plot.site
    for u in np.arange(-80 + site.uniform(0, step), 80, step * site.uniform(0.9, 1.05)).tolist():
        x, y = plot.at(u, v)
        if not (-8 < x < SPAN + 8 and -8 < y < SPAN + 8):
            continue
        if site.chance(0.9):
            turn = 90 if site.chance(0.4) else 0
            objects.house(canvas, x, y, plot.degrees + turn, step * site.uniform(0.66, 0.84), 1.6)
        elif site.chance(0.6):
            objects.tree(canvas, x, y, site.uniform(2, 4))


def solar_farm(plot: Plot) -> Canvas:
    """Rows of panels with a gap between two arrays."""
    site = plot.site
    canvas = Canvas(site, plot.land)
    step = site.uniform(5, 10)
    depth = step * site.uniform(0.45, 0.65)
    half_u, half_v = site.uniform(26, 60), site.uniform(26, 60)
    panel, gap = site.tint(PANELS, 10), site.uniform(-20, 20)
    for v in np.arange(-half_v, half_v, step).tolist():
        for start, stop in ((-half_u, gap - 2), (gap + 2, half_u)):
            if stop - start > 6:
                row = shade(panel, site.uniform(0.9, 1.12))
                canvas.polygon(plot.quad(start, v, stop, v + depth), row, shade(panel, 1.5), 1)
    objects.trees(canvas, site.integer(0, 10), 1, 3)
    return canvas


def industrial(plot: Plot) -> Canvas:
    """Large halls on paved ground."""
    site = plot.site
    paved = (np.abs(plot.u) < site.uniform(34, 70)) * site.uniform(0.5, 1)
    land = blend(plot.land, paved, site.jitter((140, 138, 132)))
    canvas = Canvas(site, joints(site, land) if site.chance(0.4) else land)
    done: list[tuple[float, float, float, float]] = []
    for _ in range(60):
        u, v = site.uniform(-42, 42), site.uniform(-42, 42)
        length, width = site.uniform(22, 50), site.uniform(16, 30)
        hall = (u - length / 2, v - width / 2, u + length / 2, v + width / 2)
        if len(done) < 6 and all(_clear(hall, other) for other in done):
            done.append(hall)
            _hall(canvas, plot, hall)
    for _ in range(site.integer(0, 8)):
        objects.car(canvas, *site.point(), plot.degrees + site.pick((0, 90)), 6)
    return canvas


def _clear(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[2] + 3 < other[0] or other[2] + 3 < one[0] or one[3] + 3 < other[1] or other[3] + 3 < one[1]


def _hall(canvas: Canvas, plot: Plot, hall: tuple[float, float, float, float]) -> None:
    site = plot.site
    u0, v0, u1, v1 = hall
    roof = site.tint(HALLS)
    canvas.polygon(plot.quad(*hall), roof, shade(roof, 0.55), 4)
    for u in np.arange(u0 + 3, u1 - 1, site.uniform(3.5, 7)).tolist():
        canvas.line([plot.at(u, v0 + 1), plot.at(u, v1 - 1)], shade(roof, 0.82))
    for _ in range(site.integer(0, 5)):
        u, v = site.uniform(u0 + 2, u1 - 4), site.uniform(v0 + 2, v1 - 4)
        canvas.polygon(plot.quad(u, v, u + 2.4, v + 2.4), shade(roof, 0.6), height=0.8)
