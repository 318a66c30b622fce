"""What the tiny base is taught: every family of question that its drawn world allows, each with one exact answer.

The wordings differ from those of the tasks on purpose: a task is learnt by SFT and GRPO, seeing is learnt here. The
answer tags and every label word must occur here, or no short SFT teaches them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from geovlm_cli.scenes.classes import CLASSES, COVER, land_use
from geovlm_cli.scenes.layout import COLOURS, Group, ObjectScene, Thing, compose
from geovlm_cli.scenes.objects import KINDS, ROUND
from geovlm_cli.scenes.pairs import Pair, pair
from geovlm_cli.scenes.tasks import NUMBERS, plural

if TYPE_CHECKING:
    from PIL import Image

    from geovlm_cli.scenes.geometry import Box
    from geovlm_cli.scenes.site import Site

TURNS = 6
_OBJECTS, _CLASSES = 0.68, 0.84  # cumulative shares; the rest are pairs
_MOST_THINGS = 6
_LAND_USE: Final = {
    "a runway with planes": "transport",
    "docks with boats": "transport",
    "round tanks": "built",
    "crop fields": "vegetation",
    "houses and gardens": "built",
    "trees and bushes": "vegetation",
    "open water": "water",
    "vehicles and roads": "transport",
    "large structures": "built",
}
_WORDS: Final = {
    **COVER,
    "no damage": "zero buildings destroyed",
    "minor damage": "one or two buildings destroyed",
    "major damage": "three or more buildings destroyed",
}


class Turn(NamedTuple):
    """A question and its exact answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """One or two pictures and some turns about them, each to be answered by itself."""

    images: tuple[Image.Image, ...]
    turns: tuple[Turn, ...]


def lesson(site: Site, turns: int = TURNS) -> Lesson:
    """Draw a scene, or a pair, and ask up to `turns` different questions about it."""
    share = site.rng.random()
    if share < _OBJECTS:
        return _object_lesson(site, turns)
    if share < _CLASSES:
        name = site.pick(CLASSES)
        picture = land_use(site, name)
        asked = {land_use_turn(site, name) for _ in range(2)}
        return Lesson((picture,), _finished(site, asked, lambda _: COVER[name]))
    drawn = pair(site, 0 if site.chance(0.3) else site.integer(1, 6))
    asked = {pair_turn(site, drawn) for _ in range(turns)}
    return Lesson((drawn.before, drawn.after), _finished(site, asked, lambda _: "compare before and after"))


def _object_lesson(site: Site, turns: int) -> Lesson:
    scene = object_scene(site)
    asked = {object_turn(site, scene) for _ in range(turns)}

    def hint(question: str) -> str:
        named = next((kind for kind in KINDS if kind in question), None)
        return caption(scene) if named is None else f"{NUMBERS[scene.count(named)]} {named}s"

    return Lesson((scene.image,), _finished(site, asked, hint))


def _finished(site: Site, turns: set[Turn], hint: Callable[[str], str]) -> tuple[Turn, ...]:
    """Order the turns reproducibly, ask some for another form of answer, and now and then for a word's meaning."""
    done = [styled(site, turn, hint(turn.question)) for turn in sorted(turns)]
    if site.chance(0.15):
        done.append(word_turn(site))
    return tuple(done)


def object_scene(site: Site) -> ObjectScene:
    """Draw one to six things in one to three groups."""
    while True:
        groups: dict[tuple[str, str], Group] = {}
        for _ in range(site.integer(1, 4)):
            group = Group(site.pick(COLOURS), site.pick(KINDS), site.integer(1, 4))
            if sum(each.number for each in groups.values()) + group.number <= _MOST_THINGS:
                groups[group.colour, group.kind] = group
        scene = compose(site, list(groups.values()))
        if scene.things:
            return scene


def box_text(box: Box) -> str:
    """Return `[x1,y1,x2,y2,angle]`, integers."""
    return "[{:.0f},{:.0f},{:.0f},{:.0f},{:.0f}]".format(*box)


def boxes_text(things: Sequence[Thing]) -> str:
    """Return a list of boxes, left to right."""
    return "[" + ",".join(box_text(thing.box) for thing in things) + "]"


def caption(scene: ObjectScene) -> str:
    """Such as `two red ships and one white ship on water`."""
    names = [(colour, kind) for kind in KINDS for colour in COLOURS]
    counts = [(colour, kind, len(scene.named(f"{colour} {kind}"))) for colour, kind in names]
    phrases = [f"{NUMBERS[n]} {colour} {plural(kind, n)}" for colour, kind, n in counts if n]
    return f"{' and '.join(phrases)} on {scene.ground}"


def object_turn(site: Site, scene: ObjectScene) -> Turn:
    """Ask one question about a scene of objects, of a family drawn by its weight."""
    while True:
        turn = _FAMILIES[int(site.rng.choice(len(_FAMILIES), p=_WEIGHTS))](site, scene)
        if turn is not None:
            return turn


def _describe(site: Site, scene: ObjectScene) -> Turn:
    return Turn(site.pick(("Describe the image.", "What do you see?", "Give a caption.")), caption(scene))


def _count(site: Site, scene: ObjectScene) -> Turn:
    share = site.rng.random()
    thing = site.pick(scene.things)
    if share < 0.6:
        kind = site.pick(KINDS) if site.chance(0.2) else thing.kind
        question = site.pick((f"How many {kind}s are there?", f"Number of {kind}s?", f"Count the {kind}s."))
        return Turn(question, str(scene.count(kind)))
    if share < 0.85:
        question = site.pick((f"How many {thing.name}s are there?", f"Count the {thing.name}s."))
        return Turn(question, str(len(scene.named(thing.name))))
    return Turn(site.pick(("How many objects are there?", "Count all objects.")), str(len(scene.things)))


def _presence(site: Site, scene: ObjectScene) -> Turn:
    kind = site.pick(KINDS) if site.chance(0.6) else site.pick(scene.things).kind
    question = site.pick((f"Is there a {kind}?", f"Do you see a {kind}?"))
    return Turn(question, "yes" if scene.count(kind) else "no")


def _locate(site: Site, scene: ObjectScene) -> Turn:
    thing, share = site.pick(scene.things), site.rng.random()
    if share < 0.65:
        name, found = thing.name, scene.named(thing.name)
    elif share < 0.85:
        name, found = thing.kind, [each for each in scene.things if each.kind == thing.kind]
    else:
        name, found = f"{thing.colour} object", [each for each in scene.things if each.colour == thing.colour]
    if len(found) == 1 and site.chance(0.7):
        if site.chance(0.2):
            return Turn(f"Where is the {name}? Reply in json.", _json_box(thing, name))
        ways = (f"Where is the {name}?", f"Give the box of the {name}.", f"Point out the {name}.")
        return Turn(site.pick(ways), box_text(thing.box))
    if len(found) <= 3 and site.chance(0.15):
        return Turn(
            f"Locate all {name}s. Reply in json.", "[" + ",".join(_json_box(each, name) for each in found) + "]"
        )
    ways = (f"Locate all {name}s.", f"Give the boxes of all {name}s.", f"Where are the {name}s?")
    return Turn(site.pick(ways), boxes_text(found))


def _json_box(thing: Thing, name: str) -> str:
    return f'{{"bbox_2d":{box_text(thing.box)},"label":"{name}"}}'


def _list(site: Site, scene: ObjectScene) -> Turn | None:
    if len(scene.things) > 4:
        return None
    answer = ", ".join(f"{thing.name} {box_text(thing.box)}" for thing in scene.things)
    return Turn(site.pick(("Detect all objects.", "List the objects with boxes.")), answer)


def _name(site: Site, scene: ObjectScene) -> Turn:
    thing = site.pick(scene.things)
    at = box_text(thing.box)
    return Turn(site.pick((f"What is at {at}?", f"Name the object in {at}.")), thing.name)


def _angle(site: Site, scene: ObjectScene) -> Turn | None:
    thing = _unique(site, scene)
    if thing is None or thing.kind in ROUND:
        return None
    return Turn(f"At what angle is the {thing.name}?", f"{thing.box.angle:.0f}")


def _ground(site: Site, scene: ObjectScene) -> Turn:
    return Turn(site.pick(("What is the ground?", "Which surface is shown?")), scene.ground)


def _part(site: Site, scene: ObjectScene) -> Turn | None:
    thing = _unique(site, scene)
    if thing is None:
        return None
    x, y = thing.box.centre
    row = ("top", "middle", "bottom")[min(2, int(y // 37.4))]
    column = ("left", "center", "right")[min(2, int(x // 37.4))]
    return Turn(f"Which part of the image holds the {thing.name}?", f"{row} {column}")


def _extreme(site: Site, scene: ObjectScene) -> Turn:
    word = site.pick(("leftmost", "lowest"))
    thing = scene.things[0] if word == "leftmost" else max(scene.things, key=lambda each: each.box.centre[1])
    if site.chance(0.5):
        return Turn(f"Which object is the {word}?", thing.name)
    return Turn(f"Box of the {word} object.", box_text(thing.box))


def _colour(site: Site, scene: ObjectScene) -> Turn:
    thing = site.pick(scene.things)
    if scene.count(thing.kind) == 1:
        return Turn(f"What colour is the {thing.kind}?", thing.colour)
    return Turn("Which kinds are present?", ", ".join(kind for kind in KINDS if scene.count(kind)))


def _unique(site: Site, scene: ObjectScene) -> Thing | None:
    alone = [thing for thing in scene.things if len(scene.named(thing.name)) == 1]
    return site.pick(alone) if alone else None


_ObjectFamily = Callable[["Site", ObjectScene], Turn | None]
_SHARES: Final[tuple[tuple[_ObjectFamily, float], ...]] = (
    (_describe, 0.08),
    (_count, 0.18),
    (_presence, 0.06),
    (_locate, 0.36),
    (_list, 0.10),
    (_name, 0.05),
    (_angle, 0.04),
    (_ground, 0.02),
    (_part, 0.02),
    (_extreme, 0.05),
    (_colour, 0.04),
)
_FAMILIES: Final = tuple(family for family, _ in _SHARES)
_WEIGHTS: Final = tuple(weight for _, weight in _SHARES)


def land_use_turn(site: Site, name: str) -> Turn:
    """Ask about a land-use scene, in words that several classes share."""
    if site.chance(0.7):
        question = site.pick(("Describe the land cover.", "What do you see?", "What does the area show?"))
        return Turn(question, COVER[name])
    question = site.pick(("Which land use group is it?", "Name the land use group."))
    return Turn(question, _LAND_USE[COVER[name]])


def pair_turn(site: Site, drawn: Pair) -> Turn:
    """Ask about a before/after pair."""
    share, n = site.rng.random(), len(drawn.destroyed)
    if share < 0.5:
        return Turn(site.pick(("How many buildings were destroyed?", "Count the destroyed buildings.")), str(n))
    if share < 0.7:
        return Turn(site.pick(("Did anything change?", "Is there a change?")), "yes" if n else "no")
    if share < 0.85 and 1 <= n <= 3:
        boxes = ",".join(box_text(box) for box in drawn.destroyed)
        return Turn("Locate the destroyed buildings.", f"[{boxes}]")
    return Turn("Describe the change.", f"{NUMBERS[n]} {plural('building', n)} destroyed" if n else "no change")


def word_turn(site: Site) -> Turn:
    """Ask for the meaning of a label: the words of later tasks become known, not what they look like."""
    word = site.pick(tuple(_WORDS))
    if site.chance(0.5):
        return Turn(f"What does {word} mean?", _WORDS[word])
    return Turn(f"Give a term for {_WORDS[word]}.", word)


def styled(site: Site, turn: Turn, hint: str) -> Turn:
    """Ask some turns for answer tags, a thought before the answer, or JSON."""
    share = site.rng.random()
    question, answer = turn
    if "json" in question or share < 0.78:
        return turn
    if share < 0.86:
        return Turn(f"{question} Use answer tags.", f"<answer>{answer}</answer>")
    if share < 0.94:
        return Turn(f"{question} Think first.", f"<think>{hint}</think><answer>{answer}</answer>")
    return Turn(f"{question} Answer in json.", f'{{"answer":"{answer}"}}')
