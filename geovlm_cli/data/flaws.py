"""Why a truth is bad: asked once, when the data is loaded (contracts.md section 5, scoring-policy.md rule 12)."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geovlm_cli.boxes import Boxes, Grounded, boxes_of, corners
from geovlm_cli.errors import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geovlm_cli.boxes import Array, Size
    from geovlm_cli.profiles import Profile
    from geovlm_cli.task import Sample, Task

MAX_MAGNITUDE = 1e6
_REMEMBERED = 2**14
_TAG = re.compile(r"</?(?:think|answer)>")
_TAG_FLAW = "a tag of the answer structure inside the truth"
_TYPES: Mapping[str, type] = {
    "label": str,
    "labels": tuple,
    "text": tuple,
    "answer": str,
    "count": int,
    "box": Boxes,
    "boxes": Boxes,
    "grounded": Grounded,
}
_TYPE_NAMES: Mapping[type, str] = {
    str: "a text",
    tuple: "a list of texts",
    int: "a number",
    Boxes: "boxes",
    Grounded: "a text with boxes",
}
_EXTENTS: Mapping[str, Size] = {"unit": (1.0, 1.0), "percent": (100.0, 100.0), "permille": (1000.0, 1000.0)}

_NO_BOXES = np.zeros((0, 5))
_ENDLESS: Size = (math.inf, math.inf)  # of a frame whose extent is not known here


def flaw_of(sample: Sample, task: Task) -> str | None:
    """Return why the truth of a sample is bad, as half a sentence (what, colon, the offending part), or None. Asks what needs no model profile."""
    known = sample.flaw or _images_flaw(sample, task) or _regions_flaw(sample)
    if known is None and task.kind == "label" and type(sample.reference) is str and not sample.reasoning:
        return _label_flaw(sample.reference, sample.choices or task.vocabulary)
    return known or _tag_flaw(sample) or _reference_flaw(sample, task)


def sound(samples: Sequence[Sample], task: Task) -> NDArray[np.bool_]:
    """Return bool[n]: the samples of which `flaw_of` finds nothing wrong, many at once; False where it has to be asked."""
    if task.kind not in _MANY:
        return np.zeros(len(samples), dtype=np.bool_)
    counts = {0, *_counts(task)}
    usual = [s.flaw is None and not s.reasoning and s.regions is None and len(s.images) in counts for s in samples]
    if all(usual):
        return _MANY[task.kind](samples, task)
    rows = np.flatnonzero(usual)
    found = np.zeros(len(samples), dtype=np.bool_)
    found[rows] = _MANY[task.kind]([samples[row] for row in rows.tolist()], task)
    return found


def _counts(task: Task) -> Iterable[int]:
    """Return how many images are right, whatever they are; of images with roles that cannot be said."""
    if isinstance(task.images, tuple):
        return ()
    return task.images if isinstance(task.images, range) else (task.images,)


def _sound_labels(samples: Sequence[Sample], task: Task) -> NDArray[np.bool_]:
    """Look at each label once for all samples that share their choices."""
    labels = [sample.reference for sample in samples]
    if {str} != set(map(type, labels)):
        return np.zeros(len(samples), dtype=np.bool_)
    choices = [id(sample.choices) for sample in samples]
    keys = labels if len(set(choices)) == 1 else list(zip(labels, choices, strict=True))
    known = {key: flaw_of(sample, task) is None for key, sample in dict(zip(keys, samples, strict=True)).items()}
    return np.fromiter(map(known.__getitem__, keys), np.bool_, len(keys))


def _sound_boxes(samples: Sequence[Sample], task: Task) -> NDArray[np.bool_]:
    found = np.fromiter([_are_plain(sample.reference) for sample in samples], np.bool_, len(samples))
    rows = np.flatnonzero(found)
    kept = list(samples) if len(rows) == len(samples) else [samples[row] for row in rows.tolist()]
    arrays = [sample.reference.array for sample in kept]
    try:
        array = np.concatenate([_NO_BOXES, *arrays])
    except ValueError:  # one of them is not [n, 5]
        return np.zeros(len(samples), dtype=np.bool_)
    counts = np.fromiter(map(len, arrays), np.int64, len(arrays))
    if task.kind == "box":
        found[rows[counts != 1]] = False
    owners = np.repeat(np.arange(len(kept)), counts)
    found[rows[owners[~_plainly_inside(array, _extents(kept)[owners])]]] = False
    return found


def _are_plain(truth: Any) -> bool:
    """Are these boxes without labels?"""
    return type(truth) is Boxes and not truth.labels


def _extents(samples: Sequence[Sample]) -> Array:
    """Return float64[n, 2]: the extent of the frame of each sample's boxes."""
    frames = {sample.reference.frame for sample in samples}
    if len(frames) == 1 and (only := frames.pop()) in _EXTENTS:
        return np.broadcast_to(_EXTENTS[only], (len(samples), 2))
    found = [_EXTENTS.get(sample.reference.frame) or sample.image_size or _ENDLESS for sample in samples]
    return np.array(found, dtype=np.float64).reshape(-1, 2)


_MANY: Mapping[str, Callable[[Sequence[Sample], Task], NDArray[np.bool_]]] = {
    "label": _sound_labels,
    "box": _sound_boxes,
    "boxes": _sound_boxes,
}


def _plainly_inside(array: Array, extents: Array) -> NDArray[np.bool_]:
    """Which boxes are finite, within the limit, of some area and with their centre inside the extent?"""
    columns = np.ascontiguousarray(array.T)
    x1, y1, x2, y2, _ = columns
    width, height = extents.T
    with np.errstate(invalid="ignore"):  # of infinite numbers, which are no sound box
        x, y = x1 + x2, y1 + y2
    inside: NDArray[np.bool_] = np.logical_and.reduce(
        [*(np.abs(columns) <= MAX_MAGNITUDE), x1 < x2, y1 < y2, x > 0, x < 2 * width, y > 0, y < 2 * height]
    )
    return inside


def flaw_group(flaw: str) -> str:
    """Return what a flaw is without the offending part, to count by."""
    return flaw.partition(":")[0]


def extent_flaw(sample: Sample, profile: Profile) -> str | None:
    """Return the flaw of boxes, true ones or regions, that lie outside an image whose extent only the profile or the image's size tells, or None."""
    truth, regions = boxes_of(sample.reference), None if sample.regions is None else _solid(sample.regions)
    return sample.flaw or _beyond(truth, sample, profile, "box") or _beyond(regions, sample, profile, "region")


def _beyond(found: Boxes | None, sample: Sample, profile: Profile, what: str) -> str | None:
    if found is None or found.frame in _EXTENTS:
        return None
    if found.frame == "pixel" and sample.image_size is None:
        return None
    if found.frame == "model" and sample.image_size is None and profile.resize.fixed is None:
        return None
    return _outside(found, profile.extent(found.frame, sample.image_size), what)


def _reference_flaw(sample: Sample, task: Task) -> str | None:
    if sample.reference is None:
        return "no reference"
    if not isinstance(sample.reference, _TYPES[task.kind]):
        return f"reference not of kind {task.kind}: {_TYPE_NAMES.get(type(sample.reference), type(sample.reference).__name__)}"
    return _FLAWS[task.kind](sample, task)


def _images_flaw(sample: Sample, task: Task) -> str | None:
    found, wanted = len(sample.images), task.images
    if not found:  # saved answers come without images; whoever opens images asks for them
        return None
    if isinstance(wanted, tuple):
        roles = tuple(ref.role for ref in sample.images)
        return (
            None
            if roles == wanted
            else f"wrong images: {', '.join(roles) or found} where the task wants {', '.join(wanted)}"
        )
    fits = found in wanted if isinstance(wanted, range) else found == wanted
    return None if fits else f"wrong images: {found} where the task wants {_many(wanted)}"


def _many(wanted: int | range) -> str:
    return f"{wanted.start} to {wanted.stop - 1}" if isinstance(wanted, range) else str(wanted)


def _tag_flaw(sample: Sample) -> str | None:
    for text in (sample.reasoning, *_texts_of(sample.reference)):
        if text and "<" in text and _TAG.search(text):
            return _TAG_FLAW
    return None


def _texts_of(reference: Any) -> tuple[str, ...]:
    if isinstance(reference, Grounded):
        return (reference.text,)
    if isinstance(reference, tuple):
        return reference
    return (reference,) if isinstance(reference, str) else ()


@lru_cache(maxsize=_REMEMBERED)
def _label_flaw(label: str, choices: tuple[str, ...]) -> str | None:
    """Return the flaw of a label without a thought, asked once for all rows that have the same."""
    return _TAG_FLAW if _TAG.search(label) else _unknown((label,), choices)


def _label(sample: Sample, task: Task) -> str | None:
    return _unknown((sample.reference,), sample.choices or task.vocabulary)


def _labels(sample: Sample, task: Task) -> str | None:
    return _unknown(sample.reference, sample.choices or task.vocabulary) if sample.reference else "no labels"


def _unknown(labels: tuple[str, ...], choices: tuple[str, ...]) -> str | None:
    if not all(map(folded, labels)):
        return "an empty label"
    known = _folded_set(choices)
    odd = next((label for label in labels if known and folded(label) not in known), None)
    return None if odd is None else f"label not among the choices: `{clean(odd, 60)}`"


@lru_cache(maxsize=_REMEMBERED)
def _folded_set(labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(folded, labels))


@lru_cache(maxsize=_REMEMBERED)
def folded(label: str) -> str:
    """Return a label as labels are compared (scoring-policy.md rule 8): NFC, case folded, one final stop off; blank, underscore and hyphen alike."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold()).strip()
    return re.sub(r"[\s_-]+", " ", text.removesuffix(".")).strip()


def _text(sample: Sample, _: Task) -> str | None:
    return None if sample.reference and all(text.strip() for text in sample.reference) else "an empty reference"


def _answer(sample: Sample, task: Task) -> str | None:
    if not sample.reference.strip():
        return "an empty reference"
    return _unknown((sample.reference,), sample.choices) if sample.choices else None


def _count(sample: Sample, _: Task) -> str | None:
    return f"count below 0: {sample.reference}" if sample.reference < 0 else None


def _box(sample: Sample, _: Task) -> str | None:
    found = len(sample.reference)
    return _bad_boxes(sample.reference, sample) if found == 1 else f"not exactly one box: {found}"


def _boxes(sample: Sample, _: Task) -> str | None:
    return _bad_boxes(sample.reference, sample)


def _grounded(sample: Sample, _: Task) -> str | None:
    return _bad_boxes(sample.reference.boxes, sample) if sample.reference.text.strip() else "an empty reference"


_FLAWS: Mapping[str, Callable[[Sample, Task], str | None]] = {
    "label": _label,
    "labels": _labels,
    "text": _text,
    "answer": _answer,
    "count": _count,
    "box": _box,
    "boxes": _boxes,
    "grounded": _grounded,
}


def _bad_boxes(found: Boxes, sample: Sample, what: str = "box") -> str | None:
    if found.labels and len(found.labels) != len(found):
        return f"labels and boxes differ in number: {len(found.labels)} and {len(found)}"
    for row in found.array.tolist():
        if _is_too_far(row):
            return f"{what} not finite or above {MAX_MAGNITUDE:.0f}: {_shown(row)}"
        if row[0] >= row[2] or row[1] >= row[3]:
            return f"{what} inverted or without area: {_shown(row)}"
    if found.frame == "pixel" and sample.image_size is not None:
        return _outside(found, sample.image_size, what)
    extent = _EXTENTS.get(found.frame)
    return _outside(found, extent, what) if extent else None


def _regions_flaw(sample: Sample) -> str | None:
    """Return the flaw of boxes in the question, by the rules of true ones, but for their area."""
    return None if sample.regions is None else _bad_boxes(_solid(sample.regions), sample, "region")


def _solid(regions: Boxes) -> Boxes:
    """Return the regions but those that a coarse frame has rounded to a line: they still point at their place, and the truth is none the worse."""
    x1, y1, x2, y2, _ = regions.array.T
    line = (x1 <= x2) & (y1 <= y2) & ((x1 == x2) | (y1 == y2)) & (np.abs(regions.array) <= MAX_MAGNITUDE).all(axis=1)
    return Boxes(regions.frame, regions.array[~line])


def _is_too_far(row: list[float]) -> bool:
    return not math.isfinite(sum(row)) or max(row) > MAX_MAGNITUDE or min(row) < -MAX_MAGNITUDE


def _outside(truth: Boxes, extent: Size, what: str) -> str | None:
    for number, row in enumerate(truth.array.tolist()):
        # Nearly every box has its centre inside; only the others are worth their corners.
        centred = 0 < row[0] + row[2] < 2 * extent[0] and 0 < row[1] + row[3] < 2 * extent[1]
        if not centred and not _meets(corners(truth.array[number])[0], row[4], extent):
            return f"{what} outside the image: {_shown(row)} ({truth.frame}, {extent[0]:g}×{extent[1]:g})"
    return None


def _meets(polygon: Array, degrees: float, extent: Size) -> bool:
    """Do a rotated rectangle and the image share area? Two rectangles are apart if they are so along an axis of either."""
    image = [(0.0, 0.0), (extent[0], 0.0), extent, (0.0, extent[1])]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    for ax, ay in ((1.0, 0.0), (0.0, 1.0), (cos, -sin), (sin, cos)):
        ours = [x * ax + y * ay for x, y in polygon.tolist()]
        theirs = [x * ax + y * ay for x, y in image]
        if max(ours) <= min(theirs) or max(theirs) <= min(ours):
            return False
    return True


def _shown(row: list[float]) -> str:
    return "[" + ", ".join(f"{v:g}" for v in row) + "]"
