"""Boxes of polygons: the rotated rectangle of least area, in our angle convention, and the upright one."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
_TINY = 1e-9


def rectangle(points: Sequence[Point]) -> list[float]:
    """Return x1, y1, x2, y2, angle of the least rectangle that holds the points (at least 3, not on one line).

    The angle is in degrees, counter-clockwise on screen (y down), in [0, 90): the extents are those of the rectangle turned back about its centre, as `boxes.corners` turns
    them. One side of the least rectangle lies on the convex hull (Freeman and Shapira 1975), so each of its sides is tried. Raises ValueError for fewer points or no area.
    """
    hull = _hull(points)
    if len(hull) < 3:
        raise ValueError("a polygon needs three points that are not on one line")
    return min((_along(hull, degrees) for degrees in _directions(hull)), key=_area)


def upright(points: Sequence[Point]) -> list[float]:
    """Return x1, y1, x2, y2 of the upright box round the points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return [min(xs), min(ys), max(xs), max(ys)]


def _directions(hull: list[Point]) -> list[float]:
    """Return the angles of the hull's sides, modulo 90°; 0 first, so that of two equal rectangles the upright one is taken."""
    found = {0.0}
    for (ax, ay), (bx, by) in zip(hull, [*hull[1:], hull[0]], strict=True):
        degrees = math.degrees(math.atan2(ay - by, bx - ax)) % 90.0
        found.add(0.0 if 90.0 - degrees < _TINY else degrees)
    return sorted(found)


def _along(hull: list[Point], degrees: float) -> list[float]:
    """Return the rectangle round the hull whose sides have this angle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    us, vs = [x * cos - y * sin for x, y in hull], [x * sin + y * cos for x, y in hull]
    width, height = max(us) - min(us), max(vs) - min(vs)
    u, v = (max(us) + min(us)) / 2, (max(vs) + min(vs)) / 2
    cx, cy = u * cos + v * sin, -u * sin + v * cos
    return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2, degrees]


def _area(row: list[float]) -> float:
    # Rounded to what floating point keeps, in any frame, so that equal rectangles are equal.
    return float(f"{(row[2] - row[0]) * (row[3] - row[1]):.9g}")


def _hull(points: Sequence[Point]) -> list[Point]:
    """Return the convex hull (Andrew's monotone chain), without points on its sides."""
    ordered = sorted(set(points))
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _chain(points: Sequence[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in points:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
