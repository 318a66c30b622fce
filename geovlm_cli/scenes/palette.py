"""Colours of grounds, paints and roofs (8-bit RGB)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Colour = tuple[int, int, int]

PAINTS: Final[Mapping[str, Colour]] = {
    "red": (196, 48, 42),
    "white": (236, 236, 232),
    "yellow": (226, 196, 52),
    "blue": (48, 82, 190),
}

WATER: Final = ((40, 70, 96), (32, 60, 68), (56, 88, 98), (70, 92, 84), (26, 46, 72))
SOIL: Final = ((152, 130, 100), (176, 154, 120), (122, 104, 82), (138, 120, 92))
GRASS: Final = ((70, 92, 54), (100, 118, 68), (128, 128, 82), (56, 76, 46))
CONCRETE: Final = ((150, 148, 142), (128, 127, 124), (166, 162, 154), (108, 108, 108))
SAND: Final = ((206, 188, 150), (188, 172, 138), (170, 156, 128))
WOOD: Final = ((46, 66, 40), (60, 80, 46), (72, 88, 54))
CROPS: Final = (*GRASS, *SOIL, (150, 142, 84), (84, 110, 56), (118, 100, 74), (60, 88, 52))

GROUNDS: Final[Mapping[str, tuple[Colour, ...]]] = {
    "water": WATER,
    "soil": SOIL,
    "grass": GRASS,
    "concrete": CONCRETE,
    "sand": SAND,
}

ASPHALT: Final = ((100, 100, 102), (120, 118, 114), (84, 84, 88))
ROADS: Final = ((112, 110, 108), (160, 144, 118), (90, 90, 92))
TRACKS: Final = ((118, 116, 112), (168, 150, 122))
HEDGES: Final = ((60, 80, 46), (150, 136, 110), (92, 98, 70))
ROOFS: Final = (
    (146, 74, 58),
    (122, 112, 110),
    (168, 160, 150),
    (104, 96, 92),
    (186, 178, 166),
    (96, 106, 120),
)
HALLS: Final = ((190, 190, 192), (150, 160, 170), (165, 120, 100), (120, 122, 126), (206, 200, 188))
HULLS: Final = ((226, 226, 222), (190, 190, 190), (150, 70, 60), (80, 96, 140))
TANKS: Final = ((222, 222, 218), (176, 172, 164), (140, 136, 130), (200, 186, 160))
PANELS: Final = ((42, 50, 84), (56, 62, 80), (34, 40, 60), (70, 80, 104))
CARS: Final = (
    (200, 200, 200),
    (60, 62, 66),
    (120, 124, 130),
    (150, 60, 52),
    (70, 84, 120),
    (226, 226, 226),
    (96, 92, 84),
)


def shade(colour: Colour, factor: float) -> Colour:
    """Return `colour` with its brightness multiplied, capped at white."""
    red, green, blue = (min(255, int(value * factor)) for value in colour)
    return red, green, blue
