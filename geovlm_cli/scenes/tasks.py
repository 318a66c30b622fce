"""The four tasks: which scene is drawn, what is asked, and the truth.

The truth is read off the list of things that were drawn, never off the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geovlm_cli.scenes.classes import CLASSES, COVER, land_use
from geovlm_cli.scenes.layout import COLOURS, LAND_KINDS, Group, ObjectScene, compose
from geovlm_cli.scenes.objects import KINDS
from geovlm_cli.scenes.pairs import pair

if TYPE_CHECKING:
    from PIL import Image

    from geovlm_cli.scenes.geometry import Box
    from geovlm_cli.scenes.site import Site

LEVELS: Final = ("no damage", "minor damage", "major damage")
NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
SIZE_GROUPS: Final[Mapping[str, tuple[int, int]]] = {"small": (12, 18), "medium": (17, 25), "large": (24, 34)}
_SMALL, _MEDIUM = 19.0, 26.0  # mean long side of the targets, units; see size_group
_DESTROYED = (0, 1, 2, 3, 4, 5)
_DESTROYED_SHARES = (0.34, 0.165, 0.165, 0.11, 0.11, 0.11)


@dataclass(frozen=True, slots=True)
class Content:
    """A scene without its identity; see `Scene` for the fields."""

    images: tuple[Image.Image, ...]
    question: str
    reference: Any
    reasoning: str
    roles: tuple[str, ...] = ("image",)
    choices: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def scene(site: Site) -> Content:
    """Which of sixteen land-use classes?"""
    name = site.pick(CLASSES)
    return Content(
        (land_use(site, name),), "Classify the scene.", name, COVER[name], choices=CLASSES, meta={"class": name}
    )


def referred_detection(site: Site) -> Content:
    """Find every thing of one colour and kind among things of other colours and kinds."""
    group = site.pick(tuple(SIZE_GROUPS))
    colour, kind = site.pick(COLOURS), site.pick(KINDS)
    groups = [Group(colour, kind, site.integer(1, 4)), *_distractors(site, colour, kind)]
    while True:
        drawn = compose(site, groups, *SIZE_GROUPS[group])
        targets = drawn.named(f"{colour} {kind}")
        if targets:
            break
    meta = {
        "class": kind,
        "boxes": "single" if len(targets) == 1 else "multiple",
        "size_group": size_group([thing.box for thing in targets]),
    }
    return Content(
        (drawn.image,),
        f"Find every {colour} {kind}.",
        pixel_boxes([thing.box for thing in targets], site.scale),
        f"{NUMBERS[len(targets)]} {colour} {plural(kind, len(targets))}",
        meta=meta,
    )


def _distractors(site: Site, colour: str, kind: str) -> list[Group]:
    """Up to two groups that share the kind, the colour or neither with the targets."""
    groups: dict[tuple[str, str], Group] = {}
    for _ in range(site.integer(0, 3)):
        near = site.rng.random()
        other_colour = colour if 0.4 <= near < 0.7 else site.pick(COLOURS)
        other_kind = kind if near < 0.4 else site.pick(KINDS)
        if (other_colour, other_kind) != (colour, kind):
            groups[other_colour, other_kind] = Group(other_colour, other_kind, site.integer(1, 3))
    return list(groups.values())


def size_group(boxes: list[Box]) -> str:
    """Name the size of some things by the mean of their long sides, relative to the picture."""
    side = sum(box.width for box in boxes) / len(boxes)
    return "small" if side < _SMALL else "medium" if side < _MEDIUM else "large"


def pixel_boxes(boxes: list[Box], scale: float) -> dict[str, Any]:
    """Return boxes in the JSON form of our rows."""
    rows = [[_number(value * scale) for value in box[:4]] + [_number(box.angle)] for box in boxes]
    return {"frame": "pixel", "boxes": rows}


def _number(value: float) -> float:
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def vqa(site: Site) -> Content:
    """How many of a kind, or is there one."""
    return _presence(site) if site.chance(0.35) else _count(site)


def _count(site: Site) -> Content:
    kind = site.pick(KINDS)
    groups = [Group(site.pick(COLOURS), kind, site.integer(1, 7))]
    if site.chance(0.4):
        other = site.pick([each for each in LAND_KINDS if each != kind])
        groups.append(Group(site.pick(COLOURS), other, site.integer(1, 3)))
    drawn = _with(site, groups, kind)
    meta = {"question_type": "count", "class": kind}
    question = f"What is the number of {kind}s in this scene?"
    return Content((drawn.image,), question, str(drawn.count(kind)), f"count the {kind}s", meta=meta)


def _presence(site: Site) -> Content:
    kind = site.pick(KINDS)
    present = site.chance(0.5)
    others = [each for each in KINDS if each != kind]
    groups = [Group(site.pick(COLOURS), site.pick(others), site.integer(1, 4))]
    if present:
        groups.append(Group(site.pick(COLOURS), kind, site.integer(1, 3)))
    drawn = _with(site, groups, kind if present else groups[0].kind)
    meta = {"question_type": "presence", "class": kind}
    answer = "yes" if present else "no"
    return Content((drawn.image,), f"Does this scene show a {kind}?", answer, f"count the {kind}s", meta=meta)


def _with(site: Site, groups: list[Group], kind: str) -> ObjectScene:
    """Draw until at least one thing of `kind` found room."""
    while True:
        drawn = compose(site, groups, 12, 24)
        if drawn.count(kind):
            return drawn


def temporal(site: Site) -> Content:
    """Two dates: was anything damaged, or how much."""
    choices: tuple[str, ...]
    if site.chance(0.5):
        wanted = 0 if site.chance(0.5) else site.integer(1, 6)
        question, choices, kind = "Was anything damaged?", ("yes", "no"), "damage"
    else:
        wanted = int(site.rng.choice(_DESTROYED, p=_DESTROYED_SHARES))
        question, choices, kind = "Assess the damage between the two images.", LEVELS, "level"
    drawn = pair(site, wanted)
    level = damage_level(len(drawn.destroyed))
    answer = level if kind == "level" else "yes" if drawn.destroyed else "no"
    return Content(
        (drawn.before, drawn.after),
        question,
        answer,
        "compare before and after",
        roles=("before", "after"),
        choices=choices,
        meta={"question_type": kind, "class": level},
    )


def damage_level(destroyed: int) -> str:
    """Name a number of destroyed buildings: none, one or two, more."""
    return LEVELS[0 if destroyed == 0 else 1 if destroyed <= 2 else 2]


def plural(kind: str, count: int) -> str:
    """Return `ship` or `ships`."""
    return kind if count == 1 else f"{kind}s"


TASKS: Final[Mapping[str, Callable[[Site], Content]]] = {
    "scene": scene,
    "referred-detection": referred_detection,
    "vqa": vqa,
    "temporal": temporal,
}
