"""The ground under the objects that questions ask about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.palette import ROADS
from geovlm_cli.scenes.site import SPAN, unturned
from geovlm_cli.scenes.terrain import blend, ground, patch, sigmoid, strip

if TYPE_CHECKING:
    from geovlm_cli.scenes.noise import Array
    from geovlm_cli.scenes.site import Point, Site

_CLEARANCE = 3.0  # units between a thing and the shoreline


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A prepared canvas, the name of its ground, and its shoreline where it has one."""

    canvas: Canvas
    ground: str
    shore: Array | None = None
    """Signed distance to the shoreline, units, positive on land."""

    def suits(self, kind: str, outline: list[Point]) -> bool:
        """Tell whether a thing may stand there: ships afloat, everything else on land."""
        if self.shore is None:
            return True
        sign = -1 if kind == "ship" else 1
        return all(self.canvas.site.at(self.shore, x, y) * sign > _CLEARANCE for x, y in outline)


def sea(site: Site, offset: float | None) -> Backdrop:
    """Open water, or with a shoreline `offset` units from the centre."""
    canvas = Canvas(site, ground(site, "water"))
    shore = None if offset is None else _shoreline(canvas, offset)
    for _ in range(site.integer(0, 7)):
        x, y = site.point()
        length, slope = site.uniform(3, 9), site.uniform(-0.4, 0.4)
        canvas.line([(x, y), (x + length, y + length * slope)], site.jitter((104, 134, 156)))
    return Backdrop(canvas, "water", shore)


def _shoreline(canvas: Canvas, offset: float) -> Array:
    site = canvas.site
    _, v = site.turned(site.uniform(0, 2 * math.pi))
    distance = np.asarray(v - offset + site.noise("broad") * site.uniform(1, 4), dtype=np.float32)
    land = ground(site, site.pick(("sand", "grass", "soil", "concrete")))
    canvas.terrain = blend(canvas.terrain, sigmoid(distance * 1.5), land)
    canvas.terrain = strip(site, canvas.terrain, distance, site.uniform(1, 3), (214, 220, 218))
    return distance


def field(site: Site, name: str) -> Backdrop:
    """Soil, grass or concrete with a road, patches and clutter."""
    canvas = Canvas(site, ground(site, name))
    if site.chance(0.5):
        _road(canvas)
    if site.chance(0.25):
        canvas.terrain = patch(site, canvas.terrain)
    if name == "concrete":
        _yard(canvas)
    else:
        objects.trees(canvas, site.integer(0, 16), 1, 3.6)
        _stones(canvas)
    return Backdrop(canvas, name)


def runway(site: Site) -> Backdrop:
    """A runway through grass or soil."""
    backdrop = field(site, site.pick(("grass", "soil")))
    canvas, angle, offset = backdrop.canvas, site.uniform(0, math.pi), site.uniform(-30, 30)
    _, v = site.turned(angle)
    canvas.terrain = strip(site, canvas.terrain, v - offset, site.uniform(14, 26), site.tint(ROADS))
    _dashes(canvas, angle, offset, 6, 12)
    return backdrop


def _road(canvas: Canvas) -> None:
    site = canvas.site
    angle, offset, width = site.uniform(0, math.pi), site.uniform(-50, 50), site.uniform(2.5, 9)
    bend = site.uniform(0, 8) * site.chance(0.5)
    u, v = site.turned(angle)
    winding = np.asarray(v - offset - bend * np.sin(u / site.uniform(14, 34)), dtype=np.float32)
    canvas.terrain = strip(site, canvas.terrain, winding, width, site.tint(ROADS))
    if width > 5 and not bend:
        _dashes(canvas, angle, offset, 3.5, 8)
        for _ in range(site.integer(0, 4)):
            x, y = unturned(angle, site.uniform(-60, 60), offset + site.side() * width / 4)
            objects.car(canvas, x, y, -math.degrees(angle))


def _dashes(canvas: Canvas, angle: float, offset: float, length: float, step: float) -> None:
    for start in np.arange(-80, 80, step).tolist():
        ends = [unturned(angle, start, offset), unturned(angle, start + length, offset)]
        canvas.line(ends, (214, 212, 200))


def _yard(canvas: Canvas) -> None:
    site = canvas.site
    for _ in range(site.integer(0, 5)):
        objects.car(canvas, *site.point(), site.uniform(0, 180))
    if site.chance(0.4):
        angle, offset, step = site.uniform(0, math.pi), site.uniform(-40, 40), site.uniform(5, 9)
        for bay in range(site.integer(3, 9)):
            along = -30 + bay * step
            canvas.line([unturned(angle, along, offset), unturned(angle, along, offset + 10)], (205, 203, 190))


def _stones(canvas: Canvas) -> None:
    site = canvas.site
    for _ in range(site.integer(0, 6)):
        x, y = site.uniform(0, SPAN), site.uniform(0, SPAN)
        canvas.disc(x, y, site.uniform(0.6, 1.6), site.jitter((150, 144, 134), 20), height=1)
