"""Leakage between the checked data and another data set."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geovlm_cli.checking.findings import Finding, about, fine
from geovlm_cli.checking.leakage.nodata import SIDE
from geovlm_cli.checking.leakage.places import near, places_of
from geovlm_cli.checking.leakage.questions import plain
from geovlm_cli.checking.leakage.signature import copies, signed, thumbnail
from geovlm_cli.data.degrees import Place
from geovlm_cli.data.images import open_image
from geovlm_cli.data.references import write_reference
from geovlm_cli.errors import DataError, counted
from geovlm_cli.task import ImageRef, Sample

_BARE = "compared by their pixels only, edges without data and calm water left out"
_SHARED_QUESTION = 3  # rows of the other set with one question, from which on it is a template


@dataclass(frozen=True, slots=True)
class Against:
    """Another data set: its name, its rows, and the distance in metres from which on two places are apart."""

    name: str
    samples: Sequence[Sample]
    metres: float = 1000.0


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The readable images of a set: the rows that name each, the sha256 of each one's size and pixels, thumbnails uint8[n, 64, 64], and how many could not be read."""

    rows: list[tuple[str, ...]]
    hashes: list[str]
    thumbnails: NDArray[np.uint8]
    unread: int


def leakage(samples: Sequence[Sample], against: Against) -> Iterator[Finding]:
    """Compare two data sets by images (the same pixels, the same picture), by questions with their answers, and by place where both tell theirs."""
    ours, theirs = _pictures(samples), _pictures(against.samples)
    yield from _by_image(ours, theirs, against.name)
    yield from _by_question(samples, against)
    yield from _by_place(samples, against)


def _by_image(ours: _Pictures, theirs: _Pictures, name: str) -> Iterator[Finding]:
    advice = "remove these rows, or the figures on that data will be too good"
    there = dict(zip(reversed(theirs.hashes), reversed(theirs.rows), strict=True))
    same = _rows((rows, there[digest]) for rows, digest in zip(ours.rows, ours.hashes, strict=True) if digest in there)
    if same:
        yield _pairs(same, f"the same pixels as an image of {name}", advice)
    new = [i for i, digest in enumerate(ours.hashes) if digest not in there]
    first, second = signed(ours.thumbnails[new]), signed(theirs.thumbnails)
    found = copies(first, second)
    alike = _rows((ours.rows[new[copy.ours]], theirs.rows[copy.theirs]) for copy in found)
    if alike:
        yield _pairs(
            alike,
            f"the same picture as an image of {name}",
            f"look at them: copies and other dates of one place are found; {advice}",
        )
    bare, unread = int(first.bare.sum()) + int(second.bare.sum()), ours.unread + theirs.unread
    if not same and not alike:
        yield fine(
            "leakage",
            f"no picture of {name} ({counted(len(theirs.rows), 'image')}) among {counted(len(ours.rows), 'image')}",
        )
    if bare:
        yield Finding("leakage", "note", f"{_BARE}, for they show too little else: {counted(bare, 'image')}", bare)
    if unread:
        yield Finding(
            "leakage", "warning", f"not compared with {name}, for it cannot be read: {counted(unread, 'image')}", unread
        )


def _rows(pairs: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[tuple[str, str]]:
    """Return each of our rows that names one of the images, once, with the first row of the other set that has it."""
    found: dict[str, str] = {}
    for ours, theirs in pairs:
        for row in ours:
            found.setdefault(row, theirs[0])
    return list(found.items())


def _pairs(pairs: Sequence[tuple[str, str]], what: str, advice: str) -> Finding:
    return about("leakage", "error", [f"{ours} = {theirs}" for ours, theirs in pairs], what, advice)


def _by_question(samples: Sequence[Sample], against: Against) -> Iterator[Finding]:
    """Count rows whose question and answer stand in the other set, compared by their words; a question that many rows of it share is a template and tells nothing."""
    often = Counter(plain(sample.question) for sample in against.samples)
    there = {_asked(sample) for sample in against.samples if often[plain(sample.question)] < _SHARED_QUESTION}
    found = [sample.id for sample in samples if plain(sample.question) and _asked(sample) in there]
    if found:
        yield about(
            "leakage",
            "warning",
            found,
            f"a question of {against.name} with its answer, by text alone",
            "look whether they are the same rows; questions that three or more rows share are not counted",
        )
    else:
        yield fine("leakage", f"no question of {against.name} stands here with its answer, templates left out")


def _by_place(samples: Sequence[Sample], against: Against) -> Iterator[Finding]:
    ours, theirs = _placed(samples), _placed(against.samples)
    here, there = len(samples) - len(ours), len(against.samples) - len(theirs)
    if here or there:
        how = "not all compared" if ours and theirs else "not compared"
        lost = f"{here} of {counted(len(samples), 'row')} here and {there} of {len(against.samples)} there do not say where they lie"
        yield Finding("leakage", "note", f"{how} by distance with {against.name}: {lost}", here, advice=_PLACES)
    if not ours or not theirs:
        return
    found = near([place for _, place in ours], [place for _, place in theirs], against.metres)
    pairs = [(ours[i][0], f"{theirs[j][0]} ({distance:.0f} m)") for i, j, distance in found]
    if pairs:
        yield _pairs(
            pairs,
            f"within {against.metres:g} m of a row of {against.name}",
            "split by region, not by row; --near sets the distance",
        )
    else:
        yield fine("leakage", f"no row lies within {against.metres:g} m of a row of {against.name}")


_PLACES = (
    "coordinates are read from meta (`lat` and `lon`, for one) and from GeoTIFF images in degrees, UTM or Web Mercator"
)


def _placed(samples: Sequence[Sample]) -> list[tuple[str, Place]]:
    found = zip(samples, places_of(samples), strict=True)
    return [(sample.id, place) for sample, place in found if place]


def _pictures(samples: Sequence[Sample]) -> _Pictures:
    """Read every image once, however many rows name it."""
    refs: dict[str | bytes, ImageRef] = {}
    rows: dict[str | bytes, dict[str, None]] = {}  # as ordered sets: a row may name an image twice
    for sample in samples:
        for ref in sample.images:
            refs.setdefault(ref.source, ref)
            rows.setdefault(ref.source, {})[sample.id] = None
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        read = list(pool.map(_picture, refs.values()))
    kept = [(tuple(named), *found) for named, found in zip(rows.values(), read, strict=True) if found is not None]
    stack = np.stack([small for _, _, small in kept]) if kept else np.zeros((0, SIDE, SIDE), dtype=np.uint8)
    return _Pictures([named for named, _, _ in kept], [digest for _, digest, _ in kept], stack, len(read) - len(kept))


def _picture(ref: ImageRef) -> tuple[str, NDArray[np.uint8]] | None:
    try:
        image = open_image(ref)
    except DataError:
        return None
    return hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest(), thumbnail(image)


def _asked(sample: Sample) -> tuple[str, str]:
    return plain(sample.question), str(_plain(write_reference(sample.reference)))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return plain(value) if isinstance(value, str) else value
