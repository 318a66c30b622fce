from __future__ import annotations

import contextlib
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.data import images
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.errors import DataError
from geovlm_cli.profiles import Profile, Resize
from geovlm_cli.task import ImageRef


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_four_formats_open_as_rgb(kind: str) -> None:
    ref = ImageRef(encoded(Image.new("L", (30, 20), 7), kind))
    image = open_image(ref)
    assert (image.mode, image.size, image_size(ref)) == ("RGB", (30, 20), (30, 20))


def test_another_format_is_refused_with_the_list() -> None:
    with pytest.raises(DataError, match="no readable PNG, JPEG, TIFF or WEBP"):
        open_image(ImageRef(encoded(Image.new("RGB", (4, 4)), "BMP")))


def test_a_profile_resizes() -> None:
    ref = ImageRef(encoded(Image.new("RGB", (200, 100)), "PNG"))
    assert open_image(ref, Profile(name="p", resize=Resize(fixed=(448, 448)))).size == (448, 448)
    assert open_image(ref, Profile(name="p")).size == Resize()(200, 100)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_turned_image_has_the_size_it_is_seen_with(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    ref = ImageRef(encoded(Image.new("RGB", (40, 20)), kind, exif=exif))
    assert image_size(ref) == open_image(ref).size == (20, 40)


@pytest.mark.parametrize("values", [np.full((8, 8), 40_000, np.uint16), np.zeros((8, 8), np.float32)])
def test_more_than_eight_bits_are_refused(values: np.ndarray[tuple[int, int], np.dtype[np.generic]]) -> None:
    with pytest.raises(DataError, match="more than 8 bits"):
        open_image(ImageRef(encoded(Image.fromarray(values), "TIFF")))


def test_a_truncated_image_is_one_sentence() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    with pytest.raises(DataError, match="cannot be read"):
        open_image(ImageRef(encoded(noise, "PNG")[:2000]))


@pytest.mark.parametrize(("side", "sentence"), [(9_450, "px; the limit is"), (60_000, "cannot be read: .*bomb")])
def test_a_bomb_is_refused_from_its_header(side: int, sentence: str) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = ImageRef(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))
    for read in (open_image, image_size):
        with pytest.raises(DataError, match=sentence):
            read(bomb)


def test_a_missing_image_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"does not exist.*--image-root"):
        image_size(ImageRef(str(tmp_path / "none.png")))


def test_a_pipe_or_folder_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png"):
        with pytest.raises(DataError, match="not a regular file"):
            open_image(ImageRef(str(path)))


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big.png").write_bytes(bytes(100))
    monkeypatch.setattr(images, "MAX_BYTES", 99)
    with pytest.raises(DataError, match="the limit is 99"):
        open_image(ImageRef(str(tmp_path / "big.png")))


def test_random_damage_never_escapes_as_another_error() -> None:
    random = np.random.default_rng(1)
    picture = Image.fromarray(random.integers(0, 255, (16, 16, 3), dtype=np.uint8))
    for kind in images.FORMATS:
        good = np.frombuffer(encoded(picture, kind), np.uint8)
        for _ in range(40):
            bad = good.copy()
            bad[random.integers(0, len(bad), 6)] = random.integers(0, 256, 6)
            for read in (image_size, open_image):
                with contextlib.suppress(DataError):
                    read(ImageRef(bad.tobytes()))


def turned_png(place: str) -> bytes:
    """A PNG of 30×20 px with the EXIF orientation 6 before or behind its pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    extra = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    whole = encoded(Image.new("RGB", (30, 20), (9, 9, 9)), "PNG")
    cut = whole.index(b"IDAT") - 4 if place == "before" else whole.index(b"IEND") - 4
    return whole[:cut] + extra + whole[cut:]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_the_orientation_of_a_png_is_found_wherever_it_stands(place: str) -> None:
    ref = ImageRef(turned_png(place))
    assert image_size(ref) == open_image(ref).size == (20, 30)


def test_the_size_of_a_png_is_read_without_its_pixels() -> None:
    header = struct.pack(">IIBBBBB", 30, 20, 8, 2, 0, 0, 0)
    spoiled = images._PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"no deflate") + chunk(b"IEND", b"")
    assert image_size(ImageRef(spoiled)) == (30, 20)
    with pytest.raises(DataError, match="cannot be read"):
        open_image(ImageRef(spoiled))
