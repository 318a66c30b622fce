"""A terrain with shapes and their shadows, drawn at twice the size and reduced."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

from geovlm_cli.scenes.noise import Array
from geovlm_cli.scenes.palette import Colour
from geovlm_cli.scenes.site import Point, Site

_OVERSAMPLE = 2
_SHADE = 255
_Stroke = Callable[[ImageDraw.ImageDraw], None]


class Canvas:
    """Collects shapes in drawing order; the sun stands in one direction for all of them.

    `terrain` may be replaced until `render` is called. Heights are in ground units and give the length of the shadow.
    """

    def __init__(self, site: Site, terrain: Array) -> None:
        self.site = site
        self.terrain = terrain
        direction = site.uniform(0, 2 * math.pi)
        self.shadow_x, self.shadow_y = math.cos(direction), math.sin(direction)
        self._darkness = site.uniform(0.3, 0.65)
        self._pixels = site.scale * _OVERSAMPLE
        self._shadows: list[_Stroke] = []
        self._strokes: list[_Stroke] = []

    def polygon(self, points: Sequence[Point], fill: Colour, edge: Colour | None = None, height: float = 0) -> None:
        """Draw a filled polygon."""
        for dx, dy in self._reaches(height):
            shadow = self._scaled([(x + dx, y + dy) for x, y in points])
            self._shadows.append(partial(ImageDraw.ImageDraw.polygon, xy=shadow, fill=_SHADE))
        outline = self._scaled(points)
        self._strokes.append(partial(ImageDraw.ImageDraw.polygon, xy=outline, fill=fill, outline=edge))

    def disc(
        self, x: float, y: float, radius: float, fill: Colour | None, edge: Colour | None = None, height: float = 0
    ) -> None:
        """Draw a disc, or a ring where `fill` is None."""
        for dx, dy in self._reaches(height):
            shadow = self._around(x + dx, y + dy, radius)
            self._shadows.append(partial(ImageDraw.ImageDraw.ellipse, xy=shadow, fill=_SHADE))
        box = self._around(x, y, radius)
        self._strokes.append(partial(ImageDraw.ImageDraw.ellipse, xy=box, fill=fill, outline=edge))

    def line(self, points: Sequence[Point], fill: Colour, width: float = 0.5) -> None:
        """Draw a line of `width` ground units, at least one fine pixel."""
        at, pixels = self._scaled(points), max(1, round(width * self._pixels))
        self._strokes.append(partial(ImageDraw.ImageDraw.line, xy=at, fill=fill, width=pixels))

    def render(self) -> Image.Image:
        """Return the picture, RGB, `site.size` square."""
        side = self.site.size
        terrain = self.terrain * self._light()[..., None] if self._shadows else self.terrain
        picture = Image.fromarray(np.clip(terrain, 0, 255).astype(np.uint8))
        picture = picture.resize((side * _OVERSAMPLE, side * _OVERSAMPLE), Image.Resampling.NEAREST)
        draw = ImageDraw.Draw(picture)
        for stroke in self._strokes:
            stroke(draw)
        return picture.reduce(_OVERSAMPLE)

    def _light(self) -> Array:
        side = self.site.size * _OVERSAMPLE
        mask = Image.new("L", (side, side))
        draw = ImageDraw.Draw(mask)
        for shadow in self._shadows:
            shadow(draw)
        cover = np.asarray(mask.reduce(_OVERSAMPLE), dtype=np.float32)
        return 1 - cover * np.float32(self._darkness / 255)

    def _reaches(self, height: float) -> list[Point]:
        return [(self.shadow_x * reach, self.shadow_y * reach) for reach in (height / 2, height)] if height else []

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._pixels, y * self._pixels) for x, y in points]

    def _around(self, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        left, top = (x - radius) * self._pixels, (y - radius) * self._pixels
        return left, top, left + 2 * radius * self._pixels, top + 2 * radius * self._pixels
