"""Truth boxes against the pixels that were drawn for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geovlm_cli.scenes import generate, site_for
from geovlm_cli.scenes.geometry import Box, apart, inside
from geovlm_cli.scenes.layout import COLOURS, Group, compose
from geovlm_cli.scenes.objects import KINDS, ROUND
from geovlm_cli.scenes.palette import PAINTS
from geovlm_cli.scenes.tasks import pixel_boxes, size_group

if TYPE_CHECKING:
    from geovlm_cli.scenes import Scene

SIZES = (112, 96, 448)


def mask(size: int, box: list[float], shrink: float = 1.0) -> np.typing.NDArray[np.bool_]:
    """The pixels inside a box, shrunk about its centre."""
    picture = Image.new("1", (size, size))
    ImageDraw.Draw(picture).polygon(Box(*box).quad(-shrink, -shrink, shrink, shrink), fill=1)
    return np.asarray(picture)


def painted(scene: Scene, colour: str) -> np.typing.NDArray[np.bool_]:
    """The pixels that look like a paint under whatever light: its strongest channel leads, or none does for white."""
    pixels = np.asarray(scene.images[0], float)
    pixels = pixels / (pixels.mean((0, 1)) + 1)
    ratio = np.array(PAINTS[colour], float)
    order = np.argsort(ratio)
    if colour == "white":
        return np.asarray(pixels.mean(2) > 1.15)
    return np.asarray(pixels[..., order[2]] > pixels[..., order[0]] * 1.15)


@pytest.mark.parametrize("size", SIZES)
def test_boxes_lie_inside_the_picture_and_on_pixels_of_their_colour(size: int) -> None:
    hits, misses = [], []
    for scene in generate("referred-detection", 30 if size < 200 else 8, seed=1, size=size):
        colour = scene.question.removeprefix("Find every ").split()[0]
        found = painted(scene, colour)
        for box in scene.reference["boxes"]:
            corners = np.array(Box(*box).corners())
            assert corners.min() >= 0
            assert corners.max() <= size
            assert box[2] - box[0] >= box[3] - box[1] - 0.02 > 0
            assert 0 <= box[4] < 180
            hits.append(found[mask(size, box, 0.8)].mean())
        misses.append(found.mean())
    assert np.mean(hits) > 0.55
    assert np.mean(hits) > 2 * np.mean(misses)


@pytest.mark.parametrize("kind", KINDS)
def test_a_turned_thing_fills_its_box_and_nothing_outside(kind: str) -> None:
    """The same ground with and without the thing: pixels change inside the box, and beside it only by its shadow."""
    from geovlm_cli.scenes.canvas import Canvas
    from geovlm_cli.scenes.objects import draw

    site = site_for("scene", 0, seed=0, split="test", size=224)
    terrain = np.full((224, 224, 3), 20, np.float32)
    box = Box(36, 44, 76, 44 + (40 if kind in ROUND else 16), 0 if kind in ROUND else 35)
    canvas = Canvas(site, terrain)
    draw(canvas, kind, (230, 60, 60), box, height=0)
    changed = (np.abs(np.asarray(canvas.render(), float) - 20) > 15).any(2)
    target = mask(224, pixel_boxes([box], 2)["boxes"][0])
    assert (changed & ~target).sum() <= 0.06 * changed.sum()
    columns, rows = changed[target].mean(), changed.sum() / target.sum()
    assert min(columns, rows) > (0.3 if kind == "plane" else 0.6)


def test_counts_are_the_number_of_things_that_were_drawn() -> None:
    for index in range(40):
        site = site_for("vqa", index, seed=2, split="test", size=48)
        groups = [Group(site.pick(COLOURS), site.pick(KINDS), site.integer(1, 5)) for _ in range(2)]
        scene = compose(site, groups)
        assert len(scene.things) <= sum(group.number for group in groups)
        assert sum(scene.count(kind) for kind in KINDS) == len(scene.things)
        outlines = [thing.box.corners() for thing in scene.things]
        assert all(inside(outline) for outline in outlines)
        assert all(apart(a, b) for i, a in enumerate(outlines) for b in outlines[:i])
        assert list(scene.things) == sorted(scene.things, key=lambda thing: thing.box.centre)


def test_referred_truth_names_number_and_size() -> None:
    scenes = list(generate("referred-detection", 90, seed=4))
    for scene in scenes:
        boxes = [Box(*row) for row in scene.reference["boxes"]]
        assert 1 <= len(boxes) <= 3
        assert scene.meta["boxes"] == ("single" if len(boxes) == 1 else "multiple")
        assert scene.meta["size_group"] == size_group(boxes)
    groups = [scene.meta["size_group"] for scene in scenes]
    assert min(groups.count(name) for name in ("small", "medium", "large")) >= 9


def test_size_groups_have_the_documented_bounds() -> None:
    named = [size_group([Box(0, 0, side, 5)]) for side in (18.9, 19, 25.9, 26)]
    assert named == ["small", "medium", "medium", "large"]


def test_ships_float_and_nothing_else_does() -> None:
    for index in range(12):
        site = site_for("vqa", index, seed=9, split="test", size=48)
        assert compose(site, [Group("red", "ship", 2)]).ground == "water"
        assert compose(site, [Group("red", "truck", 2)]).ground != "water"
