"""What every class starts from: a piece of countryside and one leading direction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geovlm_cli.scenes.palette import ASPHALT
from geovlm_cli.scenes.site import unturned
from geovlm_cli.scenes.terrain import countryside

if TYPE_CHECKING:
    from geovlm_cli.scenes.noise import Array
    from geovlm_cli.scenes.palette import Colour
    from geovlm_cli.scenes.site import Point, Site


@dataclass(frozen=True, slots=True)
class Plot:
    """`u` runs along the leading direction and `v` across it, both from the centre, in units."""

    site: Site
    angle: float
    u: Array
    v: Array
    land: Array
    asphalt: Colour

    @property
    def degrees(self) -> float:
        """The leading direction as a box angle (counter-clockwise on screen)."""
        return -math.degrees(self.angle)

    def at(self, u: float, v: float) -> Point:
        """Return the point of the picture at (u, v)."""
        return unturned(self.angle, u, v)

    def quad(self, u0: float, v0: float, u1: float, v1: float) -> list[Point]:
        """Return the corners of a rectangle in (u, v)."""
        return [self.at(u0, v0), self.at(u1, v0), self.at(u1, v1), self.at(u0, v1)]


def plot(site: Site) -> Plot:
    """Choose a direction and draw the countryside."""
    angle = site.uniform(0, 2 * math.pi)
    u, v = site.turned(angle)
    return Plot(site, angle, u, v, countryside(site), site.tint(ASPHALT))
