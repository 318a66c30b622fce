"""Things seen from above: the five kinds that questions name, and the clutter around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from geovlm_cli.scenes.canvas import Canvas
from geovlm_cli.scenes.geometry import Box, around
from geovlm_cli.scenes.palette import CARS, HULLS, ROOFS, WOOD, Colour, shade
from geovlm_cli.scenes.site import Point, Site

KINDS: Final = ("ship", "tank", "plane", "building", "truck")
ROUND: Final = frozenset({"tank"})
_DARK: Final = (60, 60, 60)


def sides(site: Site, kind: str, low: int, high: int) -> tuple[int, int]:
    """Return a length and a width in units for a thing of this kind; `low` and `high` bound the length roughly."""
    if kind == "ship":
        length = site.integer(low + 6, high + 9)
        return length, max(6, int(length * site.uniform(0.27, 0.38)))
    if kind == "truck":
        length = site.integer(low + 2, max(low + 3, high - 5))
        return length, max(6, int(length * site.uniform(0.4, 0.5)))
    if kind == "plane":
        length = site.integer(low + 3, high + 3)
        return length, int(length * site.uniform(0.68, 0.8))
    if kind == "tank":
        length = site.integer(low - 1, high - 4)
        return length, length
    length = site.integer(low + 2, high + 1)
    return length, max(9, int(length / site.uniform(1.3, 2.1)))


def draw(canvas: Canvas, kind: str, paint: Colour, box: Box, height: float = 2.0) -> None:
    """Draw one thing of a kind so that it fills its box."""
    _DRAWINGS[kind](canvas, paint, box, height)


def ship(canvas: Canvas, paint: Colour, box: Box, height: float, *, under_way: bool = False) -> None:
    """A hull with deck, bridge and, if long enough, hatches; with a wake where it is under way."""
    bow = canvas.site.uniform(0.35, 0.65)
    facing = _facing(canvas.site, box)
    if under_way:
        _wake(canvas, facing)
    hull = [(-1, -0.8), (-0.9, -1), (bow, -1), (1, 0), (bow, 1), (-0.9, 1), (-1, 0.8)]
    deck = [(-0.85, -0.6), (bow - 0.1, -0.6), (bow + 0.15, 0), (bow - 0.1, 0.6), (-0.85, 0.6)]
    canvas.polygon([facing(u, v) for u, v in hull], paint, shade(paint, 0.5), height * 0.7)
    canvas.polygon([facing(u, v) for u, v in deck], shade(paint, 0.82))
    bridge = (225, 225, 220) if sum(paint) < 560 else (120, 120, 125)
    canvas.polygon(_part(facing, -0.75, -0.5, -0.4, 0.5), bridge, _DARK)
    if box.width > 22:
        for u in (-0.2, 0.1):
            canvas.polygon(_part(facing, u, -0.35, u + 0.18, 0.35), shade(paint, 0.62))


def _wake(canvas: Canvas, facing: Callable[[float, float], Point]) -> None:
    """Foam behind the stern, outside the truth box."""
    foam = canvas.site.jitter((170, 186, 192), 12)
    reach = canvas.site.uniform(1.6, 2.6)
    for side in (-1, 1):
        for dash in range(4):
            near, far = 1 + dash * reach / 4, 1 + (dash + 0.7) * reach / 4
            canvas.line([facing(-near, side * near * 0.7), facing(-far, side * far * 0.8)], foam)


def tank(canvas: Canvas, paint: Colour, box: Box, height: float) -> None:
    """A round tank with a rim, a lid and a ladder."""
    x, y = box.centre
    radius = box.width / 2
    canvas.disc(x, y, radius, shade(paint, 0.8), (70, 70, 70), height * 1.6)
    lift = radius * 0.15
    canvas.disc(x - canvas.shadow_x * lift, y - canvas.shadow_y * lift, radius * 0.8, paint)
    canvas.disc(x, y, radius * 0.3, None, shade(paint, 0.6))
    canvas.line([(x, y), (x + radius * 0.7, y + radius * 0.5)], shade(paint, 0.65))


def plane(canvas: Canvas, paint: Colour, box: Box, height: float) -> None:
    """A fuselage with wings, tail and two engines."""
    facing = _facing(canvas.site, box)
    fuselage = [(-1, -0.13), (0.7, -0.13), (1, 0), (0.7, 0.13), (-1, 0.13)]
    wing = [(0.3, 0), (-0.2, 1), (-0.42, 1), (-0.15, 0)]
    tail = [(-0.7, 0), (-0.93, 0.42), (-1, 0.42), (-0.95, 0)]
    for part in (wing, tail):
        for mirror in (1, -1):
            canvas.polygon([facing(u, v * mirror) for u, v in part], shade(paint, 0.9), height=height * 1.2)
    canvas.polygon([facing(u, v) for u, v in fuselage], paint, height=height * 1.2)
    canvas.line([facing(-0.9, 0), facing(0.75, 0)], shade(paint, 0.7))
    for v0, v1 in ((0.35, 0.5), (-0.5, -0.35)):
        canvas.polygon(_part(facing, -0.02, v0, 0.14, v1), (90, 90, 95))


def truck(canvas: Canvas, paint: Colour, box: Box, height: float) -> None:
    """A trailer and a cab."""
    facing = _facing(canvas.site, box)
    canvas.polygon(_part(facing, -1, -1, 0.42, 1), paint, shade(paint, 0.55), height)
    canvas.polygon(_part(facing, 0.5, -0.85, 1, 0.85), shade(paint, 0.8), (50, 50, 55), height * 0.7)
    canvas.polygon(_part(facing, 0.72, -0.7, 0.86, 0.7), (45, 50, 60))
    for u in (-0.6, -0.2):
        canvas.line([facing(u, -0.9), facing(u, 0.9)], shade(paint, 0.75))


def building(canvas: Canvas, paint: Colour, box: Box, height: float) -> None:
    """A pitched roof (lit on one side) or a flat one with machinery."""
    canvas.polygon(box.corners(), paint, shade(paint, 0.55), height * 1.4)
    if canvas.site.chance(0.6):
        _pitched(canvas, paint, box)
    else:
        _flat(canvas, paint, box)


def _pitched(canvas: Canvas, paint: Colour, box: Box) -> None:
    hip = canvas.site.uniform(0, 0.35)
    turn = math.radians(box.angle)
    lit_above = canvas.shadow_x * math.sin(turn) + canvas.shadow_y * math.cos(turn) > 0
    above, below = (1.08, 0.72) if lit_above else (0.72, 1.08)
    ridge = [box.at(1 - hip, 0), box.at(-1 + hip, 0)]
    canvas.polygon([box.at(-1, -1), box.at(1, -1), *ridge], shade(paint, above))
    canvas.polygon([box.at(-1, 1), box.at(1, 1), *ridge], shade(paint, below))
    canvas.line(ridge, shade(paint, 0.55))
    if hip > 0.1:
        for end in (-1, 1):
            canvas.line([box.at(end, -1), box.at(end * (1 - hip), 0), box.at(end, 1)], shade(paint, 0.6))


def _flat(canvas: Canvas, paint: Colour, box: Box) -> None:
    site = canvas.site
    canvas.polygon(box.quad(-0.86, -0.8, 0.86, 0.8), shade(paint, 0.93), shade(paint, 0.7))
    for _ in range(site.integer(1, 4)):
        u, v = site.uniform(-0.6, 0.5), site.uniform(-0.5, 0.3)
        canvas.polygon(box.quad(u, v, u + 0.22, v + 0.32), shade(paint, 0.6), _DARK)


def rubble(canvas: Canvas, paint: Colour, box: Box) -> None:
    """What is left of a building: a broken outline strewn with debris."""
    site = canvas.site
    rim = [
        (-1, -0.9),
        (-0.4, -1.05),
        (0.5, -0.9),
        (1.02, -1),
        (0.95, 0.3),
        (1, 1),
        (0.1, 0.92),
        (-0.8, 1.03),
        (-1.03, 0.4),
    ]
    canvas.polygon([box.at(u, v) for u, v in rim], shade(paint, site.uniform(0.6, 0.95)))
    for _ in range(int(box.width * box.height / 4)):
        x, y = box.at(site.uniform(-0.95, 0.95), site.uniform(-0.95, 0.95))
        size, turn = site.uniform(0.4, 1.7), site.uniform(0, math.pi)
        grey = shade(paint, site.uniform(0.3, 1.25)) if site.chance(0.5) else site.jitter((120, 106, 90), 36)
        shard = [(x + size * math.cos(turn + a), y + size * math.sin(turn + a)) for a in (0, 1.9, 3.7)]
        canvas.polygon(shard, grey)


def car(canvas: Canvas, x: float, y: float, angle: float, length: float = 4.6) -> None:
    """A car centred on a point."""
    box = around(x, y, length, length * 0.48, angle)
    paint = canvas.site.tint(CARS, 10)
    canvas.polygon(box.corners(), paint, shade(paint, 0.6), 0.8)
    canvas.polygon(box.quad(0.1, -0.7, 0.45, 0.7), (46, 50, 58))


def house(canvas: Canvas, x: float, y: float, angle: float, length: float | None = None, height: float = 2.5) -> None:
    """A dwelling centred on a point."""
    site = canvas.site
    length = site.uniform(9, 15) if length is None else length
    width = length / site.uniform(1.2, 1.8)
    building(canvas, site.tint(ROOFS), around(x, y, length, width, angle), height / 1.4)


def airliner(canvas: Canvas, x: float, y: float, angle: float, length: float) -> None:
    """A white plane centred on a point."""
    width = length * canvas.site.uniform(0.68, 0.8)
    plane(canvas, canvas.site.jitter((225, 226, 226), 14), around(x, y, length, width, angle), 2)


def boat(canvas: Canvas, x: float, y: float, angle: float, length: float) -> None:
    """A small ship centred on a point."""
    width = length * canvas.site.uniform(0.27, 0.38)
    ship(canvas, canvas.site.tint(HULLS, 14), around(x, y, length, width, angle), 1)


def tree(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """A crown with a lit side."""
    leaves = canvas.site.tint(WOOD, 20)
    lit = canvas.site.rng.integers(8, 26, 3).tolist()
    canvas.disc(x, y, radius, leaves, height=radius * 0.9)
    bright = (min(255, leaves[0] + lit[0]), min(255, leaves[1] + lit[1]), min(255, leaves[2] + lit[2]))
    canvas.disc(x - canvas.shadow_x * radius * 0.3, y - canvas.shadow_y * radius * 0.3, radius * 0.55, bright)


def trees(
    canvas: Canvas,
    count: int,
    smallest: float = 1.0,
    largest: float = 3.5,
    where: Callable[[float, float], bool] | None = None,
) -> None:
    """Scatter up to `count` trees over the places that `where` allows."""
    for _ in range(count):
        x, y = canvas.site.point()
        if where is None or where(x, y):
            tree(canvas, x, y, canvas.site.uniform(smallest, largest))


def _facing(site: Site, box: Box) -> Callable[[float, float], Point]:
    """Local coordinates of a thing whose front is at either end of its box."""
    front = site.side()
    return lambda u, v: box.at(u * front, v)


def _part(facing: Callable[[float, float], Point], u0: float, v0: float, u1: float, v1: float) -> list[Point]:
    return [facing(u0, v0), facing(u1, v0), facing(u1, v1), facing(u0, v1)]


_DRAWINGS: Final[Mapping[str, Callable[[Canvas, Colour, Box, float], None]]] = {
    "ship": ship,
    "tank": tank,
    "plane": plane,
    "building": building,
    "truck": truck,
}
