"""Do the images open, and are they as large as their rows say? Every header, and as many whole images as a time budget allows, spread over the data."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from geovlm_cli.checking.findings import Finding, Level, about, fine
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.errors import DataError, counted
from geovlm_cli.profiles import MAX_ASPECT, Profile
from geovlm_cli.task import ImageRef, Sample, Task

Size = tuple[int, int]  # (width, height) px
Sizes = Mapping[str | bytes, Size]  # by the source of the image
Headers = Mapping[str | bytes, Size | str]

SECONDS = 10.0
_THREADS = 4
_AT_ONCE = 64


def headers(samples: Sequence[Sample], profile: Profile | None = None) -> Headers:
    """Return, of each image of these rows, its size as it is opened, upright, or a sentence on what is wrong with it; one that several rows name is opened once."""
    refs = {ref.source: ref for sample in samples for ref in sample.images}
    with ThreadPoolExecutor(_THREADS) as pool:
        return dict(
            zip(refs, pool.map(lambda ref: _header(ref, profile), refs.values(), chunksize=_AT_ONCE), strict=True)
        )


def images(
    samples: Sequence[Sample], tasks: Mapping[str, Task], found: Headers, *, seconds: float = SECONDS
) -> Iterator[Finding]:
    """Decode images for `seconds`; name all rows whose images fail, by their headers or whole, are refused by the profile's model or have another
    size than the row says, and mixes of rows with and without images.
    """
    refs: dict[str | bytes, ImageRef] = {}
    rows: dict[str | bytes, dict[str, None]] = {}  # as ordered sets: a row may name an image twice
    for sample in samples:
        for ref in sample.images:
            refs.setdefault(ref.source, ref)
            rows.setdefault(ref.source, {})[sample.id] = None
    bad, spent = _failures(list(refs.values()), [found[source] for source in refs], seconds)
    named = list(rows.values())
    for (what, advice), places in _grouped(bad).items():
        ids = list(dict.fromkeys(identity for place in places for identity in named[place]))
        yield about("images", "error", ids, what, advice)
    other = list(_of_other_size(samples, sizes(found)))
    yield from other
    if refs and not bad and not other:
        yield fine("images", f"every header opens, {spent} of {counted(len(refs), 'image')} decoded whole")
    yield from _absent(samples, tasks)


def sizes(found: Headers) -> Sizes:
    """Return the sizes of those images whose headers opened."""
    return {source: size for source, size in found.items() if not isinstance(size, str)}


def _absent(samples: Sequence[Sample], tasks: Mapping[str, Task]) -> Iterator[Finding]:
    without = [sample.id for sample in samples if not sample.images]
    wanting = [sample.id for sample in samples if not sample.images and tasks[sample.task].images != 0]
    if wanting:
        advice = "saved answers can be scored without, but nobody can be asked about these rows"
        level: Level = "warning" if len(wanting) == len(samples) else "error"
        yield about("images", level, wanting, "no image where the task wants one", advice)
    if without and len(without) < len(samples):
        yield about(
            "zero3",
            "warning",
            without,
            f"no image, where other rows of the {len(samples)} have one; under ZeRO-3 batches that mix both hang",
            "train the two kinds in separate runs, or give the rows an empty image",
        )


def _of_other_size(samples: Sequence[Sample], known: Sizes) -> Iterator[Finding]:
    """Name the rows that declare a size which none of their images has, as their headers tell; rows of which a header is unread are passed over."""
    wrong: list[str] = []
    example = ""
    for sample in samples:
        found = [known[ref.source] for ref in sample.images if ref.source in known]
        if sample.image_size is None or not found or len(found) < len(sample.images) or sample.image_size in found:
            continue
        wrong.append(sample.id)
        example = example or f"{_px(sample.image_size)} declared, {_px(found[-1])} found"
    if wrong:
        advice = "boxes would be put elsewhere: give the image that they were drawn on, or correct the size"
        yield about("images", "error", wrong, f"an image of another size than its row says ({example})", advice)


def _px(size: Size) -> str:
    return f"{size[0]}×{size[1]} px"


def _header(ref: ImageRef, profile: Profile | None) -> Size | str:
    try:
        size = image_size(ref)
        if profile:
            profile.resize(*size)  # refuses shapes that the model refuses
    except DataError as error:
        return str(error)
    return size


def _failures(refs: Sequence[ImageRef], headers: Sequence[Size | str], seconds: float) -> tuple[dict[int, str], int]:
    """Return {place: sentence} of the images that fail, and how many were decoded."""
    bad = {place: found for place, found in enumerate(headers) if isinstance(found, str)}
    sound = [place for place in range(len(refs)) if place not in bad]
    torn, decoded = torn_images([refs[place] for place in sound], seconds)
    bad |= {sound[place]: sentence for place, sentence in torn.items()}
    return dict(sorted(bad.items())), decoded


def torn_images(refs: Sequence[ImageRef], seconds: float) -> tuple[dict[int, str], int]:
    """Decode images for `seconds`, in an order that is spread over them; return {place: why} of those that fail, and how many were decoded."""
    torn: dict[int, str] = {}
    until, decoded = time.monotonic() + seconds, 0
    order = iter(np.random.default_rng(0).permutation(len(refs)).tolist())
    with ThreadPoolExecutor(_THREADS) as pool:
        while (some := list(islice(order, _AT_ONCE))) and time.monotonic() < until:
            found = zip(some, pool.map(_whole, (refs[place] for place in some)), strict=True)
            torn |= {place: sentence for place, sentence in found if sentence}
            decoded += len(some)
    return torn, decoded


def _whole(ref: ImageRef) -> str:
    try:
        open_image(ref)
    except DataError as error:
        return str(error)
    return ""


def _grouped(bad: Mapping[int, str]) -> dict[tuple[str, str], list[int]]:
    """Return the places of the images that fail in one way, by what is said of them and what is to be done."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, sentence in bad.items():
        groups.setdefault(_kind(sentence), []).append(place)
    return groups


def _kind(sentence: str) -> tuple[str, str]:
    """Return what went wrong, without the file's name, and what to do."""
    if _REFUSED in sentence:
        return (
            f"the model refuses an image more than {MAX_ASPECT:.0f} times as long as wide",
            "crop it, cut it into tiles, or remove the rows",
        )
    why = next((kind for mark, kind in _KINDS if mark in sentence), "it cannot be read")
    return (
        f"an image does not open, {why}",
        "put the files there, name their folder with --image-root, or remove the rows",
    )


_REFUSED = "times as long as wide"  # what `Resize` says of a shape that the model refuses
_KINDS = (
    ("does not exist", "the file does not exist"),
    ("is no readable", "the file is no PNG, JPEG, TIFF or WebP"),
    ("the limit is", "the image is above the limits; cut it into tiles"),
    ("more than 8 bits", "the image has more than 8 bits a band; stretch it to 8-bit RGB"),
    ("not a regular file", "the path is no regular file"),
)
