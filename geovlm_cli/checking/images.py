"""Do the images open? Every header, and as many whole images as a time budget allows, spread over the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np

from geovlm_cli.checking.findings import Finding, Level, about, fine
from geovlm_cli.data.images import image_size, open_image
from geovlm_cli.errors import DataError, counted
from geovlm_cli.task import ImageRef, Sample, Task

SECONDS = 10.0
_THREADS = 4
_AT_ONCE = 64


def images(samples: Sequence[Sample], tasks: Mapping[str, Task], *, seconds: float = SECONDS) -> Iterator[Finding]:
    """Open every image's header and decode images for `seconds`; name the rows whose images fail, and mixes of rows with and without images."""
    first: dict[str | bytes, tuple[str, ImageRef]] = {}  # an image that several rows name is opened once
    for sample in samples:
        for ref in sample.images:
            first.setdefault(ref.source, (sample.id, ref))
    refs = list(first.values())
    bad, spent = _failures(refs, seconds)
    for sentence, ids in _grouped(bad).items():
        yield about(
            "images",
            "error",
            ids,
            f"does not open, {sentence}",
            "put the files there, name their folder with --image-root, or remove the rows",
            "image",
        )
    if refs and not bad:
        yield fine("images", f"every header opens, {spent} of {counted(len(refs), 'image')} decoded whole")
    yield from _absent(samples, tasks)


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


def _failures(refs: Sequence[tuple[str, ImageRef]], seconds: float) -> tuple[list[tuple[str, str]], int]:
    """Return (row id, sentence) of each image that fails, and how many were decoded."""
    with ThreadPoolExecutor(_THREADS) as pool:
        headers = pool.map(_header, (ref for _, ref in refs), chunksize=_AT_ONCE)
        bad = {number: sentence for number, sentence in enumerate(headers) if sentence}
    sound = [number for number in range(len(refs)) if number not in bad]
    torn, decoded = torn_images([refs[number][1] for number in sound], seconds)
    bad |= {sound[place]: sentence for place, sentence in torn.items()}
    return [(refs[number][0], bad[number]) for number in sorted(bad)], decoded


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


def _header(ref: ImageRef) -> str:
    return _tried(image_size, ref)


def _whole(ref: ImageRef) -> str:
    return _tried(open_image, ref)


def _tried(open_it: Callable[[ImageRef], object], ref: ImageRef) -> str:
    try:
        open_it(ref)
    except DataError as error:
        return str(error)
    return ""


def _grouped(bad: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for identity, sentence in bad:
        groups.setdefault(_kind(sentence), []).append(identity)
    return groups


def _kind(sentence: str) -> str:
    """Return what went wrong without the file's name."""
    return next((kind for mark, kind in _KINDS if mark in sentence), "they cannot be read")


_KINDS = (
    ("does not exist", "the file does not exist"),
    ("is no readable", "the file is no PNG, JPEG, TIFF or WebP"),
    ("the limit is", "the image is above the limits; cut it into tiles"),
    ("more than 8 bits", "the image has more than 8 bits a band; stretch it to 8-bit RGB"),
    ("not a regular file", "the path is no regular file"),
)
