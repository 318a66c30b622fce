"""Rotated boxes as the truth states them, and where they may stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from geovlm_cli.scenes.site import SPAN, Point


class Box(NamedTuple):
    """Extents of the unrotated rectangle and its turn about the centre.

    Degrees counter-clockwise on screen. The long side lies along x before turning and the angle is in [0, 180), so
    that a rectangle has one description; round things have angle 0.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    angle: float = 0

    @property
    def width(self) -> float:
        """Extent along x before turning."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Extent along y before turning."""
        return self.y2 - self.y1

    @property
    def centre(self) -> Point:
        """The point it turns about."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def at(self, u: float, v: float) -> Point:
        """Return the point of the picture at local (u, v); the box spans [-1, 1] on both axes."""
        x, y = self.centre
        turn = math.radians(self.angle)
        cosine, sine = math.cos(turn), math.sin(turn)
        along, across = u * self.width / 2, v * self.height / 2
        return x + along * cosine + across * sine, y - along * sine + across * cosine

    def quad(self, u0: float, v0: float, u1: float, v1: float) -> list[Point]:
        """Return the four corners of a local rectangle."""
        return [self.at(u0, v0), self.at(u1, v0), self.at(u1, v1), self.at(u0, v1)]

    def corners(self, margin: float = 0) -> list[Point]:
        """Return its own four corners, each side moved out by `margin`."""
        grown = Box(self.x1 - margin, self.y1 - margin, self.x2 + margin, self.y2 + margin, self.angle)
        return grown.quad(-1, -1, 1, 1)

    def scaled(self, factor: float) -> Box:
        """Return the box with its extents multiplied."""
        return Box(self.x1 * factor, self.y1 * factor, self.x2 * factor, self.y2 * factor, self.angle)


def around(x: float, y: float, length: float, width: float, angle: float) -> Box:
    """Return the box with the given centre, sides and turn."""
    return Box(x - length / 2, y - width / 2, x + length / 2, y + width / 2, angle)


def inside(polygon: Sequence[Point], margin: float = 1) -> bool:
    """Tell whether every corner lies in the picture, `margin` units from its border."""
    return all(margin <= value <= SPAN - margin for point in polygon for value in point)


def apart(first: Sequence[Point], second: Sequence[Point]) -> bool:
    """Tell whether two rectangles, given by their corners, do not overlap (separating axes)."""
    for polygon in (first, second):
        for i in (0, 1):
            nx, ny = polygon[i + 1][0] - polygon[i][0], polygon[i + 1][1] - polygon[i][1]
            one = [x * nx + y * ny for x, y in first]
            other = [x * nx + y * ny for x, y in second]
            if max(one) < min(other) or max(other) < min(one):
                return True
    return False
