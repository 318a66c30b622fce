"""Copies are found, strangers are not: on drawn scenes, and on real tiles where they are here."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geovlm_cli.checking.leakage.signature import Signed, copies, signed, thumbnail
from geovlm_cli.scenes import generate

Picture = Image.Image


def jpeg(picture: Picture, quality: int = 70) -> Picture:
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def half(picture: Picture) -> Picture:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)


def crop(x: float, y: float, share: float = 0.05) -> Callable[[Picture], Picture]:
    """Cut off a share of width and height; x and y in [0, 1] say where the rest lies."""

    def cut(picture: Picture) -> Picture:
        width, height = round(picture.width * (1 - share)), round(picture.height * (1 - share))
        left, top = round((picture.width - width) * x), round((picture.height - height) * y)
        return picture.crop((left, top, left + width, top + height))

    return cut


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "jpeg-70": jpeg,
    "half": half,
    "crop-middle": crop(0.5, 0.5),
    "crop-corner": crop(0.0, 0.0),
    "crop-odd": crop(0.3, 0.85),
    "crop-each-side": crop(0.5, 0.5, share=0.1),
    "all": lambda picture: jpeg(half(crop(0.2, 0.6)(picture))),
}


@cache
def scenes(count: int, start: int = 0) -> list[Picture]:
    tasks = ("scene", "referred-detection", "vqa")
    drawn = [list(generate(task, -(-(count + start) // 3), seed=5, split="train")) for task in tasks]
    mixed = [scene.images[0] for group in zip(*drawn, strict=True) for scene in group]
    return mixed[start : start + count]


def stack(pictures: list[Picture]) -> Signed:
    return signed(np.stack([thumbnail(picture) for picture in pictures]))


@cache
def real(shared: Path) -> list[Picture]:
    """Tiles of 256 px of the real images, one date of a place."""
    found = []
    for path in sorted(shared.glob("**/*")):
        if path.suffix.lower() in (".jpg", ".png") and not {"B", "label", "teochat-examples"} & {*path.parts}:
            picture = Image.open(path).convert("RGB")
            tall, wide = max(1, picture.height // 256), max(1, picture.width // 256)
            size = min(picture.width, 256), min(picture.height, 256)
            found += [
                picture.crop((x * 256, y * 256, x * 256 + size[0], y * 256 + size[1]))
                for y in range(min(3, tall))
                for x in range(min(3, wide))
            ]
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_of_drawn_scenes_are_found_and_nothing_else(change: str) -> None:
    pictures = scenes(60)
    found = {
        (copy.ours, copy.theirs) for copy in copies(stack([CHANGES[change](p) for p in pictures]), stack(pictures))
    }
    assert found == {(i, i) for i in range(60)}


@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_of_real_tiles_are_found_and_nothing_else(change: str, shared: Path) -> None:
    tiles = real(shared)
    found = {(copy.ours, copy.theirs) for copy in copies(stack([CHANGES[change](p) for p in tiles]), stack(tiles))}
    assert {(i, i) for i in range(len(tiles))} <= found
    assert {pair for pair in found if pair[0] != pair[1]} == set()


def test_two_dates_of_one_place_are_found(shared: Path) -> None:
    paths = sorted((shared / "teochat-examples").glob("fMoW_cls_[34].png"))
    if len(paths) != 2:
        pytest.skip("the fMoW pair is not among the real data")
    first, second = (stack([Image.open(path)]) for path in paths)
    assert [(copy.ours, copy.theirs) for copy in copies(first, second)] == [(0, 0)]


def test_flat_pictures_are_like_nothing() -> None:
    flat = stack([Image.new("RGB", (64, 64), (90, 90, 90)), Image.new("RGB", (64, 64), (91, 91, 91))])
    assert list(copies(flat, flat)) == []
    assert flat.bare.all()


@pytest.mark.slow  # a thousand drawn scenes
def test_a_thousand_strangers_give_at_most_one_false_hit() -> None:
    strangers, others = scenes(1000), scenes(1000, start=1000)
    assert len({copy.ours for copy in copies(stack(strangers), stack(others))}) <= 1


def with_collar(picture: Picture) -> Picture:
    """As a tile at the edge of a scene: a third of it is black."""
    collared = picture.copy()
    collared.paste((0, 0, 0), (0, 0, picture.width // 3, picture.height))
    return collared


def test_a_black_edge_without_data_makes_no_two_tiles_alike() -> None:
    tiles = [with_collar(picture) for picture in scenes(60)]
    assert not list(copies(stack(tiles[:30]), stack(tiles[30:])))
    saved = [jpeg(tile) for tile in tiles]
    assert {(copy.ours, copy.theirs) for copy in copies(stack(tiles), stack(saved))} >= {(i, i) for i in range(60)}


def with_wedge(grey: int) -> Callable[[Picture], Picture]:
    """As a tile at the slanted edge of a scene, where there is no data."""

    def covered(picture: Picture) -> Picture:
        tile = picture.convert("RGB")
        ImageDraw.Draw(tile).polygon([(0, 0), (tile.width // 2, 0), (0, tile.height)], fill=(grey,) * 3)
        return tile

    return covered


def letterboxed(picture: Picture) -> Picture:
    box = Image.new("RGB", picture.size, (114, 114, 114))
    box.paste(picture.resize((picture.width, picture.height * 3 // 4)), (0, picture.height // 8))
    return box


def rotated(grey: int) -> Callable[[Picture], Picture]:
    return lambda picture: picture.convert("RGB").rotate(20, Image.Resampling.BICUBIC, fillcolor=(grey,) * 3)


def barred(picture: Picture) -> Picture:
    tile = picture.convert("RGB")
    for top in (0, tile.height - tile.height // 12):
        tile.paste((255, 255, 255), (0, top, tile.width, top + tile.height // 12))
    return tile


def halves(tiles: list[Picture]) -> list[Picture]:
    """Each tile in four, so that more of them show little."""
    made = []
    for tile in tiles:
        wide, tall = tile.width // 2, tile.height // 2
        made += [tile.crop((x, y, x + wide, y + tall)) for y in (0, tall) for x in (0, wide)]
    return made


COVERS: dict[str, Callable[[Picture], Picture]] = {
    "white wedge": with_wedge(255),
    "grey wedge": with_wedge(128),
    "black wedge": with_wedge(0),
    "letter box": letterboxed,
    "white corners": rotated(255),
    "black corners": rotated(0),
    "bars": barred,
}


@pytest.mark.parametrize("cover", COVERS)
def test_an_edge_that_tiles_share_makes_no_two_of_them_alike(cover: str, shared: Path) -> None:
    tiles = [COVERS[cover](tile) for tile in halves(real(shared))]
    found = stack(tiles)
    assert not [copy for copy in copies(found, found) if copy.ours != copy.theirs]


@pytest.mark.parametrize("cover", COVERS)
def test_copies_of_tiles_with_an_edge_without_data_are_found(cover: str, shared: Path) -> None:
    tiles = [COVERS[cover](tile) for tile in real(shared)]
    for change in ("jpeg-70", "half", "crop-corner", "crop-odd"):
        found = {(c.ours, c.theirs) for c in copies(stack([CHANGES[change](tile) for tile in tiles]), stack(tiles))}
        assert found == {(i, i) for i in range(len(tiles))}, change


def test_a_flat_tile_with_a_wedge_is_not_compared_and_counted() -> None:
    wedges = [with_wedge(255)(Image.new("RGB", (128, 128), (level,) * 3)) for level in (90, 91)]
    found = stack(wedges)
    assert found.bare.all()
    assert not list(copies(found, found))


def test_a_ship_on_an_empty_sea_is_not_every_ship() -> None:
    def sea(seed: int) -> Picture:
        draw = np.random.default_rng(seed)
        pixels = np.clip(draw.normal(30, 2, (128, 128, 3)), 0, 255).astype(np.uint8)
        x, y = draw.integers(10, 110, 2)
        pixels[y : y + 6, x : x + 12] = 220
        return Image.fromarray(pixels)

    assert not list(copies(stack([sea(seed) for seed in range(30)]), stack([sea(seed) for seed in range(30, 60)])))
