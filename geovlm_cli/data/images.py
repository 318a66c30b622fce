"""Opening images of foreign origin: four formats, limits before decoding, one sentence for every failure."""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from geovlm_cli.data import bands
from geovlm_cli.errors import DataError, clean
from geovlm_cli.task import ImageRef

if TYPE_CHECKING:
    from geovlm_cli.profiles import Profile

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
MAX_BYTES = 256 * 2**20
MAX_PIXELS = 89_000_000
MAX_SIDE = 100_000
_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_ORIENTATION = 0x0112
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Process-wide on purpose: `warnings.catch_warnings` is not safe in the threads of a data loader.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def open_image(ref: ImageRef, profile: Profile | None = None) -> Image.Image:
    """Decode one image as 8-bit RGB, upright, resized as the profile's model sees it.

    This is the one place where images are resized (bicubic, as Qwen's processors do). Raises DataError for a file that is missing, is no
    PNG, JPEG, TIFF or WebP, is damaged, above the limits, or holds more than 8 bits a band. A path with `{…}` names single bands (`data.bands`).
    """
    try:
        upright = _bands(ref) if _is_stack(ref) else _upright(ref)
        size = profile.resize(*upright.size) if profile else upright.size
        return upright if size == upright.size else upright.resize(size, Image.Resampling.BICUBIC)
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(ref, error) from error


def image_size(ref: ImageRef) -> tuple[int, int]:
    """Return (width, height) px of the upright image from its header alone; raises DataError as `open_image` does."""
    if isinstance(ref.source, str) and _is_stack(ref):
        return bands.finest(_size_of_band(path) for path in bands.expanded(ref.source))
    try:
        with _opened(ref) as stream, Image.open(stream, formats=FORMATS) as image:
            _check(image, ref)
            # Pillow's TIFF reader reports the size after its own turning.
            turned = image.format != "TIFF" and _exif(image, stream).get(_ORIENTATION) in _TURNED
            return (image.height, image.width) if turned else (image.width, image.height)
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(ref, error) from error


def _exif(image: Image.Image, stream: BinaryIO) -> Image.Exif:
    """Return the EXIF data of an image that is not decoded; of a PNG only where they stand behind its pixels does that decode them."""
    if image.format == "PNG" and not _ends_with_metadata(stream):
        return Image.Image.getexif(
            image
        )  # PngImageFile's own would decode every PNG without them to look behind its pixels
    return image.getexif()


def _ends_with_metadata(stream: BinaryIO) -> bool:
    """Does a PNG hold EXIF data or text behind its pixels? Hops from chunk to chunk."""
    behind = False
    stream.seek(len(_PNG_SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        behind = behind or name == b"IDAT"
        if behind and name in (b"eXIf", b"iTXt", b"tEXt", b"zTXt"):
            return True
        stream.seek(length + 4, os.SEEK_CUR)
    return False


def _upright(ref: ImageRef) -> Image.Image:
    with _opened(ref) as stream, Image.open(stream, formats=FORMATS) as image:
        _check(image, ref)
        return ImageOps.exif_transpose(image).convert("RGB")


def _is_stack(ref: ImageRef) -> bool:
    return isinstance(ref.source, str) and bands.expanded(ref.source) != [ref.source]


def _bands(ref: ImageRef) -> Image.Image:
    return bands.composed(str(ref.source), _band)


def _band(path: str) -> Image.Image:
    """Decode one band as it is stored."""
    with _stored(path) as image:
        image.load()
        return image.copy()


def _size_of_band(path: str) -> tuple[int, int]:
    with _stored(path) as image:
        return image.size


@contextmanager
def _stored(path: str) -> Iterator[Image.Image]:
    """Open one band; its failures are told as those of an image."""
    ref = ImageRef(path)
    try:
        with _opened(ref) as stream, Image.open(stream, formats=FORMATS) as image:
            _check_size(image, ref)
            yield image
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(ref, error) from error


def name_of(ref: ImageRef) -> str:
    """Return how an image is named in a message."""
    return clean(ref.source) if isinstance(ref.source, str) else f"of {len(ref.source)} bytes inside the data"


def _opened(ref: ImageRef) -> BinaryIO:
    if isinstance(ref.source, bytes):
        return io.BytesIO(ref.source)
    # Looked at before it is opened: opening a FIFO would wait for ever.
    status = os.stat(ref.source)  # noqa: PTH116
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"Image {name_of(ref)} is not a regular file.")
    if status.st_size > MAX_BYTES:
        raise DataError(
            f"Image {name_of(ref)} has {status.st_size} bytes; the limit is {MAX_BYTES}: cut it into tiles."
        )
    return open(ref.source, "rb")  # noqa: PTH123  # the caller closes it


def _check_size(image: Image.Image, ref: ImageRef) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise DataError(
            f"Image {name_of(ref)} has {width}×{height} px; the limit is {MAX_PIXELS} px: cut it into tiles."
        )


def _check(image: Image.Image, ref: ImageRef) -> None:
    _check_size(image, ref)
    if image.mode.startswith(("I", "F")):
        raise DataError(
            f"Image {name_of(ref)} has more than 8 bits a band (mode {image.mode}); stretch it to 8-bit RGB first, for clipping would hide it."
        )


def _is_tiff(ref: ImageRef) -> bool:
    with _opened(ref) as stream:
        return stream.read(4) in _TIFF_SIGNATURES


def _unreadable(ref: ImageRef, error: Exception) -> DataError:
    # Pillow raises OSError, SyntaxError, ValueError, struct.error, EOFError and its bomb errors on damaged files.
    if isinstance(error, FileNotFoundError):
        return DataError(f"Image {name_of(ref)} does not exist; name its folder with --image-root.")
    if isinstance(error, UnidentifiedImageError) and _is_tiff(ref):
        return DataError(
            f"Image {name_of(ref)} is a TIFF of a kind that is not read, perhaps of more than 8 bits a band; stretch it to 8-bit RGB first."
        )
    if isinstance(error, UnidentifiedImageError):
        return DataError(f"Image {name_of(ref)} is no readable {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file.")
    why = clean(str(error) or type(error).__name__).rstrip(".")
    return DataError(f"Image {name_of(ref)} cannot be read: {why}.")
