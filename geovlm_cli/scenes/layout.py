"""Scenes with countable objects: what stands where, under which light."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from geovlm_cli.scenes import objects
from geovlm_cli.scenes.backdrop import Backdrop, field, runway, sea
from geovlm_cli.scenes.geometry import Box, apart, inside
from geovlm_cli.scenes.light import photograph
from geovlm_cli.scenes.palette import PAINTS

if TYPE_CHECKING:
    from PIL import Image

    from geovlm_cli.scenes.site import Site

COLOURS: Final = tuple(PAINTS)
LAND_KINDS: Final = tuple(kind for kind in objects.KINDS if kind != "ship")
_TRIES = 120
_GAP = 1.5  # units between two things
_CROWD = 4  # from here on things are kept small


class Group(NamedTuple):
    """So many things of one kind and colour."""

    colour: str
    kind: str
    number: int


class Thing(NamedTuple):
    """One object of a scene; `box` in ground units."""

    colour: str
    kind: str
    box: Box

    @property
    def name(self) -> str:
        """Such as `red ship`."""
        return f"{self.colour} {self.kind}"


@dataclass(frozen=True, slots=True)
class ObjectScene:
    """A picture and everything in it that a question may name, left to right."""

    image: Image.Image
    ground: str
    things: tuple[Thing, ...]

    def named(self, name: str) -> list[Thing]:
        """Return the things called, say, `red ship`."""
        return [thing for thing in self.things if thing.name == name]

    def count(self, kind: str) -> int:
        """Return how many things are of a kind."""
        return Counter(thing.kind for thing in self.things)[kind]


def compose(site: Site, groups: Sequence[Group], low: int = 12, high: int = 32) -> ObjectScene:
    """Draw a scene holding the groups, or as many of their things as find room.

    Things are placed in random order, at random and apart from one another; ships float, nothing else does.
    """
    wanted = [(group.colour, group.kind) for group in groups for _ in range(group.number)]
    wanted = [wanted[i] for i in site.rng.permutation(len(wanted)).tolist()]
    if len(wanted) > _CROWD:
        low, high = min(low, 18), min(high, 26)
    backdrop = _backdrop(site, {group.kind for group in groups})
    things = _place(backdrop, wanted, low, high)
    for thing in things:
        _draw(backdrop, thing)
    picture = photograph(site, backdrop.canvas.render())
    return ObjectScene(picture, backdrop.ground, tuple(sorted(things, key=_from_left)))


def _from_left(thing: Thing) -> tuple[float, float]:
    return thing.box.centre


def _backdrop(site: Site, kinds: set[str]) -> Backdrop:
    if kinds == {"ship"}:
        return sea(site, site.uniform(36, 56) if site.chance(0.4) else None)
    if "ship" in kinds:
        return sea(site, site.uniform(-14, 14))
    if "plane" in kinds and site.chance(0.4):
        return runway(site)
    return field(site, site.pick(("soil", "grass", "concrete")))


def _place(backdrop: Backdrop, wanted: Sequence[tuple[str, str]], low: int, high: int) -> list[Thing]:
    placed: list[Thing] = []
    tries = _TRIES // max(1, len(wanted)) + 12
    for colour, kind in wanted:
        for _ in range(tries):
            box = _random_box(backdrop.canvas.site, kind, low, high)
            outline = box.corners(_GAP)
            free = all(apart(outline, other.box.corners(_GAP)) for other in placed)
            if free and inside(outline) and backdrop.suits(kind, outline):
                placed.append(Thing(colour, kind, box))
                break
    return placed


def _random_box(site: Site, kind: str, low: int, high: int) -> Box:
    length, width = objects.sides(site, kind, low, high)
    x, y = site.integer(1, 112 - length), site.integer(1, 112 - width)
    angle = 0 if kind in objects.ROUND else site.integer(0, 180)
    return Box(x, y, x + length, y + width, angle)


def _draw(backdrop: Backdrop, thing: Thing) -> None:
    site = backdrop.canvas.site
    paint = site.jitter(PAINTS[thing.colour], 12)
    if thing.kind == "ship":
        under_way = site.chance(0.3)
        objects.ship(backdrop.canvas, paint, thing.box, site.uniform(0.4, 1.2), under_way=under_way)
    else:
        objects.draw(backdrop.canvas, thing.kind, paint, thing.box, site.uniform(1, 3))
