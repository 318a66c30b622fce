"""The piece of ground being drawn: its random numbers and its coordinates.

Every length in this package is in ground units: a picture is `SPAN` units wide whatever its size in pixels, x to the
right, y down. Layout draws never depend on the pixel size, so one seed gives one scene at every resolution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np

from geovlm_cli.scenes import noise
from geovlm_cli.scenes.noise import Array
from geovlm_cli.scenes.palette import Colour

SPAN: Final = 112.0
CENTRE: Final = SPAN / 2

Point = tuple[float, float]
T = TypeVar("T")


@lru_cache(maxsize=8)
def _grid(size: int) -> tuple[Array, Array]:
    axis = ((np.arange(size) + 0.5) * SPAN / size - CENTRE).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y


@dataclass(frozen=True, slots=True)
class Site:
    """A random generator and the pixel grid of one picture."""

    rng: np.random.Generator
    size: int

    @property
    def scale(self) -> float:
        """Pixels a ground unit."""
        return self.size / SPAN

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return bool(self.rng.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.rng.random()

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high)."""
        return int(self.rng.integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self.rng.integers(len(options)))]

    def side(self) -> int:
        """Return -1 or 1."""
        return 1 if self.chance(0.5) else -1

    def point(self) -> Point:
        """Return a point anywhere in the picture."""
        return self.uniform(0, SPAN), self.uniform(0, SPAN)

    def jitter(self, colour: Colour, amount: float = 16) -> Colour:
        """Return the colour moved at random, mostly in brightness."""
        common = self.uniform(-amount, amount) * 0.7

        def moved(value: int) -> int:
            return min(255, max(0, int(value + common + self.uniform(-amount, amount) * 0.45)))

        return moved(colour[0]), moved(colour[1]), moved(colour[2])

    def tint(self, colours: Sequence[Colour], amount: float = 16) -> Colour:
        """Return one of the colours, jittered."""
        return self.jitter(self.pick(colours), amount)

    def noise(self, kind: str) -> Array:
        """Return float32[size, size] noise of the named roughness (see `noise.EXPONENTS`)."""
        return noise.crop(self.rng, kind, self.size, SPAN)

    def turned(self, angle: float) -> tuple[Array, Array]:
        """Return the coordinates (u, v) of every pixel in axes turned by `angle` radians about the centre."""
        x, y = _grid(self.size)
        cosine, sine = math.cos(angle), math.sin(angle)
        return x * cosine + y * sine, y * cosine - x * sine

    def at(self, field: Array, x: float, y: float) -> float:
        """Return the value of a per-pixel field at a point, or at the nearest pixel of the border."""
        last = self.size - 1
        row = min(last, max(0, int(y * self.scale)))
        column = min(last, max(0, int(x * self.scale)))
        return float(field[row, column])


def unturned(angle: float, u: float, v: float) -> Point:
    """Return the point of the picture with coordinates (u, v) in axes turned by `angle` radians."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return CENTRE + u * cosine - v * sine, CENTRE + u * sine + v * cosine
